"""What metrics are read from: a whole run, one of its requests, or some of its seconds, in one form. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rush_hour.core.arrivals import Constant
from rush_hour.core.figures import DurationSummary, TimelineRow
from rush_hour.core.histogram import Histogram
from rush_hour.core.profile.curve import mean_between
from rush_hour.core.seconds import silent_seconds, whole_seconds
from rush_hour.core.statistics import summarise
from rush_hour.results.resources import Role, Usage
from rush_hour.results.run import PlanFacts, Run

ROUNDED_S = 0.1  # by which a second may end later than it should: whoever counts was awake then


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Figures of a run, or of a part of it.

    Attributes:
        latency: of good answers, from due; None without any, or where it is not known.
        service: of good answers, from sent.
        good: answers.
        faulty: bad answers and failures.
        due: requests, of a single one those that were sent; None where that is not known.
        length_s: of the time that it is about.
        cpu_s: that each role used.
        memory_bytes: the highest resident memory of the server; None where that is not known.
    """

    latency: DurationSummary | None
    service: DurationSummary | None
    good: int
    faulty: int
    due: float | None
    length_s: float
    cpu_s: Mapping[Role, float] = field(default_factory=dict)
    memory_bytes: float | None = None


def whole(run: Run) -> Seen:
    """Return a whole run."""
    result, resources = run.result, run.resources
    return Seen(
        latency=result.latency_us,
        service=result.service_time_us,
        good=result.responses_good,
        faulty=result.responses_bad + result.requests_failed,
        due=result.requests_due,
        length_s=result.elapsed_s,
        cpu_s={} if resources is None else {role: usage.cpu_s for role, usage in resources.by_role().items()},
        memory_bytes=None if resources is None else float(resources.server.max_rss_bytes),
    )


def of_request(run: Run, name: str) -> Seen | None:
    """Return one of the requests of a run; None where it has no such request."""
    figures = next((one for one in run.result.requests if one.name == name), None)
    if figures is None:
        return None
    return Seen(
        latency=figures.latency_us,
        service=None,
        good=figures.good,
        faulty=figures.bad + figures.failed,
        due=figures.sent,
        length_s=run.result.elapsed_s,
    )


def of_seconds(run: Run, begin_s: float, end_s: float) -> Seen | None:
    """Return the whole seconds of a run between two instants; None without any.

    How many requests were due in them is known of even arrivals alone.
    """
    whole = _whole_rows(run, begin_s, end_s)
    if not whole:
        return None
    rows = [row for _, row in whole]
    began_s, until_s = whole[0][0], rows[-1].at_s
    usages = {} if run.resources is None else run.resources.by_role()
    return Seen(
        latency=_latency(rows),
        service=None,
        good=sum(row.good for row in rows),
        faulty=sum(row.bad + row.failed for row in rows),
        due=_due(run.plan, round(began_s), round(until_s)),
        length_s=float(round(until_s) - round(began_s)),
        cpu_s={role: _cpu_s(usage, began_s, until_s) for role, usage in usages.items() if usage.timeline},
        memory_bytes=_memory_bytes(usages.get("server"), began_s, until_s),
    )


def _whole_rows(run: Run, begin_s: float, end_s: float) -> list[tuple[float, TimelineRow]]:
    """Return the seconds that lie between two instants and were not cut short, each with when it began."""
    rows = run.result.timeline
    silent = silent_seconds(rows, min(run.plan.duration_s, run.result.elapsed_s))
    return [
        (began_s, row)
        for began_s, row in whole_seconds([*rows, *silent])
        if began_s >= begin_s - ROUNDED_S and row.at_s <= end_s + ROUNDED_S
    ]


def _due(plan: PlanFacts, begin_s: float, end_s: float) -> float | None:
    """Return how many requests were due between two instants; None where they did not come evenly."""
    if plan.arrivals != Constant.name or plan.rate_per_s is None:
        return None
    end_s = min(end_s, plan.duration_s)
    per_s = plan.rate_per_s if plan.profile is None else mean_between(plan.profile, begin_s, end_s)
    return per_s * max(0.0, end_s - begin_s)


def _latency(rows: Sequence[TimelineRow]) -> DurationSummary | None:
    """Return the latencies of seconds together; None where those of one that has some were not written down."""
    if any(row.good and row.histogram_us is None for row in rows):
        return None
    return summarise(
        Histogram.merged(Histogram.decode(row.histogram_us) for row in rows if row.histogram_us is not None)
    )


def _cpu_s(usage: Usage, begin_s: float, end_s: float) -> float:
    return sum(row.cpu_s for row in usage.timeline if begin_s + ROUNDED_S < row.at_s <= end_s + ROUNDED_S)


def _memory_bytes(usage: Usage | None, begin_s: float, end_s: float) -> float | None:
    rows = [] if usage is None else usage.timeline
    known = [row.rss_bytes for row in rows if begin_s + ROUNDED_S < row.at_s <= end_s + ROUNDED_S]
    return float(max(known)) if known else None
