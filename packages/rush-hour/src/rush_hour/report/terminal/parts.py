"""Parts of a run as tables: its phases, and its requests by name."""

from collections.abc import Iterator
from typing import NamedTuple

from rush_hour.report.terminal.columns import latency_columns, number_column
from rush_hour.report.terminal.phases import phase_columns
from rush_hour.report.terminal.seconds import faults
from rush_hour.report.terminal.tables import Column
from rush_hour.results.run import Run


class PartTable(NamedTuple):
    """A table of parts of a run; the heading says of which."""

    heading: str
    columns: list[Column]


def part_tables(run: Run) -> Iterator[PartTable]:
    """Yield the tables of those parts that a run has."""
    for table in (PartTable("phases", phase_columns(run)), PartTable("requests", request_columns(run))):
        if table.columns:
            yield table


def request_columns(run: Run) -> list[Column]:
    """Return the requests of a run that have names; no column where there are none, or one alone."""
    figures = run.result.requests
    if len(figures) < 2:
        return []
    return [
        Column("request", [one.name for one in figures], align="left"),
        number_column("sent", [one.sent for one in figures], group="counts"),
        number_column("good", [one.good for one in figures], group="counts"),
        Column("bad", [faults(one.bad) for one in figures], group="counts"),
        Column("failed", [faults(one.failed) for one in figures], group="counts"),
        *latency_columns([one.latency_us for one in figures]),
    ]
