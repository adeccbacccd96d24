"""The options of `rush-hour bench` that say how much load each system is offered."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from rush_hour.commands import options
from rush_hour.core.profile.profile import LoadProfile
from rush_hour.errors import UsageError
from rush_hour.load.workload.profile_file import read_profile
from rush_hour.rig.load_settings import LoadSettings
from rush_hour.rig.suite.suite import LoadDefaults
from rush_hour.units import join_names, parse_duration_s

OF_SUITE = Parameter(show_default=False)  # what is not said is what the suite says


@Parameter(name="*", group="Load")
@dataclass(frozen=True, slots=True, kw_only=True)
class BenchLoadOptions:
    """Options of the load; what is not said is what the suite says."""

    rate_per_s: Annotated[float | None, options.RATE] = None
    load_profile: Annotated[str | None, options.LOAD_PROFILE_OF_BENCH] = None
    connections: Annotated[int | None, options.CONNECTIONS] = None
    processes: Annotated[int | None, options.PROCESSES] = None
    duration_s: Annotated[float | None, options.DURATION, OF_SUITE] = None
    warmup_s: Annotated[float | None, options.WARMUP, OF_SUITE] = None
    timeout_s: Annotated[float | None, options.TIMEOUT, OF_SUITE] = None

    @property
    def overrides(self) -> dict[str, float | int | None]:
        """The values that a matrix may have of its own, by their names in one."""
        return {"rate": self.rate_per_s, "connections": self.connections}

    def settings(self, suite: LoadDefaults, directory: Path) -> LoadSettings:
        """Return what each system is offered.

        Args:
            suite: what it is offered unless an option says otherwise.
            directory: of the suite, where a profile that it names is.

        Raises:
            UsageError: a profile is none, or does not go with the other options.
        """
        profile = self._profile(suite, directory)
        duration_s = self.duration_s or parse_duration_s(suite.duration, what="duration")
        warmup_s = self.warmup_s
        if warmup_s is None:
            warmup_s = parse_duration_s(suite.warmup, what="warmup", zero_is_fine=True)
        return LoadSettings(
            rate_per_s=(self.rate_per_s or suite.rate) if profile is None else profile.mean_per_s,
            connections=self.connections or suite.connections,
            processes=self.processes or suite.processes,
            duration_s=duration_s if profile is None else profile.duration_s,
            warmup_s=warmup_s,
            timeout_s=self.timeout_s or parse_duration_s(suite.timeout, what="timeout"),
            profile=profile,
        )

    def _profile(self, suite: LoadDefaults, directory: Path) -> LoadProfile | None:
        """Return the profile of the load; None for a constant rate, as `--rate` makes it of any suite's."""
        options_ = (("--rate", self.rate_per_s), ("--duration", self.duration_s))
        given = [name for name, value in options_ if value is not None]
        if self.load_profile is not None:
            if given:
                what = f"expected no {join_names(given, 'or')} with it"
                raise UsageError(
                    f"--load-profile: {what}: the profile says how many requests are due, and for how long."
                )
            return read_profile(self.load_profile, what="--load-profile")
        if suite.profile is None or self.rate_per_s is not None:
            return None
        if given:
            raise UsageError(
                f"{given[0]}: expected --rate with it: the suite has a profile ({suite.profile}), which says for how "
                "long; with --rate the rate is constant."
            )
        return read_profile(suite.profile, what="profile", directory=directory)
