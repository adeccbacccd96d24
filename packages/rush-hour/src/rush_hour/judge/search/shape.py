"""What verdicts say beside the capacity: that it changed meanwhile, that more load makes a server do less. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from rush_hour.judge.search.posterior import Interval, Posterior
from rush_hour.judge.search.tried import Tried

LEAST_VERDICTS = 3  # on either side of a change
CHANGE_ODDS = 5.0  # for a change against none, from which on one is said
LEAST_CHANGE_RATIO = 0.05
CLIFF_RATIO = 0.7  # of the best goodput, below which a server does not merely do no more
FAR_ABOVE = 3.0  # times the best rate that was met: what happens beyond says nothing of the knee
LEAST_FALLS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """A capacity that changed while it was measured.

    Attributes:
        at: the number of the first run after the change, from 0.
        before, after: the capacity on both sides of it.
    """

    at: int
    before: Interval
    after: Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Cliff:
    """Goodput that collapses above the capacity.

    Attributes:
        rate_per_s: the lowest offered rate at which it had collapsed.
        goodput_per_s: what was left there.
        best_per_s: the best goodput that was seen where the objective was met.
    """

    rate_per_s: float
    goodput_per_s: float
    best_per_s: float


def find_drift(tried: Sequence[Tried], guess_per_s: float, step_s: float) -> Drift | None:
    """Return the change that explains verdicts better than one capacity does; None without one.

    The odds are those of a change at any instant, each as likely, against none.

    Args:
        tried: the runs, in their order.
        guess_per_s: the first guess.
        step_s: the usual length of a run.
    """
    known = [(number, one) for number, one in enumerate(tried) if one.is_met is not None]
    before = _posteriors([one for _, one in known], guess_per_s, step_s)
    after = _posteriors([one for _, one in reversed(known)], guess_per_s, step_s)[::-1]
    splits = range(LEAST_VERDICTS, len(known) - LEAST_VERDICTS + 1)
    if not splits:
        return None
    whole = before[-1].evidence_log
    odds = [math.exp(min(50.0, before[k].evidence_log + after[k].evidence_log - whole)) for k in splits]
    best = splits[odds.index(max(odds))]
    if sum(odds) / len(odds) < CHANGE_ODDS:
        return None
    sides = before[best].interval(), after[best].interval()
    if abs(math.log(sides[1].median_per_s / sides[0].median_per_s)) < LEAST_CHANGE_RATIO:
        return None
    return Drift(at=known[best][0], before=sides[0], after=sides[1])


def _posteriors(tried: Sequence[Tried], guess_per_s: float, step_s: float) -> list[Posterior]:
    """Return what is known after none, one, two and so on of the verdicts."""
    found = [Posterior.around(guess_per_s)]
    for one in tried:
        ratio = one.order.duration_s / step_s
        found.append(found[-1].after(one.order.rate_per_s, is_met=bool(one.is_met), length_ratio=ratio))
    return found


def find_cliff(tried: Sequence[Tried]) -> Cliff | None:
    """Return where goodput collapsed above the capacity; None where it did not."""
    met = [one for one in tried if one.is_met]
    if not met:
        return None
    best_per_s = max(one.goodput_per_s for one in met)
    top_per_s = max(one.order.rate_per_s for one in met)
    above = [one for one in tried if one.is_met is False and best_per_s < one.order.rate_per_s <= FAR_ABOVE * top_per_s]
    fallen = [one for one in above if one.goodput_per_s < CLIFF_RATIO * best_per_s]
    if len(fallen) < LEAST_FALLS or median(one.goodput_per_s for one in above) >= CLIFF_RATIO * best_per_s:
        return None
    first = min(fallen, key=lambda one: one.order.rate_per_s)
    return Cliff(
        rate_per_s=first.order.rate_per_s,
        goodput_per_s=first.goodput_per_s,
        best_per_s=best_per_s,
    )
