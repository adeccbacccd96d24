"""A bench on the terminal: the answer, the tables, remarks, published against measured."""

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from rush_hour.judge.answer.standing import Standing, standing_of
from rush_hour.judge.compare.pairs import comparisons_of
from rush_hour.report.comparison.text import comparison_parts
from rush_hour.report.conditions import machine_lines, offer_line
from rush_hour.report.published import compare
from rush_hour.report.terminal.bench_columns import comparison_columns, cost_columns, result_columns
from rush_hour.report.terminal.colours import FAINT, STRONG
from rush_hour.report.terminal.parts import part_tables
from rush_hour.report.terminal.remarks import answer_lines, remark_lines
from rush_hour.report.terminal.tables import WholeTable
from rush_hour.results.document import Document

LEGEND = "Latency counts from when each request was due, and is of good answers."
LEGEND_OF_COSTS = (
    "CPU: of all the role's processes, for each good answer. "
    "Peak memory: of the server's processes; pages that they share count once for each."
)


def bench_report(document: Document) -> RenderableType:
    """Return the whole report of a bench."""
    standings = [standing_of(system) for system in document.systems]
    remarks = list(remark_lines(document))
    return Group(
        answer_lines([document]),
        *(part for comparison in comparisons_of(document) for part in comparison_parts(comparison)),
        "",
        _head(document, standings),
        *_tables(standings),
        *(["", *remarks] if remarks else []),
        *_comparison(document),
    )


def _head(document: Document, standings: Sequence[Standing]) -> Text:
    suite = document.suite
    lines = [line for line in (offer_line(standings), *machine_lines(document)) if line]
    text = Text.assemble(("A bench" if suite is None else suite.title, STRONG), *(f"\n{line}" for line in lines))
    for rule in () if suite is None else suite.rules:
        text.append(f"\n{rule}", FAINT)
    return text


def _tables(standings: Sequence[Standing]) -> Iterator[RenderableType]:
    """Yield how each did, and what it cost."""
    yield ""
    yield WholeTable(result_columns(standings))
    if any(standing.run is not None for standing in standings):
        yield Text(LEGEND, FAINT)
    costs = cost_columns(standings)
    if len(costs) > 1:
        yield ""
        yield WholeTable(costs)
        yield Text(LEGEND_OF_COSTS, FAINT)
    for standing in standings:
        for table in [] if standing.run is None else part_tables(standing.run):
            yield from ("", Text.assemble((standing.name, STRONG), f", {table.heading}"))
            yield WholeTable(table.columns)


def _comparison(document: Document) -> Iterator[RenderableType]:
    if comparison := compare(document):
        yield ""
        yield Text("published against measured", STRONG)
        yield WholeTable(comparison_columns(comparison))
