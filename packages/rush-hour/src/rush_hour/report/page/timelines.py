"""Seconds of a run in columns, for the pictures over time and for the tables beside them. Pure.

A long run has more seconds than a picture has room for: they are put together then, so that counts stay whole. Of
percentiles, which cannot be added up, the highest p99 and the middle p50 of the seconds are kept.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TypeVar

from rush_hour.core.figures import TimelineRow
from rush_hour.core.profile.curve import mean_between
from rush_hour.results.resources import Role, UsageRow
from rush_hour.results.run import PlanFacts, Run

POINTS_LIMIT = 300
TABLE_ROWS_LIMIT = 20
SHORTEST_S = 0.5  # what a run has after its last whole second is counted with that, if it is shorter

Row = TypeVar("Row", TimelineRow, UsageRow)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """Seconds put together; counts are of each second of it.

    Attributes:
        at_s: its end, since the start.
        length_s: its length.
    """

    at_s: float
    length_s: float
    good_per_s: float
    bad_per_s: float
    failed_per_s: float
    p50_us: int | None
    p99_us: int | None
    send_lag_p99_us: int | None
    open_connections: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageBucket:
    """Usage of a role in seconds put together: cores in use, and the highest resident memory."""

    at_s: float
    cores: float
    rss_bytes: int


def buckets_of(rows: Sequence[TimelineRow], limit: int = POINTS_LIMIT) -> list[Bucket]:
    """Put the seconds of a run together.

    Args:
        rows: the seconds.
        limit: how many buckets there may be.
    """
    return [_bucket(begin_s, group) for begin_s, group in _groups(rows, limit)]


def offered_in(plan: PlanFacts, bucket: Bucket) -> float | None:
    """Return what a plan offers in some seconds, for each of them; None for a closed loop."""
    if plan.profile is None:
        return plan.rate_per_s
    return round(mean_between(plan.profile, bucket.at_s - bucket.length_s, bucket.at_s), 1)


def usage_of(rows: Sequence[UsageRow], limit: int = POINTS_LIMIT) -> list[UsageBucket]:
    """Put the seconds of a role together.

    Args:
        rows: the seconds.
        limit: how many buckets there may be.
    """
    return [
        UsageBucket(
            at_s=group[-1].at_s,
            cores=sum(row.cpu_s for row in group) / (group[-1].at_s - begin_s),
            rss_bytes=max(row.rss_bytes for row in group),
        )
        for begin_s, group in _groups(rows, limit)
    ]


def usage_by_role(run: Run, limit: int = POINTS_LIMIT) -> dict[Role, list[UsageBucket]]:
    """Return the usage over time of each role that was watched."""
    roles = run.resources.by_role() if run.resources is not None else {}
    return {role: usage_of(usage.timeline, limit) for role, usage in roles.items() if usage.timeline}


def _groups(rows: Sequence[Row], limit: int) -> Iterable[tuple[float, list[Row]]]:
    """Yield when each group of rows begins, and its rows; a short rest belongs to the last group."""
    if not rows:
        return
    size = -(-len(rows) // limit)
    groups: list[list[Row]] = [list(rows[begin : begin + size]) for begin in range(0, len(rows), size)]
    begins_s = [0.0, *(group[-1].at_s for group in groups[:-1])]
    if len(groups) > 1 and groups[-1][-1].at_s - begins_s[-1] < SHORTEST_S:
        rest = groups.pop()
        groups[-1] += rest
        begins_s.pop()
    yield from ((begin_s, group) for begin_s, group in zip(begins_s, groups, strict=True) if group[-1].at_s > begin_s)


def _bucket(begin_s: float, rows: Sequence[TimelineRow]) -> Bucket:
    length_s = rows[-1].at_s - begin_s
    p50s = [row.p50_us for row in rows if row.p50_us is not None]
    return Bucket(
        at_s=rows[-1].at_s,
        length_s=length_s,
        good_per_s=sum(row.good for row in rows) / length_s,
        bad_per_s=sum(row.bad for row in rows) / length_s,
        failed_per_s=sum(row.failed for row in rows) / length_s,
        p50_us=round(median(p50s)) if p50s else None,
        p99_us=max((row.p99_us for row in rows if row.p99_us is not None), default=None),
        send_lag_p99_us=max((row.send_lag_p99_us for row in rows if row.send_lag_p99_us is not None), default=None),
        open_connections=rows[-1].open_connections,
    )
