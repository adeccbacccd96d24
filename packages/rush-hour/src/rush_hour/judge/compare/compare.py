"""Comparing systems: each figure of two of them, with a verdict of its own. Pure: sides in, comparisons out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from rush_hour.judge.compare.conditions import notes, obstacles
from rush_hour.judge.compare.estimate import Basis
from rush_hour.judge.compare.look import Look, look
from rush_hour.judge.compare.metrics import METRICS, Metric
from rush_hour.judge.compare.side import Side
from rush_hour.judge.compare.verdicts import Judged, judge_together

DEFAULT_MARGIN_RATIO = 0.02

Verdict = Literal["better", "worse", "same", "cannot tell", "not comparable"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One figure of two systems, and what is to be thought of it.

    Attributes:
        verdict: of the second system, beside the first one.
        judged: the ratio with its interval, and what would tell; None where there is no ratio.
    """

    look: Look
    verdict: Verdict
    judged: Judged | None = None

    @property
    def metric(self) -> Metric:
        """Which figure it is."""
        return self.look.metric

    @property
    def words(self) -> str:
        """The verdict for reading: `slower`, `same`, `cannot tell`."""
        match self.verdict:
            case "better":
                return self.metric.better
            case "worse":
                return self.metric.worse
        return self.verdict

    @property
    def more_repeats(self) -> int | None:
        """How many more repeats would tell; None where it can be told already, or nobody knows."""
        estimate, judged = self.look.estimate, self.judged
        if estimate is None or judged is None or judged.repeats_needed is None:
            return None
        return judged.repeats_needed - estimate.repeats


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two systems.

    Attributes:
        obstacles: why they cannot be compared, a clause each; then there are no lines.
        notes: what is to be known, a sentence each.
        margin_ratio: up to which difference they are called the same.
    """

    first: Side
    second: Side
    obstacles: list[str]
    notes: list[str]
    margin_ratio: float
    lines: list[Line]

    @property
    def basis(self) -> Basis | None:
        """Of what the errors are known; None where no figure has one."""
        return next((line.look.estimate.basis for line in self.lines if line.look.estimate is not None), None)

    @property
    def repeats(self) -> int:
        """How many repeats the verdicts rest on; of the system that has fewer."""
        return min((line.look.estimate.repeats for line in self.lines if line.look.estimate is not None), default=0)

    def of(self, *verdicts: Verdict) -> list[Line]:
        """Return the figures with one of these verdicts."""
        return [line for line in self.lines if line.verdict in verdicts]


def compare(pairs: Sequence[tuple[Side, Side]], margin_ratio: float) -> list[Comparison]:
    """Compare systems. What is shown together is judged together.

    Args:
        pairs: the two sides of each comparison.
        margin_ratio: up to which difference systems are called the same, such as 0.02.
    """
    forbidden = [obstacles(first, second) for first, second in pairs]
    looks = [
        [] if why else [look(metric, first, second) for metric in METRICS]
        for (first, second), why in zip(pairs, forbidden, strict=True)
    ]
    estimates = [one.estimate for of_pair in looks for one in of_pair if one.estimate is not None]
    judged = iter(judge_together(estimates, margin_ratio))
    return [
        Comparison(
            first=first,
            second=second,
            obstacles=why,
            notes=[] if why else notes(first, second),
            margin_ratio=margin_ratio,
            lines=[_line(one, judged) for one in of_pair if one.first is not None or one.second is not None],
        )
        for (first, second), why, of_pair in zip(pairs, forbidden, looks, strict=True)
    ]


def _line(one: Look, judged: Iterator[Judged]) -> Line:
    """Return a figure with the next verdict, if it has an estimate."""
    if one.estimate is None:
        return Line(look=one, verdict="cannot tell" if one.is_known else "not comparable")
    found = next(judged)
    return Line(look=one, verdict=_verdict(one.metric, found), judged=found)


def _verdict(metric: Metric, judged: Judged) -> Verdict:
    if judged.direction in {"same", "cannot tell"}:
        return "same" if judged.direction == "same" else "cannot tell"
    return "better" if (judged.direction == "higher") == metric.is_higher_better else "worse"
