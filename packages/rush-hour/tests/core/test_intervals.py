"""Intervals from repeats: what they cover, by simulation."""

import math

import numpy as np
import pytest

from rush_hour.core.intervals import interval_of


def test_the_interval_of_two_repeats_is_students() -> None:
    interval = interval_of([math.exp(1), math.exp(3)])

    assert interval is not None
    assert interval.mean == pytest.approx(math.exp(2))
    assert math.log(interval.high) - 2 == pytest.approx(12.706, abs=0.001)  # half the span times t over one degree
    assert 2 - math.log(interval.low) == pytest.approx(12.706, abs=0.001)


@pytest.mark.parametrize("values", [[], [1.0], [1.0, 0.0], [1.0, -1.0]])
def test_without_two_values_above_0_there_is_none(values: list[float]) -> None:
    assert interval_of(values) is None


@pytest.mark.parametrize("repeats", [2, 5, 12, 60])
def test_intervals_cover_the_truth_in_95_of_100_cases(repeats: int) -> None:
    rng = np.random.default_rng(20260304)
    trials = 4000
    covered = 0
    for values in rng.lognormal(mean=5.0, sigma=0.2, size=(trials, repeats)):
        interval = interval_of([float(value) for value in values])
        assert interval is not None
        covered += interval.low <= math.exp(5.0) <= interval.high

    assert 0.94 < covered / trials < 0.965
