"""The ratio of two systems, and how exactly it is known. Pure: figures in, an estimate out.

A start is the unit that is repeated: requests of one run are not independent of each other, and never counted as if
they were. Everything is done with logarithms, for what makes servers slower makes them slower by a factor.
"""

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import fmean, stdev, variance
from typing import Literal

from rush_hour.core.intervals import Interval
from rush_hour.core.student import two_sided_p, two_sided_quantile

# Of what the error is known: repeats within blocks, repeats apart from each other, or the seconds of two runs.
Basis = Literal["blocks", "runs", "seconds"]

# Of a run. With ten of 60 s each, a slowness that lasts for five seconds left 85 % of the intervals with the truth in
# them; with five, and the degrees of freedom of one run alone, it is 93 % and more (`test_simulations.py`).
SECTIONS = 5
LEAST_SECONDS = 2 * SECTIONS
PERSISTENCES = 2  # that a section must be longer than what makes a second slow lasts
POWER = 0.8  # how often the least difference that is told of would be found
MOST_REPEATS = 1000  # more of them are not told of
_FARTHEST = 300.0  # logarithm of the largest factor that is told of


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """The logarithm of a ratio, its standard error and that one's degrees of freedom.

    Attributes:
        basis: of what the error is known.
        repeats: of each system; of the one that has fewer.
    """

    log_ratio: float
    error: float
    freedom: float
    basis: Basis
    repeats: int

    @property
    def p(self) -> float:
        """How often a ratio that is so far from 1 comes by chance where there is no difference."""
        if self.error == 0:
            return 1.0 if self.log_ratio == 0 else 0.0
        return two_sided_p(abs(self.log_ratio) / self.error, self.freedom)

    def interval(self, level: float) -> Interval:
        """Return the ratio with its interval of this level, such as 0.95."""
        half = self._half(level)
        return Interval(
            low=_factor(self.log_ratio - half), mean=_factor(self.log_ratio), high=_factor(self.log_ratio + half)
        )

    def least_found(self, level: float) -> float:
        """Return the least ratio, above 1, that would have been found four times in five."""
        return _factor(self._half(level) + two_sided_quantile(2 * POWER - 1, self.freedom) * self.error)

    def repeats_needed(self, level: float, margin_log: float) -> int | None:
        """Return how many repeats would tell, if the ratio and its spread stay what they are.

        Args:
            level: of the interval.
            margin_log: logarithm of the ratio up to which systems are called the same.

        Returns:
            None where the error is not known from repeats, or more than a thousand were needed.
        """
        if self.basis == "seconds":
            return None
        half_wanted = max(abs(self.log_ratio), margin_log - abs(self.log_ratio))
        found = bisect_left(range(MOST_REPEATS + 1), True, key=lambda repeats: self._tells(repeats, level, half_wanted))
        return found if found <= MOST_REPEATS else None

    def _tells(self, repeats: int, level: float, half_wanted: float) -> bool:
        """Whether with so many repeats an interval of this level would be less than that wide to each side."""
        if repeats <= self.repeats:
            return False
        error = self.error * math.sqrt(self.repeats / repeats)
        freedom = self.freedom * (repeats - 1) / (self.repeats - 1)
        return two_sided_p(half_wanted / error, freedom) < 1 - level

    def _half(self, level: float) -> float:
        return two_sided_quantile(level, self.freedom) * self.error


def _factor(log: float) -> float:
    return math.exp(max(-_FARTHEST, min(log, _FARTHEST)))


def of_blocks(pairs: Sequence[tuple[float, float]]) -> Estimate | None:
    """Return the ratio of two systems that were measured in the same blocks; None of fewer than two.

    Args:
        pairs: of each block, the figure of the first and of the second system, above 0.
    """
    if len(pairs) < 2:
        return None
    logs = [math.log(second / first) for first, second in pairs]
    return Estimate(
        log_ratio=fmean(logs),
        error=stdev(logs) / math.sqrt(len(logs)),
        freedom=len(logs) - 1,
        basis="blocks",
        repeats=len(logs),
    )


def of_runs(first: Sequence[float], second: Sequence[float]) -> Estimate | None:
    """Return the ratio of two systems whose repeats have nothing to do with each other (Welch's test).

    Args:
        first: the figures of one system's runs, above 0.
        second: those of the other one.

    Returns:
        None where one has fewer than two.
    """
    if min(len(first), len(second)) < 2:
        return None
    logs = [[math.log(value) for value in values] for values in (first, second)]
    error, freedom = _welch(*logs)
    return Estimate(
        log_ratio=fmean(logs[1]) - fmean(logs[0]),
        error=error,
        freedom=freedom,
        basis="runs",
        repeats=min(len(first), len(second)),
    )


def of_limit(values: Sequence[float], limit: float) -> Estimate | None:
    """Return the ratio of a system to a limit; None of fewer than two repeats.

    Args:
        values: the figures of its runs, above 0.
        limit: what they are held against, above 0.
    """
    found = of_blocks([(limit, value) for value in values])
    return None if found is None else replace(found, basis="runs")


def of_seconds(
    first: float, second: float, first_seconds: Sequence[float], second_seconds: Sequence[float]
) -> Estimate | None:
    """Return the ratio of two runs, its error from how sections of each run differ (sectioning).

    How much starts differ is not in it. A second depends on the one before it; so seconds are put together to sections,
    which are long enough to have little to do with each other.

    Args:
        first: the figure of one whole run, above 0.
        second: that of the other one.
        first_seconds: the figure of each second of the first one.
        second_seconds: of the other one.

    Returns:
        None where a run has too few seconds, or one of them had nothing, or sections are too short for how slowly the
        figure changes.
    """
    both = (first_seconds, second_seconds)
    if min(map(len, both)) < LEAST_SECONDS or min(map(min, both)) <= 0:
        return None
    logs = [[math.log(value) for value in seconds] for seconds in both]
    if any(PERSISTENCES * _persistence_s(seconds) > len(seconds) // SECTIONS for seconds in logs):
        return None
    error, _ = _welch(*map(_sections, logs))
    log_ratio = math.log(second / first)
    return Estimate(log_ratio=log_ratio, error=error, freedom=SECTIONS - 1, basis="seconds", repeats=1)


def _sections(seconds: Sequence[float]) -> list[float]:
    """Return the mean of each section of a run; what is left over is at the beginning, and left out."""
    length = len(seconds) // SECTIONS
    begin = len(seconds) - SECTIONS * length
    return [fmean(seconds[at : at + length]) for at in range(begin, len(seconds), length)]


def _persistence_s(seconds: Sequence[float]) -> float:
    """Return for how long a second's slowness lasts, until 1/e of it is left."""
    if min(seconds) == max(seconds):  # of which the mean differs by rounding, and all of them alike
        return 0.0
    mean = fmean(seconds)
    apart = [value - mean for value in seconds]
    total = sum(value * value for value in apart)
    shared = sum(one * other for one, other in pairwise(apart)) / total if total else 0.0
    return 0.0 if shared <= 0 else -1 / math.log(min(shared, 0.999))


def _welch(first: Sequence[float], second: Sequence[float]) -> tuple[float, float]:
    """Return the standard error of the difference of two means, and its degrees of freedom (Welch, Satterthwaite)."""
    parts = [(variance(values) / len(values), len(values) - 1) for values in (first, second)]
    total = sum(part for part, _ in parts)
    if total == 0:
        return 0.0, float(min(freedom for _, freedom in parts))
    return math.sqrt(total), total**2 / sum(part**2 / freedom for part, freedom in parts)
