"""What was imported, in a sentence: who says what, and nothing of whether it is so. Pure."""

from collections.abc import Sequence

from rush_hour.results.document import Document
from rush_hour.results.imported import ImportedRun
from rush_hour.units import format_count, format_duration_us, format_per_s

NAMED = 3


def imported_runs(documents: Sequence[Document]) -> list[tuple[str, ImportedRun]]:
    """Return what was imported, under the names of the systems."""
    return [(system.name, run) for document in documents for system in document.systems for run in system.imported]


def answer_of_imported(documents: Sequence[Document]) -> str:
    """Return what was imported."""
    found = imported_runs(documents)
    if len(found) > NAMED:
        return f"{len(found)} results of other tools; nothing of it was measured or checked here."
    clauses = [f"{name} {_said(run)}" for name, run in found]
    return f"{'; '.join(clauses)}. Nothing of it was measured or checked here."


def _said(run: ImportedRun) -> str:
    per_s = run.goodput_per_s if run.goodput_per_s is not None else run.requests_per_s
    what = "good answers" if run.goodput_per_s is not None else "requests"
    on = "" if run.connections is None else f" on {format_count(run.connections)} connections"
    p99 = None if run.latency_us is None else run.latency_us.p99
    latency = "no p99" if p99 is None else f"a p99 of {format_duration_us(p99)}"
    if per_s is not None:
        return f"had {format_per_s(per_s)} {what}/s{on} and {latency}, as {run.tool} says"
    return f"has neither a rate nor a p99{on}" if p99 is None else f"had {latency}{on}, as {run.tool} says"
