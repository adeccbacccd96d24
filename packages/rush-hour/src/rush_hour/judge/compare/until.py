"""How exactly a figure is to be known before a bench ends by itself: `p99 ±5%`. Pure.

Who looks after each block, and stops when an interval is narrow enough, stops where it is narrow by chance, too. So
nothing is said before there are five blocks; the intervals of such a bench are a little too narrow all the same
(`test_until.py` counts by how much).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rush_hour.core.intervals import interval_of
from rush_hour.errors import UsageError
from rush_hour.judge.answer.standing import Standing, standing_of
from rush_hour.judge.compare.metrics import METRICS, Metric
from rush_hour.results.document import System
from rush_hour.units import join_names

LEAST_BLOCKS = 5
_TEXT = re.compile(r"(?P<code>[a-z0-9.]+) *(?:±|\+-|\+/-) *(?P<percent>\d+(?:\.\d+)?) *%")


@dataclass(frozen=True, slots=True, kw_only=True)
class Until:
    """How exactly a figure is to be known.

    Attributes:
        text: as it was written.
        half_ratio: half of the 95 % interval's width, as a share of the figure.
    """

    text: str
    metric: Metric
    half_ratio: float

    def is_reached(self, systems: Sequence[System]) -> bool:
        """Whether the figure of each system that can be measured is known so exactly; never before five blocks."""
        measured = [standing for system in systems if (standing := standing_of(system)).runs]
        return bool(measured) and all(self._is_exact(standing) for standing in measured)

    def _is_exact(self, standing: Standing) -> bool:
        """Whether a figure is known so exactly, from runs that are whole and can be trusted."""
        if standing.finding in {"do not trust", "interrupted"}:
            return False
        known = [value for run in standing.runs if (value := self.metric.value_of(run)) is not None]
        interval = interval_of(known)
        if interval is None or len(known) < LEAST_BLOCKS:
            return False
        return (interval.high - interval.low) / 2 <= self.half_ratio * interval.mean


def parse_until(text: str, *, what: str) -> Until:
    """Read how exactly a figure is to be known, such as `p99 ±5%` or `goodput +-1%`.

    Raises:
        UsageError: it is not that.
    """
    match = _TEXT.fullmatch(text.strip())
    metric = next((metric for metric in METRICS if match is not None and metric.code == match["code"]), None)
    if match is None or metric is None or not 0 < float(match["percent"]) < 100:
        codes = join_names([metric.code for metric in METRICS], "or")
        raise UsageError(f"{what}: expected {codes} with how exactly it is to be known, as in 'p99 ±5%'; got {text!r}.")
    return Until(text=text, metric=metric, half_ratio=float(match["percent"]) / 100)
