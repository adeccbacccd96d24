"""Documents on the terminal, whatever their kind."""

from collections.abc import Callable, Sequence

from rich.console import Group, RenderableType

from rush_hour.judge.search.knee import shown
from rush_hour.report.harmless import harmless
from rush_hour.report.terminal.bench_report import bench_report
from rush_hour.report.terminal.capacity_report import capacity_report
from rush_hour.report.terminal.imported_report import imported_report
from rush_hour.report.terminal.load_summary import load_report
from rush_hour.report.terminal.remarks import answer_lines
from rush_hour.report.terminal.trial_report import trial_report
from rush_hour.results.document import Document, Kind

_REPORTS: dict[Kind, Callable[[Document], RenderableType]] = {
    "load": load_report,
    "bench": bench_report,
    "capacity": capacity_report,
    "try": trial_report,
    "import": imported_report,
}


def documents_report(documents: Sequence[Document]) -> RenderableType:
    """Return the report of documents; that of several begins with what they say together."""
    documents = [harmless(document) for document in documents]
    reports = [_REPORTS[document.kind](document) for document in documents]
    if len(reports) == 1:
        return reports[0]
    return Group(
        answer_lines([shown(document) for document in documents]),
        *(part for report in reports for part in ("", "", report)),
    )
