import pytest

from rush_hour.judge.objective.quantities import Quantity, format_beside, format_value, parse_value


@pytest.mark.parametrize(
    ("value", "quantity", "text"),
    [
        (412_000.0, "duration", "412 ms"),
        (0.999, "share", "99.9 %"),
        (0.99895, "share", "99.895 %"),
        (0.9999999, "share", "99.999 %"),
        (1.0, "share", "100 %"),
        (2500.0, "rate", "2,500/s"),
        (512 * 2.0**20, "size", "512 MiB"),
    ],
)
def test_values_are_shown_with_their_units_and_none_that_is_less_than_all_as_all(
    value: float, quantity: Quantity, text: str
) -> None:
    assert format_value(value, quantity) == text


@pytest.mark.parametrize(
    ("value", "limit", "quantity", "texts"),
    [
        (412_000.0, 250_000.0, "duration", ("412 ms", "250 ms")),
        (100_000.0, 100_000.0, "duration", ("100 ms", "100 ms")),
        (100_004.0, 100_000.0, "duration", ("100.004 ms", "100 ms")),
        (100_400.0, 100_000.0, "duration", ("100.4 ms", "100 ms")),
        (99_960.0, 100_000.0, "duration", ("99.96 ms", "100 ms")),
        (105_000.2, 105_000.1, "duration", ("105.0002 ms", "105.0001 ms")),
        (850.4, 850.0, "duration", ("850.4 µs", "850 µs")),
        (0.000_004, 0.0, "share", ("0.0004 %", "0 %")),
        (0.999_995, 0.999_999, "share", ("99.9995 %", "99.9999 %")),
        (2_500.3, 2_500.0, "rate", ("2,500.3/s", "2,500/s")),
        (2.0**29 + 2**20 / 8, 2.0**29, "size", ("512.1 MiB", "512 MiB")),
        (1.0, 1.0 + 1e-15, "duration", ("1 µs", "1 µs")),
    ],
)
def test_a_value_and_its_limit_are_told_apart_where_they_differ(
    value: float, limit: float, quantity: Quantity, texts: tuple[str, str]
) -> None:
    assert format_beside(value, limit, quantity) == texts


def test_a_value_is_read_exactly() -> None:
    assert parse_value("99.9%", "share") == 0.999
    assert parse_value("0.3ms", "duration") == 300.0


def test_what_is_no_value_of_its_quantity_is_none() -> None:
    assert [parse_value(text, "duration") for text in ("", "ms", "1 2ms", "-1ms", "5", "1e400ms")] == [None] * 6
    assert parse_value(f"{'9' * 400}ms", "duration") is None
    assert parse_value(f"{'9' * 308}h", "duration") is None  # a number whose microseconds are none
    assert parse_value(f"0.{'0' * 320}1ms", "duration") is None
    assert parse_value("999999999999999h", "duration") == 3.6e24
