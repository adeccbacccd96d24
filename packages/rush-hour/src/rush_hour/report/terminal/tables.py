"""Tables of which nothing is cut, however narrow the screen."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.padding import Padding
from rich.text import Text

Cell = str | Text

WIDEST = 120  # columns of a table where there is no screen


@dataclass(frozen=True, slots=True)
class Column:
    """A column.

    Attributes:
        heading: of one or more lines.
        group: of columns that stay together where there is room for all of them.
    """

    heading: str
    cells: Sequence[Cell]
    align: Literal["left", "right"] = "right"
    group: str = ""

    @property
    def width(self) -> int:
        """The width of the widest cell."""
        return max(_width(text) for text in [*self.heading.split("\n"), *self.cells])


@dataclass(frozen=True, slots=True)
class Counts:
    """Names, figures and remarks: side by side, or where there is no room for that, each remark below its figure."""

    rows: Sequence[tuple[Cell, Cell, Cell]]
    gap: int = 3

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield a line for each, or two."""
        names, figures = (max(_width(row[number]) for row in self.rows) for number in (0, 1))
        are_beside = names + figures + max(_width(row[2]) for row in self.rows) + 2 * self.gap <= options.max_width
        for name, figure, remark in self.rows:
            line = Text.assemble(padded(name, names, "left"), " " * self.gap, padded(figure, figures, "right"))
            if are_beside and _width(remark):
                line.append(" " * self.gap).append(remark)
            line.rstrip()
            yield line
            if _width(remark) and not are_beside:
                yield Padding(remark, (0, 0, 0, 2), expand=False)


@dataclass(frozen=True, slots=True)
class WholeTable:
    """A table of which nothing is cut: what is too wide for the screen goes below, each row with its name again.

    Attributes:
        columns: the first has the names.
    """

    columns: Sequence[Column]
    gap: int = 2

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield as many tables as are needed, with an empty line between them."""
        limit = options.max_width if console.is_terminal else min(options.max_width, WIDEST)
        for number, columns in enumerate(self._tables(limit)):
            if number:
                yield ""
            yield from self._lines([self.columns[0], *columns])

    def _tables(self, limit: int) -> Iterator[list[Column]]:
        """Yield the columns of each table: groups as they are, unless one alone is too wide."""
        table: list[Column] = []
        for _, members in groupby(self.columns[1:], key=lambda column: column.group):
            group = list(members)
            if table and self._width([*table, *group]) > limit:
                yield table
                table = []
            for column in group:
                if table and self._width([*table, column]) > limit:
                    yield table
                    table = []
                table.append(column)
        if table:
            yield table

    def _width(self, columns: Sequence[Column]) -> int:
        return self.columns[0].width + sum(self.gap + column.width for column in columns)

    def _lines(self, columns: Sequence[Column]) -> Iterator[Text]:
        height = max(column.heading.count("\n") for column in columns) + 1
        headings = [
            [*[""] * (height - 1 - column.heading.count("\n")), *column.heading.split("\n")] for column in columns
        ]
        for number in range(height):
            yield self._line(columns, [Text(heading[number], "bold") for heading in headings])
        for row in range(len(self.columns[0].cells)):
            yield self._line(columns, [column.cells[row] for column in columns])

    def _line(self, columns: Sequence[Column], cells: Sequence[Cell]) -> Text:
        parts = (padded(cell, column.width, column.align) for cell, column in zip(cells, columns, strict=True))
        line = Text(" " * self.gap, no_wrap=True, overflow="fold").join(parts)
        line.rstrip()
        return line


def _width(cell: Cell) -> int:
    return cell.cell_len if isinstance(cell, Text) else cell_len(cell)


def padded(cell: Cell, width: int, align: Literal["left", "right"]) -> Text:
    """Return a cell as wide as its column."""
    text = cell.copy() if isinstance(cell, Text) else Text(cell)
    (text.pad_left if align == "right" else text.pad_right)(width - _width(cell))
    return text
