"""The policy of a daemon: the options of its workers, its watchdog, and whether it takes over from another.

Pure: the time comes in as an argument, and what looks like chance is computed from a worker's number.
"""

from dataclasses import dataclass

from api_hour.config.worker_options import WorkerOptions

LIFETIME_JITTER_RATIO = 0.1  # of the lifetime, by which a worker may be replaced earlier
GOLDEN_RATIO = 0.6180339887498949


@dataclass(slots=True, kw_only=True)
class Policy:
    """The policy of a daemon: the options of its workers, its watchdog, and whether it takes over from another.

    Attributes:
        options: what was said of the workers; a reload may bring others, for those that are started from then on.
        watchdog_interval_s: how often the service manager wants to hear that the daemon serves; 0 for never.
        is_successor: whether another supervisor serves until this one does. Then one failure is enough to give up.
    """

    options: WorkerOptions
    watchdog_interval_s: float = 0.0
    is_successor: bool = False


def request_limit(options: WorkerOptions, worker_id: int) -> int:
    """Return after how many requests a worker is replaced; 0 for never."""
    if not options.max_requests:
        return 0
    return options.max_requests + int(spread_ratio(worker_id) * (options.max_requests_jitter + 1))


def lifetime_s(options: WorkerOptions, worker_id: int) -> float | None:
    """Return how long a worker may serve, all the time that it may or a little less; None for as long as it will."""
    if not options.max_lifetime_s:
        return None
    return options.max_lifetime_s * (1 - LIFETIME_JITTER_RATIO * spread_ratio(worker_id))


def spread_ratio(number: int) -> float:
    """Return a number from 0 to 1 for each integer, such that neighbours are far apart (golden ratio sequence)."""
    return number * GOLDEN_RATIO % 1.0
