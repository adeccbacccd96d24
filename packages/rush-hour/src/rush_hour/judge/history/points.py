"""What a document says of each of its systems, as a point of a history. Pure: a document in, points out.

A document is one measurement, however many repeats it has: they are taken together, for what the machine was like then
is in all of them.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from statistics import fmean

from rush_hour.judge.answer.standing import standing_of
from rush_hour.judge.compare.metrics import METRICS, Metric
from rush_hour.results.capacity import Capacity
from rush_hour.results.document import Document, Kind, MachineFacts, System
from rush_hour.results.run import PlanFacts, Run
from rush_hour.units import format_per_s


def _not_of_a_run(_run: Run) -> None:
    return None


def _not_of_seconds(_run: Run) -> list[float]:
    return []


CAPACITY = Metric(
    code="capacity", heading="capacity/s", better="better", worse="worse", is_higher_better=True,
    value_of=_not_of_a_run, missing="no capacity was found", text_of=format_per_s, seconds_of=_not_of_seconds,
)  # fmt: skip
FIGURES = {metric.code: metric for metric in (*METRICS, CAPACITY)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One system of one document.

    Attributes:
        file: the document's, as it is to be named.
        started_at: of the document; UTC, ISO 8601.
        plan: of its runs; of a capacity, whose runs have different rates, without one.
        objective: of a capacity.
        runs: how many are taken together.
        runs_left_out: how many others there are: not trusted, or cut short.
        is_trusted: whether its figures can be trusted.
        figures: by their codes; those that are not known are missing.
    """

    file: str
    started_at: str
    commit: str | None
    label: str | None
    kind: Kind
    suite: str | None
    system: str
    machine: MachineFacts | None
    plan: PlanFacts
    objective: str | None
    runs: int
    runs_left_out: int
    is_trusted: bool
    figures: dict[str, float]


def points_of(document: Document, file: str, started_at: str) -> list[Point]:
    """Return a point for each system of a document that was measured.

    Args:
        document: of a load, a bench or a capacity; of others there are none.
        file: what to call it.
        started_at: when it was made.
    """
    if document.kind not in {"load", "bench", "capacity"}:
        return []
    return [point for system in document.systems for point in _points(document, system, file, started_at)]


def _points(document: Document, system: System, file: str, started_at: str) -> Iterator[Point]:
    """Yield the point of a system; nothing of one that was not measured."""
    standing = standing_of(system)
    if not standing.runs:
        return
    found = document.capacity
    plan = standing.runs[0].plan
    yield Point(
        file=file,
        started_at=started_at,
        commit=system.commit or document.commit,
        label=document.label,
        kind=document.kind,
        suite=None if document.suite is None else document.suite.name,
        system=system.name,
        machine=document.machine,
        plan=plan if found is None else replace(plan, rate_per_s=None, duration_s=found.step_s, connections=0),
        objective=None if found is None else found.objective,
        runs=len(standing.runs),
        runs_left_out=len(system.runs) - len(standing.runs),
        is_trusted=standing.finding not in {"do not trust", "interrupted"} if found is None else found.is_trusted,
        figures=_figures(standing.runs) if found is None else _capacity(found),
    )


def _figures(runs: list[Run]) -> dict[str, float]:
    """Return the geometric mean of each figure over runs; 0 where one of them is 0, nothing where one has no end."""
    figures: dict[str, float] = {}
    for metric in METRICS:
        values = [value for run in runs if (value := metric.value_of(run)) is not None]
        if values and max(values) < math.inf:
            figures[metric.code] = math.exp(fmean(map(math.log, values))) if min(values) > 0 else 0.0
    return figures


def _capacity(found: Capacity) -> dict[str, float]:
    """Return the capacity; nothing where it was only found to be at least so much."""
    return {} if found.rate_per_s is None or found.at_least else {CAPACITY.code: found.rate_per_s}
