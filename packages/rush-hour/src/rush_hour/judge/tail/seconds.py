"""The seconds of a run, each with what else was seen while its answers were waited for; and those that were slow.

An answer is counted in the second in which it came, and what delayed it was before: so each second looks back by the
latency that it had. Nothing here says why a second was slow.

Pure.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from statistics import median

from rush_hour.core.figures import TimelineRow
from rush_hour.core.profile.curve import mean_between
from rush_hour.core.profile.profile import LoadProfile
from rush_hour.core.seconds import LATE_S, whole_seconds
from rush_hour.results.evidence import DatabaseRow
from rush_hour.results.resources import Resources, Role, UsageRow
from rush_hour.results.run import Run

LEAST_SECONDS = 5  # fewer have no usual one among them
LEAST_USUAL = 3  # of them, to compare the slow ones with
LEAST_ANSWERS = 10  # in a second; the 99th percentile of fewer says nothing
LEAST_LENGTH_S = 0.5  # the last second is cut short, and figures for each second of a hundredth of one are noise
RISE_RATIO = 3.0  # between p99 of a slow second and the usual one: twice as much comes by chance
RISE_US = 20_000  # and by how much: a busy machine's scheduler alone makes less
WAITED_RATIO = 1.25  # of p99, that a second looks back on: one answer in a hundred waited longer
SPAN_S = 10.0  # that it looks back at most


@dataclass(frozen=True, slots=True, kw_only=True)
class CpuUse:
    """Use of CPU by one role in about a second, in cores.

    Attributes:
        cores: of all its processes.
        busiest_cores: of the process that used most; None where that is not known.
        busiest_pid: that process.
    """

    cores: float
    busiest_cores: float | None
    busiest_pid: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Second:
    """One second of a run.

    Attributes:
        since_s: when the time begins that this second looks back on; it ends with the second.
        span: the seconds in that time, itself among them.
        cpu: what each role used in that time.
        looks: at the database in that time.
        offered_per_s: the most that was offered in a second of that time; None where the rate did not change.
    """

    row: TimelineRow
    since_s: float
    span: Sequence[TimelineRow]
    cpu: Mapping[Role, Sequence[CpuUse]]
    looks: Sequence[DatabaseRow]
    offered_per_s: float | None = None


def seconds_of(run: Run) -> list[Second]:
    """Return the seconds of a run that say something: those that were not cut short."""
    end_s = run.result.elapsed_s + LATE_S  # after which a second without a good answer is none that lacks them
    rows = [row for _, row in whole_seconds(run.result.timeline, LEAST_LENGTH_S) if row.good or row.at_s <= end_s]
    offered = _offered(run.plan.profile, run.result.timeline)
    if offered:  # a profile may have pauses
        rows = [row for row in rows if row.good or offered[row.at_s] >= 1.0]
    looks = [] if run.database is None else sorted(run.database.timeline, key=lambda look: look.at_s)
    middles_s = [_middle_s(row) for row in rows]
    looked_at_s = [look.at_s for look in looks]
    uses = {} if run.resources is None else _cpu_uses(run.resources)
    used_at_s = {role: [at_s for at_s, _ in of_role] for role, of_role in uses.items()}
    seconds: list[Second] = []
    for row in rows:
        since_s, until_s = row.at_s - 1.0 - min(SPAN_S, WAITED_RATIO * (row.p99_us or 0) / 1e6), row.at_s
        cpu = {
            role: [use for _, use in of_role[_between(used_at_s[role], since_s, until_s)]]
            for role, of_role in uses.items()
        }
        span = rows[_between(middles_s, since_s, until_s)] or [row]
        seen = looks[_between(looked_at_s, since_s, until_s)]
        most = max((offered[one.at_s] for one in span), default=None) if offered else None
        seconds.append(Second(row=row, since_s=since_s, span=span, cpu=cpu, looks=seen, offered_per_s=most))
    return seconds


def split(seconds: Sequence[Second]) -> tuple[list[Second], list[Second]]:
    """Return the slow seconds and the usual ones; none are slow where there are too few to say what is usual.

    A second that a slow one looks back on is neither: what delayed the answers was in it, perhaps.
    """
    known_us = [second.row.p99_us for second in seconds if _is_telling(second.row) and second.row.p99_us is not None]
    if len(known_us) < LEAST_SECONDS:
        return [], list(seconds)
    usual_us, usual_good = median(known_us), median(second.row.good for second in seconds)
    slow: list[Second] = []
    usual: list[Second] = []
    since_s = inf
    for second in reversed(seconds):
        if _is_slow(second, usual_us, usual_good):
            slow.append(second)
            since_s = min(since_s, second.since_s)
        elif _middle_s(second.row) < since_s:
            usual.append(second)
    return (slow[::-1], usual[::-1]) if len(usual) >= LEAST_USUAL else ([], list(seconds))


def usual_p99_us(seconds: Iterable[Second]) -> float:
    """Return the median of the seconds' 99th percentiles; 0 without any."""
    return median([second.row.p99_us for second in seconds if second.row.p99_us is not None] or [0])


def _is_slow(second: Second, usual_us: float, usual_good: float) -> bool:
    row = second.row
    if row.p99_us is None:
        return usual_good >= LEAST_ANSWERS and row.good == 0
    return _is_telling(row) and row.p99_us >= max(RISE_RATIO * usual_us, usual_us + RISE_US)


def _middle_s(row: TimelineRow) -> float:
    return row.at_s - 0.5


def _is_telling(row: TimelineRow) -> bool:
    return row.good >= LEAST_ANSWERS


def _offered(profile: LoadProfile | None, rows: Iterable[TimelineRow]) -> dict[float, float]:
    """Return what was offered in each second, by its end; nothing where that was always the same."""
    if profile is None or not profile.varies:
        return {}
    return {row.at_s: mean_between(profile, max(0.0, row.at_s - 1.0), row.at_s) for row in rows}


def _cpu_uses(resources: Resources) -> dict[Role, list[tuple[float, CpuUse]]]:
    """Return what each role used, by the middle of each interval."""
    return {role: _uses_of(usage.timeline) for role, usage in resources.by_role().items()}


def _uses_of(rows: Sequence[UsageRow]) -> list[tuple[float, CpuUse]]:
    ordered = sorted(rows, key=lambda row: row.at_s)
    return [
        ((began_s + row.at_s) / 2, _use_of(row, row.at_s - began_s))
        for began_s, row in whole_seconds(ordered, LEAST_LENGTH_S)
    ]


def _use_of(row: UsageRow, length_s: float) -> CpuUse:
    return CpuUse(
        cores=row.cpu_s / length_s,
        busiest_cores=None if row.busiest_cpu_s is None else row.busiest_cpu_s / length_s,
        busiest_pid=row.busiest_pid,
    )


def _between(at_s: Sequence[float], since_s: float, until_s: float) -> slice:
    return slice(bisect_left(at_s, since_s), bisect_right(at_s, until_s))
