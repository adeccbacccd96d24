"""What a trial is made with, and on. Plain data."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from rush_hour.core.figures import TimelineRow
from rush_hour.judge.objective.objective import Objective
from rush_hour.judge.search.tried import SearchSettings
from rush_hour.results.trial import Contender, MissingServer
from rush_hour.rig.application.facts import ApplicationFacts
from rush_hour.rig.capacity.measurement import shorter
from rush_hour.rig.capacity.runs import CapacityProgress
from rush_hour.rig.capacity.settings import CapacitySettings
from rush_hour.rig.suite.suite import Suite
from rush_hour.rig.suite.system_spec import SystemSpec
from rush_hour.rig.trial.candidates import Candidate

LEAST_SLOT_S = 25.0  # of one contender in a round: the search gets a handful of steps
PRECISION = 0.03


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrant:
    """A candidate, and the system that it is."""

    candidate: Candidate
    spec: SystemSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is tried.

    Attributes:
        application: what is served.
        suite: what is sent, with a system for each candidate.
        entrants: the candidates.
        missing: servers that are not installed.
    """

    application: ApplicationFacts
    suite: Suite
    entrants: Sequence[Entrant]
    missing: Sequence[MissingServer]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialSettings:
    """How it is tried.

    Attributes:
        budget_s: how long all of it may take.
        connections, most_connections: of the load.
        processes: of the load generator.
        seed: by which the order of each round is drawn.
        least_slot_s: the shortest time in which anything can be said of a contender.
        reloads: whether the best are asked to reload under load.
        repeats: how often the last round is held.
        load_cpus: that the load generator is limited to; None for all.
    """

    objective: Objective
    budget_s: float
    connections: int
    most_connections: int
    processes: int
    timeout_s: float
    seed: int = 1
    least_slot_s: float = LEAST_SLOT_S
    reloads: bool = True
    repeats: int = 1
    load_cpus: tuple[int, ...] | None = None

    def of_slot(self, slot_s: float, *, is_final: bool) -> CapacitySettings:
        """Return the settings of one search; only the last round's are confirmed."""
        return shorter(
            CapacitySettings(
                objective=self.objective,
                search=SearchSettings(precision=PRECISION, confirm_s=30.0 if is_final else 0.0),
                budget_s=slot_s,
                warmup_s=0.5,
                connections=self.connections,
                most_connections=self.most_connections,
                processes=self.processes,
            )
        )


class TrialProgress(CapacityProgress, Protocol):
    """A listener to a trial."""

    def step(self, text: str) -> None:
        """Something begins."""

    def warn(self, text: str) -> None:
        """There is something to know."""

    def second(self, row: TimelineRow) -> None:
        """A second of load is over."""

    def finished(self, contender: Contender) -> None:
        """What one round says of a contender is known, or why it says nothing."""

    def left(self, left_s: float) -> None:
        """So long it may still take."""
