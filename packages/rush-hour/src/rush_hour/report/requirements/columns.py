"""A check as columns, a row for each requirement, for terminal and Markdown alike. Pure."""

from rich.text import Text

from rush_hour.judge.require.finding import Check, State
from rush_hour.report.terminal.colours import BROKEN, HOLDS
from rush_hour.report.terminal.tables import Column

WORDS: dict[State, str] = {"met": "met", "not met": "NOT MET", "cannot tell": "cannot tell", "no data": "NO DATA"}
_COLOURS: dict[State, str] = {"met": HOLDS, "not met": BROKEN, "no data": BROKEN, "cannot tell": ""}


def check_columns(check: Check) -> list[Column]:
    """Return what became of each requirement; columns in which there is nothing are left out."""
    findings = check.findings
    limits = [one.limit_text if one.clause.is_of_baseline and one.limit is not None else "" for one in findings]
    columns = [
        Column("verdict", [Text(WORDS[one.state], _COLOURS[one.state]) for one in findings], align="left"),
        Column("system", [one.system if len(check.systems) > 1 else "" for one in findings], align="left"),
        Column("requirement", [one.clause.text for one in findings], align="left"),
        Column("measured", [one.figure_text for one in findings]),
        Column("limit", limits),
        Column("note", [one.note for one in findings], align="left"),
    ]
    return [column for column in columns if any(str(cell) for cell in column.cells)]
