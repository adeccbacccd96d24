"""Whether a run was steady: where the level of its median latency changed, and whether it stayed long enough then.

Where its halves are quite unlike each other, that is said, and no more: it is a doubt of the run's verdict. Otherwise
seconds are cut into segments of one level each, so that the squared distances of logarithms, and a price for each cut,
are least together (optimal partitioning; Jackson et al., 2005). The price is that of noise of which each second has a
part of the one before, so that what only wanders is not cut. Nothing is taken out of the figures: it is said.

Pure: a run in, a finding out.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean, median

from rush_hour.results.run import LoadResult, PlanFacts, Run

HALVES_SECONDS = 6  # of a run, whose halves are compared
HALVES_RATIO = 1.5  # between their medians
LEAST_SECONDS = 20  # of a run; in less than that there is no telling a change from noise
MOST_POINTS = 240  # of a longer run, seconds are put together
SHORTEST_RATIO = 0.05  # of the run, that a segment has at least
STEADY_RATIO = 0.5  # of the run, that the last segment must have
LEAST_CHANGE = math.log(1.1)  # of the level; less than that is not told of
PRICE = 5.0  # of a cut, in variances of the noise times the logarithm of how many seconds there are
MOST_PERSISTENCE = 0.75  # of the noise, that is believed


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A part of a run in which latency had one level.

    Attributes:
        begins_at_s: since the start.
        level_us: the middle of the median latency of its seconds.
    """

    begins_at_s: float
    level_us: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Steadiness:
    """How steady a run was.

    Attributes:
        is_steady_at_last: whether the last segment is at least half of the run.
        is_ever_steady: whether any segment is.
    """

    segments: list[Segment]
    is_steady_at_last: bool
    is_ever_steady: bool

    @property
    def sentence(self) -> str:
        """What is to be said of it, of a run that changed."""
        levels = ", ".join(f"{one.level_us / 1000:.3g} ms from {one.begins_at_s:.0f} s on" for one in self.segments)
        if not self.is_steady_at_last:
            what = "did not stay steady" if self.is_ever_steady else "was never steady"
            return f"It {what}: the median latency was {levels}. Its figures are a mixture of these."
        return (
            f"It was steady only from {self.segments[-1].begins_at_s:.0f} s on: the median latency was {levels}. A "
            "longer warm-up (--warmup) leaves the beginning out."
        )


def unlike_halves(plan: PlanFacts, result: LoadResult) -> tuple[float, float] | None:
    """Return the median latencies of a run's two halves, over its seconds; None where they are not unlike."""
    medians = [row.p50_us for row in result.timeline if row.p50_us is not None]
    if _is_to_change(plan) or len(medians) < HALVES_SECONDS:
        return None
    middle = len(medians) // 2
    first_us, second_us = median(medians[:middle]), median(medians[middle:])
    are_alike = max(first_us, second_us) <= HALVES_RATIO * min(first_us, second_us)
    return None if are_alike else (first_us, second_us)


def _is_to_change(plan: PlanFacts) -> bool:
    """Whether latencies that differ with the rate are what the run is for."""
    return plan.profile is not None and plan.profile.varies


def steadiness_of(run: Run) -> Steadiness | None:
    """Return where the level of a run changed; None where it did not, its halves are unlike, or nobody can tell."""
    if _is_to_change(run.plan) or unlike_halves(run.plan, run.result) is not None:
        return None
    rows = [(row.at_s, row.p50_us) for row in run.result.timeline if row.p50_us and row.at_s <= run.plan.duration_s]
    if len(rows) < LEAST_SECONDS:
        return None
    size = -(-len(rows) // MOST_POINTS)
    points = [rows[at : at + size] for at in range(0, len(rows), size)]
    logs = [fmean(math.log(p50_us) for _, p50_us in point) for point in points]
    begins = cuts(logs)
    if len(begins) == 1:
        return None
    seconds = [point[0][0] - 1 for point in points]
    ends = [*begins[1:], len(logs)]
    return Steadiness(
        segments=[
            Segment(begins_at_s=max(0.0, seconds[begin]), level_us=math.exp(median(logs[begin:end])))
            for begin, end in zip(begins, ends, strict=True)
        ],
        is_steady_at_last=len(logs) - begins[-1] >= STEADY_RATIO * len(logs),
        is_ever_steady=any(end - begin >= STEADY_RATIO * len(logs) for begin, end in zip(begins, ends, strict=True)),
    )


def cuts(values: Sequence[float]) -> list[int]:
    """Return where segments of one level begin, the first one at 0.

    Args:
        values: logarithms, of even steps in time.
    """
    shortest = max(3, math.ceil(SHORTEST_RATIO * len(values)))
    begins = _cheapest(values, shortest, PRICE * _noise(values) * math.log(len(values)))
    kept = [0]
    for begin, end in pairwise([*begins[1:], len(values)]):
        if abs(fmean(values[begin:end]) - fmean(values[kept[-1] : begin])) >= LEAST_CHANGE:
            kept.append(begin)
    return kept


def _noise(values: Sequence[float]) -> float:
    """Return the variance that the mean of many values goes by, of one of them; without the changes of the level.

    Differences of neighbours know nothing of the level but at a cut. They are too small where a value has a part of the
    one before, so how much of it, is known from how differences of two steps are larger.
    """
    one, two = (_middle_square(values, step) for step in (1, 2))
    if one == 0:
        return 1e-9
    persistence = min(MOST_PERSISTENCE, max(0.0, two / one - 1))
    variance = one / (2 * (1 - persistence))
    return variance * (1 + persistence) / (1 - persistence)


def _middle_square(values: Sequence[float], step: int) -> float:
    """Return the mean square of differences, of noise with as large a middle one: cuts do not count."""
    differences = sorted(abs(later - value) for value, later in zip(values, values[step:], strict=False))
    return (differences[len(differences) // 2] / 0.6745) ** 2


def _cheapest(values: Sequence[float], shortest: int, price: float) -> list[int]:
    """Return where segments begin, if distances and cuts together are to cost least."""
    sums, squares = [0.0], [0.0]
    for value in values:
        sums.append(sums[-1] + value)
        squares.append(squares[-1] + value * value)
    costs, came_from = [0.0], [0]
    for end in range(1, len(values) + 1):
        best, begin_of_best = math.inf, 0
        for begin in range(end - shortest + 1):
            if costs[begin] == math.inf:
                continue
            total = sums[end] - sums[begin]
            cost = costs[begin] + price + squares[end] - squares[begin] - total * total / (end - begin)
            if cost < best:
                best, begin_of_best = cost, begin
        costs.append(best)
        came_from.append(begin_of_best)
    begins = [came_from[len(values)]]
    while begins[-1]:
        begins.append(came_from[begins[-1]])
    return begins[::-1]
