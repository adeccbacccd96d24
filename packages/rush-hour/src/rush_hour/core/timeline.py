"""The seconds of a run, merged from what several processes saw of each. Pure."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from rush_hour.core.figures import TimelineRow
from rush_hour.core.histogram import Histogram


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """One second of the run as one process saw it, the last one cut short.

    Attributes:
        second: number of that second, from 1.
        at_s: when it was over, since the start.
        latency: of good answers.
        open_connections: how many were open then.
        pause_us: the longest time for which the process looked at no connection.
    """

    second: int
    at_s: float
    sent: int
    good: int
    bad: int
    failed: int
    latency: Histogram
    send_lag: Histogram
    open_connections: int
    pause_us: int


class Timeline:
    """Puts intervals together; a second is complete when every process has reported it.

    Args:
        processes: how many report.
    """

    def __init__(self, processes: int) -> None:
        self._processes = processes
        self._incomplete: defaultdict[int, list[Interval]] = defaultdict(list)
        self._rows: dict[int, TimelineRow] = {}

    def add(self, interval: Interval) -> TimelineRow | None:
        """Take one process's report, and return the second that it completes; None if others are to come."""
        intervals = self._incomplete[interval.second]
        intervals.append(interval)
        if len(intervals) < self._processes:
            return None
        row = self._rows[interval.second] = _row(self._incomplete.pop(interval.second))
        return row

    def rows(self) -> list[TimelineRow]:
        """Return all seconds, also those that a stalled process skipped; without those at the end that saw nothing."""
        rows = self._rows | {second: _row(intervals) for second, intervals in self._incomplete.items()}
        ordered = [rows[second] for second in sorted(rows)]
        while ordered and not (ordered[-1].sent or ordered[-1].good or ordered[-1].bad or ordered[-1].failed):
            ordered.pop()
        return ordered


def _row(intervals: Iterable[Interval]) -> TimelineRow:
    intervals = list(intervals)
    latency = Histogram.merged(interval.latency for interval in intervals)
    send_lag = Histogram.merged(interval.send_lag for interval in intervals)
    return TimelineRow(
        at_s=round(max(interval.at_s for interval in intervals), 3),
        sent=sum(interval.sent for interval in intervals),
        good=sum(interval.good for interval in intervals),
        bad=sum(interval.bad for interval in intervals),
        failed=sum(interval.failed for interval in intervals),
        p50_us=latency.percentile_us(50) if latency.total else None,
        p99_us=latency.percentile_us(99) if latency.total else None,
        send_lag_p99_us=send_lag.percentile_us(99) if send_lag.total else None,
        open_connections=sum(interval.open_connections for interval in intervals),
        histogram_us=latency.encode() if latency.total else None,
    )
