"""Numbers and tables as the page shows them: each column in one unit, three digits that count. Pure."""

from collections.abc import Sequence

from rush_hour.report.terminal.tables import Column
from rush_hour.units import three_digits

NONE = "\N{EN DASH}"


def plain(number: float | None) -> str:
    """Return a number with three digits that count, or all of those before its point."""
    if number is None:
        return NONE
    return "0" if number == 0 else three_digits(number)


def whole(number: float | None) -> str:
    """Return a whole number, with a comma between thousands."""
    return NONE if number is None else f"{number:,.0f}"


def milliseconds(duration_us: float | None) -> str:
    """Return a duration in milliseconds."""
    return plain(None if duration_us is None else duration_us / 1000)


def mebibytes(size_bytes: float | None) -> str:
    """Return a size in MiB."""
    return plain(None if size_bytes is None else size_bytes / 2**20)


def instant(text: str | None) -> str:
    """Return an instant in ISO 8601 as people read it: `2026-03-04 05:06:07 UTC`."""
    if text is None:
        return ""
    day, _, time = text.partition("T")
    return f"{day} {time[:8]} UTC" if time.endswith(("+00:00", "Z")) else text


def percent(ratio: float | None) -> str:
    """Return a share, from 0 to 1, in percent; neither 0 nor 100 unless it is."""
    if ratio is None:
        return NONE
    text = f"{100 * ratio:.1f}"
    if text == "100.0" and ratio < 1:
        return ">99.9"
    if text == "0.0" and ratio > 0:
        return "<0.1"
    return "0" if ratio == 0 else "100" if ratio == 1 else text


def rows_of(columns: Sequence[Column]) -> list[list[str]]:
    """Return columns as rows, the first one of headings."""
    cells = [[str(cell).strip() for cell in column.cells] for column in columns]
    return [[column.heading.replace("\n", " ") for column in columns], *(list(row) for row in zip(*cells, strict=True))]
