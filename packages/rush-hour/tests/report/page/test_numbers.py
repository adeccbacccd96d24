"""Numbers of the page."""

import pytest

from rush_hour.report.page.numbers import NONE, instant, mebibytes, milliseconds, percent, plain, whole


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (None, NONE), (0, "0"), (0.00012, "0.000"), (0.0123, "0.012"), (0.5, "0.500"), (1.234, "1.23"), (12.34, "12.3"),
        (123.4, "123"), (12_345.6, "12,346"),
    ],
)  # fmt: skip
def test_three_digits_count(number: float | None, text: str) -> None:
    assert plain(number) == text


def test_units_are_one_for_a_column() -> None:
    assert (milliseconds(850), milliseconds(4_702_000), milliseconds(None)) == ("0.850", "4,702", NONE)
    assert (mebibytes(2**20), mebibytes(3 * 2**30)) == ("1.00", "3,072")
    assert (whole(1234.5), whole(None)) == ("1,234", NONE)


@pytest.mark.parametrize(
    ("ratio", "text"),
    [(None, NONE), (0, "0"), (0.0001, "<0.1"), (0.5, "50.0"), (0.9995, ">99.9"), (0.99999, ">99.9"), (1, "100")],
)
def test_a_share_is_0_or_100_percent_only_when_it_is(ratio: float | None, text: str) -> None:
    assert percent(ratio) == text


def test_instants_are_read_as_people_write_them() -> None:
    assert instant("2026-03-04T05:06:07.123+00:00") == "2026-03-04 05:06:07 UTC"
    assert instant("2026-03-04T05:06:07+02:00") == "2026-03-04T05:06:07+02:00"
    assert instant(None) == ""
