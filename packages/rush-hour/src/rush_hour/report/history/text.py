"""Histories on the terminal: what changed last in a sentence, then each series with its figures and changes."""

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from rush_hour.judge.history.history import History
from rush_hour.judge.history.sentence import answer_of_histories
from rush_hour.report.history.columns import change_columns, document_columns, figure_columns, heading_of
from rush_hour.report.terminal.colours import FAINT, STRONG
from rush_hour.report.terminal.remarks import Hanging
from rush_hour.report.terminal.tables import WholeTable


def histories_report(histories: Sequence[History], notes: Sequence[str]) -> RenderableType:
    """Return the report of histories."""
    parts = [part for history in histories for part in _parts(history)]
    remarks = [Hanging(Text("! "), Text(note)) for note in notes]
    return Group(Text(answer_of_histories(histories), STRONG), *parts, *([""] if remarks else []), *remarks)


def _parts(history: History) -> Iterator[RenderableType]:
    yield ""
    yield Text(heading_of(history), STRONG)
    yield Text(history.series.conditions, FAINT)
    yield WholeTable(figure_columns(history))
    if history.changes:
        yield ""
        yield WholeTable(change_columns(history))
    yield ""
    yield WholeTable(document_columns(history))
