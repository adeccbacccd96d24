"""How many trials a simulation has: a fifth of those that `make simulations` counts over, to be quick every day."""

import os

SHARE = float(os.environ.get("RUSH_HOUR_SIMULATIONS", "0.2"))


def trials(whole: int) -> int:
    """Return how many trials there are now, of so many."""
    return max(1, round(whole * SHARE))
