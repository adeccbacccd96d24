"""Figures that another tool measured, as far as it tells of them. What it does not tell is None, and never 0.

These types are the document's (`document.py`). All durations are in microseconds.
"""

from dataclasses import dataclass, field
from typing import Literal

# Requests are due whatever becomes of others; or each connection's next one waits for its last answer.
LoadModel = Literal["open", "closed", "unknown"]
# Whether latencies have in them what requests waited before they were sent, as they do from when they were due.
Waiting = Literal["counted", "left out", "unknown"]
# From what percentiles are: all latencies, HdrHistogram or the like, few buckets, or only the figures themselves.
Resolution = Literal["requests", "histogram", "buckets", "percentiles"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedLatency:
    """Latencies, as the tool counts them, in microseconds."""

    mean: float | None = None
    stdev: float | None = None
    least: float | None = None
    p50: float | None = None
    p75: float | None = None
    p90: float | None = None
    p95: float | None = None
    p99: float | None = None
    p99_9: float | None = None
    p99_99: float | None = None
    max: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedRun:
    """A run of another tool.

    Attributes:
        tool: its name, and its version where it tells.
        file: what was read.
        waiting: whether latencies count from when requests were due, so that no waiting is left out of them
            (coordinated omission).
        rate_per_s: that was asked for; None where none was, or it is not told.
        requests: that were answered or failed.
        good: answers with a status from 200 to 399, or whatever the tool calls a success.
        failed: requests without an answer.
        statuses: how many answers had each.
        errors: how many requests failed, by what the tool says of it.
        notes: what is to be known of these figures.
    """

    tool: str
    file: str
    load_model: LoadModel
    waiting: Waiting
    resolution: Resolution
    url: str | None = None
    rate_per_s: float | None = None
    connections: int | None = None
    duration_s: float | None = None
    requests: int | None = None
    requests_per_s: float | None = None
    good: int | None = None
    failed: int | None = None
    bytes_read: int | None = None
    statuses: dict[str, int] = field(default_factory=dict)
    errors: dict[str, int] = field(default_factory=dict)
    latency_us: ImportedLatency | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def goodput_per_s(self) -> float | None:
        """Good answers per second; None where either is not known."""
        return None if self.good is None or not self.duration_s else self.good / self.duration_s
