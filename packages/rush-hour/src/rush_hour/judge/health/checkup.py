"""A machine, judged: what is fine, to be known, in the way, and unknown. Checks are a closed list. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rush_hour.judge.health import cpu_checks, limit_checks, noise_checks
from rush_hour.judge.health.diagnosis import Diagnosis, Grade
from rush_hour.judge.health.facts import Facts, MachineState
from rush_hour.results.health import Health
from rush_hour.units import join_names

CHECKS: tuple[Callable[[Facts], Diagnosis | None], ...] = (
    cpu_checks.cores,
    cpu_checks.cpu_quota,
    cpu_checks.governor,
    cpu_checks.turbo,
    cpu_checks.power,
    cpu_checks.steal,
    cpu_checks.other_load,
    cpu_checks.clock,
    limit_checks.open_files,
    limit_checks.somaxconn,
    limit_checks.port_range,
    noise_checks.pauses,
    noise_checks.speed,
    noise_checks.timers,
    limit_checks.servers,
)
FEW = 2  # things in the way of a machine that measures well but for them


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkup:
    """What is said of a machine."""

    diagnoses: Sequence[Diagnosis]

    def with_verdict(self, verdict: Grade) -> list[Diagnosis]:
        """Return those of one verdict."""
        return [diagnosis for diagnosis in self.diagnoses if diagnosis.verdict == verdict]

    @property
    def hinders(self) -> bool:
        """Whether something hinders trustworthy figures."""
        return bool(self.with_verdict("hinders"))

    @property
    def sentence(self) -> str:
        """The answer: whether it measures well, and but for what."""
        hinders, notes, unknown = (self.with_verdict(verdict) for verdict in ("hinders", "note", "unknown"))
        said = "This machine measures well"
        if len(hinders) > FEW:
            said = f"This machine does not measure well, for {len(hinders)} reasons: {_names(hinders)}"
        elif hinders:
            said += f", but for {_things(len(hinders))}: {_names(hinders)}"
        if notes:
            said += f"; {_things(len(notes))}{' more' if hinders else ''} to know: {_names(notes)}"
        return f"{said}." + (f" Unknown: {_names(unknown)}." if unknown else "")


def examine(facts: Facts) -> Checkup:
    """Judge a machine."""
    return Checkup(diagnoses=[found for check in CHECKS if (found := check(facts)) is not None])


def health_of(state: MachineState) -> Health:
    """Return what documents have of it."""
    checkup = examine(Facts(state=state))
    return Health(
        governor=", ".join(sorted(state.governors)) or None,
        turbo=None if state.turbo is None else state.turbo.is_on,
        steal_ratio=None if state.steal_ratio is None else round(state.steal_ratio, 6),
        hinders={
            diagnosis.code: f"{diagnosis.what} {diagnosis.found}" for diagnosis in checkup.with_verdict("hinders")
        },
    )


def _things(count: int) -> str:
    return "1 thing" if count == 1 else f"{count} things"


def _names(diagnoses: Sequence[Diagnosis]) -> str:
    return join_names([diagnosis.what for diagnosis in diagnoses])
