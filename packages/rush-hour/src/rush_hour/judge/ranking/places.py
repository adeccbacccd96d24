"""Places: which contenders are better than which, and by how much two starts of one of them differ. Pure.

A rate is one of any start of a server, not of the one that was measured: its own interval is widened by what two starts
differ by, which is measured on those that were started in several rounds. Two contenders are compared by all rounds
that both were in: each round says by what ratio they differ, and how exactly; together they say it more exactly than
the last alone (the mean weighted by inverse variances). One is better for certain where that ratio lies above 1 by more
than chance would put it there in one of a hundred pairs; else they are a tie. A contender's place is a range: from
behind those that are better for certain, to before those that are worse for certain.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rush_hour.results.trial import Contender, Estimate, Place

USUAL_SPREAD = 0.03  # of the rates of two starts of one server on a quiet machine (measured 2026-12, see docs)
USUAL_WEIGHT = 2  # pairs of starts, that the usual spread counts as
QUANTILE = 1.96  # of the normal distribution, for 95 %
CERTAIN = 2.58  # likewise, for 99 %: a ranking has many pairs
NARROW_LOG = QUANTILE * USUAL_SPREAD  # half of an interval that is known as exactly as rates of starts are alike


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """An interval of rates; without an upper end where more could not be offered."""

    low_per_s: float
    high_per_s: float


def restart_spread(contenders: Sequence[Contender]) -> float:
    """Return the standard deviation of a start: of the logarithm of a server's rate, from start to start.

    What changes from round to round for all, longer steps or a warmer machine, is no difference of one server, and is
    taken out. Rates that are not known exactly differ because of that, and say nothing of starts: they are left out.
    """
    squares, pairs = USUAL_WEIGHT * USUAL_SPREAD**2, USUAL_WEIGHT
    last = max((estimate.round for one in contenders for estimate in one.estimates), default=1)
    for number in range(1, last):
        steps = [step for one in contenders if (step := _step(one, number)) is not None]
        if len(steps) > 1:
            mean = sum(steps) / len(steps)
            squares += sum((step - mean) ** 2 for step in steps) / 2  # a difference has the variance of both starts
            pairs += len(steps) - 1
    return math.sqrt(squares / pairs)


def _step(contender: Contender, number: int) -> float | None:
    """Return the logarithm of the ratio of a contender's rates in a round and the next; None unless both are exact."""
    rates = {estimate.round: estimate.rate_per_s for estimate in contender.estimates if _is_exact(estimate)}
    before, after = rates.get(number), rates.get(number + 1)
    return math.log(after / before) if before and after else None


def _is_exact(estimate: Estimate) -> bool:
    low, high = estimate.low_per_s, estimate.high_per_s
    return low is not None and high is not None and 0 < high <= low * math.exp(2 * NARROW_LOG)


def bounds_of(estimate: Estimate, spread: float) -> Bounds | None:
    """Return the interval of a rate, with what starts differ by; None without a rate."""
    rate, low, high = estimate.rate_per_s, estimate.low_per_s, estimate.high_per_s
    if not rate or not low:
        return None
    down = math.hypot(math.log(rate / low), QUANTILE * spread)
    up = math.inf if high is None else math.hypot(math.log(high / rate), QUANTILE * spread)
    return Bounds(low_per_s=rate * math.exp(-down), high_per_s=math.inf if high is None else rate * math.exp(up))


def ranked(contenders: Sequence[Contender]) -> tuple[list[Contender], float]:
    """Return contenders with their intervals and places, the best first, and the spread of starts."""
    spread = restart_spread(contenders)
    with_rate = [one for one in contenders if one.rate_per_s]
    placed = sorted((_placed(one, with_rate, spread) for one in with_rate), key=_order)
    return [*placed, *(one for one in contenders if not one.rate_per_s)], spread


def _order(contender: Contender) -> tuple[int, int, float, str]:
    last, place = contender.last, contender.place
    assert last is not None, "one without a rate is not ordered"
    assert place is not None, "it has its place"
    return -last.round, place.first, -(last.rate_per_s or 0.0), contender.name


def _placed(one: Contender, others: Sequence[Contender], spread: float) -> Contender:
    better = sum(is_better(other, one, spread) for other in others)
    worse = sum(is_better(one, other, spread) for other in others)
    assert one.last is not None, "it has a rate"
    own = bounds_of(one.last, spread)
    assert own is not None, "it has a rate"
    return replace(
        one,
        low_per_s=round(own.low_per_s, 3),
        high_per_s=None if math.isinf(own.high_per_s) else round(own.high_per_s, 3),
        place=Place(first=1 + better, last=len(others) - worse),
    )


def is_better(one: Contender, other: Contender, spread: float) -> bool:
    """Whether one contender is better than another for certain, by all rounds that both were in.

    Args:
        one: the contender.
        other: that it is compared with.
        spread: of starts; see `restart_spread`.
    """
    of_other = {estimate.round: estimate for estimate in other.estimates}
    shared = [(estimate, of_other[estimate.round]) for estimate in one.estimates if estimate.round in of_other]
    if not shared:
        return False
    mine, its = shared[-1]
    if not its.rate_per_s:
        return bool(mine.rate_per_s)
    ratios = [ratio for pair in shared if (ratio := _ratio_log(*pair, spread)) is not None]
    weight = sum(1 / variance for _, variance in ratios)
    return bool(ratios) and sum(ratio / variance for ratio, variance in ratios) > CERTAIN * math.sqrt(weight)


def _ratio_log(one: Estimate, other: Estimate, spread: float) -> tuple[float, float] | None:
    """Return the logarithm of the ratio of two rates of a round, and its variance; None where it may be any."""
    if other.high_per_s is None:
        return None
    of_one, of_other = _middle_log(one), _middle_log(other)
    if of_one is None or of_other is None:
        return None
    variance = (of_one[1] ** 2 + of_other[1] ** 2) / QUANTILE**2 + 2 * spread**2
    return of_one[0] - of_other[0], variance


def _middle_log(estimate: Estimate) -> tuple[float, float] | None:
    """Return the middle of an interval and half of its width, as logarithms; None without one.

    A rate that is stated lies far below the middle where the time was too short to find more. Of an interval without an
    end it is all that is known.
    """
    rate, low, high = estimate.rate_per_s, estimate.low_per_s, estimate.high_per_s
    if not rate or not low:
        return None
    if high is None:
        return math.log(rate), math.log(rate / low)
    return math.log(low * high) / 2, math.log(high / low) / 2
