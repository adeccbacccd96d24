"""What estimates say together: each better, worse, the same within a margin, or not to be told. Pure.

Where many figures are looked at, one of them differs by chance. Holm's method has that happen in at most 5 % of the
comparisons in which nothing differs, however many figures there are and however they depend on each other. Intervals
that are shown are those that verdicts rest on, so that none contradicts its verdict: they are at least 95 % ones.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rush_hour.core.intervals import LEVEL, Interval
from rush_hour.judge.compare.estimate import Estimate

# Of the second system, beside the first one.
Direction = Literal["higher", "lower", "same", "cannot tell"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What one estimate says.

    Attributes:
        ratio: the second system's figure divided by the first one's, with its interval.
        level: of that interval.
        least_found: the least ratio, above 1, that would have been found four times in five.
        repeats_needed: how many would tell; None where it can be told already, or nobody knows.
    """

    direction: Direction
    ratio: Interval
    level: float
    least_found: float
    repeats_needed: int | None


def levels(ps: Sequence[float]) -> list[float]:
    """Return the level of each one's interval, so that it excludes 1 exactly where Holm's method finds a difference.

    The least p is held against 5 % divided by their number, the next one against 5 % divided by one less, and so on,
    until one is not below: that and all others are held against the same.

    Args:
        ps: how often each would be so far from 1 by chance.
    """
    wanted = [LEVEL] * len(ps)
    is_over = False
    level = LEVEL
    for rank, index in enumerate(sorted(range(len(ps)), key=lambda index: ps[index])):
        if not is_over:
            level = 1 - (1 - LEVEL) / (len(ps) - rank)
            is_over = ps[index] >= 1 - level
        wanted[index] = level
    return wanted


def judge_together(estimates: Sequence[Estimate], margin_ratio: float) -> list[Judged]:
    """Return what estimates say that are shown together.

    Args:
        estimates: one for each figure.
        margin_ratio: up to which difference systems are called the same, such as 0.02.
    """
    margin_log = math.log1p(margin_ratio)
    wanted = levels([estimate.p for estimate in estimates])
    return [_judge(estimate, level, margin_log) for estimate, level in zip(estimates, wanted, strict=True)]


def _judge(estimate: Estimate, level: float, margin_log: float) -> Judged:
    ratio = estimate.interval(level)
    direction = _direction(ratio, margin_log)
    is_open = direction == "cannot tell"
    return Judged(
        direction=direction,
        ratio=ratio,
        level=level,
        least_found=estimate.least_found(level),
        repeats_needed=estimate.repeats_needed(level, margin_log) if is_open else None,
    )


def _direction(ratio: Interval, margin_log: float) -> Direction:
    """Return the verdict: a difference that is certain, but within the margin all the same, is none that matters."""
    if max(math.log(ratio.high), -math.log(ratio.low)) <= margin_log:
        return "same"
    if ratio.low > 1:
        return "higher"
    return "lower" if ratio.high < 1 else "cannot tell"
