"""Figures from one row for each request. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rush_hour.results.imported import ImportedLatency


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRow:
    """One request.

    Attributes:
        sent_at_us: since any instant.
        status: empty where there was no answer.
    """

    sent_at_us: float
    latency_us: float
    status: str
    is_good: bool


def duration_s_of(rows: Sequence[RequestRow]) -> float | None:
    """Return the time from the first request to the last answer; None where that is none."""
    ends = [row.sent_at_us + row.latency_us for row in rows]
    duration_s = (max(ends) - min(row.sent_at_us for row in rows)) / 1e6 if rows else 0.0
    return duration_s or None


def statuses_of(rows: Sequence[RequestRow]) -> dict[str, int]:
    """Return how many answers had each status."""
    return dict(sorted(Counter(row.status for row in rows if row.status).items()))


def latency_of(rows: Sequence[RequestRow]) -> ImportedLatency | None:
    """Return the latencies of good answers: each percentile is one of them; None without any."""
    values = np.sort(np.array([row.latency_us for row in rows if row.is_good]))
    if not len(values):
        return None
    p50, p75, p90, p95, p99, p99_9, p99_99 = (
        float(values[max(0, int(np.ceil(percent / 100 * len(values) - 1e-9)) - 1)])
        for percent in (50, 75, 90, 95, 99, 99.9, 99.99)
    )
    return ImportedLatency(
        mean=float(values.mean()), stdev=float(values.std()), least=float(values[0]), p50=p50, p75=p75, p90=p90,
        p95=p95, p99=p99, p99_9=p99_9, p99_99=p99_99, max=float(values[-1]),
    )  # fmt: skip
