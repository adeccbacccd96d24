"""Longer and longer waits after failures. Pure: the time comes in as an argument."""

from dataclasses import dataclass

BACKOFF_FIRST_S = 0.5
BACKOFF_LIMIT_S = 30.0
FORGET_AFTER_S = 60.0  # without a failure, and the next one waits BACKOFF_FIRST_S again


@dataclass(slots=True)
class Backoff:
    """Waits longer and longer after failures that follow each other."""

    until_s: float = 0.0
    _failures: int = 0

    def fail(self, now_s: float) -> None:
        """Wait from now, twice as long as the last time."""
        if now_s - self.until_s > FORGET_AFTER_S:
            self._failures = 0
        wait_s = min(BACKOFF_FIRST_S * 2.0 ** min(self._failures, 10), BACKOFF_LIMIT_S)
        self._failures += 1
        self.until_s = now_s + wait_s

    def forget(self, now_s: float) -> None:
        """Wait no more."""
        self._failures, self.until_s = 0, now_s
