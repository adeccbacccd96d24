"""Columns of figures: one unit for all durations that are compared, in the heading; decimal points below each other."""

from collections.abc import Sequence

from rush_hour.core.figures import DurationSummary
from rush_hour.report.terminal.tables import Cell, Column
from rush_hour.units import three_digits

NONE = "-"
PERCENTILES = ("p50", "p99", "max")  # of parts of a run
_DURATIONS = (("µs", 1.0), ("ms", 1e3), ("s", 1e6))
_SIZES = (("B", 1.0), ("KiB", 1024.0), ("MiB", 1024.0**2), ("GiB", 1024.0**3))

Values = Sequence[float | None]


def duration_columns(
    headings: Sequence[str], columns: Sequence[Values], *, group: str = "", form: str = "{0}\n{1}"
) -> list[Column]:
    """Return columns of durations in one unit.

    Args:
        headings: of the columns.
        columns: durations in microseconds.
        group: of columns that stay together.
        form: of a heading, from itself and the unit.
    """
    unit, size = duration_unit(columns)
    return [
        Column(form.format(heading, unit), aligned([scaled(value, size) for value in values]), group=group)
        for heading, values in zip(headings, columns, strict=True)
    ]


def latency_columns(latencies: Sequence[DurationSummary | None]) -> list[Column]:
    """Return the latencies of parts of a run, a row each: median, 99th percentile and longest."""
    values = [
        [None if latency is None else float(getattr(latency, name)) for latency in latencies] for name in PERCENTILES
    ]
    return duration_columns(PERCENTILES, values, group="latency", form="{0} {1}")


def duration_unit(columns: Sequence[Values]) -> tuple[str, float]:
    """Return the unit for durations that are compared, and its length in microseconds: ms where they differ much."""
    known = [value for values in columns for value in values if value]
    if known and max(known) < _DURATIONS[1][1]:
        return _DURATIONS[0]
    return _DURATIONS[2] if known and min(known) >= _DURATIONS[2][1] else _DURATIONS[1]


def size_column(heading: str, sizes_bytes: Values, *, group: str = "") -> Column:
    """Return a column of sizes in the unit of the largest."""
    largest = max((value for value in sizes_bytes if value), default=0.0)
    unit, size = next((unit for unit in reversed(_SIZES) if largest >= unit[1]), _SIZES[0])
    return Column(f"{heading}\n{unit}", aligned([scaled(value, size) for value in sizes_bytes]), group=group)


def number_column(heading: str, values: Values, *, decimals: int = 0, group: str = "") -> Column:
    """Return a column of numbers."""
    return Column(heading, [NONE if value is None else f"{value:,.{decimals}f}" for value in values], group=group)


def is_empty(column: Column) -> bool:
    """Whether no row has anything in a column."""
    return all(str(cell) == NONE for cell in column.cells)


def scaled(value: float | None, size: float) -> str:
    """Return a figure in a unit of this size, in three digits or as many as its whole part has."""
    if value is None:
        return NONE
    return three_digits(value / size)


def aligned(texts: Sequence[str]) -> list[Cell]:
    """Return texts whose decimal points are below each other when the texts end in one column."""
    decimals = [len(text) - text.index(".") if "." in text else 0 for text in texts]
    most = max(decimals, default=0)
    return [text + " " * (most - own) for text, own in zip(texts, decimals, strict=True)]
