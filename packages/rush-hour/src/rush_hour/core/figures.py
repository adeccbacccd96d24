"""Figures of distributions and of seconds, as they are reported. Plain data: nothing here needs numpy."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class DurationSummary:
    """A distribution of durations in microseconds."""

    mean: float
    stdev: float
    p50: int
    p75: int
    p90: int
    p95: int
    p99: int
    p99_9: int
    p99_99: int
    max: int
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineRow:
    """One second of the run.

    Attributes:
        at_s: end of that second, since the start.
        p50_us, p99_us: latency of the good answers that came in it; None without any.
        send_lag_p99_us: of the requests sent in it; None without any.
        open_connections: how many were open when it ended.
        histogram_us: the latencies of those good answers, in HdrHistogram's V2 format and base64; None without any,
            and in older documents.
    """

    at_s: float
    sent: int
    good: int
    bad: int
    failed: int
    p50_us: int | None
    p99_us: int | None
    send_lag_p99_us: int | None = None
    open_connections: int = 0
    histogram_us: str | None = None
