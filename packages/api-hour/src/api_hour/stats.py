"""Counters of what the servers of one worker have answered, reported with each heartbeat.

The counters only grow, so that whoever reads them can take differences. Pure: the time comes in as an argument.
"""

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, field

LATENCY_BOUNDS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


def _no_counts() -> list[int]:
    return [0] * (len(LATENCY_BOUNDS_S) + 1)


def _do_nothing() -> None:
    pass


@dataclass(slots=True)
class ServingStats:
    """The counters of one worker.

    Attributes:
        begun: requests that were, or are being answered.
        requests: answered requests, whatever the answer.
        latency_counts: answers by how long they took: one count for each of `LATENCY_BOUNDS_S` (seconds, upper bounds,
            not cumulated) and one for all above.
        latency_sum_s: all durations added up, in seconds.
        request_limit: at this many requests `on_limit` is called, once; 0 for never.
        on_limit: what to call.
    """

    begun: int = 0
    requests: int = 0
    latency_counts: list[int] = field(default_factory=_no_counts)
    latency_sum_s: float = 0.0
    request_limit: int = 0
    on_limit: Callable[[], None] = _do_nothing

    @property
    def in_flight(self) -> int:
        """Number of requests that are being answered now."""
        return self.begun - self.requests

    def begin(self) -> None:
        """Count a request that is being answered."""
        self.begun += 1

    def end(self, duration_s: float) -> None:
        """Count a request that was answered, or given up, after so many seconds."""
        self.requests += 1
        self.latency_counts[bisect_left(LATENCY_BOUNDS_S, duration_s)] += 1
        self.latency_sum_s += duration_s
        if self.requests == self.request_limit:
            self.on_limit()
