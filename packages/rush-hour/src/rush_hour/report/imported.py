"""What was imported, as columns and lines, for all reports. A figure that is missing is a dash. Pure."""

from collections.abc import Iterator, Sequence

from rush_hour.judge.answer.imported import imported_runs
from rush_hour.report.terminal.columns import NONE, duration_columns, is_empty, number_column
from rush_hour.report.terminal.tables import Column
from rush_hour.results.document import Document
from rush_hour.results.imported import ImportedRun

PERCENTILES = {"p50": "p50", "p90": "p90", "p99": "p99", "p99.9": "p99_9", "max": "max"}
WAITING_NOTE = (
    "Waiting left out: a request that waits for the answer before it is sent late, and its latency does not say so "
    "(coordinated omission). Such latencies are none of users who come when they like; put them beside no others."
)


def imported_columns(documents: Sequence[Document]) -> list[Column]:
    """Return what each tool says; columns without any figure are left out."""
    found = imported_runs(documents)
    runs = [run for _, run in found]
    latencies = [
        [None if run.latency_us is None else getattr(run.latency_us, field) for run in runs]
        for field in PERCENTILES.values()
    ]
    columns = [
        Column("result", [name for name, _ in found], align="left"),
        Column("tool", [run.tool for run in runs], align="left", group="how"),
        Column("load", [_load(run) for run in runs], align="left", group="how"),
        Column("waiting", [run.waiting for run in runs], align="left", group="how"),
        Column("percentiles of", [run.resolution for run in runs], align="left", group="how"),
        number_column("requests", [run.requests for run in runs], group="counts"),
        number_column("good/s", [run.goodput_per_s for run in runs], group="counts"),
        number_column("failed", [run.failed for run in runs], group="counts"),
        *duration_columns(list(PERCENTILES), latencies, group="latency"),
    ]
    return [columns[0], *(column for column in columns[1:] if not is_empty(column))]


def _load(run: ImportedRun) -> str:
    rate = "" if run.rate_per_s is None else f" {run.rate_per_s:,.4g}/s"
    return NONE if run.load_model == "unknown" and not rate else f"{run.load_model}{rate}"


def imported_notes(documents: Sequence[Document]) -> Iterator[str]:
    """Yield what is to be known of figures, each once."""
    found = imported_runs(documents)
    if any(run.waiting == "left out" for _, run in found):
        yield WAITING_NOTE
    said: dict[str, list[str]] = {}
    for name, run in found:
        for note in run.notes:
            said.setdefault(note, []).append(name)
    for note, names in said.items():
        yield f"{', '.join(names)}: {note}"
