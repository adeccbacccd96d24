"""A capacity on the terminal: the answer, the knee as a table, the run at the answer, remarks."""

import re
from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from rush_hour.judge.search.connections import is_tried_again
from rush_hour.judge.search.knee import KneeRow, knee_rows, shown
from rush_hour.report.conditions import machine_lines
from rush_hour.report.terminal.blocks import bar
from rush_hour.report.terminal.colours import DOES_NOT_HOLD, FAINT, HOLDS, STRONG
from rush_hour.report.terminal.columns import duration_columns, is_empty, number_column
from rush_hour.report.terminal.load_summary import distribution_columns
from rush_hour.report.terminal.parts import part_tables
from rush_hour.report.terminal.remarks import answer_lines, remark_lines
from rush_hour.report.terminal.tables import Column, WholeTable
from rush_hour.results.capacity import Capacity, StepVerdict
from rush_hour.results.document import Document
from rush_hour.results.resources import ROLES
from rush_hour.units import format_count, format_per_s

BAR_WIDTH = 8
LEGEND = "Latency counts from when each request was due. CPU in cores, on average."
_COLOURS: dict[StepVerdict, str] = {"met": HOLDS, "not met": DOES_NOT_HOLD, "no verdict": ""}
_REST = re.compile(r" is |: ")


def capacity_report(document: Document) -> RenderableType:
    """Return the whole report of a capacity."""
    one = shown(document)
    found, rows = document.capacity, knee_rows(document)
    assert found is not None, "the document of a capacity has one"
    remarks = list(remark_lines(one))
    run = one.systems[0].run if one.systems else None
    distributions: list[Column] = [] if run is None else distribution_columns(run.result)
    rate = "" if run is None else f"at {format_per_s(run.plan.rate_per_s or 0.0)}/s"
    parts: list[RenderableType] = [answer_lines([one]), "", _head(document, found, rows)]
    if rows:
        parts += ["", WholeTable(knee_columns(rows)), Text(LEGEND, FAINT)]
    if distributions:
        parts += ["", Text(rate, STRONG), WholeTable(distributions, gap=3)]
    for table in () if run is None else part_tables(run):
        parts += ["", WholeTable(table.columns)]
    return Group(*parts, *(["", *remarks] if remarks else []))


def _head(document: Document, found: Capacity, rows: Sequence[KneeRow]) -> Text:
    name = document.systems[0].title if document.systems else "A capacity"
    took = f"{len(rows)} run{'s' if len(rows) != 1 else ''} in {found.took_s:.0f} of {found.budget_s:g} s"
    long = f" and confirmations of {found.confirm_s:g} s" if found.confirm_s else ""
    lines = [
        f"{took}, steps of {found.step_s:g} s{long}; {format_count(found.connections)} connections",
        *capacity_lines(found),
        *machine_lines(document),
    ]
    return Text.assemble((name, STRONG), *(f"\n{line}" for line in lines))


def capacity_lines(found: Capacity) -> list[str]:
    """Return what else was found: what was confirmed, and what came whatever its latency."""
    lines: list[str] = []
    if found.confirmed_per_s is not None:
        above = any(step.purpose == "confirm above" and step.verdict == "not met" for step in found.steps)
        more = ", and missed at 110 % of it" if above else ""
        lines.append(f"confirmed for {found.confirm_s:g} s at {format_per_s(found.confirmed_per_s)}/s{more}")
    if found.saturation_per_s is not None:
        lines.append(f"at the most {format_per_s(found.saturation_per_s)}/s were answered well, however late")
    return lines


def knee_columns(rows: Sequence[KneeRow]) -> list[Column]:
    """Return the knee: each rate with what came of it."""
    results = [row.run.result for row in rows]
    colours = [_COLOURS[row.step.verdict] for row in rows]
    columns = [
        Column("offered/s", [format_per_s(row.run.plan.rate_per_s or 0.0) for row in rows]),
        Column(
            "objective",
            [Text(row.step.verdict, colour) for row, colour in zip(rows, colours, strict=True)],
            align="left",
            group="verdict",
        ),
        Column("missed", [brief(row) for row in rows], align="left", group="verdict"),
        Column("good/s", [format_per_s(result.goodput_per_s) for result in results], group="goodput"),
        Column(
            "of due",
            [
                Text(bar(result.good_ratio if result.requests_due else 0.0, BAR_WIDTH), colour)
                for result, colour in zip(results, colours, strict=True)
            ],
            align="left",
            group="goodput",
        ),
        *duration_columns(
            ("p50", "p99"), [[row.p50_us for row in rows], [row.p99_us for row in rows]], group="latency"
        ),
        *(
            number_column(f"{role}\nCPU", [row.cores.get(role) for row in rows], decimals=2, group="cpu")
            for role in ROLES
        ),
        Column("connec-\ntions", [format_count(row.run.plan.connections) for row in rows], group="load"),
        Column("for s", [f"{row.measured_s:.0f}" for row in rows], group="load"),
    ]
    return [column for column in columns if not is_empty(column)]


def brief(row: KneeRow) -> str:
    """Return in a word or two what missed the objective, or what kept it from being known."""
    if row.step.verdict == "no verdict":
        return "connections" if is_tried_again(row.step.why) else "generator"
    return _REST.split(row.step.why[0])[0] if row.step.why else "-"
