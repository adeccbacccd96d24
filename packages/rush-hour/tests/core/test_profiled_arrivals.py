import itertools
import math
from fractions import Fraction

import pytest
from due_times import dues
from hypothesis import given
from hypothesis import strategies as st
from profiles import ANY_PROFILE, EACH_KIND, exact_integral, made_of, profile_of

from rush_hour.core.arrivals import NEVER_NS, Constant, Poisson
from rush_hour.core.profile.profile import LoadProfile
from rush_hour.core.profiled_arrivals import ProfiledEven, ProfiledPoisson, arrivals_of
from rush_hour.core.schedule import Schedule


def schedule_of(
    profile: LoadProfile, connections: int = 7, seed: int | None = None, max_requests: int | None = None
) -> Schedule:
    return Schedule(
        arrivals=arrivals_of(profile, seed), duration_s=profile.duration_s, connections=connections,
        max_requests=max_requests,
    )  # fmt: skip


def queues_of(schedule: Schedule, connections: range | None = None) -> list[tuple[int, int]]:
    due_of = schedule.due_function()
    return [(j, due_of(j, 0, 0)) for j in connections or range(schedule.connections)]


def total(schedule: Schedule, until_ns: int) -> int:
    return sum(schedule.count_due(request, due_ns, until_ns) for request, due_ns in queues_of(schedule))


SMALL = ANY_PROFILE.filter(lambda profile: profile.mean_per_s * profile.duration_s < 20_000)
CONNECTIONS = st.integers(1, 40)


@given(SMALL, CONNECTIONS, st.floats(0, 1))
def test_what_is_due_on_all_connections_is_the_integral_to_one_request(
    profile: LoadProfile, connections: int, part: float
) -> None:
    at_ns = round(part * profile.ends_ns[-1])

    assert abs(total(schedule_of(profile, connections), at_ns) - exact_integral(profile, at_ns)) <= 1


