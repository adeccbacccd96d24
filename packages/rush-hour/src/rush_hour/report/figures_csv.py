"""The figures of documents as comma-separated values: a row for each run, or for a system without any.

A run with a profile has a row for each of its phases below its own.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import replace
from io import StringIO

from rush_hour.core.figures import DurationSummary
from rush_hour.judge.answer.standing import standing_of
from rush_hour.results.capacity import Capacity
from rush_hour.results.document import Document, System
from rush_hour.results.imported import ImportedLatency, ImportedRun
from rush_hour.results.resources import ROLES
from rush_hour.results.run import PhaseFigures, Run

Value = str | float | None

PERCENTILES = ("p50", "p75", "p90", "p95", "p99", "p99_9", "p99_99")
_FORMULA = tuple("=+-@\t\r")  # what a spreadsheet would calculate


def figures_csv(documents: Sequence[Document]) -> str:
    """Return a row for each run; columns have their units in their names, and are empty where there is no value."""
    rows = [row for document in documents for row in _rows(document)]
    file = StringIO(newline="")
    columns = dict.fromkeys(name for row in rows for name in row)
    writer = csv.DictWriter(file, list(columns), restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    return file.getvalue()


def _cell(value: Value) -> str | float:
    if value is None:
        return ""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _rows(document: Document) -> Iterator[dict[str, Value]]:
    of_document: dict[str, Value] = {
        "label": document.label,
        "commit": document.commit,
        "started_at": document.started_at,
        "kind": document.kind,
        "suite": None if document.suite is None else document.suite.name,
    }
    for system in document.systems:
        yield from (of_document | _system(system) | _imported(run) for run in system.imported)
        if not system.runs and not system.imported:
            yield of_document | _system(system)
        for number, run in enumerate(system.runs, start=1):
            of_run = of_document | _system(replace(system, runs=[run])) | {"run": number}
            of_run |= _capacity(document.capacity, number - 1)
            yield of_run | _run(run)
            yield from (of_run | _phase(phase) for phase in run.result.phases)


def _imported(run: ImportedRun) -> dict[str, Value]:
    latency = ImportedLatency() if run.latency_us is None else run.latency_us
    return {
        "tool": run.tool,
        "load_model": run.load_model,
        "waiting": run.waiting,
        "resolution": run.resolution,
        "url": run.url,
        "rate_per_s": run.rate_per_s,
        "connections": run.connections,
        "requests": run.requests,
        "requests_good": run.good,
        "requests_failed": run.failed,
        "goodput_per_s": run.goodput_per_s,
        **{f"latency_{name}_us": getattr(latency, name) for name in ("mean", *PERCENTILES, "max")},
    }


def _system(system: System) -> dict[str, Value]:
    """Return what a system is; its commit only where it is not the document's."""
    own: dict[str, Value] = {} if system.commit is None else {"commit": system.commit}
    return own | {
        "system": system.name,
        "title": system.title,
        "status": system.status,
        "verdict": standing_of(system).finding,
        "reason": system.reason,
    }


def _capacity(found: Capacity | None, run: int) -> dict[str, Value]:
    """Return what a run of a search was for and said, and what all of them said together; nothing of other runs."""
    if found is None:
        return {}
    step = next((step for step in found.steps if step.run == run), None)
    return {
        "purpose": None if step is None else step.purpose,
        "objective_verdict": None if step is None else step.verdict,
        "objective_missed_by": None if step is None else "; ".join(step.why),
        "objective": found.objective,
        "capacity_per_s": found.rate_per_s,
        "capacity_low_per_s": found.low_per_s,
        "capacity_high_per_s": found.high_per_s,
        "capacity_at_least": str(found.at_least).lower(),
    }


def _run(run: Run) -> dict[str, Value]:
    plan, result = run.plan, run.result
    return {
        "run_started_at": run.started_at,
        "trusted": str(run.verdict.trusted).lower(),
        "doubts": " ".join(doubt.code for doubt in run.verdict.warnings),
        "url": plan.url,
        "arrivals": plan.arrivals,
        **({} if plan.profile is None else {"profile": plan.profile.text}),
        "offered_per_s": plan.rate_per_s,
        "connections": plan.connections,
        "warmup_s": plan.warmup_s,
        "duration_s": plan.duration_s,
        "elapsed_s": result.elapsed_s,
        "requests_due": result.requests_due,
        "requests_sent": result.requests_sent,
        "responses_total": result.responses_total,
        "responses_good": result.responses_good,
        "responses_bad": result.responses_bad,
        "requests_failed": result.requests_failed,
        "unanswered_at_end": result.unanswered_at_end,
        "goodput_per_s": result.goodput_per_s,
        "good_ratio": result.good_ratio if result.requests_due else None,
        "bad_ratio": result.bad_ratio,
        **_distribution("latency", result.latency_us),
        **_distribution("service_time", result.service_time_us),
        **_distribution("latency_bad", result.latency_bad_us),
        **_distribution("send_lag", result.send_lag_us),
        **_resources(run),
    }


def _phase(phase: PhaseFigures) -> dict[str, Value]:
    return {
        "phase": phase.name,
        "phase_begins_at_s": phase.begins_at_s,
        "offered_per_s": phase.offered_per_s,
        "duration_s": phase.duration_s,
        "requests_due": phase.due,
        "requests_sent": phase.sent,
        "responses_total": phase.good + phase.bad,
        "responses_good": phase.good,
        "responses_bad": phase.bad,
        "requests_failed": phase.failed,
        "unanswered_at_end": phase.due - phase.good - phase.bad - phase.failed,
        "goodput_per_s": phase.goodput_per_s,
        "good_ratio": phase.good / phase.due if phase.due else None,
        **_distribution("latency", phase.latency_us),
        **_distribution("send_lag", phase.send_lag_us),
    }


def _distribution(name: str, summary: DurationSummary | None) -> dict[str, Value]:
    fields = ("mean", *PERCENTILES, "max")
    return {f"{name}_{field}_us": None if summary is None else getattr(summary, field) for field in fields}


def _resources(run: Run) -> dict[str, Value]:
    usages = {} if run.resources is None else run.resources.by_role()
    cpu_us: dict[str, Value] = {f"{role}_cpu_us_per_good": run.cpu_us_per_good_answer(role) for role in ROLES}
    cpu_s: dict[str, Value] = {f"{role}_cpu_s": usages[role].cpu_s if role in usages else None for role in ROLES}
    memory: dict[str, Value] = {
        f"{role}_max_rss_bytes": usages[role].max_rss_bytes if role in usages else None for role in ROLES
    }
    return cpu_s | cpu_us | memory | {"others_cpu_ratio": run.others_cpu_ratio}
