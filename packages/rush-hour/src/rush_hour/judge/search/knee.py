"""The knee: what each rate of a search came to, from the lowest to the highest; and the one run that stands for all.

Pure: documents in, rows and documents out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from rush_hour.judge.search.verdict import GENERATORS, LATE
from rush_hour.results.capacity import Capacity, CapacityStep
from rush_hour.results.document import Document, System
from rush_hour.results.resources import Role
from rush_hour.results.run import Run, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class KneeRow:
    """One run of a search.

    Attributes:
        number: in the order in which they were made, from 1.
        cores: that each role used, on average.
    """

    number: int
    step: CapacityStep
    run: Run
    cores: Mapping[Role, float]

    @property
    def p50_us(self) -> float | None:
        """The median latency; None without any good answer."""
        latency = self.run.result.latency_us
        return None if latency is None else float(latency.p50)

    @property
    def p99_us(self) -> float | None:
        """The 99th percentile; None without any good answer."""
        latency = self.run.result.latency_us
        return None if latency is None else float(latency.p99)

    @property
    def measured_s(self) -> float:
        """How long it was measured."""
        return min(self.run.result.elapsed_s, self.run.plan.duration_s)


def knee_rows(document: Document) -> list[KneeRow]:
    """Return the runs of a capacity that have a rate, lowest first; none of another document."""
    found = document.capacity
    if found is None or not document.systems:
        return []
    runs = document.systems[0].runs
    rows = [_row(step, runs[step.run]) for step in found.steps if step.run < len(runs)]
    return sorted(
        (row for row in rows if row.run.plan.rate_per_s is not None), key=lambda row: row.run.plan.rate_per_s or 0.0
    )


def _row(step: CapacityStep, run: Run) -> KneeRow:
    usages = {} if run.resources is None else run.resources.by_role()
    length_s = run.result.elapsed_s
    cores = {role: usage.cpu_s / length_s for role, usage in usages.items()} if length_s > 0 else {}
    if not cores and length_s > 0:
        cores = {"generator": run.result.generator.cpu_s / length_s}
    return KneeRow(number=step.run + 1, step=step, run=run, cores=cores)


def shown(document: Document) -> Document:
    """Return a capacity with the run at the answer alone, for what is shown of single runs; another one as it is.

    What speaks against the capacity speaks against that run. What the load generator did not do well in it does not:
    the objective was met all the same.
    """
    found = document.capacity
    if found is None or not document.systems:
        return document
    system = document.systems[0]
    run = answer_run(found, system.runs)
    system = replace(system, runs=[] if run is None else [run], notes=[*system.notes, *found.notes])
    return replace(document, systems=[with_doubts(system, found)])


def answer_run(found: Capacity, runs: Sequence[Run]) -> Run | None:
    """Return the run that stands for a capacity: the confirmation, or else that which met it at the highest rate."""
    steps = [step for step in found.steps if step.run < len(runs) and step.purpose not in {"alone", "burst"}]
    met = [step for step in steps if step.verdict == "met"]
    limit_per_s = found.high_per_s or float("inf")
    met = [step for step in met if (runs[step.run].plan.rate_per_s or 0.0) <= limit_per_s] or met
    confirmed = [step for step in met if runs[step.run].plan.rate_per_s == found.confirmed_per_s]
    ordered = sorted(met, key=lambda step: runs[step.run].plan.rate_per_s or 0.0)
    chosen = confirmed or ordered or steps
    return runs[chosen[-1].run] if chosen else None


def with_doubts(system: System, found: Capacity) -> System:
    """Return a system whose run has the doubts of its capacity, not those of a single run that met the objective."""
    if system.run is None:
        return system
    run, notes = system.run, list(system.notes)
    own = [doubt for doubt in run.verdict.warnings if doubt.code in GENERATORS | {LATE}]
    notes += [f"at the answer, {doubt.message} The objective was met all the same." for doubt in own]
    codes = {doubt.code for doubt in found.doubts}
    kept = [doubt for doubt in run.verdict.warnings if doubt not in own and doubt.code not in codes | {"other-load"}]
    verdict = Verdict(trusted=found.is_trusted, warnings=[*found.doubts, *kept])
    return replace(system, runs=[replace(run, verdict=verdict)], notes=notes)
