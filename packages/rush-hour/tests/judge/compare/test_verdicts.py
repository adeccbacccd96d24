"""Verdicts of estimates that are shown together: Holm's method, and intervals that agree with it."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rush_hour.core.student import two_sided_quantile
from rush_hour.judge.compare.estimate import Estimate
from rush_hour.judge.compare.verdicts import judge_together, levels


def estimate(percent: float, half_percent: float, repeats: int = 9) -> Estimate:
    """A difference whose 95 % interval is so wide to each side."""
    error = math.log1p(half_percent / 100) / two_sided_quantile(0.95, repeats - 1)
    return Estimate(
        log_ratio=math.log1p(percent / 100), error=error, freedom=repeats - 1, basis="blocks", repeats=repeats
    )


@pytest.mark.parametrize(
    ("percent", "half_percent", "direction"),
    [
        (5, 1, "higher"),
        (-5, 1, "lower"),
        (0, 1, "same"),
        (1, 0.5, "same"),  # a difference that is certain, and too small to matter
        (1.5, 1, "higher"),
        (1, 3, "cannot tell"),
        (0, 2.1, "cannot tell"),
    ],
)
def test_an_interval_is_beside_1_within_the_margin_or_neither(
    percent: float, half_percent: float, direction: str
) -> None:
    [judged] = judge_together([estimate(percent, half_percent)], 0.02)

    assert judged.direction == direction
    assert judged.level == 0.95
    assert (judged.repeats_needed is not None) == (direction == "cannot tell")


def test_what_is_a_difference_alone_is_none_beside_many_that_are_not() -> None:
    one, others = estimate(5, 4.5), [estimate(0, 4.5)] * 5

    assert [judged.direction for judged in judge_together([one], 0.02)] == ["higher"]
    assert judge_together([one, *others], 0.02)[0].direction == "cannot tell"


def test_levels_are_those_of_holms_method() -> None:
    assert levels([0.001, 0.9, 0.02, 0.03]) == pytest.approx([1 - 0.05 / 4, *[1 - 0.05 / 3] * 3])
    assert levels([0.001, 0.01]) == pytest.approx([1 - 0.05 / 2, 0.95])
    assert levels([]) == []


@given(st.lists(st.floats(0, 1), max_size=8))
def test_an_interval_leaves_1_out_exactly_where_holms_method_finds_a_difference(ps: list[float]) -> None:
    ordered = sorted(ps)
    found = next((rank for rank, p in enumerate(ordered) if p >= 1 - (1 - 0.05 / (len(ps) - rank))), len(ps))
    limit = ordered[found] if found < len(ps) else 2.0

    assert [p < 1 - level for p, level in zip(ps, levels(ps), strict=True)] == [p < limit for p in ps]
