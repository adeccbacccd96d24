"""What is said of a calibration: each verdict, at the values where it changes."""

from dataclasses import replace

import pytest
from judge.health.made_machines import FIT, QUIET, noisy

from rush_hour.judge.health import noise_checks
from rush_hour.judge.health.facts import Facts


def test_without_a_calibration_noise_is_unknown() -> None:
    facts = Facts(state=FIT)

    said = noise_checks.pauses(facts)

    assert (said.found, said.verdict, said.change) == ("not measured", "unknown", "rush-hour doctor --calibrate 10s")
    assert noise_checks.speed(facts) is None
    assert noise_checks.timers(facts) is None


@pytest.mark.parametrize(
    ("p99_us", "p99_9_us", "verdict", "meaning"),
    [
        (0.0, 0.0, "fine", "the p99.9 of a busy server has less than 100 µs of it"),
        (0.0, 100.0, "fine", "the p99.9 of a busy server has 100 µs of it"),
        (1000.0, 1000.0, "fine", "the p99.9 of a busy server has 1.00 ms of it"),
        (0.0, 1001.0, "note", "the p99.9 of a busy server has 1.00 ms of it"),
        (1001.0, 5000.0, "hinders", "the p99 of a busy server has 1.00 ms of it"),
    ],
)
def test_pauses_hinder_from_where_they_are_a_millisecond_of_a_p99(
    p99_us: float, p99_9_us: float, verdict: str, meaning: str
) -> None:
    said = noise_checks.pauses(noisy(p99_floor_us=p99_us, p99_9_floor_us=p99_9_us, longest_pause_us=8000.0))

    assert (said.verdict, said.found) == (verdict, "up to 8.00 ms")
    assert said.why.endswith(f": {meaning}.")


def test_what_pauses_are_is_said_of_a_quiet_machine_too() -> None:
    assert noise_checks.pauses(noisy()).found == "none"
    assert noise_checks.pauses(noisy()).why.startswith("A core that works never pauses for 1 ms or longer, and for 0 %")
    said = noise_checks.pauses(noisy(pauses_per_s=2.5, paused_ratio=0.02, longest_pause_us=9000.0))
    assert said.why.startswith("A core that works pauses for 1 ms or longer 2.50 times a second, and for 2.0 % of the")


@pytest.mark.parametrize(
    ("ratio", "found", "verdict"),
    [
        (0.0499, "± 5.0 %", "fine"),
        (0.05, "± 5.0 %", "note"),
        (0.0999, "± 10.0 %", "note"),
        (0.1, "± 10 %", "hinders"),
    ],
)
def test_speed_that_varies_by_a_tenth_hinders(ratio: float, found: str, verdict: str) -> None:
    said = noise_checks.speed(noisy(speed_variation_ratio=ratio))

    assert said is not None
    assert (said.found, said.verdict) == (found, verdict)
    assert bool(said.change) == (verdict != "fine")


@pytest.mark.parametrize(
    ("p50_us", "p99_us", "found", "verdict"),
    [
        (60.0, 1000.0, "60 µs (p50), 1.00 ms (p99)", "fine"),
        (1000.0, 1001.0, "1.00 ms (p50), 1.00 ms (p99)", "note"),
        (1001.0, 3000.0, "1.00 ms (p50), 3.00 ms (p99)", "hinders"),
    ],
)
def test_wakeups_that_are_a_millisecond_late_hinder(p50_us: float, p99_us: float, found: str, verdict: str) -> None:
    said = noise_checks.timers(noisy(late_p50_us=p50_us, late_p99_us=p99_us))

    assert said is not None
    assert (said.found, said.verdict) == (found, verdict)


def test_what_to_do_is_of_the_reason_that_is_known() -> None:
    loud = replace(QUIET, p99_floor_us=5000.0)
    by_quota = Facts(state=replace(FIT, quota_cores=1.5), noise=loud)
    by_host = Facts(state=FIT, noise=replace(loud, steal_ratio=0.0011))
    by_others = Facts(state=FIT, noise=replace(loud, steal_ratio=0.001))

    assert noise_checks.pauses(by_quota).change == "lift the CPU quota"
    assert noise_checks.pauses(by_host).change.startswith("use a machine with cores of its own")
    assert noise_checks.pauses(by_others).change.startswith("end what else runs: ps ")
