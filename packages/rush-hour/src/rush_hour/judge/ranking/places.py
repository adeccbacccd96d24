"""Places: which contenders are better than which, and by how much two starts of one of them differ. Pure.

An interval is that of the capacity of any start of a server, not of the one that was measured: its own is widened by
what two starts differ by, which is measured on those that were started in several rounds. Two contenders whose
intervals overlap are a tie. A contender's place is a range: from behind those that are better for certain, to before
those that are worse for certain.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from rush_hour.results.trial import Contender, Estimate, Place

USUAL_SPREAD = 0.03  # of the rates of two starts of one server on a quiet machine (measured 2026-12, see docs)
USUAL_WEIGHT = 2  # pairs of starts, that the usual spread counts as
QUANTILE = 1.96  # of the normal distribution, for 95 %
NARROW_LOG = QUANTILE * USUAL_SPREAD  # half of an interval that is known as exactly as rates of starts are alike


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """An interval of rates; without an upper end where more could not be offered."""

    low_per_s: float
    high_per_s: float

    def is_above(self, other: "Bounds") -> bool:
        """Whether all of it is above all of another."""
        return self.low_per_s > other.high_per_s


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
    with_rate = sorted((one for one in contenders if one.rate_per_s), key=_order)
    bounds = {one.name: {each.round: bounds_of(each, spread) for each in one.estimates} for one in with_rate}
    placed = [_placed(one, with_rate, bounds) for one in with_rate]
    return [*placed, *(one for one in contenders if not one.rate_per_s)], spread


def _order(contender: Contender) -> tuple[int, float, str]:
    last = contender.last
    assert last is not None, "one without a rate is not ordered"
    return -last.round, -(last.rate_per_s or 0.0), contender.name


def _placed(
    one: Contender, others: Sequence[Contender], bounds: Mapping[str, Mapping[int, Bounds | None]]
) -> Contender:
    better = sum(is_better(bounds[other.name], bounds[one.name]) for other in others)
    worse = sum(is_better(bounds[one.name], bounds[other.name]) for other in others)
    last = one.last
    assert last is not None, "it has a rate"
    own = bounds[one.name][last.round]
    assert own is not None, "it has a rate"
    return replace(
        one,
        low_per_s=round(own.low_per_s, 3),
        high_per_s=None if math.isinf(own.high_per_s) else round(own.high_per_s, 3),
        place=Place(first=1 + better, last=len(others) - worse),
    )


def is_better(one: Mapping[int, Bounds | None], other: Mapping[int, Bounds | None]) -> bool:
    """Whether one contender is better than another for certain, by the last round that both were in."""
    shared = max(one.keys() & other.keys(), default=None)
    if shared is None:
        return False
    of_one, of_other = one[shared], other[shared]
    return of_one is not None and (of_other is None or of_one.is_above(of_other))
