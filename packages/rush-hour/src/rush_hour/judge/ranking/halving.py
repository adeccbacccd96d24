"""Rounds of a trial: all contenders for a short time, fewer and fewer of them for longer. Pure.

Successive halving (Karnin, Koren, Somekh: Almost Optimal Exploration in Multi-Armed Bandits, 2013): each round has the
same share of the budget, and what is left after it of the contenders has more of it each. Where the budget does not
allow a round for each halving, there are fewer rounds, and more than half leave after each.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rush_hour.results.trial import Estimate

FINALISTS = 4
MOST_ROUNDS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """A round.

    Attributes:
        contenders: how many are in it.
        slot_s: how long each is measured.
    """

    contenders: int
    slot_s: float


def plan_rounds(
    contenders: int, budget_s: float, *, least_s: float, overhead_s: float, last_s: float = 0.0
) -> list[Round]:
    """Return the rounds that a budget has room for; one with the shortest slots where it has room for none.

    Args:
        contenders: how many there are; at least one.
        budget_s: what is left of it.
        least_s: the shortest time in which anything can be said of one.
        overhead_s: what starting and stopping one takes.
        last_s: what else is done with each in the last round.
    """
    for count in range(MOST_ROUNDS, 0, -1):
        sizes = _sizes(contenders, count)
        slots_s = [budget_s / count / size - overhead_s for size in sizes]
        slots_s[-1] -= last_s
        if min(slots_s) >= least_s:
            return [Round(contenders=size, slot_s=slot_s) for size, slot_s in zip(sizes, slots_s, strict=True)]
    return [Round(contenders=contenders, slot_s=least_s)]


def _sizes(contenders: int, rounds: int) -> list[int]:
    """Return how many are in each round: falling evenly, as ratios, to the finalists."""
    finalists = min(FINALISTS, contenders)
    if rounds == 1:
        return [contenders]
    ratio = (finalists / contenders) ** (1 / (rounds - 1))
    return [max(finalists, round(contenders * ratio**number)) for number in range(rounds)]


def promise_per_s(estimate: Estimate | None) -> float | None:
    """Return the rate that one is chosen by, the middle of its interval; None for one that meets the objective at none.

    A rate that is stated may be far below it, where the time was too short to find more.
    """
    if estimate is None or not estimate.rate_per_s or not estimate.low_per_s:
        return None
    if estimate.high_per_s is None:
        return estimate.rate_per_s
    return max(estimate.rate_per_s, math.sqrt(estimate.low_per_s * estimate.high_per_s))


def going_on(rates: Sequence[tuple[str, float | None]], count: int) -> list[str]:
    """Return the names of those that go on: the highest rates, in the order in which they came.

    Args:
        rates: of each; None where no rate met the objective: such a one does not go on.
        count: how many at the most.
    """
    met = sorted(((rate, name) for name, rate in rates if rate is not None), key=lambda one: (-one[0], one[1]))
    chosen = {name for _, name in met[:count]}
    return [name for name, _ in rates if name in chosen]
