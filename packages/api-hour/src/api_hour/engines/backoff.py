"""Waits before the next attempt to connect. Pure: chance comes in as an argument."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """Doubling delays, from `first_s` up to `limit_s`, in seconds."""

    first_s: float = 0.05
    limit_s: float = 1.0

    def delay_s(self, failures: int, chance: float) -> float:
        """Return the delay after so many failures in a row.

        Args:
            failures: 1 or more.
            chance: from 0 to 1. It takes up to a half of the delay away, so that the workers of a daemon, which all
                lost their server at the same moment, do not all come back at the same moment.
        """
        doublings = min(failures - 1, 64)  # beyond it the limit holds anyway, and a float can overflow
        return min(self.limit_s, self.first_s * 2.0**doublings) * (1.0 - chance / 2)
