"""What a search knows of a capacity, as the interval that contenders are compared by. Pure."""

import math

from rush_hour.judge.search.posterior import Interval
from rush_hour.judge.search.search import Search
from rush_hour.results.capacity import Capacity

DIGITS = 3


def interval_of(found: Capacity, search: Search | None) -> Interval | None:
    """Return the interval of a capacity; where the time was up before any rate met the objective, what is known then.

    Such an interval is a wide one, and ties with most others: the contender is not known to be bad. The rate that is
    stated is its lower end, for no run has met more. None where no rate meets the objective, or nothing was tried.

    Args:
        found: the capacity.
        search: that found it; None before one began.
    """
    if found.rate_per_s is not None and found.low_per_s is not None:
        return Interval(
            low_per_s=found.low_per_s,
            median_per_s=found.rate_per_s,
            high_per_s=math.inf if found.high_per_s is None else found.high_per_s,
        )
    if search is None or not search.tried or found.ending not in {"budget", "steps"}:
        return None
    known = search.posterior.interval()
    return Interval(
        low_per_s=round(known.low_per_s, DIGITS),
        median_per_s=round(known.low_per_s, DIGITS),
        high_per_s=round(known.high_per_s, DIGITS),
    )
