"""What a search orders, and how it ends."""

import math
import random
from collections.abc import Callable
from itertools import pairwise

import pytest

from rush_hour.judge.search.search import ABOVE, LEAP, Search
from rush_hour.judge.search.tried import Order, SearchSettings, Tried

SETTINGS = SearchSettings()
Verdict = Callable[[Order], bool | None]


def carried_out(
    verdict: Verdict, guess_per_s: float = 1000.0, settings: SearchSettings = SETTINGS, *,
    budget_s: float = 10_000.0, doubts_lowest: bool = False,
) -> Search:  # fmt: skip
    """Search with verdicts that a function makes; each run takes its duration and a second."""
    search = Search(guess_per_s, settings, doubts_lowest=doubts_lowest)
    passed_s = 0.0
    while (order := search.next(budget_s - passed_s)) is not None:
        assert len(search.tried) < 200, "it is endless"
        search.take(
            Tried(order=order, is_met=verdict(order), goodput_per_s=min(order.rate_per_s, 1000.0)),
            cost_s=order.duration_s + 1,
        )
        passed_s += order.duration_s + 1
    return search


def up_to(capacity_per_s: float) -> Verdict:
    return lambda order: order.rate_per_s <= capacity_per_s


@pytest.mark.parametrize("guess_per_s", [20.0, 400.0, 1000.0, 2500.0, 50_000.0])
def test_the_capacity_is_found_whatever_the_guess(guess_per_s: float) -> None:
    search = carried_out(up_to(1000.0), guess_per_s)

    interval = search.interval()
    assert search.ending == "found"
    assert interval.low_per_s <= 1000 <= interval.high_per_s
    assert interval.median_per_s == pytest.approx(1000, rel=0.05)
    assert search.posterior.interval().half_width_ratio <= 0.05


def test_the_first_rate_is_the_guess() -> None:
    assert Search(1234.0, SETTINGS).next(300.0) == Order(rate_per_s=1234.0, duration_s=10.0, purpose="search")


@pytest.mark.parametrize("is_met", [True, False])
def test_no_step_goes_much_farther_than_what_was_tried_until_it_has_come_far(is_met: bool) -> None:
    search = carried_out(lambda _order: is_met, settings=SearchSettings(steps_limit=4, confirm_s=0.0))

    far = [abs(math.log(one.order.rate_per_s / 1000.0)) for one in search.tried]
    assert far[0] == 0.0
    for before, after in pairwise(far):
        assert before < after <= before + max(math.log(LEAP), before) + 0.01
    assert far[3] > math.log(LEAP**2)


def test_a_step_after_two_misses_finds_a_rate_not_far_below_them() -> None:
    search = carried_out(up_to(300.0), settings=SearchSettings(steps_limit=3))

    assert [one.is_met for one in search.tried] == [False, False, True]
    assert search.tried[-1].order.rate_per_s >= 100


def test_in_the_end_the_answer_is_confirmed_for_longer_and_a_tenth_more_is_too_much() -> None:
    search = carried_out(up_to(1000.0))

    confirmed, above = search.tried[-2:]
    assert (confirmed.order.purpose, confirmed.order.duration_s, confirmed.is_met) == ("confirm", 30.0, True)
    assert (above.order.purpose, above.order.duration_s, above.is_met) == ("confirm above", 30.0, False)
    assert above.order.rate_per_s == pytest.approx(ABOVE * confirmed.order.rate_per_s, rel=0.001)
    assert search.confirmed_per_s == search.interval().median_per_s == confirmed.order.rate_per_s


def test_a_confirmation_that_is_missed_lowers_the_answer() -> None:
    search = carried_out(lambda order: order.rate_per_s <= (900.0 if order.duration_s > 10 else 1000.0))

    missed = [one for one in search.tried if one.order.purpose == "confirm" and not one.is_met]
    assert missed
    assert search.interval().low_per_s < missed[0].order.rate_per_s


def test_a_tenth_more_that_is_met_raises_it() -> None:
    search = carried_out(lambda order: order.rate_per_s <= (1300.0 if order.duration_s > 10 else 1000.0))

    met = next(number for number, one in enumerate(search.tried) if one.order.purpose == "confirm above" and one.is_met)
    before = Search(1000.0, SETTINGS)
    for one in search.tried[:met]:
        before.take(one)
    assert search.interval().high_per_s > before.interval().high_per_s


def test_without_confirmations_the_interval_is_enough() -> None:
    search = carried_out(up_to(1000.0), settings=SearchSettings(confirm_s=0.0))

    assert search.ending == "found"
    assert {one.order.purpose for one in search.tried} == {"search"}
    assert search.confirmed_per_s is None
    assert search.interval().median_per_s == pytest.approx(1000, rel=0.05)


def test_what_the_budget_leaves_is_used_for_a_confirmation_at_what_was_met() -> None:
    search = carried_out(up_to(1000.0), budget_s=100.0)

    assert search.ending == "budget"
    assert search.confirmed_per_s is not None
    assert search.tried[-1].order.purpose in {"confirm", "confirm above"}


def test_of_a_wide_interval_a_rate_is_stated_that_was_met() -> None:
    search = carried_out(up_to(1000.0), 4000.0, budget_s=40.0)

    assert search.posterior.interval().half_width_ratio > 0.05
    stated = search.interval()
    assert stated.median_per_s <= (search.best_met_per_s or 0.0)
    assert stated.low_per_s <= stated.median_per_s <= stated.high_per_s


