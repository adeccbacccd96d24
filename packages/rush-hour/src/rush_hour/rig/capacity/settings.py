"""What a capacity is measured with, and on. Plain data, and the plan of each run."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from rush_hour.core.arrivals import Arrivals, ClosedLoop, Constant, Poisson
from rush_hour.core.schedule import Schedule
from rush_hour.judge.objective.objective import Objective
from rush_hour.judge.search.tried import SearchSettings
from rush_hour.load.plan import LoadPlan
from rush_hour.results.resources import Role
from rush_hour.rig.watch.measure import Watchable
from rush_hour.rig.watch.onlookers import Onlooker


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacitySettings:
    """Settings of a measurement.

    Attributes:
        budget_s: how long all of it may take.
        warmup_s: load before each measurement.
        connections: that are used at the least.
        most_connections: that Little's law may ask for.
    """

    objective: Objective
    search: SearchSettings
    budget_s: float
    warmup_s: float
    connections: int
    most_connections: int
    processes: int
    arrivals: Literal["constant", "poisson"] = "constant"
    seed: int = 1

    def arrivals_of(self, rate_per_s: float, run: int) -> Arrivals:
        """Return the arrivals of a run; each has other draws."""
        if self.arrivals == Poisson.name:
            return Poisson(rate_per_s=rate_per_s, seed=self.seed + run)
        return Constant(rate_per_s=rate_per_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityTarget:
    """What is measured.

    Attributes:
        name, title: of the system in the document.
        plan: what is sent, and where; its schedule is replaced.
        parts: what serves it; none where somebody else started it.
        onlookers: makes those who look on at a run.
        cores: of the machine of the servers, that its parts and the load generator may use; None where not known.
        server_cores: those of them that the servers may use; None for all.
    """

    name: str
    title: str
    plan: LoadPlan
    parts: Mapping[Role, Watchable] = field(default_factory=dict)
    onlookers: Callable[[], Sequence[Onlooker]] = list
    cores: int | None = None
    server_cores: int | None = None

    def plan_of(
        self, arrivals: Arrivals, duration_s: float, *, connections: int, processes: int, warmup_s: float
    ) -> LoadPlan:
        """Return the plan of one run."""
        schedule = Schedule(arrivals=arrivals, duration_s=duration_s, connections=connections)
        warmup = None if isinstance(arrivals, ClosedLoop) else schedule.warm_up(warmup_s)
        return replace(self.plan, schedule=schedule, warmup=warmup, processes=min(processes, connections))
