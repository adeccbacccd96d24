"""Checks on the terminal: the answer, a line for each requirement, and what is to be known."""

from collections.abc import Iterator
from dataclasses import replace

from rich.console import Group, RenderableType
from rich.text import Text

from rush_hour.judge.require.finding import Check
from rush_hour.judge.require.sentence import answer_of_check
from rush_hour.report.requirements.columns import check_columns
from rush_hour.report.terminal.colours import STRONG
from rush_hour.report.terminal.remarks import Hanging
from rush_hour.report.terminal.tables import Column, padded

GAP = "  "


def check_report(check: Check) -> RenderableType:
    """Return the report of a check."""
    return Group(Text(answer_of_check(check), STRONG), "", *check_lines(check), *_notes(check))


def check_lines(check: Check) -> Iterator[RenderableType]:
    """Yield a line for each requirement; on a narrow terminal, more."""
    columns = check_columns(check)
    for row in range(len(check.findings)):
        cells = [_cell(column, row) for column in columns]
        text = Text(GAP).join(cells[1:])
        text.rstrip()
        yield Hanging(cells[0] + GAP, text)


def _cell(column: Column, row: int) -> Text:
    return padded(column.cells[row], replace(column, heading="").width, column.align)


def _notes(check: Check) -> Iterator[RenderableType]:
    if check.notes:
        yield ""
    for note in check.notes:
        yield Hanging(Text("! "), Text(note))
