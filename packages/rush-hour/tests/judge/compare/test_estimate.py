"""Ratios and their errors, beside what can be worked out by hand."""

import math

import pytest

from rush_hour.judge.compare.estimate import Estimate, of_blocks, of_limit, of_runs, of_seconds


def estimate(log_ratio: float = 0.0, error: float = 0.01, repeats: int = 5) -> Estimate:
    return Estimate(log_ratio=log_ratio, error=error, freedom=repeats - 1, basis="blocks", repeats=repeats)


def test_what_slows_a_whole_block_down_is_in_no_ratio() -> None:
    found = of_blocks([(100.0, 110.0), (200.0, 220.0), (50.0, 55.0)])

    assert found is not None
    interval = found.interval(0.95)
    assert [interval.low, interval.mean, interval.high] == pytest.approx([1.1, 1.1, 1.1])
    assert (found.basis, found.repeats) == ("blocks", 3)
    assert found.p < 1e-6


def test_two_blocks_have_students_t_of_one_degree_of_freedom() -> None:
    found = of_blocks([(1.0, math.exp(1)), (1.0, math.exp(3))])

    assert found is not None
    assert math.log(found.interval(0.95).high) == pytest.approx(2 + 12.706, abs=0.001)


def test_repeats_apart_from_each_other_have_welchs_degrees_of_freedom() -> None:
    found = of_runs([math.exp(1), math.exp(3)], [1.0, 1.0, 1.0])

    assert found is not None
    assert found.log_ratio == pytest.approx(-2)
    assert found.error == pytest.approx(1)  # all of it of the first system: variance 2 over 2 runs
    assert found.freedom == pytest.approx(1)
    assert (found.basis, found.repeats) == ("runs", 2)


def test_repeats_beside_a_limit_have_students_t_over_their_logarithms() -> None:
    found = of_limit([200 * math.exp(1), 200 * math.exp(3)], 200)

    assert found is not None
    assert math.log(found.interval(0.95).low) == pytest.approx(2 - 12.706, abs=0.001)
    assert (found.basis, found.freedom, found.repeats) == ("runs", 1, 2)


def test_one_repeat_has_no_estimate() -> None:
    assert of_limit([1.0], 1.0) is None
    assert of_blocks([(1.0, 1.0)]) is None
    assert of_runs([1.0], [1.0, 2.0]) is None


def test_without_any_spread_the_same_is_certain_and_so_is_a_difference() -> None:
    same, other = of_runs([5.0, 5.0], [5.0, 5.0]), of_blocks([(5.0, 6.0), (5.0, 6.0)])

    assert same is not None
    assert other is not None
    assert (same.p, same.freedom) == (1.0, 1.0)
    assert estimate(0.0, 0.0).p == 1.0
    assert estimate(0.1, 0.0).p == 0.0


def test_of_two_runs_the_whole_figure_is_compared_and_the_error_is_that_of_sections() -> None:
    steady = [math.exp(0.1 * (second % 2)) for second in range(20)]

    found = of_seconds(100.0, 200.0, steady, steady)

    assert found is not None
    assert (found.log_ratio, found.error) == pytest.approx((math.log(2), 0.0))
    assert (found.basis, found.freedom, found.repeats) == ("seconds", 4, 1)


@pytest.mark.parametrize("seconds", [[1.0] * 9, [1.0] * 19 + [0.0], [math.exp(second / 5) for second in range(20)]])
def test_too_few_empty_or_too_slowly_changing_seconds_have_no_estimate(seconds: list[float]) -> None:
    assert of_seconds(1.0, 1.0, [1.0] * 20, [1000.0] * 20) is not None
    assert of_seconds(1.0, 1.0, seconds, [1.0] * 20) is None


def test_repeats_that_would_tell_are_those_whose_interval_no_longer_has_1_in_it() -> None:
    needed = estimate(0.03, 0.02).repeats_needed(0.95, math.log(1.02))

    assert needed is not None
    spread = 0.02 * math.sqrt(5)
    halves = [
        Estimate(log_ratio=0, error=spread / math.sqrt(n), freedom=n - 1, basis="blocks", repeats=n).interval(0.95)
        for n in (needed - 1, needed)
    ]
    assert math.log(halves[0].high) >= 0.03 > math.log(halves[1].high)


def test_where_thousands_or_nobody_knows_how_many_were_needed_no_number_is_told() -> None:
    assert estimate(0.0, 5.0).repeats_needed(0.95, 0.02) is None
    seconds = Estimate(log_ratio=0.0, error=0.1, freedom=4, basis="seconds", repeats=1)
    assert seconds.repeats_needed(0.95, 0.02) is None


def test_an_interval_that_says_nothing_is_a_number_all_the_same() -> None:
    interval = estimate(0.0, 1e6).interval(0.999)

    assert 0 < interval.low < 1e-100
    assert 1e100 < interval.high < math.inf
