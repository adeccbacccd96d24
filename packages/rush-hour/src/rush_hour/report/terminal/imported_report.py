"""What was imported, on the terminal."""

from rich.console import Group, RenderableType
from rich.text import Text

from rush_hour.judge.answer.answer import answer
from rush_hour.report.imported import imported_columns, imported_notes
from rush_hour.report.terminal.colours import STRONG
from rush_hour.report.terminal.remarks import Hanging
from rush_hour.report.terminal.tables import WholeTable
from rush_hour.results.document import Document


def imported_report(document: Document) -> RenderableType:
    """Return the report of imported results."""
    notes: list[RenderableType] = [Hanging(Text("! "), Text(note)) for note in imported_notes([document])]
    table = WholeTable(imported_columns([document]))
    return Group(Text(answer(document), STRONG), "", table, *(["", *notes] if notes else []))
