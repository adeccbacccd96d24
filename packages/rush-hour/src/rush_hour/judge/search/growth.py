"""A queue that grows: latencies that rise all along a run, however short it is. Pure.

A rate that is a little above the capacity is met by a short run, whose queue has had no time to become long. It is not
met for longer: what is stated is to hold for as long as anybody likes. So a run whose latency rises from second to
second is judged as if it had gone on for `HORIZON_S`.

What rises must rise nearly all along (Mann 1945 and Kendall: the pairs of seconds of which the later one is higher,
less the others), and is extrapolated by the median slope of all pairs (Theil and Sen). A queue near its limit goes up
and down for a long time, and so does not count as one that grows.
"""

from collections.abc import Sequence
from itertools import combinations
from statistics import median

from rush_hour.core.figures import TimelineRow

HORIZON_S = 120.0
LEAST_SECONDS = 6
RISING_SHARE = 0.8  # of all pairs, that rise more than fall
LEAST_RISE_US = 1000.0  # over the whole run: less is noise


def growth_us_per_s(rows: Sequence[TimelineRow]) -> float | None:
    """Return by how much the median latency rises each second; None where it does not rise all along.

    Args:
        rows: the seconds of a run.
    """
    return growth_of([(row.at_s, float(row.p50_us)) for row in rows if row.p50_us is not None])


def growth_of(points: Sequence[tuple[float, float]]) -> float | None:
    """Return the slope of points that rise nearly all along; None of others.

    Args:
        points: instants in seconds, and latencies in microseconds.
    """
    if len(points) < LEAST_SECONDS:
        return None
    pairs = list(combinations(points, 2))
    signs = sum((later > earlier) - (later < earlier) for (_, earlier), (_, later) in pairs)
    if signs < RISING_SHARE * len(pairs):
        return None
    slope = median((later - earlier) / (later_s - earlier_s) for (earlier_s, earlier), (later_s, later) in pairs)
    return slope if slope * (points[-1][0] - points[0][0]) >= LEAST_RISE_US else None


def passes_after_s(growth_us_per_s: float, now_us: float, limit_us: float) -> float | None:
    """Return how much longer it takes until a latency that grows passes a limit; None for longer than anybody waits."""
    left_s = max(0.0, limit_us - now_us) / growth_us_per_s
    return left_s if left_s <= HORIZON_S else None
