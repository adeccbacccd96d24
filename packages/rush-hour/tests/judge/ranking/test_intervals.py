import math
from dataclasses import replace

from rush_hour.judge.ranking.intervals import interval_of
from rush_hour.judge.search.search import Search
from rush_hour.judge.search.tried import Order, SearchSettings, Tried
from rush_hour.results.capacity import Capacity

FOUND = Capacity(
    objective="p99 < 250ms",
    ending="found",
    rate_per_s=None,
    low_per_s=None,
    high_per_s=None,
    at_least=False,
    ceiling=None,
    confirmed_per_s=None,
    lowest_per_s=None,
    saturation_per_s=None,
    gave_first=None,
    precision=0.05,
    step_s=2.0,
    confirm_s=0.0,
    budget_s=20.0,
    took_s=20.0,
    connections=10,
)
TRIED = Tried(order=Order(rate_per_s=100.0, duration_s=2.0, purpose="search"), is_met=False, goodput_per_s=90.0)


def test_a_capacity_that_was_found_has_its_interval() -> None:
    found = replace(FOUND, rate_per_s=100.0, low_per_s=90.0, high_per_s=110.0)

    interval = interval_of(found, None)

    assert interval is not None
    assert (interval.low_per_s, interval.median_per_s, interval.high_per_s) == (90.0, 100.0, 110.0)
    ended = interval_of(replace(found, high_per_s=None), None)
    assert ended is not None
    assert ended.high_per_s == math.inf


def test_where_the_time_was_up_what_is_known_counts_and_the_least_of_it_is_stated() -> None:
    search = Search(100.0, SearchSettings())
    search.take(TRIED)

    interval = interval_of(replace(FOUND, rate_per_s=None, low_per_s=None, high_per_s=None, ending="budget"), search)

    assert interval is not None
    assert interval.median_per_s == interval.low_per_s < 100.0 < interval.high_per_s


def test_where_no_rate_meets_the_objective_there_is_none() -> None:
    search = Search(100.0, SearchSettings())
    nothing = replace(FOUND, rate_per_s=None, low_per_s=None, high_per_s=None, ending="budget")
    assert interval_of(nothing, search) is None
    assert interval_of(nothing, None) is None

    search.take(TRIED)
    assert interval_of(replace(nothing, ending="fails"), search) is None
