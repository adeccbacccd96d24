"""One figure of two systems, before it is judged with all others: its means, its ratio, or why there is none. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean

from rush_hour.judge.compare.estimate import Estimate, of_blocks, of_runs, of_seconds
from rush_hour.judge.compare.metrics import Metric
from rush_hour.judge.compare.side import Side, shared_blocks
from rush_hour.results.run import Run

ONE_RUN = "one run does not tell how much it varies"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One figure of two systems.

    Attributes:
        first, second: the geometric mean of each one's runs, those that the ratio is of; None where it is not known.
        estimate: of their ratio; None without one.
        reason: why there is none; empty where there is.
        noise: the largest ratio, above 1, of two runs of one system that followed each other; None without any.
        noise_pairs: how many such pairs there were.
    """

    metric: Metric
    first: float | None
    second: float | None
    estimate: Estimate | None = None
    reason: str = ""
    noise: float | None = None
    noise_pairs: int = 0

    @property
    def is_known(self) -> bool:
        """Whether both figures are known, and none of them is 0, of which there are no ratios."""
        return bool(self.first) and bool(self.second)


def look(metric: Metric, first: Side, second: Side) -> Look:
    """Return one figure of two systems."""
    values = [_values(metric, side.runs) for side in (first, second)]
    means = [_mean(of_side) for of_side in values]
    for side, mean in zip((first, second), means, strict=True):
        if not mean:
            reason = f"{side.name}: {metric.missing}"
            return Look(metric=metric, first=means[0], second=means[1], reason=reason)
    noise = _noise(values)
    estimate, pairs = _estimate(metric, first, second), _pairs(metric, first, second)
    if estimate is not None and estimate.basis == "blocks":
        means = [_mean(of_side) for of_side in zip(*pairs, strict=True)]
    return Look(
        metric=metric,
        first=means[0],
        second=means[1],
        estimate=estimate,
        reason="" if estimate is not None else ONE_RUN,
        noise=max(noise, default=None),
        noise_pairs=len(noise),
    )


def _values(metric: Metric, runs: Sequence[Run]) -> list[float]:
    return [value for run in runs if (value := metric.value_of(run)) is not None]


def _mean(values: Sequence[float]) -> float | None:
    """Return the geometric mean; 0 where a value is 0, None without values."""
    if not values:
        return None
    return math.exp(fmean(math.log(value) for value in values)) if min(values) > 0 else 0.0


def _noise(values: Sequence[Sequence[float]]) -> list[float]:
    """Return by what factor each two runs of one system that followed each other differ."""
    return [max(one / other, other / one) for of_side in values for one, other in pairwise(of_side)]


def _estimate(metric: Metric, first: Side, second: Side) -> Estimate | None:
    """Return the ratio with what is known of its error: from blocks, from repeats, or of one run each from seconds."""
    if first.document is second.document and (estimate := of_blocks(_pairs(metric, first, second))) is not None:
        return estimate
    values = [_values(metric, side.runs) for side in (first, second)]
    if len(first.runs) == len(second.runs) == 1:
        seconds = [metric.seconds_of(side.runs[0]) for side in (first, second)]
        return of_seconds(values[0][0], values[1][0], seconds[0], seconds[1])
    return of_runs(*values)


def _pairs(metric: Metric, first: Side, second: Side) -> list[tuple[float, float]]:
    """Return the figures of both systems in each block that has both."""
    pairs = [(metric.value_of(one), metric.value_of(other)) for one, other in shared_blocks(first, second)]
    return [(one, other) for one, other in pairs if one is not None and other is not None]
