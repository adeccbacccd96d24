"""A checkup on the terminal: the answer, a table of all that was looked at, then why it matters and what to change."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from rush_hour.judge.health.checkup import Checkup
from rush_hour.judge.health.diagnosis import Diagnosis, Grade
from rush_hour.report.terminal.colours import BROKEN, DOES_NOT_HOLD, FAINT, HOLDS, STRONG
from rush_hour.report.terminal.remarks import Hanging
from rush_hour.report.terminal.tables import Column, WholeTable

LEGEND = "Commands with sysctl, echo and cpupower want root, and hold until the next boot."
_ROOTS_COMMANDS = ("sysctl ", "echo ", "cpupower ")
_ORDER: tuple[Grade, ...] = ("hinders", "note", "unknown", "fine")
_MARKS: dict[Grade, str] = {"hinders": "! ", "note": "! ", "unknown": "? ", "fine": "  "}
_COLOURS: dict[Grade, str] = {"fine": HOLDS, "note": DOES_NOT_HOLD, "hinders": BROKEN, "unknown": FAINT}


def checkup_report(checkup: Checkup) -> RenderableType:
    """Return the whole report."""
    return Group(Text(checkup.sentence, STRONG), "", WholeTable(_columns(checkup)), *_remarks(checkup))


def _columns(checkup: Checkup) -> list[Column]:
    return [
        Column("what", [one.what for one in checkup.diagnoses], align="left"),
        Column("found", [one.found for one in checkup.diagnoses], align="left"),
        Column("verdict", [Text(one.verdict, _COLOURS[one.verdict]) for one in checkup.diagnoses], align="left"),
    ]


def _remarks(checkup: Checkup) -> Iterator[RenderableType]:
    """Yield what is to be said of each, the worst first, and who may change it."""
    said = [one for one in checkup.diagnoses if one.why or one.change]
    if said:
        yield ""
    for one in sorted(said, key=lambda diagnosis: _ORDER.index(diagnosis.verdict)):
        yield from _remark(one)
    if any(one.change.startswith(_ROOTS_COMMANDS) for one in said):
        yield ""
        yield Text(LEGEND, FAINT)


def _remark(diagnosis: Diagnosis) -> Iterator[RenderableType]:
    mark = Text(_MARKS[diagnosis.verdict], _COLOURS[diagnosis.verdict])
    why = diagnosis.why or f"{diagnosis.found}."
    yield Hanging(mark, Text.assemble((f"{diagnosis.what}: ", STRONG), why))
    if diagnosis.change:
        yield Hanging(Text("  "), Text(diagnosis.change, FAINT))
