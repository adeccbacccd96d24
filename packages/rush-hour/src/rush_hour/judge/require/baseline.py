"""The baseline: which system a system is compared with, and what clauses with `baseline` are about. Pure."""

import math
from dataclasses import replace

from rush_hour.judge.compare.estimate import Estimate
from rush_hour.judge.compare.metrics import METRICS, Metric
from rush_hour.judge.compare.side import Named, Side, side_of
from rush_hour.judge.objective.evaluation import figure_of
from rush_hour.judge.objective.objective import Clause
from rush_hour.judge.objective.quantities import format_value
from rush_hour.results.document import System
from rush_hour.results.run import Run

BASELINE = "the baseline"


def base_of(named: Named, system: System, baseline: Named | None) -> Side | System | str:
    """Return what a system is compared with: the baseline's one system, else that of the same name.

    Without a baseline it is the same of another revision, of a bench with pairs.

    Returns:
        The system itself where it is its own baseline; what is lacking where it has none.
    """
    if baseline is None:
        pair = next((one for one in named.document.systems if system.base == one.name), None)
        if pair is None:
            return "there is no baseline" if system.base is None else f"{system.base} was not measured"
        return side_of(named.document, pair, pair.name)
    systems = baseline.systems()
    if not systems:
        return f"{BASELINE} ({baseline.system}) was not measured"
    is_paired = len(systems) == 1 and (baseline.system is not None or len(named.systems()) == 1)
    found = systems[0] if is_paired else next((one for one in systems if one.name == system.name), None)
    if found is None:
        return f"{BASELINE} has no system {system.name}"
    if found is system and baseline.document is named.document:
        return system
    name = BASELINE if found.name == system.name else f"{BASELINE} ({found.name})"
    return side_of(baseline.document, found, name)


def metric_of(clause: Clause) -> Metric:
    """Return the figure of a clause as comparisons have figures."""
    whole = clause.request is None and clause.window is None
    same = next((metric for metric in METRICS if whole and metric.code == clause.metric.name), None)

    def value_of(run: Run) -> float | None:
        return figure_of(clause, run).value

    return Metric(
        code=clause.figure,
        heading=clause.figure,
        better="better",
        worse="worse",
        is_higher_better=clause.metric.is_higher_better,
        value_of=value_of,
        missing="no data",
        text_of=lambda value: format_value(value, clause.metric.quantity),
        seconds_of=_none_of_seconds if same is None else same.seconds_of,
    )


def shifted(estimate: Estimate, factor: float) -> Estimate:
    """Return the ratio to a baseline as that to so many times the baseline."""
    return replace(estimate, log_ratio=estimate.log_ratio - math.log(factor))


def _none_of_seconds(_run: Run) -> list[float]:
    return []
