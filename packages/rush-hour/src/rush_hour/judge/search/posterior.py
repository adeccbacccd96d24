"""What is known of a capacity: a posterior on a logarithmic axis of rates, from verdicts that may be wrong.

A run at a rate meets the objective with the probability

    e + (1 - 2 e) / (1 + exp(-(log capacity - log rate) / s - k))

s says how far from the capacity verdicts begin to differ from run to run; it is less for longer runs, by the root of
their length. e is the share of verdicts that are wrong however far the rate is: a garbage collection, a neighbour on
the same host. Neither is known beforehand. They are learned with the capacity: both have priors on a few points (e that
of a Beta distribution), and what is said of the capacity is summed over them. Verdicts that contradict each other, as
repeats at one rate may, make s or e larger, and the interval wider. k is fixed: a run at the capacity is met more often
than not, for high percentiles of short runs are more often too low than too high (p99 of an M/M/1 queue, at the rate at
which it is 50 ms, 91 % of what it can serve, was below 50 ms in 7 of 10 simulated runs of 10 s).

This is probabilistic bisection (Waeber, Frazier and Henderson 2013, https://doi.org/10.1137/120861898), whose known
and constant error became two unknown ones.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SPAN_LOG = float(np.log(256.0))  # of the axis, on both sides of the first guess
STEP_LOG = 0.005
GUESS_SCALE_LOG = 0.25  # of the prior around the guess: a Laplace distribution, whose tails are long
FAR_SHARE = 0.1  # of the prior that knows nothing of the guess
SPREADS_LOG = np.array([0.003, 0.01, 0.03, 0.09])  # s of a run of the usual length
SPREAD_PRIOR = np.array([0.2, 0.3, 0.3, 0.2])
KINDNESS = 0.3  # k
ERRORS = np.array([0.002, 0.02, 0.06, 0.15])  # e
ERROR_BETA = (1.0, 30.0)  # the mean is 3 %


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A rate and the 95 % credible interval around it, in requests per second."""

    low_per_s: float
    median_per_s: float
    high_per_s: float

    @property
    def half_width_ratio(self) -> float:
        """Half of the interval's width, as a share of its middle."""
        return (self.high_per_s - self.low_per_s) / (self.high_per_s + self.low_per_s)


class Posterior:
    """What is known of a capacity. It is never changed: a verdict gives another one.

    Args:
        rates_log: the axis.
        weights: of spread, error and rate; they add up to 1.
        evidence_log: the logarithm of how probable all verdicts together were.
    """

    __slots__ = ("_rates_log", "_sums", "_weights", "evidence_log")

    def __init__(self, rates_log: Floats, weights: Floats, evidence_log: float = 0.0) -> None:
        self._rates_log = rates_log
        self._weights = weights
        self._sums = np.cumsum(weights.sum(axis=(0, 1)))
        self.evidence_log = evidence_log

    @classmethod
    def around(cls, guess_per_s: float) -> Self:
        """Return what is known before any verdict.

        Args:
            guess_per_s: the median of it.
        """
        offsets = np.arange(-SPAN_LOG, SPAN_LOG + STEP_LOG / 2, STEP_LOG)
        near = np.exp(-np.abs(offsets) / GUESS_SCALE_LOG)
        prior = (1 - FAR_SHARE) * near / near.sum() + FAR_SHARE / len(offsets)
        weights = SPREAD_PRIOR[:, None, None] * _error_prior()[None, :, None] * prior[None, None, :]
        return cls(offsets + np.log(guess_per_s), weights / weights.sum())

    def after(self, rate_per_s: float, *, is_met: bool, length_ratio: float = 1.0) -> "Posterior":
        """Return what is known after one more verdict.

        Args:
            rate_per_s: that was offered.
            is_met: whether the objective was met.
            length_ratio: how long the run was, of the usual length.
        """
        spreads = SPREADS_LOG[:, None] / np.sqrt(length_ratio)
        distance = (self._rates_log - np.log(rate_per_s))[None, :] / spreads + KINDNESS
        below = 1 / (1 + np.exp(-np.clip(distance if is_met else -distance, -50, 50)))
        likelihood = ERRORS[None, :, None] + (1 - 2 * ERRORS)[None, :, None] * below[:, None, :]
        weights = self._weights * likelihood
        total = float(weights.sum())
        return Posterior(self._rates_log, weights / total, self.evidence_log + float(np.log(total)))

    def interval(self, level: float = 0.95) -> Interval:
        """Return the median and the interval that has the capacity with this probability."""
        tail = (1 - level) / 2
        low, median, high = self._quantiles(np.array([tail, 0.5, 1 - tail]))
        return Interval(low_per_s=low, median_per_s=median, high_per_s=high)

    def quantile(self, share: float) -> float:
        """Return the rate below which the capacity lies with this probability."""
        return self._quantiles(np.array([share]))[0]

    def between(self, low_per_s: float, high_per_s: float, parts: int) -> list[float]:
        """Return the probability of each of so many equal parts of the axis between two rates: to be drawn."""
        edges = np.linspace(np.log(low_per_s), np.log(high_per_s), parts + 1)
        sums = np.concatenate([[0.0], self._sums])
        at = np.interp(edges, np.append(self._rates_log, self._rates_log[-1] + STEP_LOG), sums)
        return [float(share) for share in np.diff(at)]

    def _quantiles(self, shares: Floats) -> list[float]:
        """Return quantiles, each between the two points of the axis where its share is reached."""
        return [float(rate) for rate in np.exp(np.interp(shares, self._sums, self._rates_log + STEP_LOG / 2))]


def _error_prior() -> Floats:
    """Return the Beta prior of e at its points, each of which stands for what is nearest to it."""
    a, b = ERROR_BETA
    edges = np.concatenate([[0.0], np.sqrt(ERRORS[:-1] * ERRORS[1:]), [0.5]])
    fine = [np.linspace(low, high, 64)[1:] for low, high in pairwise(edges)]
    mass = [float(np.sum(x ** (a - 1) * (1 - x) ** (b - 1)) * (x[1] - x[0])) for x in fine]
    return np.array(mass) / sum(mass)
