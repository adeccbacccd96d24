"""Student's t distribution: what a mean of few values is judged by. Pure.

The normal distribution (`statistics.NormalDist`) does not suffice: with nine repeats its 95 % intervals would be a
sixth too narrow, with three they would be less than half as wide as they must be. The standard library has no t, and
scipy would be larger than all the rest of Rush Hour together.

Degrees of freedom need not be whole: those of Welch's test are not.
"""

import math
from functools import lru_cache

_STEPS = 300  # of the continued fraction; a hundred thousand degrees of freedom take some 150
_TINY = 1e-300
_EXACT = 1e-14
_MANY = 1e6  # degrees of freedom; from there on it is the normal distribution, to seven digits


def two_sided_p(t: float, freedom: float) -> float:
    """Return how often a t of this size or a larger one comes by chance, of either sign.

    Args:
        t: the mean divided by its standard error.
        freedom: degrees of freedom, above 0.
    """
    if math.isinf(t):
        return 0.0
    freedom = min(freedom, _MANY)
    return _incomplete_beta(freedom / 2, 0.5, freedom / (freedom + t * t))


@lru_cache(maxsize=1024)
def two_sided_quantile(level: float, freedom: float) -> float:
    """Return the t within which, on both sides of 0, a share of all t is.

    Args:
        level: that share, above 0 and below 1: 0.95 gives the t of a 95 % interval.
        freedom: degrees of freedom, above 0.
    """
    low, high = 0.0, 1.0
    while two_sided_p(high, freedom) > 1 - level:
        low, high = high, 2 * high
    while high - low > 1e-10 * high:
        middle = (low + high) / 2
        if two_sided_p(middle, freedom) > 1 - level:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _incomplete_beta(a: float, b: float, x: float) -> float:
    """Return the regularised incomplete beta function (Abramowitz and Stegun, 26.5)."""
    if x <= 0 or x >= 1:
        return min(max(x, 0.0), 1.0)
    front = math.exp(
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x),
    )
    if x < (a + 1) / (a + b + 2):  # where the fraction is fast; on the other side it is that of the other end
        return front * _fraction(a, b, x) / a
    return 1 - front * _fraction(b, a, 1 - x) / b


def _fraction(a: float, b: float, x: float) -> float:
    """Return the continued fraction of the incomplete beta function (26.5.8), by Lentz's method."""
    c, d = 1.0, 1 / _not_0(1 - (a + b) * x / (a + 1))
    fraction = d
    for m in range(1, _STEPS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d = 1 / _not_0(1 + term * d)
            c = _not_0(1 + term / c)
            fraction *= c * d
        if abs(c * d - 1) < _EXACT:
            break
    return fraction


def _not_0(number: float) -> float:
    return number if abs(number) > _TINY else _TINY
