"""A server of a known capacity: it answers one request after the other, each a fixed time after the one before it."""

import threading
import time
from collections.abc import Callable

from scripted_server import OK


def capacity_of(rate_per_s: float, way_s: float) -> Callable[[int], bytes]:
    """Return a script that answers so many requests a second, whoever asks, in the order in which they came.

    Args:
        rate_per_s: the capacity.
        way_s: what each answer takes besides, and nobody waits for: beside it, what a busy machine adds is little.
    """
    lock = threading.Lock()
    free_at_s = 0.0

    def script(_number: int) -> bytes:
        nonlocal free_at_s
        with lock:
            free_at_s = max(free_at_s, time.monotonic()) + 1 / rate_per_s
            wait_s = free_at_s + way_s - time.monotonic()
        time.sleep(max(0.0, wait_s))
        return OK

    return script
