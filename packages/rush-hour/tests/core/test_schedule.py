import pytest
from hypothesis import given
from hypothesis import strategies as st

from rush_hour.core.schedule import Schedule

schedules = st.builds(
    Schedule,
    rate_per_s=st.floats(min_value=0.1, max_value=100_000),
    duration_s=st.floats(min_value=0.1, max_value=10),
    connections=st.integers(min_value=1, max_value=500),
)


def test_the_published_run_opens_400_connections_where_wrk2_opens_396() -> None:
    schedule = Schedule(rate_per_s=4000, duration_s=300, connections=400)

    shares = [schedule.share(process, 12) for process in range(12)]

    assert sorted(number for share in shares for number in share.connections) == list(range(400))
    assert sum(share.requests_due for share in shares) == schedule.requests_due == 1_200_000


def test_arrivals_are_evenly_spaced_over_the_connections_in_turn() -> None:
    schedule = Schedule(rate_per_s=1000, duration_s=1, connections=3)

    assert [schedule.due_ns(i) for i in range(4)] == [0, 1_000_000, 2_000_000, 3_000_000]
    assert [schedule.connection_of(i) for i in range(4)] == [0, 1, 2, 0]


@given(schedules)
def test_due_times_never_go_back_and_end_with_the_run(schedule: Schedule) -> None:
    requests = range(min(schedule.requests_due, 2000))
    due = [schedule.due_ns(i) for i in requests]

    assert due == sorted(due)
    assert schedule.due_ns(schedule.requests_due - 1) <= schedule.duration_s * 1e9 + schedule.gap_ns


@given(schedules, st.integers(min_value=1, max_value=16))
def test_the_shares_of_all_processes_are_the_whole(schedule: Schedule, processes: int) -> None:
    processes = min(processes, schedule.connections)
    shares = [schedule.share(process, processes) for process in range(processes)]

    assert sum(share.requests_due for share in shares) == schedule.requests_due
    numbers = [number for share in shares for number in share.connections]
    assert sorted(numbers) == list(range(schedule.connections))


@given(schedules, st.integers(min_value=0, max_value=20_000_000_000))
def test_what_is_due_by_a_moment_is_what_the_due_times_say(schedule: Schedule, elapsed_ns: int) -> None:
    share = schedule.share(0, 1)

    count = share.requests_due_by(elapsed_ns)

    assert 1 <= count <= schedule.requests_due
    assert schedule.due_ns(count - 1) <= elapsed_ns + 1


def test_a_process_without_a_connection_is_refused() -> None:
    with pytest.raises(ValueError) as caught:
        Schedule(rate_per_s=1, duration_s=1, connections=2).share(2, 3)

    assert str(caught.value) == "expected 0 <= process < processes <= 2, got 2, 3"
