"""Where a series changes most, and how often so much comes by chance: E-divisive (Matteson and James, 2014).

Of all places, that where the energy distance of the two sides, weighted by how many values they have, is largest. How
often values without a change have one as large anywhere, is counted over permutations of them: so the choice of the
place is in it. Values that are far from the middle are held at a bound before, the same for all permutations: one
outlier would otherwise hide a step beside it (`test_simulations.py` counts what that is worth).

Seconds of a run are cut in another way (`judge/steady.py`): each depends on those before it, and permutations of them
would not be as likely as what was seen.

Pure; what is drawn by chance has a fixed seed.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Small = NDArray[np.float32]
Orders = NDArray[np.intp]

SIDE = 2  # values on each side, at the least
FARTHEST = 4.0  # spreads from the middle
NEAREST = 5.0  # times the least that matters: values that are so near to the middle are left as they are
NORMAL = 1.4826  # standard deviations of normal values in one middle distance from their middle
SEED = 20261101
PERMUTATIONS = (99, 400, 500, 1000)  # one portion after the other, until it can be told
CLEARLY_ABOVE, CLEARLY_BELOW = 3.0, 0.25  # times the level that matters


@dataclass(frozen=True, slots=True)
class Split:
    """The place where a series changes most.

    Attributes:
        at: the first value behind it.
        p: how often values without a change have one as large.
    """

    at: int
    p: float


def scan(values: Values, level: float, least: float = 0.0) -> Split | None:
    """Return where a series changes most; None where it has no two sides, or nothing changes.

    Args:
        values: in their order.
        level: the p that matters: p is known as exactly as it takes to tell which side of that it is on.
        least: the smallest difference that matters.
    """
    length = len(values)
    if length < 2 * SIDE or np.ptp(values) == 0:
        return None
    held = held_near(values, least)
    small = ((held - held.min()) / np.ptp(held)).astype(np.float32)
    found = energies(small, np.arange(length)[:, None])[:, 0]
    at = int(np.argmax(found))
    return Split(at + SIDE, _p(small, float(found[at]), level))


def held_near(values: Values, least: float) -> Values:
    """Return values, those that are far from the middle at a bound.

    Args:
        values: in any order.
        least: the smallest difference that matters.
    """
    middle = np.median(values)
    spread = NORMAL * np.median(np.abs(values - middle))
    bound = max(FARTHEST * spread, NEAREST * least)
    return values if spread == 0 else np.clip(values, middle - bound, middle + bound)


def _p(values: Small, seen: float, level: float) -> float:
    """Return how often permutations have as large a distance; the one that was seen is one of them."""
    as_large, tried, p = 1, 1, 1.0
    for portion, count in enumerate(PERMUTATIONS):
        largest = energies(values, _orders(len(values), portion)).max(axis=0)
        as_large += int(np.count_nonzero(largest >= seen * (1 - 1e-5)))
        tried += count
        p = as_large / tried
        if not CLEARLY_BELOW * level < p < CLEARLY_ABOVE * level:
            break
    return p


@cache
def _orders(length: int, portion: int) -> Orders:
    """Return permutations, a column each; those of all series of one length are the same."""
    rng = np.random.default_rng([SEED, length, portion])
    return rng.permuted(np.tile(np.arange(length)[:, None], (1, PERMUTATIONS[portion])), axis=0)


def energies(values: Small, orders: Orders) -> Small:
    """Return the weighted energy distance of the two sides of each place, for values in several orders.

    With m values before and n behind, and the sums of the distances of pairs between both and within each:

        m n / (m + n) * (2 between / (m n) - 2 before / m**2 - 2 behind / n**2)

    Args:
        values: of one series.
        orders: shape `(length, orders)`.

    Returns:
        Shape `(places, orders)`; the first place has `SIDE` values before it.
    """
    length = len(values)
    ordered = values[orders]
    to_all = np.abs(values[:, None] - values[None, :]).sum(axis=1)[orders]
    to_earlier = np.zeros_like(ordered)
    for place in range(1, length):
        to_earlier[place] = np.abs(ordered[:place] - ordered[place]).sum(axis=0)
    before = np.cumsum(to_earlier, axis=0)[:-1]
    behind = np.cumsum((to_all - to_earlier)[::-1], axis=0)[::-1][1:]
    between = to_all.sum(axis=0) / 2 - before - behind
    m = np.arange(1, length, dtype=np.float32)[:, None]
    n = length - m
    found: Small = 2 * (between - before * n / m - behind * m / n) / length
    return found[SIDE - 1 : length - SIDE]
