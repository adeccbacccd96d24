"""The load that each system of a bench is offered. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rush_hour.core.arrivals import Arrivals, Constant, describe_offer
from rush_hour.core.profile.profile import LoadProfile
from rush_hour.core.profiled_arrivals import arrivals_of
from rush_hour.rig.suite.matrix import values_of
from rush_hour.rig.suite.system_spec import SystemSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadSettings:
    """The load that every system is offered.

    Attributes:
        rate_per_s: in the mean, where there is a profile.
        profile: by which the rate changes; None where it does not.
    """

    rate_per_s: float
    duration_s: float
    warmup_s: float
    connections: int
    processes: int
    timeout_s: float
    profile: LoadProfile | None = None

    @property
    def arrivals(self) -> Arrivals:
        """How the requests follow each other."""
        return Constant(rate_per_s=self.rate_per_s) if self.profile is None else arrivals_of(self.profile)

    @property
    def offered(self) -> str:
        """The offered load, for reading."""
        return describe_offer(self.arrivals.name, self.rate_per_s, self.profile)

    @property
    def highest_per_s(self) -> float:
        """The highest rate."""
        return self.rate_per_s if self.profile is None else self.profile.highest_per_s


def load_of(spec: SystemSpec, load: LoadSettings) -> LoadSettings:
    """Return the load that a system is offered: where a matrix varies it, what the matrix says."""
    values = values_of(spec)
    return replace(
        load,
        rate_per_s=float(values.get("rate", load.rate_per_s)),
        connections=values.get("connections", load.connections),
    )


def highest_per_s(loads: Sequence[LoadSettings]) -> float | None:
    """Return the highest rate that systems are offered; None where they are offered different ones."""
    rates = {load.highest_per_s for load in loads}
    return rates.pop() if len(rates) == 1 else None
