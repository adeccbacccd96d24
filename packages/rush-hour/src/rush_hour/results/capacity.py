"""A capacity: the highest rate at which an objective is met, how it was found, and what gave first.

These types are the document's. The runs are those of its one system; what each of them showed, such as its p99, is in
the run itself.
"""

from dataclasses import dataclass, field
from typing import Literal

from rush_hour.results.run import Doubt

Purpose = Literal["alone", "burst", "lowest", "search", "confirm", "confirm above"]
Ending = Literal["found", "at least", "fails", "budget", "steps", "interrupted", "failed"]
CeilingReason = Literal["generator", "max-rate"]
StepVerdict = Literal["met", "not met", "no verdict"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityStep:
    """One run of a search.

    Attributes:
        run: its place among the runs of the system, from 0.
        purpose: `alone` and `burst` are closed loops before the search: what an answer takes without load, and the
            first guess; `confirm` is the long run at the answer, and `confirm above` that which must fail.
        verdict: whether the objective was met; none where the load generator's own fault missed it.
        why: what missed it, a sentence without its full stop for each clause; or why there is no verdict.
        rate_per_s: that was offered; None of closed loops, and in older documents.
        low_per_s, high_per_s: the interval after it; None before the first verdict.
    """

    run: int
    purpose: Purpose
    verdict: StepVerdict
    why: list[str] = field(default_factory=list)
    rate_per_s: float | None = None
    low_per_s: float | None = None
    high_per_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GaveFirst:
    """What was full, or wrong, where the objective began to be missed.

    Attributes:
        code: a name that stays, such as `server-cpu`.
        says: a clause, such as `the server's CPU is full`.
    """

    code: str
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CliffFacts:
    """Goodput that collapses above the capacity.

    Attributes:
        rate_per_s: the lowest offered rate at which it had.
        goodput_per_s: what was left of it there.
        best_per_s: the best goodput where the objective was met.
    """

    rate_per_s: float
    goodput_per_s: float
    best_per_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftFacts:
    """A capacity that changed while it was searched for.

    Attributes:
        step: the first step after the change, from 0.
        before_per_s, after_per_s: the capacity by the steps on either side of it.
    """

    step: int
    before_per_s: float
    after_per_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """The capacity of one system.

    Attributes:
        objective: as it was written.
        ending: how the search ended.
        rate_per_s: the capacity; None where no rate meets the objective, or nothing was found.
        low_per_s, high_per_s: the 95 % credible interval around it; there is no upper end of `at_least`.
        at_least: whether it may be higher: no rate that was tried missed the objective, or the highest that can be
            offered met it.
        ceiling: why no more could be tried; None where the search ended before it came to that.
        confirmed_per_s: the rate at which a long run met the objective; None where none did.
        lowest_per_s: the lowest rate that was tried.
        saturation_per_s: the most good answers per second that any run had, whatever their latencies.
        gave_first: what was full where the objective began to be missed; None where nothing is known.
        precision: half of the interval's width that was asked for, as a share of the rate.
        step_s, confirm_s, budget_s: how long a step and a confirmation were to be, and all of it.
        took_s: how long it took.
        connections: how many the last step had.
        doubts: why the capacity cannot be trusted.
        notes: what else is to be known.
    """

    objective: str
    ending: Ending
    rate_per_s: float | None
    low_per_s: float | None
    high_per_s: float | None
    at_least: bool
    ceiling: CeilingReason | None
    confirmed_per_s: float | None
    lowest_per_s: float | None
    saturation_per_s: float | None
    gave_first: GaveFirst | None
    precision: float
    step_s: float
    confirm_s: float
    budget_s: float
    took_s: float
    connections: int
    steps: list[CapacityStep] = field(default_factory=list)
    cliff: CliffFacts | None = None
    drift: DriftFacts | None = None
    doubts: list[Doubt] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def is_trusted(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.doubts
