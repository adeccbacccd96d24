"""The verdict on one step: whether its run met the objective, or would have had it gone on. Pure.

A miss that the load generator's own lateness may account for is none: it says nothing of the server.
"""

from dataclasses import dataclass

from rush_hour.core.seconds import whole_seconds
from rush_hour.judge.objective.evaluation import Judged, evaluate
from rush_hour.judge.objective.objective import Objective
from rush_hour.judge.objective.quantities import format_value
from rush_hour.judge.search.growth import growth_us_per_s, passes_after_s
from rush_hour.results.run import Run
from rush_hour.units import format_duration_us

LATE = "generator-late"
GENERATORS = frozenset({"generator-stalled", "generator-faults", "generator-saturated", "durations-lost"})


@dataclass(frozen=True, slots=True, kw_only=True)
class StepJudgement:
    """What a run says.

    Attributes:
        is_met: None where it says nothing.
        why: what missed the objective, or why nothing is said.
    """

    is_met: bool | None
    why: list[str]


def judge_step(objective: Objective, run: Run) -> StepJudgement:
    """Return what a run says of an objective."""
    missed = [one for one in evaluate(objective, run) if not one.is_met]
    if not missed:
        growing = _growing(objective, run)
        return StepJudgement(is_met=growing is None, why=[] if growing is None else [growing])
    doubts = {doubt.code: doubt.message for doubt in run.verdict.warnings}
    own = [message.rstrip(".") for code, message in doubts.items() if code in GENERATORS | {LATE}]
    if own and not any(_is_servers(one, run, is_late_only=not doubts.keys() & GENERATORS) for one in missed):
        return StepJudgement(is_met=None, why=own)
    return StepJudgement(is_met=False, why=[one.sentence for one in missed])


def _is_servers(judged: Judged, run: Run, *, is_late_only: bool) -> bool:
    """Whether a clause would have been missed without the load generator's own trouble."""
    if judged.value is None or judged.limit is None:
        return False
    result = run.result
    if judged.clause.metric.name in {"good", "errors"}:
        allowed = 1 - judged.limit if judged.clause.metric.name == "good" else judged.limit
        return result.responses_bad > allowed * result.requests_due
    if not is_late_only or judged.clause.metric.durations is None:
        return False
    own_us = sum(lag.p99 for lag in (result.send_lag_us, result.read_lag_us) if lag is not None)
    return judged.value - own_us > judged.limit


def _growing(objective: Objective, run: Run) -> str | None:
    """Return that latency grows towards a limit, in words; None where it does not."""
    whole = [row for _, row in whole_seconds(run.result.timeline)]
    growth = growth_us_per_s(whole)
    if growth is None:
        return None
    now_us = float(whole[-1].p50_us or 0)
    for clause in objective.clauses:
        left_s = passes_after_s(growth, now_us, clause.limit) if clause.is_bound_of_latency else None
        if left_s is not None:
            limit = format_value(clause.limit, clause.metric.quantity)
            return (
                f"the queue grows: latency rises by {format_duration_us(growth)} each second, "
                f"and would pass {limit} in {left_s:.0f} s"
            )
    return None
