import math

import pytest
from profiles import made_of, profile_of

from rush_hour.core.profile.profile import LoadProfile, Phase


def test_a_profile_says_how_long_it_is_and_when_its_phases_end() -> None:
    profile = made_of((100, 100, 1.5), (100, 300, 0.5), (0, 0, 2))

    assert profile.ends_ns == (1_500_000_000, 2_000_000_000, 4_000_000_000)
    assert profile.duration_s == 4.0
    assert [profile.phase_at(at_s).name for at_s in (0, 1.499, 1.5, 2, 4, 9)] == [
        "phase 1", "phase 1", "phase 2", "phase 3", "phase 3", "phase 3",
    ]  # fmt: skip


def test_a_profile_knows_its_rates() -> None:
    profile = made_of((100, 100, 1.5), (100, 300, 0.5), (0, 0, 2))

    assert (profile.lowest_per_s, profile.highest_per_s, profile.first_per_s) == (0, 300, 100)
    assert profile.mean_per_s == (150 + 100) / 4
    assert profile.varies
    assert not profile_of("soak:500/8h").varies


def test_the_first_rate_is_the_mean_of_the_first_phase_in_which_something_is_due() -> None:
    assert made_of((0, 0, 1), (0, 50, 1), (9, 9, 1)).first_per_s == 25
    assert made_of((30, 0, 1), (9, 9, 1)).first_per_s == 30


def test_what_is_offered_is_said_with_the_profile() -> None:
    assert profile_of("ramp:100..2k/60s").offered == "100/s to 2,000/s (ramp:100..2k/60s)"
    assert profile_of("soak:500/8h").offered == "500/s (soak:500/8h)"
    assert [phase.offered for phase in made_of((0.5, 0.5, 1), (2000, 10, 1)).phases] == ["0.5/s", "2,000/s to 10/s"]


@pytest.mark.parametrize(
    ("phases", "what"),
    [
        ((), "expected at least one phase, got none"),
        (((1, 1, 1e-10),), "expected phases of at least a nanosecond, got 1e-10 s"),
        (((1, -1, 1),), "expected requests per second from 0 on, got 1/s to -1/s"),
        (((math.inf, 1, 1),), "expected requests per second from 0 on, got inf/s to 1/s"),
        (((0, 1e-7, 1), (0, 0, 1)), "expected a profile in which requests are due, got one in which none are"),
    ],
)
def test_what_is_no_profile_is_refused(phases: tuple[tuple[float, float, float], ...], what: str) -> None:
    with pytest.raises(ValueError) as caught:
        made_of(*phases)

    assert str(caught.value) == what


def test_a_phase_of_one_rate_is_made_of_it() -> None:
    phase = Phase.constant("noon", 7, 2)

    assert phase == Phase(name="noon", from_per_s=7, to_per_s=7, duration_s=2)
    assert LoadProfile(text="x", phases=(phase,)).mean_per_s == phase.mean_per_s == 7
