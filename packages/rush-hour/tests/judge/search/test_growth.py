import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rush_hour.core.figures import TimelineRow
from rush_hour.judge.search.growth import HORIZON_S, growth_of, growth_us_per_s, passes_after_s


def test_a_queue_that_grows_by_so_much_each_second_is_seen() -> None:
    points = [(float(second), 1000.0 + 12_000 * second) for second in range(1, 11)]

    assert growth_of(points) == 12_000.0


def test_noise_does_not_hide_it() -> None:
    noise = np.random.default_rng(1).normal(0, 500, 10)
    points = [(float(second), 5_000.0 + 2_000 * second + float(noise[second - 1])) for second in range(1, 11)]

    assert growth_of(points) == pytest.approx(2000, rel=0.2)


@pytest.mark.parametrize(
    "latencies_us",
    [
        [5000.0] * 10,
        [1000.0, 9000.0] * 5,
        [9000.0, 8000.0, 7000.0, 6000.0, 5000.0, 4000.0, 3000.0],
        [1000.0, 2000.0, 3000.0, 9000.0, 8000.0, 7000.0, 2000.0, 4000.0],
        [1000.0, 1010.0, 1020.0, 1030.0, 1040.0, 1050.0, 1060.0],
        [1000.0, 9000.0, 17_000.0, 25_000.0, 33_000.0],
    ],
    ids=["even", "alternating", "falling", "up and down", "next to nothing", "too short"],
)
def test_what_does_not_rise_all_along_does_not_grow(latencies_us: list[float]) -> None:
    assert growth_of([(float(second), us) for second, us in enumerate(latencies_us, start=1)]) is None


@given(st.lists(st.floats(1, 1e9), max_size=15))
def test_growth_is_never_negative(latencies_us: list[float]) -> None:
    growth = growth_of([(float(second), us) for second, us in enumerate(latencies_us)])

    assert growth is None or growth > 0


def test_seconds_without_an_answer_are_left_out() -> None:
    rows = [
        TimelineRow(
            at_s=float(at_s), sent=1, good=1, bad=0, failed=0, p50_us=None if at_s == 4 else 5000 * at_s, p99_us=1
        )
        for at_s in range(1, 10)
    ]

    assert growth_us_per_s(rows) == 5000.0


def test_a_limit_is_passed_when_growth_has_come_so_far_or_never_in_a_time_that_matters() -> None:
    assert passes_after_s(10_000.0, 50_000.0, 250_000.0) == 20.0
    assert passes_after_s(10_000.0, 300_000.0, 250_000.0) == 0.0
    assert passes_after_s(10.0, 0.0, 10.0 * HORIZON_S) == HORIZON_S
    assert passes_after_s(10.0, 0.0, 10.1 * HORIZON_S) is None
