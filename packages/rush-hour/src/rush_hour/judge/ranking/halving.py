"""Rounds of a trial: all contenders for a short time, fewer and fewer of them for longer. Pure.

Successive halving (Karnin, Koren, Somekh: Almost Optimal Exploration in Multi-Armed Bandits, 2013): each round has the
same share of the budget, and what is left after it of the contenders has more of it each. Where the budget does not
allow a round for each halving, there are fewer rounds, and more than half leave after each. The last may be held
several times: what is left is then started again in each, and compared by all of them.
"""

import math
from collections.abc import Sequence

from rush_hour.results.trial import Estimate, Round

FINALISTS = 4
MOST_ROUNDS = 4


def plan_rounds(
    contenders: int, budget_s: float, *, least_s: float, overhead_s: float, last_s: float = 0.0, repeats: int = 1
) -> list[Round]:
    """Return the rounds that a budget has room for; the last with the shortest slots where it has room for none.

    Args:
        contenders: how many there are; at least one.
        budget_s: what is left of it.
        least_s: the shortest time in which anything can be said of one.
        overhead_s: what starting and stopping one takes.
        last_s: what else is done with each when the last round is held for the last time.
        repeats: how often the last round is held.
    """
    for count in range(MOST_ROUNDS, 0, -1):
        *sizes, finalists = _sizes(contenders, count)
        share_s = budget_s / (count - 1 + repeats)
        slots_s = [share_s / size - overhead_s for size in sizes]
        final_s = share_s / finalists - overhead_s - last_s / repeats
        if min([*slots_s, final_s]) >= least_s:
            before = [Round(contenders=size, slot_s=slot_s) for size, slot_s in zip(sizes, slots_s, strict=True)]
            return before + [Round(contenders=finalists, slot_s=final_s, is_final=True)] * repeats
    return [Round(contenders=contenders, slot_s=least_s, is_final=True)] * repeats


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