def test_a_budget_without_room_for_a_second_run_ends_it() -> None:
    search = carried_out(up_to(1000.0), budget_s=12.0)

    assert (search.ending, len(search.tried)) == ("budget", 1)


def test_verdicts_that_never_agree_end_with_the_limit_of_runs() -> None:
    chance = random.Random(1)  # noqa: S311  # a seed gives the same verdicts

    search = carried_out(lambda _order: chance.random() < 0.5, settings=SearchSettings(steps_limit=25))

    assert (search.ending, len(search.tried)) == ("steps", 25)


def test_a_highest_rate_that_is_met_is_a_lower_bound() -> None:
    search = carried_out(up_to(1000.0), settings=SearchSettings(max_rate_per_s=500.0))

    assert (search.ending, search.ceiling_reason) == ("at least", "max-rate")
    assert search.reached_ceiling == "max-rate"
    assert search.confirmed_per_s == search.best_met_per_s == 500.0
    assert max(one.order.rate_per_s for one in search.tried) == 500.0


@pytest.mark.parametrize("max_rate_per_s", [0.4, 123.46, 1234.6])
def test_nothing_is_tried_above_the_highest_rate_not_even_the_lowest(max_rate_per_s: float) -> None:
    search = carried_out(
        lambda order: order.purpose != "lowest",
        guess_per_s=50_000.0,
        settings=SearchSettings(max_rate_per_s=max_rate_per_s),
        doubts_lowest=True,
    )

    assert search.guess_per_s == max_rate_per_s
    assert max(one.order.rate_per_s for one in search.tried) <= max_rate_per_s


def test_a_search_that_ended_below_the_highest_rate_did_not_reach_it() -> None:
    search = carried_out(up_to(1000.0), 50.0, settings=SearchSettings(max_rate_per_s=500.0), budget_s=12.0)

    assert (search.ending, search.best_met_per_s, search.ceiling_reason) == ("budget", 50.0, "max-rate")
    assert search.reached_ceiling is None


def test_a_highest_rate_that_is_missed_is_no_bound() -> None:
    search = carried_out(up_to(300.0), settings=SearchSettings(max_rate_per_s=500.0))

    assert search.ending == "found"
    assert search.interval().median_per_s == pytest.approx(300, rel=0.05)


def test_where_the_generator_can_offer_no_more_what_was_met_is_a_lower_bound() -> None:
    search = carried_out(lambda order: True if order.rate_per_s <= 800 else None)

    best = search.best_met_per_s
    assert (search.ending, search.ceiling_reason) == ("at least", "generator")
    assert best is not None
    assert 800 / 1.1 <= best <= 800


def test_a_generator_that_failed_once_is_tried_again() -> None:
    failures = iter([None])

    search = carried_out(lambda order: next(failures, order.rate_per_s <= 1000))

    assert search.ending == "found"
    assert search.tried[0].is_met is None
    assert search.tried[1].order.rate_per_s == search.tried[0].order.rate_per_s


def test_a_generator_that_has_offered_as_much_before_is_not_at_its_limit() -> None:
    numbers = iter(range(1000))

    search = carried_out(lambda order: None if next(numbers) in {4, 5, 9, 10} else order.rate_per_s <= 1000)

    assert [one.is_met for one in search.tried].count(None) == 4
    assert search.ending == "found"
    assert search.ceiling_per_s is None


def test_below_the_generators_limit_the_servers_is_found_all_the_same() -> None:
    search = carried_out(lambda order: None if order.rate_per_s > 2000 else order.rate_per_s <= 600, 5000.0)

    assert search.ending == "found"
    assert search.interval().median_per_s == pytest.approx(600, rel=0.05)


def test_an_objective_that_no_rate_meets_fails_at_the_lowest() -> None:
    search = carried_out(lambda _order: False, doubts_lowest=True)

    assert search.ending == "fails"
    assert [one.order.purpose for one in search.tried] == ["lowest", "lowest"]
    assert {one.order.rate_per_s for one in search.tried} == {5.0}
    assert search.best_met_per_s is None


def test_the_lowest_rate_is_tried_when_verdicts_lead_there() -> None:
    search = carried_out(lambda _order: False)

    assert search.ending == "fails"
    assert search.tried[-1].order.rate_per_s == pytest.approx(5.0, rel=0.03)


def test_a_lowest_rate_that_is_met_begins_a_search() -> None:
    search = carried_out(up_to(100.0), doubts_lowest=True)

    assert search.tried[0].order.purpose == "lowest"
    assert search.ending == "found"
    assert search.interval().median_per_s == pytest.approx(100, rel=0.05)


def test_the_lowest_rate_has_some_requests_in_a_step() -> None:
    search = carried_out(lambda _order: False, 3.0, doubts_lowest=True)

    assert search.tried[0].order.rate_per_s == 1.0


def test_rates_can_be_said() -> None:
    rates = [one.order.rate_per_s for one in carried_out(up_to(12_345.678), 9_876.54321).tried]
    low = [one.order.rate_per_s for one in carried_out(up_to(1.2345678), 2.3456789).tried]

    assert all(rate.is_integer() for rate in rates)
    assert all(float(f"{rate:.4g}") == rate for rate in low)
