import pytest

from rush_hour.report.terminal.columns import duration_columns, number_column, size_column


@pytest.mark.parametrize(
    ("durations_us", "heading", "cells"),
    [
        ([704, 1_090, 1_783_000], "p50\nms", ["    0.704", "    1.09 ", "1,783    "]),
        ([20, 704, None], "p50\nµs", ["20.0", "704", "-"]),
        ([1_000_000, 12_345_678], "p50\ns", ["1.00", "12.3"]),
        ([], "p50\nms", []),
        ([None], "p50\nms", ["-"]),
        ([0, 99_960], "p50\nms", ["0.000", "100"]),
    ],
)
def test_durations_of_a_column_have_one_unit(durations_us: list[float | None], heading: str, cells: list[str]) -> None:
    [column] = duration_columns(["p50"], [durations_us])

    assert column.heading == heading
    assert [str(cell).strip() for cell in column.cells] == [cell.strip() for cell in cells]


def test_columns_that_are_compared_have_the_same_unit() -> None:
    columns = duration_columns(["p50", "max"], [[20.0], [2_000_000.0]])

    assert [column.heading for column in columns] == ["p50\nms", "max\nms"]
    assert [column.cells for column in columns] == [["0.020"], ["2,000"]]


def test_decimals_are_padded_so_that_points_are_below_each_other() -> None:
    [column] = duration_columns(["p50"], [[704.0, 10_900.0, 1_783_000.0, None]])

    assert column.cells == ["0.704", "10.9  ", "1,783    ", "-    "]


def test_sizes_have_the_unit_of_the_largest() -> None:
    column = size_column("peak", [512.0, 3 * 1024**2, None])

    assert (column.heading, column.cells) == ("peak\nMiB", ["0.000", "3.00 ", "-    "])
    assert size_column("peak", [None]).heading == "peak\nB"


def test_numbers_have_commas() -> None:
    assert number_column("good/s", [1234.5, None], decimals=1).cells == ["1,234.5", "-"]
