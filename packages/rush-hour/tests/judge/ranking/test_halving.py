import pytest
from hypothesis import given
from hypothesis import strategies as st

from rush_hour.judge.ranking.halving import FINALISTS, going_on, plan_rounds, promise_per_s
from rush_hour.results.trial import Estimate, Round


def test_fewer_are_measured_longer_from_round_to_round() -> None:
    rounds = plan_rounds(14, 3600.0, least_s=25.0, overhead_s=3.0)

    assert [one.contenders for one in rounds] == [14, 9, 6, 4]
    assert [round(one.slot_s, 1) for one in rounds] == [61.3, 97.0, 147.0, 222.0]


def test_a_small_budget_has_fewer_rounds() -> None:
    assert [one.contenders for one in plan_rounds(10, 600.0, least_s=25.0, overhead_s=3.0)] == [10, 4]


def test_where_there_is_room_for_none_all_are_measured_once_and_shortly() -> None:
    assert plan_rounds(14, 60.0, least_s=25.0, overhead_s=3.0) == [Round(contenders=14, slot_s=25.0, is_final=True)]


def test_what_else_is_done_in_the_last_round_is_taken_from_its_slots() -> None:
    without = plan_rounds(14, 3600.0, least_s=25.0, overhead_s=3.0)
    rounds = plan_rounds(14, 3600.0, least_s=25.0, overhead_s=3.0, last_s=8.0)

    assert rounds[:-1] == without[:-1]
    assert rounds[-1] == Round(contenders=4, slot_s=without[-1].slot_s - 8.0, is_final=True)


def test_few_are_started_several_times() -> None:
    rounds = plan_rounds(2, 400.0, least_s=25.0, overhead_s=2.0)

    assert [one.contenders for one in rounds] == [2, 2, 2, 2]


def test_the_last_round_may_be_held_several_times_and_shares_the_budget_with_the_others() -> None:
    rounds = plan_rounds(8, 900.0, least_s=25.0, overhead_s=3.0, last_s=6.0, repeats=3)

    assert [(one.contenders, one.is_final) for one in rounds] == [(8, False), (4, True), (4, True), (4, True)]
    assert [round(one.slot_s, 2) for one in rounds] == [25.12, 51.25, 51.25, 51.25]


@given(
    contenders=st.integers(1, 60),
    budget_s=st.floats(10.0, 7200.0),
    overhead_s=st.floats(0.0, 30.0),
    repeats=st.integers(1, 9),
)
def test_no_round_is_larger_than_the_one_before_and_the_budget_is_kept_where_it_can_be(
    contenders: int, budget_s: float, overhead_s: float, repeats: int
) -> None:
    rounds = plan_rounds(contenders, budget_s, least_s=25.0, overhead_s=overhead_s, repeats=repeats)

    sizes = [one.contenders for one in rounds]
    assert sizes[0] == contenders
    assert sizes == sorted(sizes, reverse=True)
    assert min(sizes) >= min(FINALISTS, contenders)
    assert min(one.slot_s for one in rounds) >= 25.0
    assert [one.is_final for one in rounds] == [False] * (len(rounds) - repeats) + [True] * repeats
    if budget_s >= repeats * contenders * (25.0 + overhead_s):
        assert sum(one.contenders * (one.slot_s + overhead_s) for one in rounds) <= budget_s * 1.000001


@pytest.mark.parametrize(
    ("count", "names"),
    [(1, ["b"]), (2, ["a", "b"]), (3, ["a", "b", "d"]), (9, ["a", "b", "d"])],
)
def test_the_best_go_on_in_their_order_and_those_without_a_rate_do_not(count: int, names: list[str]) -> None:
    assert going_on([("a", 20.0), ("b", 30.0), ("c", None), ("d", 10.0)], count) == names


@pytest.mark.parametrize(
    ("rate", "low", "high", "promise"),
    [
        (100.0, 90.0, 111.0, 100.0),
        (10.0, 10.0, 1000.0, 100.0),
        (100.0, 100.0, None, 100.0),
        (None, None, None, None),
    ],
)
def test_one_is_chosen_by_the_middle_of_what_is_possible(
    rate: float | None, low: float | None, high: float | None, promise: float | None
) -> None:
    estimate = Estimate(round=1, rate_per_s=rate, low_per_s=low, high_per_s=high, measured_s=1.0)

    assert promise_per_s(estimate) == (None if promise is None else pytest.approx(promise, rel=0.01))
    assert promise_per_s(None) is None
