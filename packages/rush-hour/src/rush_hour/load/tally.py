"""What one process of the load generator has seen: counts, durations, and a report each second.

The injector appends durations to arrays; from there they go in bulk into histograms, so that memory does not grow
with the length of the run.
"""

from array import array
from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rush_hour.core.histogram import Counts, Histogram
from rush_hour.core.result import BadAnswer

Used = tuple[NDArray[np.int64], Counts]


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """What one process saw in one second of the run, the last one cut short.

    Attributes:
        second: number of that second, from 1.
        at_s: when it was over, since the start.
        latency: of good answers.
        open_connections: how many were open then.
    """

    second: int
    at_s: float
    sent: int
    good: int
    bad: int
    failed: int
    latency: Used
    send_lag: Used
    open_connections: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareResult:
    """What one process saw in the whole run. Instants are of `time.monotonic_ns`."""

    requests_due: int
    requests_sent: int
    good: int
    bad: int
    status_counts: Counter[int]
    errors: Counter[str]
    bytes_read: int
    last_answer_at_ns: int
    latency: Used
    service_time: Used
    send_lag: Used
    latency_bad: Used
    cpu_s: float
    max_rss_bytes: int
    open_at_start: int
    open_at_end: int
    reconnects: int
    closed_idle: int
    connect_failures: Counter[str]
    first_bad: BadAnswer | None = None


def _nanoseconds() -> "array[int]":
    return array("q")


@dataclass(slots=True)
class Tally:
    """Everything that is counted; durations are in nanoseconds until `flush` moves them into histograms."""

    requests_due: int = 0
    open_at_end: int | None = None  # of the schedule; None when it was cut short
    sent: int = 0
    good: int = 0
    bad: int = 0
    bytes_read: int = 0
    last_answer_at_ns: int = 0
    status_counts: Counter[int] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    reconnects: int = 0
    closed_idle: int = 0
    connect_failures: Counter[str] = field(default_factory=Counter)
    first_bad: BadAnswer | None = None
    latencies_ns: "array[int]" = field(default_factory=_nanoseconds)
    service_times_ns: "array[int]" = field(default_factory=_nanoseconds)
    send_lags_ns: "array[int]" = field(default_factory=_nanoseconds)
    latencies_bad_ns: "array[int]" = field(default_factory=_nanoseconds)
    latency: Histogram = field(default_factory=Histogram)
    service_time: Histogram = field(default_factory=Histogram)
    send_lag: Histogram = field(default_factory=Histogram)
    latency_bad: Histogram = field(default_factory=Histogram)
    _reported: tuple[int, int, int, int] = (0, 0, 0, 0)

    def flush(self, second: int, at_s: float, open_connections: int) -> Interval:
        """Move durations into histograms and return what is new since the last flush, as one second's report."""
        latency, send_lag = Histogram(), Histogram()
        move_durations(self.latencies_ns, latency)
        self.latency.add(latency)
        move_durations(self.send_lags_ns, send_lag)
        self.send_lag.add(send_lag)
        move_durations(self.service_times_ns, self.service_time)
        move_durations(self.latencies_bad_ns, self.latency_bad)
        now = (self.sent, self.good, self.bad, self.errors.total())
        sent, good, bad, failed = (new - old for new, old in zip(now, self._reported, strict=True))
        self._reported = now
        return Interval(
            second=second, at_s=at_s, sent=sent, good=good, bad=bad, failed=failed,
            latency=latency.used(), send_lag=send_lag.used(), open_connections=open_connections,
        )  # fmt: skip


def move_durations(durations_ns: "array[int]", histogram: Histogram) -> None:
    """Record durations in a histogram and forget them."""
    if durations_ns:
        histogram.record_ns(np.array(durations_ns))
        del durations_ns[:]
