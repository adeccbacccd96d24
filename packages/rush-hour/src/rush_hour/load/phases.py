"""The phases of a profile, as all processes together saw them."""

from itertools import pairwise

from rush_hour.core.histogram import Histogram
from rush_hour.core.profile.profile import Phase
from rush_hour.core.statistics import summarise
from rush_hour.load.generators import Outcome, PhaseCounted
from rush_hour.load.plan import LoadPlan
from rush_hour.results.run import PhaseFigures


def phases_of(plan: LoadPlan, outcome: Outcome) -> list[PhaseFigures]:
    """Return the phases that were begun; none without a profile."""
    profile = plan.schedule.arrivals.profile
    if profile is None:
        return []
    processes = (due_by_phase(plan, outcome, number) for number in range(plan.processes))
    due = [sum(of_phase) for of_phase in zip(*processes, strict=True)]
    bounds = pairwise((0, *profile.ends_ns))
    return [
        _figures(phase, counted, of_phase, begin_ns, min(end_ns, outcome.elapsed_ns))
        for phase, counted, of_phase, (begin_ns, end_ns) in zip(
            profile.phases, outcome.counted.phases, due, bounds, strict=True
        )
        if begin_ns < max(outcome.elapsed_ns, 1)
    ]


def due_by_phase(plan: LoadPlan, outcome: Outcome, number: int) -> list[int]:
    """Return how many requests of one process were due in each phase; of one that was killed, how many must have been.

    A request that was due was answered, or failed, or is unfinished: so the sum is what was due in the run.
    """
    done, finished = outcome.done[number], outcome.counted.shares[number].finished_by_phase
    if done is not None:
        return [of_phase + rest for of_phase, rest in zip(finished, done.unfinished_by_phase, strict=True)]
    schedule, until_ns = plan.schedule, outcome.elapsed_ns
    due_of = schedule.due_function()
    queues = [(first, due_of(first, 0, 0)) for first in schedule.connections_of(number, plan.processes)]
    return [max(counts) for counts in zip(finished, schedule.count_due_by_phase(queues, until_ns), strict=True)]


def _figures(phase: Phase, counted: PhaseCounted, due: int, begin_ns: int, end_ns: int) -> PhaseFigures:
    latency = Histogram.from_used(*counted.latency)
    return PhaseFigures(
        name=phase.name,
        begins_at_s=begin_ns / 1e9,
        duration_s=max(1, end_ns - begin_ns) / 1e9,
        offered_per_s=phase.mean_per_s,
        due=due,
        sent=counted.sent,
        good=counted.good,
        bad=counted.bad,
        failed=counted.failed,
        latency_us=summarise(latency),
        send_lag_us=summarise(Histogram.from_used(*counted.send_lag)),
        histogram_us=latency.encode() if latency.total else None,
    )
