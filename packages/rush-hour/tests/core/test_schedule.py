import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rush_hour.core.schedule import NEVER_NS, Schedule, uniform

schedules = st.builds(
    Schedule,
    rate_per_s=st.floats(min_value=0.1, max_value=100_000),
    duration_s=st.floats(min_value=0.1, max_value=10),
    connections=st.integers(min_value=1, max_value=500),
)


def dues(schedule: Schedule, connection: int) -> list[int]:
    """Return when the requests of one connection are due, each being answered at once."""
    due_of = schedule.due_function()
    found: list[int] = []
    request, due_ns = connection, due_of(connection, 0, 0)
    while due_ns < NEVER_NS:
        found.append(due_ns)
        request += schedule.connections
        due_ns = due_of(request, due_ns, due_ns + 1000)
    return found


def total(schedule: Schedule, until_ns: int | None = None) -> int:
    due_of = schedule.due_function()
    until_ns = schedule.duration_ns if until_ns is None else until_ns
    return sum(schedule.count_due(j, due_of(j, 0, 0), until_ns) for j in range(schedule.connections))


def test_the_published_run_opens_400_connections_where_wrk2_opens_396() -> None:
    schedule = Schedule(rate_per_s=4000, duration_s=300, connections=400)

    shares = [schedule.connections_of(process, 12) for process in range(12)]

    assert sorted(number for share in shares for number in share) == list(range(400))
    assert total(schedule) == schedule.requests_limit == 1_200_000


def test_constant_arrivals_are_evenly_spaced_over_the_connections_in_turn() -> None:
    schedule = Schedule(rate_per_s=1000, duration_s=0.007, connections=3)

    assert [dues(schedule, connection) for connection in range(3)] == [
        [0, 3_000_000, 6_000_000],
        [1_000_000, 4_000_000],
        [2_000_000, 5_000_000],
    ]


@given(schedules)
def test_due_times_never_go_back_and_end_with_the_run(schedule: Schedule) -> None:
    due_of = schedule.due_function()
    due = [due_of(i, 0, 0) for i in range(min(schedule.requests_limit, 2000))]

    assert due == sorted(due)
    assert due_of(schedule.requests_limit - 1, 0, 0) <= schedule.duration_ns
    assert due_of(schedule.requests_limit, 0, 0) == NEVER_NS


@given(schedules)
def test_what_is_due_is_rate_times_duration_over_all_connections(schedule: Schedule) -> None:
    assert total(schedule) == schedule.requests_limit == max(1, round(schedule.rate_per_s * schedule.duration_s))


@given(schedules, st.integers(min_value=0, max_value=10_000_000_000))
def test_what_is_due_by_a_moment_is_what_the_due_times_say(schedule: Schedule, until_ns: int) -> None:
    until_ns = min(until_ns, schedule.duration_ns)

    count = total(schedule, until_ns)

    assert 1 <= count <= schedule.requests_limit
    assert schedule.due_function()(count - 1, 0, 0) <= until_ns + 1


def poisson(seed: int = 1, **changes: float) -> Schedule:
    settings = {"rate_per_s": 2000.0, "duration_s": 5.0} | changes
    return Schedule(**settings, connections=20, arrivals="poisson", seed=seed)  # type: ignore[arg-type]


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
    schedule = Schedule(rate_per_s=1, duration_s=1, connections=2, arrivals="closed-loop")
    due_of = schedule.due_function()

    assert due_of(0, 0, 0) == 0
    assert due_of(2, 0, 777) == 777
    assert due_of(4, 777, 1_000_000_000) == NEVER_NS
    assert schedule.count_due(2, 777, 1_000_000_000) == 1
    assert schedule.count_due(4, NEVER_NS, 1_000_000_000) == 0


@pytest.mark.parametrize("arrivals", ["constant", "poisson", "closed-loop"])
def test_no_more_requests_than_the_limit_are_due(arrivals: str) -> None:
    schedule = Schedule(
        rate_per_s=1000, duration_s=1, connections=3, arrivals=arrivals, max_requests=10,  # type: ignore[arg-type]
    )  # fmt: skip

    assert sum(len(dues(schedule, connection)) for connection in range(3)) == 10


@given(st.integers(min_value=0, max_value=2**32), st.integers(min_value=0, max_value=2**60))
def test_a_drawn_number_is_above_0_and_at_most_1_and_always_the_same(seed: int, number: int) -> None:
    assert 0 < uniform(seed, number) <= 1
    assert uniform(seed, number) == uniform(seed, number)


def test_a_process_without_a_connection_is_refused() -> None:
    with pytest.raises(ValueError) as caught:
        Schedule(rate_per_s=1, duration_s=1, connections=2).connections_of(2, 3)

    assert str(caught.value) == "expected 0 <= process < processes <= 2, got 2, 3"
