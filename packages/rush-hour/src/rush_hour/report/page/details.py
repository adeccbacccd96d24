"""Details of a system: what was started, what its parts said, and where their logs say it. Pure."""

from dataclasses import dataclass

from markupsafe import Markup

from rush_hour.judge.tail.tail import TailFinding, explain_tail
from rush_hour.report.page.entries import Entry
from rush_hour.report.page.flame_graph import HotFrame, flame_graph, hottest
from rush_hour.results.evidence import ExplainedError, Statement
from rush_hour.results.run import Doubt, Run

STATEMENTS_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorRow:
    """An explained error, and the id of the line of a log that says it; None without one."""

    error: ExplainedError
    anchor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRow:
    """A line of a log, its id, and whether lines before it are left out."""

    anchor: str
    number: int
    text: str
    follows_gap: bool
    is_sign: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LogView:
    """The log of one part."""

    name: str
    role: str
    rows: list[LogRow]
    lines_total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """One system.

    Attributes:
        flame: the flame graph of its profile, as markup; None without one.
        hottest: the frames of the profile in which most time was spent.
    """

    entry: Entry
    doubts: list[Doubt]
    errors: list[ErrorRow]
    findings: list[TailFinding]
    statements: list[Statement]
    logs: list[LogView]
    flame: Markup | None
    hottest: list[HotFrame]


def details_of(entry: Entry) -> Details:
    """Return the details of a system."""
    run = entry.run
    machine = entry.document.machine
    errors = _errors(entry, run)
    return Details(
        entry=entry,
        doubts=[] if run is None else run.verdict.warnings,
        errors=errors,
        findings=[] if run is None else explain_tail(run, cores=None if machine is None else machine.cores),
        statements=[] if run is None or run.database is None else run.database.statements[:STATEMENTS_SHOWN],
        logs=_logs(entry, {row.anchor for row in errors if row.anchor is not None}),
        flame=None if run is None or run.profile is None else Markup(flame_graph(run.profile)),  # noqa: S704  # escaped
        hottest=[] if run is None or run.profile is None else hottest(run.profile),
    )


def _errors(entry: Entry, run: Run | None) -> list[ErrorRow]:
    lines = {(log.name, line.number) for log in entry.system.logs for line in log.lines}
    return [
        ErrorRow(
            error=error,
            anchor=_anchor(entry, error.log, error.line)
            if error.log is not None and error.line is not None and (error.log, error.line) in lines
            else None,
        )
        for error in ([] if run is None else run.explained_errors)
    ]


def _logs(entry: Entry, signs: set[str]) -> list[LogView]:
    views: list[LogView] = []
    for log in entry.system.logs:
        rows: list[LogRow] = []
        before = 0
        for line in log.lines:
            anchor = _anchor(entry, log.name, line.number)
            rows.append(
                LogRow(
                    anchor=anchor,
                    number=line.number,
                    text=line.text,
                    follows_gap=line.number > before + 1,
                    is_sign=anchor in signs,
                )
            )
            before = line.number
        if rows:
            views.append(LogView(name=log.name, role=log.role, rows=rows, lines_total=log.lines_total))
    return views


def _anchor(entry: Entry, log: str, number: int) -> str:
    index = next(index for index, one in enumerate(entry.system.logs) if one.name == log)
    return f"{entry.anchor}-log-{index}-{number}"
