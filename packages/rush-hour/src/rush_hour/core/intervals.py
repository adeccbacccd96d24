"""Intervals from repeats: what is known of a mean when a measurement was made several times. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

from rush_hour.core.student import two_sided_quantile

LEVEL = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A geometric mean, and the 95 % interval that it was measured with."""

    low: float
    mean: float
    high: float


def interval_of(values: Sequence[float]) -> Interval | None:
    """Return the geometric mean of repeats and its 95 % interval: Student's t over the logarithms.

    Args:
        values: one of each repeat, above 0.

    Returns:
        None for fewer than two, or where one is not above 0.
    """
    if len(values) < 2 or min(values) <= 0:
        return None
    logs = [math.log(value) for value in values]
    half = two_sided_quantile(LEVEL, len(values) - 1) * stdev(logs) / math.sqrt(len(values))
    mean = fmean(logs)
    return Interval(low=math.exp(mean - half), mean=math.exp(mean), high=math.exp(mean + half))
