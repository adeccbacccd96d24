"""The seconds of a run as they pass: each in a line, the last of them in a table, all of them as a sparkline."""

from collections.abc import Sequence

from rich.text import Text

from rush_hour.core.figures import TimelineRow
from rush_hour.report.terminal.blocks import SHORTEST_S, sparkline
from rush_hour.report.terminal.colours import BROKEN
from rush_hour.report.terminal.columns import duration_columns
from rush_hour.report.terminal.tables import Column, WholeTable
from rush_hour.units import format_count, format_duration_us

LINE_WIDTH = 20  # of a sparkline


def says_something(row: TimelineRow, before: Sequence[TimelineRow]) -> bool:
    """Whether a row is worth showing: what is left after the last whole second is not, unless something went wrong."""
    began_at_s = before[-1].at_s if before else 0.0
    return row.at_s - began_at_s >= SHORTEST_S or row.bad + row.failed > 0


def second_line(row: TimelineRow) -> Text:
    """Return what one second of a run was like; bad answers and failures are red."""
    text = Text(f"{format_count(row.good)} good/s")
    if row.bad or row.failed:
        text.append(", ").append(f"{format_count(row.bad + row.failed)} bad", BROKEN)
    if row.p50_us is not None and row.p99_us is not None:
        text.append(f", p50 {format_duration_us(row.p50_us)}, p99 {format_duration_us(row.p99_us)}")
    return text


def goodput_so_far(rows: Sequence[TimelineRow], rate_per_s: float | None) -> str:
    """Return the sparkline of the good answers of the last seconds, against what is offered."""
    values = [float(row.good) for row in rows][-LINE_WIDTH:]
    return sparkline(values, rate_per_s or max([1.0, *values]), LINE_WIDTH)


def second_table(rows: Sequence[TimelineRow]) -> WholeTable:
    """Return seconds as a table, oldest first."""
    durations = [[row.p50_us for row in rows], [row.p99_us for row in rows], [row.send_lag_p99_us for row in rows]]
    return WholeTable(
        [
            Column("second", [f"{row.at_s:.0f}" for row in rows]),
            Column("sent/s", [format_count(row.sent) for row in rows], group="counts"),
            Column("good/s", [format_count(row.good) for row in rows], group="counts"),
            Column("bad", [faults(row.bad) for row in rows], group="counts"),
            Column("failed", [faults(row.failed) for row in rows], group="counts"),
            *duration_columns(("p50", "p99", "send lag p99"), durations, group="durations"),
            Column("open", [format_count(row.open_connections) for row in rows], group="open"),
        ]
    )


def faults(count: int) -> Text:
    """Return a count of what went wrong: red, unless it is 0."""
    return Text(format_count(count), BROKEN if count else "")
