"""What a daemon was told about its workers.

Pure: the time comes in as an argument, and what looks like chance is computed from a worker's number.
"""

from dataclasses import dataclass

LIFETIME_JITTER_RATIO = 0.1  # of the lifetime, by which a worker may be replaced earlier
GOLDEN_RATIO = 0.6180339887498949


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What a daemon was told about its workers.

    Attributes:
        workers: how many to keep.
        graceful_timeout_s: how long a worker may take to finish its requests, in seconds.
        boot_timeout_s: how long a worker may take to serve, in seconds; 0 for as long as it takes.
        stop_delay_s: how long to serve on after being told to stop, in seconds.
        drain_timeout_s: how long a worker that is replaced keeps idle connections, in seconds, before it finishes.
        heartbeat_timeout_s: how long a serving worker may be silent, in seconds; 0 for ever.
        max_requests: after how many a worker is replaced; 0 for never.
        max_requests_jitter: up to so many more, for each worker another number.
        max_rss_bytes: above how much memory a worker is replaced; 0 for never.
        max_lifetime_s: after how long a worker is replaced; 0 for never.
        watchdog_interval_s: how often the service manager wants to hear that the daemon serves; 0 for never.
        is_successor: whether another supervisor serves until this one does. Then one failure is enough to give up.
    """

    workers: int
    graceful_timeout_s: float
    boot_timeout_s: float
    stop_delay_s: float = 0.0
    drain_timeout_s: float = 0.0
    heartbeat_timeout_s: float = 0.0
    max_requests: int = 0
    max_requests_jitter: int = 0
    max_rss_bytes: int = 0
    max_lifetime_s: float = 0.0
    watchdog_interval_s: float = 0.0
    is_successor: bool = False

    def request_limit(self, worker_id: int) -> int:
        """Return after how many requests this worker is replaced; 0 for never."""
        if not self.max_requests:
            return 0
        return self.max_requests + int(spread_ratio(worker_id) * (self.max_requests_jitter + 1))

    def expires_at_s(self, worker_id: int, serving_since_s: float) -> float | None:
        """Return when this worker is old, in time or a little before; None for never."""
        if not self.max_lifetime_s:
            return None
        return serving_since_s + self.max_lifetime_s * (1 - LIFETIME_JITTER_RATIO * spread_ratio(worker_id))


def spread_ratio(number: int) -> float:
    """Return a number from 0 to 1 for each integer, such that neighbours are far apart (golden ratio sequence)."""
    return number * GOLDEN_RATIO % 1.0
