import itertools
import math

import pytest
from due_times import dues

from rush_hour.core.arrivals import NEVER_NS, Arrivals, ClosedLoop, Constant, Poisson
from rush_hour.core.schedule import Schedule

KINDS: list[Arrivals] = [Constant(rate_per_s=1000), Poisson(rate_per_s=1000, seed=1), ClosedLoop()]


def poisson(seed: int = 1) -> Schedule:
    return Schedule(arrivals=Poisson(rate_per_s=2000.0, seed=seed), duration_s=5.0, connections=20)


def test_poisson_arrivals_have_the_rate_and_the_spread_of_a_poisson_process() -> None:
    arrivals = sorted(due for connection in range(20) for due in dues(poisson(), connection))
    gaps = [later - earlier for earlier, later in itertools.pairwise(arrivals)]
    mean = sum(gaps) / len(gaps)
    deviation = (sum((gap - mean) ** 2 for gap in gaps) / len(gaps)) ** 0.5

    assert abs(len(arrivals) - 10_000) < 400  # four standard deviations
    assert 0.95 < deviation / mean < 1.05  # 1 for exponential gaps
    assert all(0 <= due < 5_000_000_000 for due in arrivals)


def test_poisson_arrivals_are_those_of_their_seed() -> None:
    assert dues(poisson(), 3) == dues(poisson(), 3) != dues(poisson(seed=2), 3)


def test_poisson_arrivals_that_are_due_are_counted_from_anywhere_in_the_queue() -> None:
    schedule = poisson()
    arrivals = dues(schedule, 7)

    assert schedule.count_due(7, arrivals[0], schedule.duration_ns) == len(arrivals)
    assert schedule.count_due(7 + 20 * 10, arrivals[10], arrivals[15]) == 6
    assert schedule.count_due(7 + 20 * len(arrivals), NEVER_NS, schedule.duration_ns) == 0


def test_a_closed_loop_goes_on_when_it_is_answered_until_the_end() -> None:
    schedule = Schedule(arrivals=ClosedLoop(), duration_s=1, connections=2)
    due_of = schedule.due_function()

    assert due_of(0, 0, 0) == 0
    assert due_of(2, 0, 777) == 777
    assert due_of(4, 777, 1_000_000_000) == NEVER_NS
    assert schedule.count_due(2, 777, 1_000_000_000) == 1
    assert schedule.count_due(4, NEVER_NS, 1_000_000_000) == 0


@pytest.mark.parametrize("arrivals", KINDS)
def test_no_more_requests_than_the_limit_are_due(arrivals: Arrivals) -> None:
    schedule = Schedule(arrivals=arrivals, duration_s=1, connections=3, max_requests=10)

    assert sum(len(dues(schedule, connection)) for connection in range(3)) == 10


def test_each_kind_says_what_it_is_and_what_it_offers() -> None:
    assert [(one.name, one.is_closed_loop, one.offered_per_s, one.offered) for one in KINDS] == [
        ("constant", False, 1000, "1,000/s"),
        ("poisson", False, 1000, "1,000/s (poisson arrivals)"),
        ("closed-loop", True, None, "as fast as it is answered (closed loop)"),
    ]


def test_only_at_a_constant_rate_it_is_known_how_long_so_many_requests_take() -> None:
    assert [one.time_for_s(500) for one in KINDS] == [0.5, math.inf, math.inf]
