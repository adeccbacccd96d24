"""The policy of a daemon: the options of its workers, its watchdog, and whether it takes over from another.

Pure: the time comes in as an argument, and what looks like chance is computed from a worker's number.
"""

from dataclasses import dataclass

from api_hour.config.worker_options import WorkerOptions

LIFETIME_JITTER_RATIO = 0.1  # of the lifetime, by which a worker may be replaced earlier
GOLDEN_RATIO = 0.6180339887498949


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The policy of a daemon: the options of its workers, its watchdog, and whether it takes over from another.

    Attributes:
        options: what was said of the workers.
        watchdog_interval_s: how often the service manager wants to hear that the daemon serves; 0 for never.
        is_successor: whether another supervisor serves until this one does. Then one failure is enough to give up.
    """

    options: WorkerOptions
    watchdog_interval_s: float = 0.0
    is_successor: bool = False

    def request_limit(self, worker_id: int) -> int:
        """Return after how many requests this worker is replaced; 0 for never."""
        if not self.options.max_requests:
            return 0
        return self.options.max_requests + int(spread_ratio(worker_id) * (self.options.max_requests_jitter + 1))

    def expires_at_s(self, worker_id: int, serving_since_s: float) -> float | None:
        """Return when this worker is old, in time or a little before; None for never."""
        if not self.options.max_lifetime_s:
            return None
        return serving_since_s + self.options.max_lifetime_s * (1 - LIFETIME_JITTER_RATIO * spread_ratio(worker_id))


def spread_ratio(number: int) -> float:
    """Return a number from 0 to 1 for each integer, such that neighbours are far apart (golden ratio sequence)."""
    return number * GOLDEN_RATIO % 1.0
