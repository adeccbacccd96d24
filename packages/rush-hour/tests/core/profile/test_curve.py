"""The curve against the exact integral: what is due at every instant is that, to one request."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from profiles import ANY_PROFILE, EACH_KIND, exact_integral, made_of, profile_of

from rush_hour.core.profile.curve import Curve, curve_of, mean_between
from rush_hour.core.profile.profile import LoadProfile


@given(ANY_PROFILE, st.floats(0, 1))
def test_what_is_due_at_any_instant_is_the_integral_to_one_request(profile: LoadProfile, part: float) -> None:
    curve, at_ns = Curve(profile.phases), round(part * profile.ends_ns[-1])

    assert abs(curve.count_due(at_ns) - exact_integral(profile, at_ns)) <= 1


@pytest.mark.parametrize("text", EACH_KIND)
def test_what_is_due_at_every_instant_is_the_integral_to_one_request(text: str) -> None:
    profile = profile_of(text)
    curve, end_ns = Curve(profile.phases), profile.ends_ns[-1]
    instants = {end_ns * step // 5000 for step in range(5001)} | {
        end + step for end in profile.ends_ns for step in (-1, 0)
    }

    for at_ns in sorted(instants):
        assert abs(curve.count_due(at_ns) - exact_integral(profile, at_ns)) <= 1


@given(ANY_PROFILE)
def test_each_phase_has_the_requests_between_the_integrals_at_its_bounds(profile: LoadProfile) -> None:
    curve = Curve(profile.phases)
    bounds_ns = [0, *profile.ends_ns]

    integrals = [exact_integral(profile, at_ns) for at_ns in bounds_ns]
    assert all(0 <= first - integral < 1 for first, integral in zip(curve.firsts, integrals, strict=True))
    for number, (begin_ns, end_ns) in enumerate(itertools.pairwise(bounds_ns)):
        for request in {curve.firsts[number], curve.firsts[number + 1] - 1}:
            if curve.firsts[number] <= request < curve.firsts[number + 1]:
                assert begin_ns <= curve.due_ns(request) < end_ns


@given(ANY_PROFILE, st.integers(0, 10**6))
def test_a_count_is_that_of_the_due_times(profile: LoadProfile, number: int) -> None:
    curve = Curve(profile.phases)
    request = number % curve.requests
    due_ns = curve.due_ns(request)

    assert curve.count_due(due_ns) > request >= curve.count_due(due_ns - 1) or curve.due_ns(request - 1) == due_ns
    assert curve.count_due(profile.ends_ns[-1]) == curve.requests
    assert curve.count_due(-1) == 0


@given(ANY_PROFILE, st.floats(0, 1))
def test_the_inverse_of_the_integral_leads_back(profile: LoadProfile, part: float) -> None:
    curve, whole = Curve(profile.phases), exact_integral(profile, profile.ends_ns[-1])
    amount = part * float(whole) * (1 - 1e-12)

    at_ns = curve.passed_ns(amount)

    assert 0 <= at_ns < profile.ends_ns[-1]
    slack = 1e-5 * float(whole) / curve.requests + profile.highest_per_s * 2e-9 + 1e-9 * amount
    assert abs(float(exact_integral(profile, at_ns)) - amount) <= slack


def test_a_pause_has_no_requests_and_delays_those_that_would_be_due_in_it() -> None:
    curve = Curve(made_of((10, 10, 1), (0, 0, 5), (10, 10, 1)).phases)

    assert curve.firsts == [0, 10, 10, 20]
    assert [curve.due_ns(9), curve.due_ns(10)] == [900_000_000, 6_000_000_000]
    assert curve.passed_ns(10.0) == 6_000_000_000


def test_a_profile_that_begins_or_ends_with_a_pause_has_all_of_its_requests() -> None:
    curve = Curve(made_of((0, 0, 1), (4, 4, 1), (0, 0, 1)).phases)

    assert [curve.due_ns(number) for number in range(curve.requests)] == [
        1_000_000_000, 1_250_000_000, 1_500_000_000, 1_750_000_000,
    ]  # fmt: skip
    assert [curve.count_due(at_ns) for at_ns in (0, 999_999_999, 1_000_000_000, 3_000_000_000)] == [0, 0, 1, 4]


def test_a_rate_that_is_all_but_constant_is_as_exact_as_a_constant_one() -> None:
    constant, rising, falling = (Curve(made_of((1000, 1000 + change, 100)).phases) for change in (0.0, 1e-6, -1e-6))

    for request in (0, 1, 50_000, 99_999):
        due_ns = {curve.due_ns(request) for curve in (constant, rising, falling)}
        assert max(due_ns) - min(due_ns) <= 100  # nanoseconds: the millionth of a request per second itself


def test_a_billion_requests_are_told_apart() -> None:
    profile = made_of((1000, 2000, 250_000), (5000, 0, 250_000))
    curve = Curve(profile.phases)

    assert curve.requests == 1_000_000_000
    for request in (1, 374_999_999, 375_000_000, 999_999_998, 999_999_999):
        assert curve.due_ns(request - 1) < curve.due_ns(request)
        assert abs(exact_integral(profile, curve.due_ns(request)) - request) < 1e-3


def test_rates_are_taken_as_they_were_written() -> None:
    assert Curve(made_of((0.1, 0.1, 10)).phases).requests == 1
    assert Curve(made_of((0.3, 0.3, 10), (0.7, 0.7, 10)).phases).requests == 10


def test_the_mean_between_two_instants_is_that_of_the_integral() -> None:
    profile = profile_of("ramp:100..200/10s")

    assert mean_between(profile, 0, 10) == 150
    assert mean_between(profile, 2, 4) == pytest.approx(130)
    assert mean_between(profile, 9, 11) == pytest.approx(97.5)
    assert mean_between(profile, 11, 12) == 0


def test_a_curve_is_made_once() -> None:
    assert curve_of(profile_of("soak:5/1m").phases) is curve_of(profile_of("soak:5/60s").phases)
