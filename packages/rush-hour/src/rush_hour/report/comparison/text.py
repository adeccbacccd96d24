"""Comparisons on the terminal: what they say in a sentence, a table, and what is to be known."""

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from rush_hour.judge.compare.compare import Comparison
from rush_hour.judge.compare.sentence import answer_of_comparison
from rush_hour.report.comparison.columns import basis_lines, comparison_columns
from rush_hour.report.terminal.colours import FAINT, STRONG
from rush_hour.report.terminal.remarks import Hanging
from rush_hour.report.terminal.tables import WholeTable


def comparisons_report(comparisons: Sequence[Comparison]) -> RenderableType:
    """Return the report of comparisons: of several, first what each says."""
    answers = [Text(answer_of_comparison(comparison), STRONG) for comparison in comparisons]
    return Group(*answers, *(part for comparison in comparisons for part in comparison_parts(comparison)))


def comparison_parts(comparison: Comparison) -> Iterator[RenderableType]:
    """Yield the table of a comparison and what is to be known of it; nothing where it cannot be made."""
    if comparison.obstacles:
        return
    yield ""
    yield WholeTable(comparison_columns(comparison))
    for line in basis_lines(comparison):
        yield Text(line, FAINT)
    if comparison.notes:
        yield ""
    for note in comparison.notes:
        yield Hanging(Text("! "), Text(note))
