import pytest
from profiles import profile_of

from rush_hour.core.profile.grammar import SHAPES, parse_profile
from rush_hour.core.profile.profile import Phase
from rush_hour.errors import UsageError


def test_a_ramp_is_one_phase_whose_rate_changes_evenly() -> None:
    assert profile_of("ramp:100..2.5k/1m").phases == (Phase(name="ramp", from_per_s=100, to_per_s=2500, duration_s=60),)
    assert profile_of("ramp:0.5..0/500ms").phases == (Phase(name="ramp", from_per_s=0.5, to_per_s=0, duration_s=0.5),)


def test_each_step_is_a_phase() -> None:
    assert profile_of("steps:100,500,100/30s").phases == (
        Phase.constant("step 1", 100, 30),
        Phase.constant("step 2", 500, 30),
        Phase.constant("step 3", 100, 30),
    )


def test_a_peak_begins_after_a_third_of_the_whole() -> None:
    assert profile_of("spike:200..2k/10s/2m").phases == (
        Phase.constant("before", 200, 40),
        Phase.constant("peak", 2000, 10),
        Phase.constant("after", 200, 70),
    )


def test_a_soak_is_in_equal_parts() -> None:
    phases = profile_of("soak:500/8h").phases

    assert phases == tuple(Phase.constant(f"part {number}", 500, 3600) for number in range(1, 9))


@pytest.mark.parametrize("text", ["busy-day.toml", "rmap:1..2/3s", "", "./ramp", "ramp", "a:b"])
def test_what_begins_with_no_kind_may_be_a_file(text: str) -> None:
    assert parse_profile(text, what="--profile") is None


RATE = "expected requests per second above 0, such as 500 or 2.5k"
RATE_OR_0 = "expected requests per second from 0 on, such as 0, 500 or 2.5k"
TIME = "expected a duration above 0, such as 10s, 500ms or 5m"
RAMP, STEPS, SPIKE, SOAK = SHAPES


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("ramp:", f"expected {RAMP}, such as ramp:100..2000/60s; got 'ramp:'."),
        ("ramp:100/60s", f"expected {RAMP}, such as ramp:100..2000/60s; got 'ramp:100/60s'."),
        ("ramp:1..2/3s/4s", f"expected {RAMP}, such as ramp:100..2000/60s; got 'ramp:1..2/3s/4s'."),
        ("ramp:x..2/3s", f"{RAMP}: FROM: {RATE_OR_0}; got 'x'."),
        ("ramp:1..-2/3s", f"{RAMP}: TO: {RATE_OR_0}; got '-2'."),
        ("ramp:1..2..3/3s", f"{RAMP}: TO: {RATE_OR_0}; got '2..3'."),
        ("ramp:1../3s", f"{RAMP}: TO: {RATE_OR_0}; got ''."),
        ("ramp:5..5.0/3s", f"{RAMP}: expected two rates that differ, got '5' and '5.0'."),
        ("ramp:1..2/0s", f"{RAMP}: TIME: {TIME}; got '0s'."),
        ("ramp:1..2/", f"{RAMP}: TIME: {TIME}; got ''."),
        ("ramp:1..2/0.0000000001s", f"{RAMP}: expected phases of at least a nanosecond, got 1e-10 s."),
        ("ramp:0.0000001..0/1s", f"{RAMP}: expected a profile in which requests are due, got one in which none are."),
        ("steps:1,2,3", f"expected {STEPS}, such as steps:100,500,1000/30s; got 'steps:1,2,3'."),
        ("steps:100/30s", f"{STEPS}: expected 2 to 64 rates, got 1."),
        (f"steps:{','.join('1' * 65)}/30s", f"{STEPS}: expected 2 to 64 rates, got 65."),
        ("steps:100,,200/30s", f"{STEPS}: RATE: {RATE}; got ''."),
        ("steps:100,0/30s", f"{STEPS}: RATE: {RATE}; got '0'."),
        ("steps:1,2/x", f"{STEPS}: TIME: {TIME}; got 'x'."),
        ("spike:1..2/3s", f"expected {SPIKE}, such as spike:200..2000/10s/2m; got 'spike:1..2/3s'."),
        ("spike:0..2/3s/9s", f"{SPIKE}: BASE: {RATE}; got '0'."),
        ("spike:5..5/3s/9s", f"{SPIKE}: expected a PEAK above BASE (5), got '5'."),
        ("spike:1..2/4s/9s", f"{SPIKE}: expected a TIME of at most a third of WHOLE (9s), got '4s'."),
        ("spike:1..2/3s/nine", f"{SPIKE}: WHOLE: {TIME}; got 'nine'."),
        ("soak:500", f"expected {SOAK}, such as soak:500/8h; got 'soak:500'."),
        ("soak:500/8d", f"{SOAK}: TIME: {TIME}; got '8d'."),
        ("soak:0/8h", f"{SOAK}: RATE: {RATE}; got '0'."),
    ],
)  # fmt: skip
def test_what_is_no_profile_of_its_kind_is_told(text: str, what: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_profile(text, what="--profile")

    assert str(caught.value) == f"--profile: {what}"
