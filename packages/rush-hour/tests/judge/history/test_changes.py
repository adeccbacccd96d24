"""Steps of a series: where, how large, and none where nothing matters."""

import math

import numpy as np
import pytest

from rush_hour.judge.history.changes import WINDOW, ratio_of, steps

LEVEL, LEAST = 0.01, math.log(1.02)
_MEASURED = (40.319, 40.255, 40.223, 40.255, 40.223, 40.223, 41.279, 40.223, 40.127, 40.191, 40.191, 40.191)


def series(*levels: tuple[int, float], seed: int = 20261206, spread: float = 0.02) -> list[float]:
    """Logarithms around levels: how many, and of which ratio."""
    rng = np.random.default_rng(seed)
    return [math.log(ratio) + float(rng.normal(0, spread)) for count, ratio in levels for _ in range(count)]


def test_a_rise_does_not_hide_the_fall_behind_it() -> None:
    found = steps(series((25, 1.0), (10, 1.1), (25, 1.0)), level=LEVEL, least=LEAST)

    assert [step.at for step in found] == [25, 35]
    assert found[0].ratio.mean == pytest.approx(1.1, rel=0.02)
    assert found[1].ratio.mean == pytest.approx(1 / 1.1, rel=0.02)


def test_a_long_history_is_looked_at_in_windows() -> None:
    length = 5 * WINDOW
    found = steps(series((length, 1.0), (length, 1.08), (length, 1.2)), level=LEVEL, least=LEAST)

    assert [step.at for step in found] == pytest.approx([length, 2 * length], abs=3)


def test_a_change_that_is_certain_and_smaller_than_matters_is_none() -> None:
    values = series((60, 1.0), (60, 1.05), spread=0.005)

    assert [step.at for step in steps(values, level=LEVEL, least=math.log(1.02))] == [60]
    assert steps(values, level=LEVEL, least=math.log(1.1)) == []


def test_values_that_are_next_to_alike_do_not_make_a_small_difference_as_large_as_a_step() -> None:
    values = [math.log(ms) for ms in _MEASURED]
    found = steps([*values, *map(math.log, (44.671, 44.671, 44.639))], level=0.0167, least=LEAST)

    assert [step.at for step in found] == [12]


def test_the_same_series_says_the_same_each_time() -> None:
    values = series((20, 1.0), (20, 1.06))

    assert steps(values, level=LEVEL, least=LEAST) == steps(values, level=LEVEL, least=LEAST)


@pytest.mark.parametrize("values", [[], [0.0], [0.0] * 50])
def test_too_few_values_and_such_that_never_differ_have_no_steps(values: list[float]) -> None:
    assert steps(values, level=LEVEL, least=LEAST) == []


def test_of_few_values_the_interval_is_all_ratios_that_there_are() -> None:
    ratio = ratio_of(np.log([1.0, 2.0]), np.log([4.0]))

    assert (ratio.low, ratio.mean, ratio.high) == pytest.approx((2.0, math.sqrt(8), 4.0))