@given(SMALL, CONNECTIONS)
def test_due_times_on_a_connection_follow_each_other_and_are_counted(profile: LoadProfile, connections: int) -> None:
    schedule = schedule_of(profile, connections)
    end_ns = schedule.duration_ns

    for connection in range(min(connections, 3)):
        due = dues(schedule, connection)
        assert all(one < other for one, other in itertools.pairwise(due))
        assert all(0 <= one < end_ns for one in due)
        first_ns = schedule.due_function()(connection, 0, 0)
        assert schedule.count_due(connection, first_ns, end_ns) == len(due)
        for number in range(0, len(due), 1 + len(due) // 5):
            assert schedule.count_due(connection, first_ns, due[number]) == number + 1
            rest = schedule.count_due(connection + number * connections, due[number], end_ns)
            assert rest == len(due) - number


@given(SMALL, CONNECTIONS, st.integers(1, 6), st.floats(0, 1), st.none() | st.integers(0, 9))
def test_processes_together_leave_nothing_out_in_any_phase(
    profile: LoadProfile, connections: int, processes: int, part: float, seed: int | None
) -> None:
    schedule, processes = schedule_of(profile, connections, seed), min(processes, connections)
    until_ns = round(part * schedule.duration_ns)

    shares = [
        schedule.count_due_by_phase(queues_of(schedule, schedule.connections_of(process, processes)), until_ns)
        for process in range(processes)
    ]

    together = schedule.count_due_by_phase(queues_of(schedule), until_ns)
    assert [sum(of_phase) for of_phase in zip(*shares, strict=True)] == together
    assert sum(together) == total(schedule, until_ns)


@given(SMALL, CONNECTIONS, st.none() | st.integers(0, 9))
def test_a_request_belongs_to_the_phase_in_which_it_is_due(
    profile: LoadProfile, connections: int, seed: int | None
) -> None:
    schedule = schedule_of(profile, connections, seed)
    bounds_ns = [0, *profile.ends_ns]

    by_phase = schedule.count_due_by_phase(queues_of(schedule), schedule.duration_ns)

    due = [one for connection in range(connections) for one in dues(schedule, connection)]
    assert by_phase == [sum(begin <= one < end for one in due) for begin, end in itertools.pairwise(bounds_ns)]


@pytest.mark.parametrize("text", EACH_KIND)
def test_poisson_arrivals_follow_the_integral_as_chance_lets_them(text: str) -> None:
    profile = profile_of(text)
    schedule = schedule_of(profile, connections=20, seed=3)
    due = sorted(one for connection in range(20) for one in dues(schedule, connection))

    for step in range(1, 21):
        at_ns = profile.ends_ns[-1] * step // 20
        expected = float(exact_integral(profile, at_ns))
        assert abs(sum(one <= at_ns for one in due) - expected) <= 5 * math.sqrt(expected) + 5  # standard deviations


def test_gaps_of_poisson_arrivals_are_exponential_on_the_axis_of_the_integral() -> None:
    profile = profile_of("ramp:0..2000/10s")
    schedule = schedule_of(profile, connections=20, seed=5)
    due = sorted(one for connection in range(20) for one in dues(schedule, connection))
    amounts = [float(exact_integral(profile, one)) for one in due]
    gaps = [later - earlier for earlier, later in itertools.pairwise(amounts)]
    mean = sum(gaps) / len(gaps)
    deviation = math.sqrt(sum((gap - mean) ** 2 for gap in gaps) / len(gaps))

    assert 0.95 < mean < 1.05
    assert 0.95 < deviation / mean < 1.05  # 1 for exponential gaps
    assert dues(schedule, 3) == dues(schedule, 3) != dues(schedule_of(profile, 20, seed=6), 3)


def test_a_profile_of_one_rate_is_a_constant_rate() -> None:
    profiled = schedule_of(made_of((500, 500, 3), (500, 500, 4)), connections=6)
    constant = Schedule(arrivals=Constant(rate_per_s=500), duration_s=7, connections=6)

    for connection in range(6):
        of_profile, of_rate = dues(profiled, connection), dues(constant, connection)
        assert len(of_profile) == len(of_rate)
        assert max(abs(one - other) for one, other in zip(of_profile, of_rate, strict=True)) <= 1


@pytest.mark.parametrize("seed", [None, 1])
def test_no_more_requests_than_the_limit_are_due(seed: int | None) -> None:
    schedule = schedule_of(profile_of("ramp:100..200/10s"), connections=3, seed=seed, max_requests=10)

    assert sum(len(dues(schedule, connection)) for connection in range(3)) == 10
    assert total(schedule, schedule.duration_ns) == 10
    assert schedule.due_function()(10, 0, 0) == NEVER_NS


def test_arrivals_of_a_profile_say_what_they_are_and_what_they_offer() -> None:
    profile = profile_of("ramp:100..2000/60s")
    even, poisson = arrivals_of(profile), arrivals_of(profile, 3)

    assert (even, poisson) == (ProfiledEven(followed=profile), ProfiledPoisson(followed=profile, seed=3))
    assert [(one.name, one.is_closed_loop, one.offered_per_s, one.profile) for one in (even, poisson)] == [
        ("constant", False, 1050, profile),
        ("poisson", False, 1050, profile),
    ]
    assert even.offered == "100/s to 2,000/s (ramp:100..2000/60s)"
    assert poisson.offered == "100/s to 2,000/s (ramp:100..2000/60s) (poisson arrivals)"
    assert even.phase_ends_ns == schedule_of(profile).phase_ends_ns == (60_000_000_000,)
    assert Constant(rate_per_s=1).phase_ends_ns == ()
    assert poisson.drawn_anew() == arrivals_of(profile, 4)


def test_a_warm_up_has_the_first_rate_all_the_time() -> None:
    profile = profile_of("spike:200..2000/10s/2m")

    assert schedule_of(profile).warm_up(5) == Schedule(arrivals=Constant(rate_per_s=200), duration_s=5, connections=7)
    assert schedule_of(profile, seed=3).warm_up(5) == Schedule(
        arrivals=Poisson(rate_per_s=200, seed=4), duration_s=5, connections=7
    )


def test_the_whole_is_what_the_integral_is() -> None:
    assert exact_integral(profile_of("ramp:100..2000/60s"), 60_000_000_000) == Fraction(63_000)
    assert total(schedule_of(profile_of("ramp:100..2000/60s")), 60_000_000_000) == 63_000
