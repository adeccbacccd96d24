"""Histories: the figures of a series, where they changed, and what of that is new. Pure: series in, histories out.

All figures of a series share the 5 % of steady histories that are said to have changed. A change is *new* while few
documents are behind it; then its level is what others are measured against. It is *confirmed* when one commit was
measured twice behind it, and both times was on its side: what happened to the machine once is not the code's doing.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Literal

import numpy as np

from rush_hour.core.intervals import LEVEL, Interval
from rush_hour.core.student import two_sided_p
from rush_hour.judge.compare.metrics import Metric
from rush_hour.judge.history.changes import Step, steps
from rush_hour.judge.history.points import FIGURES, Point
from rush_hour.judge.history.scan import held_near
from rush_hour.judge.history.series import Series, moment_of

LEAST_VALUES = 6  # of a figure, before anything is said of it: fewer cannot tell
LEAST_BEFORE_NEWEST = 8  # values that tell how the newest one may be
SURPRISE = 0.01  # how often the newest document of a steady history may be called one, all figures together
DIRTY = "-dirty"  # ends the commit of a checkout in which something was changed

State = Literal["confirmed", "unconfirmed", "old"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change of one figure.

    Attributes:
        at: the place of the first point behind it among those that have the figure.
        before: the last point before it.
        first: the first point behind it.
        level_before, level: the middle of the figures up to it, and from it on, each up to the next change.
        ratio: of those behind it to those before it; None where one of the levels is 0.
        p: how often a history without a change has one as large.
        documents: how many are behind it, up to now.
        state: whether it is new, and confirmed then.
    """

    metric: Metric
    at: int
    before: Point
    first: Point
    level_before: float
    level: float
    ratio: Interval | None
    p: float
    documents: int
    state: State

    @property
    def is_worse(self) -> bool:
        """Whether it is one for the worse."""
        return (self.level > self.level_before) != self.metric.is_higher_better

    @property
    def words(self) -> str:
        """What the system became, as of this figure: `slower`."""
        return self.metric.worse if self.is_worse else self.metric.better


