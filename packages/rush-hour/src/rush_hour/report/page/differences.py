"""Comparisons on the page: each figure as a point with its interval, on an axis of ratios. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rush_hour.judge.compare.compare import Comparison, Line
from rush_hour.judge.compare.sentence import answer_of_comparison, change_of
from rush_hour.report.comparison.columns import basis_lines, excess_text, least_of, verdict_text
from rush_hour.report.page.numbers import NONE

LEAST_AXIS = math.log(1.05)  # to each side; differences of less than that need no closer look
ROOM = 1.15  # so much longer is the axis than what is on it
MOST_AXIS = math.log(10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One figure: its texts, and where its interval is on the axis, in per cent from the left.

    Attributes:
        low_percent, mean_percent, high_percent: None without an interval.
        tone: whether it is good news or bad.
    """

    heading: str
    first: str
    second: str
    change: str
    verdict: str
    least_found: str
    noise: str
    tone: str
    low_percent: float | None = None
    mean_percent: float | None = None
    high_percent: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferencesView:
    """One comparison.

    Attributes:
        margin_low_percent, margin_high_percent: between these, systems are called the same.
        begin, end: of the axis, in words.
    """

    answer: str
    first: str
    second: str
    rows: list[Difference]
    margin_low_percent: float
    margin_high_percent: float
    begin: str
    end: str
    remarks: list[str]


def differences_of(comparisons: Sequence[Comparison]) -> list[DifferencesView]:
    """Return how each comparison is shown."""
    return [_view(comparison) for comparison in comparisons]


def _view(comparison: Comparison) -> DifferencesView:
    end = _axis_end(comparison)
    margin = math.log1p(comparison.margin_ratio)
    return DifferencesView(
        answer=answer_of_comparison(comparison),
        first=comparison.first.name,
        second=comparison.second.name,
        rows=[_row(line, end) for line in comparison.lines],
        margin_low_percent=_percent(-margin, end),
        margin_high_percent=_percent(margin, end),
        begin=_share(-end),
        end=_share(end),
        remarks=[*basis_lines(comparison), *comparison.notes],
    )


def _axis_end(comparison: Comparison) -> float:
    """Return the logarithm of the ratio at the right end; that at the left end is its opposite."""
    ratios = [line.judged.ratio for line in comparison.lines if line.judged is not None]
    farthest = max((abs(math.log(side)) for ratio in ratios for side in (ratio.low, ratio.high)), default=0.0)
    return min(MOST_AXIS, max(LEAST_AXIS, ROOM * farthest, ROOM * math.log1p(comparison.margin_ratio)))


def _percent(log: float, end: float) -> float:
    return round(min(100.0, max(0.0, 50 + 50 * log / end)), 3)


def _share(log: float) -> str:
    return f"{100 * math.expm1(log):+.0f} %"


def _row(line: Line, end: float) -> Difference:
    ratio = None if line.judged is None else line.judged.ratio
    places = (
        [None] * 3 if ratio is None else [_percent(math.log(at), end) for at in (ratio.low, ratio.mean, ratio.high)]
    )
    values = [line.look.first, line.look.second]
    figures = [NONE if value is None else line.metric.text_of(value) for value in values]
    return Difference(
        heading=line.metric.heading,
        first=figures[0],
        second=figures[1],
        change=change_of(line) or NONE,
        verdict=verdict_text(line),
        least_found=excess_text(least_of(line), NONE),
        noise=excess_text(line.look.noise, NONE),
        tone={"better": "good", "worse": "failed"}.get(line.verdict, "neutral"),
        low_percent=places[0],
        mean_percent=places[1],
        high_percent=places[2],
    )
