import pytest

from rush_hour.errors import UsageError
from rush_hour.units import (
    format_bound_us,
    format_bytes,
    format_count,
    format_duration_us,
    format_per_s,
    format_percent,
    join_names,
    parse_count,
    parse_duration_s,
    parse_rate_per_s,
)


@pytest.mark.parametrize(
    ("text", "duration_s"), [("10", 10), ("30s", 30), ("5m", 300), ("1h", 3600), ("1.5s", 1.5), ("500ms", 0.5)]
)
def test_durations_are_read_with_their_units(text: str, duration_s: float) -> None:
    assert parse_duration_s(text, what="-d") == duration_s


@pytest.mark.parametrize("text", ["", "0", "-1", "5min", "s", "1e3", "nan", "9" * 400])
def test_other_durations_are_refused(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_duration_s(text, what="--duration")

    assert str(caught.value) == f"--duration: expected a duration above 0, such as 10s, 500ms or 5m; got {text!r}."


def test_a_zero_duration_may_be_allowed() -> None:
    assert parse_duration_s("0", what="--warmup", zero_is_fine=True) == 0
    for text in ("none", "9" * 400):
        with pytest.raises(UsageError) as caught:
            parse_duration_s(text, what="--warmup", zero_is_fine=True)
        assert str(caught.value) == f"--warmup: expected a duration above 0, such as 10s, 500ms or 5m; got {text!r}."


@pytest.mark.parametrize(("text", "rate"), [("4000", 4000), ("2.5k", 2500), ("1M", 1_000_000), ("0.5", 0.5)])
def test_rates_are_read_with_their_suffixes(text: str, rate: float) -> None:
    assert parse_rate_per_s(text, what="-R") == rate


@pytest.mark.parametrize("text", ["0", "-5", "fast", "1G", "9" * 400])
def test_other_rates_are_refused(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_rate_per_s(text, what="--rate")

    assert str(caught.value) == f"--rate: expected requests per second above 0, such as 500 or 2.5k; got {text!r}."


def test_a_rate_of_nothing_is_read_where_it_may_be() -> None:
    assert parse_rate_per_s("0", what="FROM", zero_is_fine=True) == 0
    for text in ("", "none", "-1"):
        with pytest.raises(UsageError) as caught:
            parse_rate_per_s(text, what="FROM", zero_is_fine=True)
        assert str(caught.value) == (
            f"FROM: expected requests per second from 0 on, such as 0, 500 or 2.5k; got {text!r}."
        )


def test_counts_are_whole() -> None:
    assert parse_count("10k", what="-c") == 10_000
    with pytest.raises(UsageError) as caught:
        parse_count("1.5", what="--connections")
    assert str(caught.value) == "--connections: expected a whole number above 0, such as 400 or 10k; got '1.5'."


def test_a_duration_that_is_rounded_up_to_the_next_unit_has_that_unit() -> None:
    shown = [format_duration_us(us) for us in (999.4, 999.6, 999_400, 999_600)]

    assert shown == ["999 µs", "1.00 ms", "999 ms", "1.00 s"]


def test_numbers_are_written_with_three_digits_and_a_unit() -> None:
    assert [format_duration_us(us) for us in (850, 12_340, 999_000, 1_720_000)] == [
        "850 µs",
        "12.3 ms",
        "999 ms",
        "1.72 s",
    ]
    assert [format_bytes(size) for size in (512, 6926, 361_758_720, 3 * 1024**3)] == [
        "512 B",
        "6.76 KiB",
        "345 MiB",
        "3.00 GiB",
    ]
    assert format_count(1_197_819) == "1,197,819"


@pytest.mark.parametrize(
    ("duration_us", "text"),
    [(0, "0 µs"), (850.2, "851 µs"), (9_701, "9.71 ms"), (12_000, "12.0 ms"), (999_500, "1.00 s")],
)
def test_a_bound_is_rounded_up(duration_us: float, text: str) -> None:
    assert format_bound_us(duration_us) == text


@pytest.mark.parametrize(
    ("per_s", "text"),
    [(0, "0"), (0.5, "0.5"), (99.1, "99.1"), (99.95, "100"), (3124.6, "3,125"), (1_234_567, "1,234,567")],
)
def test_numbers_per_second_are_short(per_s: float, text: str) -> None:
    assert format_per_s(per_s) == text


@pytest.mark.parametrize(
    ("ratio", "text"),
    [(0, "0 %"), (0.0001, "less than 0.1 %"), (0.003, "0.3 %"), (0.861, "86 %"), (0.99999, "99.9 %"), (1, "100 %")],
)
def test_shares_are_never_all_or_nothing_unless_they_are(ratio: float, text: str) -> None:
    assert format_percent(ratio) == text


@pytest.mark.parametrize(("names", "text"), [([], ""), (["a"], "a"), (["a", "b"], "a and b"), ("abc", "a, b and c")])
def test_names_are_joined(names: list[str], text: str) -> None:
    assert join_names(names) == text
    assert join_names(names, "or") == text.replace(" and ", " or ")