@dataclass(frozen=True, slots=True, kw_only=True)
class Surprise:
    """The newest document, where a figure of it is not what those before it let expect.

    Attributes:
        expected: the geometric mean of the level before.
    """

    metric: Metric
    point: Point
    value: float
    expected: float

    @property
    def is_worse(self) -> bool:
        """Whether it is one for the worse."""
        return (self.value > self.expected) != self.metric.is_higher_better


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One figure of a series.

    Attributes:
        places: which points of the series have it.
        values: of those.
        changes: oldest first.
        surprise: the newest value, where it surprises and is no part of a change yet.
    """

    metric: Metric
    places: list[int]
    values: list[float]
    changes: list[Change]
    surprise: Surprise | None

    @property
    def levels(self) -> list[float]:
        """The level at each of its values."""
        ends = [0, *(change.at for change in self.changes), len(self.values)]
        return [middle for a, b in pairwise(ends) for middle in [median(self.values[a:b])] * (b - a)]


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """A series and what became of its figures.

    Attributes:
        margin_ratio: up to which difference nothing has changed.
    """

    series: Series
    margin_ratio: float
    lines: list[Line]

    @property
    def changes(self) -> list[Change]:
        """The changes of all figures, newest first."""
        found = [change for line in self.lines for change in line.changes]
        return sorted(found, key=lambda change: moment_of(change.first.started_at), reverse=True)

    @property
    def surprises(self) -> list[Surprise]:
        """The figures of the newest document that surprise."""
        return [line.surprise for line in self.lines if line.surprise is not None]


def histories_of(
    series: Sequence[Series], *, margin_ratio: float, new_within: int, codes: Sequence[str] = ()
) -> list[History]:
    """Return what became of series; those without points are left out.

    Args:
        series: points in the order of time.
        margin_ratio: up to which difference nothing has changed, such as 0.02.
        new_within: of so many documents or fewer behind it, a change is new.
        codes: of the figures that are looked at; none for all.
    """
    return [_history(one, margin_ratio, new_within, codes) for one in series if one.points]


def _history(series: Series, margin_ratio: float, new_within: int, codes: Sequence[str]) -> History:
    known = {
        code: [place for place, point in enumerate(series.points) if code in point.figures]
        for code in FIGURES
        if not codes or code in codes
    }
    told = {code: places for code, places in known.items() if places}
    return History(
        series=series,
        margin_ratio=margin_ratio,
        lines=[
            _line(FIGURES[code], series.points, places, _Rules(len(told), math.log1p(margin_ratio), new_within))
            for code, places in told.items()
        ],
    )


@dataclass(frozen=True, slots=True)
class _Rules:
    """What makes a change: how many figures are looked at together, the least that matters, and how long it is new."""

    figures: int
    least: float
    new_within: int


def _line(metric: Metric, points: Sequence[Point], places: list[int], rules: _Rules) -> Line:
    having = [points[place] for place in places]
    values = [point.figures[metric.code] for point in having]
    logs = _logs(values)
    found = steps(logs, level=(1 - LEVEL) / rules.figures, least=rules.least) if len(values) >= LEAST_VALUES else []
    begins = [step.at for step in found]
    ends = [0, *begins, len(values)]
    changes = [
        _change(metric, having, values, (begin, step, end), rules.new_within)
        for begin, step, end in zip(ends, found, ends[2:], strict=False)
    ]
    return Line(
        metric=metric,
        places=places,
        values=values,
        changes=changes,
        surprise=_surprise(metric, having[-1], logs[ends[-2] :], SURPRISE / rules.figures, rules.least),
    )


def _logs(values: Sequence[float]) -> list[float]:
    """Return logarithms; that of 0 is below all others, as far as the farthest of them are apart."""
    above = [math.log(value) for value in values if value > 0] or [0.0]
    nothing = 2 * min(above) - max(above) - 1
    return [math.log(value) if value > 0 else nothing for value in values]


def _change(
    metric: Metric, points: Sequence[Point], values: Sequence[float], around: tuple[int, Step, int], new_within: int
) -> Change:
    begin, step, end = around
    before, behind = median(values[begin : step.at]), median(values[step.at : end])
    documents = len(values) - step.at
    is_new = documents <= new_within and end == len(values)
    is_confirmed = is_new and _is_confirmed(points[step.at :], values[step.at :], before, behind)
    return Change(
        metric=metric,
        at=step.at,
        before=points[step.at - 1],
        first=points[step.at],
        level_before=before,
        level=behind,
        ratio=step.ratio if before > 0 and behind > 0 else None,
        p=step.p,
        documents=documents,
        state="confirmed" if is_confirmed else "unconfirmed" if is_new else "old",
    )


def _is_confirmed(points: Sequence[Point], values: Sequence[float], before: float, behind: float) -> bool:
    """Whether one commit was measured twice, and both times nearer to the level behind a change than to that before."""
    near = Counter(
        point.commit
        for point, value in zip(points, values, strict=True)
        if abs(value - behind) < abs(value - before) and point.commit is not None
    )
    return any(count > 1 and not commit.endswith(DIRTY) for commit, count in near.items())


def _surprise(metric: Metric, newest: Point, logs: Sequence[float], level: float, least: float) -> Surprise | None:
    """Return the newest value if those of its level before it let expect another (Student's prediction interval)."""
    earlier = logs[:-1]
    if len(earlier) < LEAST_BEFORE_NEWEST:
        return None
    held = held_near(np.array(earlier), least)  # so that the second one after a step surprises as well as the first
    expected = float(np.mean(held))
    apart = abs(logs[-1] - expected)
    error = float(np.std(held, ddof=1)) * math.sqrt(1 + 1 / len(earlier))
    if apart <= least or (error > 0 and two_sided_p(apart / error, len(earlier) - 1) > level):
        return None
    return Surprise(metric=metric, point=newest, value=newest.figures[metric.code], expected=math.exp(expected))


def standing_changes(histories: Sequence[History]) -> tuple[list[Change], list[Change | Surprise]]:
    """Return the new changes for the worse: those that are confirmed, and what must be measured again to know.

    A change for the better fails nothing.
    """
    new = [change for history in histories for change in history.changes if change.state != "old" and change.is_worse]
    surprises = [one for history in histories for one in history.surprises if one.is_worse]
    confirmed = [change for change in new if change.state == "confirmed"]
    return confirmed, [*(change for change in new if change.state == "unconfirmed"), *surprises]
