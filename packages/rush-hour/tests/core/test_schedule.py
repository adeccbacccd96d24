import pytest
from due_times import dues
from hypothesis import given
from hypothesis import strategies as st

from rush_hour.core.arrivals import NEVER_NS, Arrivals, ClosedLoop, Constant, Poisson
from rush_hour.core.schedule import Schedule

schedules = st.builds(
    Schedule,
    arrivals=st.builds(Constant, rate_per_s=st.floats(min_value=0.1, max_value=100_000)),
    duration_s=st.floats(min_value=0.1, max_value=10),
    connections=st.integers(min_value=1, max_value=500),
)


def limit_of(schedule: Schedule) -> int:
    return schedule.arrivals.requests_limit(schedule)


def total(schedule: Schedule, until_ns: int | None = None) -> int:
    due_of = schedule.due_function()
    until_ns = schedule.duration_ns if until_ns is None else until_ns
    return sum(schedule.count_due(j, due_of(j, 0, 0), until_ns) for j in range(schedule.connections))


def test_the_published_run_opens_400_connections_where_wrk2_opens_396() -> None:
    schedule = Schedule(arrivals=Constant(rate_per_s=4000), duration_s=300, connections=400)

    shares = [schedule.connections_of(process, 12) for process in range(12)]

    assert sorted(number for share in shares for number in share) == list(range(400))
    assert total(schedule) == limit_of(schedule) == 1_200_000


def test_constant_arrivals_are_evenly_spaced_over_the_connections_in_turn() -> None:
    schedule = Schedule(arrivals=Constant(rate_per_s=1000), duration_s=0.007, connections=3)

    assert [dues(schedule, connection) for connection in range(3)] == [
        [0, 3_000_000, 6_000_000],
        [1_000_000, 4_000_000],
        [2_000_000, 5_000_000],
    ]


@given(schedules)
def test_due_times_never_go_back_and_end_with_the_run(schedule: Schedule) -> None:
    due_of = schedule.due_function()
    due = [due_of(i, 0, 0) for i in range(min(limit_of(schedule), 2000))]

    assert due == sorted(due)
    assert due_of(limit_of(schedule) - 1, 0, 0) <= schedule.duration_ns
    assert due_of(limit_of(schedule), 0, 0) == NEVER_NS


@given(schedules)
def test_what_is_due_is_rate_times_duration_over_all_connections(schedule: Schedule) -> None:
    rate_per_s = schedule.arrivals.offered_per_s
    assert rate_per_s is not None
    assert total(schedule) == limit_of(schedule) == max(1, round(rate_per_s * schedule.duration_s))


@given(schedules, st.integers(min_value=0, max_value=10_000_000_000))
def test_what_is_due_by_a_moment_is_what_the_due_times_say(schedule: Schedule, until_ns: int) -> None:
    until_ns = min(until_ns, schedule.duration_ns)

    count = total(schedule, until_ns)

    assert 1 <= count <= limit_of(schedule)
    assert schedule.due_function()(count - 1, 0, 0) <= until_ns + 1


def test_a_process_without_a_connection_is_refused() -> None:
    with pytest.raises(ValueError) as caught:
        Schedule(arrivals=Constant(rate_per_s=1), duration_s=1, connections=2).connections_of(2, 3)

    assert str(caught.value) == "expected 0 <= process < processes <= 2, got 2, 3"


def test_a_warm_up_has_the_same_arrivals_drawn_anew_and_no_limit() -> None:
    def schedule_of(arrivals: Arrivals) -> Schedule:
        return Schedule(arrivals=arrivals, duration_s=9, connections=2, max_requests=5)

    for arrivals, anew in (
        (Constant(rate_per_s=7), Constant(rate_per_s=7)),
        (Poisson(rate_per_s=7, seed=3), Poisson(rate_per_s=7, seed=4)),
        (ClosedLoop(), ClosedLoop()),
    ):
        assert schedule_of(arrivals).warm_up(0.5) == Schedule(arrivals=anew, duration_s=0.5, connections=2)
        assert schedule_of(arrivals).warm_up(0) is None
