"""Standings: how a system did, over all of its runs. The words of a verdict are declared here, once.

A run whose figures cannot be trusted, or that was cut short, says nothing beside one that is whole.

Pure: systems in, standings out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median_low
from typing import Literal

from rush_hour.judge.answer.limit import Limit, limit_of
from rush_hour.judge.trust import SAMPLES_BEYOND_PERCENTILE
from rush_hour.results.document import System
from rush_hour.results.run import Run

Finding = Literal[
    "holds",
    "holds at times",
    "does not hold",
    "closed loop",
    "do not trust",
    "interrupted",
    "not measured",
    "unavailable",
    "failed",
]
Tone = Literal["good", "warning", "bad", "neutral"]
_TONES: dict[Finding, Tone] = {
    "holds": "good",
    "holds at times": "warning",
    "does not hold": "warning",
    "do not trust": "bad",
    "failed": "bad",
}


def tone_of(finding: Finding) -> Tone:
    """Return whether a verdict is good news or bad, for colours."""
    return _TONES.get(finding, "neutral")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """A figure over runs; its median is that of a run that there was."""

    median: float
    least: float
    most: float
    runs: int

    @classmethod
    def over(cls, values: Sequence[float]) -> "Spread":
        """Return the spread of at least one value."""
        return cls(median=median_low(values), least=min(values), most=max(values), runs=len(values))


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """A latency within which a share of the answers came, in each of the runs.

    Attributes:
        percentile: that share, at most 99.9; 100 where there are too few answers for any other.
        latency_us: from the moment each request was due.
    """

    percentile: float
    latency_us: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A system and what its runs say together.

    Attributes:
        name: for reading.
        runs: those that say something: of several, the whole and trusted ones.
        cores: of the machine that its parts shared; None where that is not known.
    """

    name: str
    system: System
    finding: Finding
    runs: list[Run]
    cores: int | None = None

    @property
    def run(self) -> Run | None:
        """The run of the median goodput; None without any."""
        return typical_run(self.runs)

    @property
    def goodput_per_s(self) -> Spread:
        """Good answers per second; there must be a run."""
        return Spread.over([run.result.goodput_per_s for run in self.runs])

    @property
    def limit(self) -> Limit | None:
        """What was full in all runs."""
        limits = [limit_of(run, cores=self.cores) for run in self.runs]
        codes = {None if limit is None else limit.code for limit in limits}
        return limits[0] if len(codes) == 1 else None

    def highest_percentile(self) -> float | None:
        """Return the highest percentile that all runs have enough answers for; None without any good answer."""
        counts = [0 if run.result.latency_us is None else run.result.latency_us.count for run in self.runs]
        return sound_percentile(min(counts, default=0))

    def bound(self, percentile: float) -> Bound | None:
        """Return what the latency of all runs kept within; None without any good answer."""
        latencies = [run.result.latency_us for run in self.runs if run.result.latency_us is not None]
        if not latencies:
            return None
        of = {99.9: "p99_9", 99.0: "p99", 90.0: "p90", 50.0: "p50", 100.0: "max"}[percentile]
        return Bound(percentile=percentile, latency_us=max(getattr(latency, of) for latency in latencies))


def sound_percentile(count: int) -> float | None:
    """Return the highest percentile that so many values say something of, up to 99.9; 100 for very few, which is all.

    None where there are none.
    """
    for percentile, beyond_per_1000 in ((99.9, 1), (99.0, 10), (90.0, 100), (50.0, 500)):
        if count * beyond_per_1000 >= 1000 * SAMPLES_BEYOND_PERCENTILE:
            return percentile
    return 100.0 if count else None


def typical_run(runs: Sequence[Run]) -> Run | None:
    """Return the run whose goodput is the median; None without any."""
    ordered = sorted(runs, key=lambda run: run.result.goodput_per_s)
    return ordered[(len(ordered) - 1) // 2] if ordered else None


def standing_of(system: System, *, name: str | None = None, cores: int | None = None) -> Standing:
    """Return how a system did.

    Args:
        system: the system.
        name: what to call it; its own name by default.
        cores: of the machine that its parts shared; None where that is not known.
    """
    finding, runs = _find(system)
    return Standing(name=system.name if name is None else name, system=system, finding=finding, runs=runs, cores=cores)


def _find(system: System) -> tuple[Finding, list[Run]]:
    measured = [run for run in system.runs if run.result.requests_due]  # others ended before anything was to be sent
    trusted = [run for run in measured if run.verdict.trusted]
    whole = [run for run in trusted if not run.is_interrupted]
    if system.status == "failed" or system.status == "unavailable":  # noqa: PLR1714  # which mypy understands
        return system.status, whole
    if not measured:
        return ("interrupted" if system.status == "interrupted" else "not measured"), []
    if not trusted:
        return "do not trust", measured
    if not whole:
        return "interrupted", trusted
    return _held(whole), whole


def _held(runs: Sequence[Run]) -> Finding:
    if any(run.plan.rate_per_s is None for run in runs):
        return "closed loop"
    held = [run.result.holds for run in runs]
    if all(held):
        return "holds"
    return "holds at times" if any(held) else "does not hold"
