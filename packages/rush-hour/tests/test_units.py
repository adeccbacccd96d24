import pytest

from rush_hour.errors import UsageError
from rush_hour.units import (
    format_bytes,
    format_count,
    format_duration_us,
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


def test_counts_are_whole() -> None:
    assert parse_count("10k", what="-c") == 10_000
    with pytest.raises(UsageError) as caught:
        parse_count("1.5", what="--connections")
    assert str(caught.value) == "--connections: expected a whole number above 0, such as 400 or 10k; got '1.5'."


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
