"""Dates in headers (RFC 9110, 5.6.7)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_hour.http.message.http_date import format_http_date, parse_http_date

NOW_S = 1_764_000_000.0  # in 2025
EXAMPLE_S = 784_111_777


@pytest.mark.parametrize(
    "text",
    ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"],
)
def test_rfc_9110_5_6_7_all_three_forms_are_read(text: str) -> None:
    assert parse_http_date(text, now_s=NOW_S) == EXAMPLE_S


def test_rfc_9110_5_6_7_a_year_of_two_digits_is_at_most_50_years_ahead() -> None:
    assert parse_http_date("Monday, 01-Jan-75 00:00:00 GMT", now_s=NOW_S) == 3_313_526_400
    assert parse_http_date("Monday, 01-Jan-76 00:00:00 GMT", now_s=NOW_S) == 189_302_400


def test_a_leap_second_is_the_second_before() -> None:
    assert parse_http_date("Sat, 31 Dec 2016 23:59:60 GMT", now_s=NOW_S) == 1_483_228_799


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "784111777",
        "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 +0100",
        "Sun, 06 Nov 1994 08:49:37 GMT ",
        "sun, 06 nov 1994 08:49:37 gmt",
        "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:61 GMT",
        "Sun Nov  0 08:49:37 1994",
    ],
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert parse_http_date(text, now_s=NOW_S) is None


@given(st.integers(0, 253_402_300_799))
def test_a_date_comes_back_as_it_was_written(moment_s: int) -> None:
    assert parse_http_date(format_http_date(moment_s), now_s=NOW_S) == moment_s
