"""An objective held against a run: of each clause whether it is met, by how much it is not, or that nothing is known.

What is not known is not met. Pure: an objective and runs in, findings out.
"""

import math
from dataclasses import dataclass
from typing import Literal

from rush_hour.judge.objective.objective import Clause, Objective, Window
from rush_hour.judge.objective.quantities import format_beside
from rush_hour.judge.objective.seen import Seen, of_request, of_seconds, whole
from rush_hour.results.run import Run

State = Literal["met", "not met", "no data"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One clause, held against a run.

    Attributes:
        value: the run's figure; None where it has none.
        limit: what it is held against; None where the baseline has none.
        lacks: what is not known; empty where all is.
    """

    clause: Clause
    state: State
    value: float | None = None
    limit: float | None = None
    lacks: str = ""

    @property
    def is_met(self) -> bool:
        """Whether it is met; what is not known is not."""
        return self.state == "met"

    @property
    def beyond_ratio(self) -> float | None:
        """By what share of the limit the figure lies on its wrong side; below 0 where it is met; None if unknown."""
        return beyond_ratio(self.clause, self.value, self.limit)

    @property
    def sentence(self) -> str:
        """It in words, without a full stop: `p99 is 412 ms, not < 250 ms`."""
        name = self.clause.metric.name + (f"[{self.clause.request}]" if self.clause.request is not None else "")
        if self.state == "no data" or self.value is None or self.limit is None:
            return f"{name}: no data, which is not met ({self.lacks})"
        value, limit = format_beside(self.value, self.limit, self.clause.metric.quantity)
        return f"{name} is {value}, {'' if self.is_met else 'not '}{self.clause.operator} {limit}"


def beyond_ratio(clause: Clause, value: float | None, limit: float | None) -> float | None:
    """Return by what share of a limit a figure lies on its wrong side; below 0 where it is met; None if unknown."""
    if value is None or limit is None or limit == 0:
        return None
    ratio = value / limit - 1
    return -ratio if clause.operator in {">", ">="} else abs(ratio) if clause.operator == "=" else ratio


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """What a clause is about, of one run.

    Attributes:
        value: None where it is not known.
        lacks: what is lacking then.
        answers: how many good answers a duration is of.
    """

    value: float | None
    lacks: str = ""
    answers: int = 0


def evaluate(objective: Objective, run: Run, baseline: Run | None = None) -> list[Judged]:
    """Return what became of each clause, in their order.

    Args:
        objective: the objective.
        run: the run.
        baseline: the run that clauses with `baseline` compare it with; None without one.
    """
    return [_judge(clause, run, baseline) for clause in objective.clauses]


def is_met(judged: list[Judged]) -> bool:
    """Whether all clauses are met."""
    return all(one.is_met for one in judged)


def _judge(clause: Clause, run: Run, baseline: Run | None) -> Judged:
    limit: float | None = clause.limit
    if clause.is_of_baseline:
        if baseline is None:
            return Judged(clause=clause, state="no data", lacks="there is no baseline")
        before = figure_of(clause, baseline)
        if before.value is None:
            return Judged(clause=clause, state="no data", lacks=f"of the baseline, {before.lacks}")
        limit = before.value * clause.limit
    figure = figure_of(clause, run)
    if figure.value is None or limit is None:
        return Judged(clause=clause, state="no data", limit=limit, lacks=figure.lacks)
    state: State = "met" if clause.is_kept_by(figure.value, limit) else "not met"
    return Judged(clause=clause, state=state, value=figure.value, limit=limit)


def figure_of(clause: Clause, run: Run) -> Figure:
    """Return the figure of a run that a clause is about."""
    seen, lacks = _seen(clause, run)
    if seen is None:
        return Figure(value=None, lacks=lacks)
    value = clause.metric.value_of(seen)
    if value is not None:
        durations = None if clause.metric.durations is None else getattr(seen, clause.metric.durations)
        return Figure(value=value, answers=0 if durations is None else durations.count)
    is_without_answer = clause.metric.durations is not None and not seen.good
    return Figure(value=None, lacks="no request was answered well" if is_without_answer else "it was not measured")


def _seen(clause: Clause, run: Run) -> tuple[Seen | None, str]:
    if clause.request is not None:
        return of_request(run, clause.request), f"the run has no request {clause.request!r}"
    if clause.window is None:
        return whole(run), ""
    return of_seconds(run, *_span(clause.window, run)), "the run has no whole second there"


def _span(window: Window, run: Run) -> tuple[float, float]:
    end_s = run.plan.duration_s
    if window.last_s is not None:
        whole_s = math.floor(min(end_s, run.result.elapsed_s))
        return max(0.0, whole_s - window.last_s), float(whole_s)
    return window.begin_s, end_s if window.end_s is None else window.end_s
