"""Tables of which nothing is cut, however narrow the screen."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from rush_hour.report.terminal.console import WIDE


@dataclass(frozen=True, slots=True)
class Counts:
    """Names, figures and remarks: side by side, or where there is no room for that, each remark below its figure."""

    rows: Sequence[tuple[str, str, str]]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield one table, or all in lines."""
        beside = _grid(self.rows)
        if _width_of(beside, console) <= options.max_width:
            yield beside
            return
        for name, figure, remark in self.rows:
            yield _grid([(f"{name:11}", figure)])
            if remark:
                yield Padding(Text(remark), (0, 0, 0, 2), expand=False)


def _grid(rows: Sequence[Sequence[str]]) -> Table:
    table = Table.grid(padding=(0, 3, 0, 0))
    for number in range(len(rows[0])):
        table.add_column(justify="right" if number == 1 else "left", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    return table


def _width_of(table: Table, console: Console) -> int:
    return Measurement.get(console, console.options.update(max_width=WIDE), table).maximum


@dataclass(frozen=True, slots=True)
class WholeTable:
    """A table of which nothing is cut: what is too wide for the screen goes below, each row with its name again."""

    headings: Sequence[str]
    rows: Sequence[Sequence[str | Text]]
    header_style: str = "bold"
    gap: int = 2

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield as many tables as are needed; each has at least one column beside the names."""
        begin, columns = 1, len(self.headings)
        while begin < columns:
            ends = range(columns, begin, -1)
            fits = (end for end in ends if _width_of(self._columns(begin, end), console) <= options.max_width)
            end = next(fits, begin + 1)
            yield self._columns(begin, end)
            begin = end

    def _columns(self, begin: int, end: int) -> Table:
        padding = (0, self.gap - self.gap // 2, 0, self.gap // 2)
        table = Table(box=None, padding=padding, header_style=self.header_style, pad_edge=False)
        table.add_column(self.headings[0], no_wrap=True)
        for heading in self.headings[begin:end]:
            table.add_column(heading, justify="left" if "verdict" in heading else "right", no_wrap=True)
        for row in self.rows:
            table.add_row(row[0], *row[begin:end])
        return table
