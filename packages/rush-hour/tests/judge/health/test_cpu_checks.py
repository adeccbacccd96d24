"""What is said of cores: each verdict, at the values where it changes."""

from dataclasses import replace
from typing import Any

import pytest
from judge.health.made_machines import FIT, QUIET, machine

from rush_hour.judge.health import cpu_checks
from rush_hour.judge.health.diagnosis import Diagnosis
from rush_hour.judge.health.facts import Facts, Turbo


@pytest.mark.parametrize(
    ("state", "found", "verdict"),
    [
        ({"cores": 1, "online_cores": 1}, "1", "hinders"),
        ({"cores": 2, "online_cores": None}, "2", "note"),
        ({"cores": 3, "online_cores": 3}, "3", "note"),
        ({"cores": 4, "online_cores": 4}, "4", "fine"),
        ({"cores": 4}, "4 of 8", "fine"),
    ],
)
def test_four_cores_are_enough_and_one_is_none(state: dict[str, Any], found: str, verdict: str) -> None:
    said = cpu_checks.cores(machine(**state))

    assert (said.found, said.verdict) == (found, verdict)
    assert bool(said.why) == (verdict != "fine")


def test_cores_that_affinity_takes_away_are_had_back_by_taskset_or_by_the_container() -> None:
    assert cpu_checks.cores(machine(cores=2)).change == "taskset -c 0-7 rush-hour ..."
    assert cpu_checks.cores(machine(cores=2, is_container=True)).change == "docker run --cpuset-cpus=0-7"
    assert cpu_checks.cores(machine(cores=2, online_cores=2)).change.startswith("measure on 4 cores or more")
    assert cpu_checks.cores(machine()).change == ""


@pytest.mark.parametrize(
    ("state", "found", "verdict"),
    [
        ({"quota_cores": None}, "none", "fine"),
        ({"quota_cores": 8.0}, "8 cores", "fine"),
        ({"quota_cores": 7.5}, "7.5 of 8 cores", "hinders"),
        ({"tells_quota": False}, "not told", "unknown"),
    ],
)
def test_a_quota_below_the_cores_hinders(state: dict[str, Any], found: str, verdict: str) -> None:
    said = cpu_checks.cpu_quota(machine(**state))

    assert (said.found, said.verdict) == (found, verdict)
    assert ("docker run without --cpus" in said.change) == (verdict == "hinders")


@pytest.mark.parametrize(
    ("governors", "found", "verdict"),
    [
        ({"performance": 8}, "performance", "fine"),
        ({"userspace": 8}, "userspace", "fine"),
        ({"performance": 6, "powersave": 2}, "performance (6), powersave (2)", "hinders"),
        ({"schedutil": 8}, "schedutil", "hinders"),
        ({}, "not told", "unknown"),
    ],
)
def test_a_governor_that_changes_the_frequency_hinders(governors: dict[str, int], found: str, verdict: str) -> None:
    said = cpu_checks.governor(machine(governors=governors))

    assert (said.found, said.verdict) == (found, verdict)
    assert (said.change == "cpupower frequency-set -g performance") == (verdict == "hinders")


@pytest.mark.parametrize("state", [{"is_virtual": True}, {"is_container": True}, {}])
def test_what_a_guest_is_not_told_its_host_knows(state: dict[str, bool]) -> None:
    for check in (cpu_checks.governor, cpu_checks.turbo):
        said = check(machine(governors={}, turbo=None, **state))

        assert said.verdict == "unknown"
        assert said.change.startswith("ask who runs the host: cat /sys/devices/" if state else "look in the firmware")


def test_turbo_is_to_be_known_and_ended_where_it_was_found() -> None:
    said = cpu_checks.turbo(machine(turbo=Turbo(is_on=True, off_command="echo 0 > /boost")))

    assert (said.found, said.verdict, said.change) == ("on", "note", "echo 0 > /boost")
    assert cpu_checks.turbo(machine()).verdict == "fine"


def test_a_battery_hinders_and_of_other_power_nothing_is_said() -> None:
    assert cpu_checks.power(machine()) is None
    said = cpu_checks.power(machine(on_battery=True))
    assert said is not None
    assert (said.code, said.verdict, said.change) == ("battery", "hinders", "plug it in")


def steal(ratio: float | None, in_calibration: float | None, *, is_virtual: bool = True) -> Diagnosis:
    noise = None if in_calibration is None else replace(QUIET, steal_ratio=in_calibration)
    return cpu_checks.steal(Facts(state=replace(FIT, steal_ratio=ratio, is_virtual=is_virtual), noise=noise))


@pytest.mark.parametrize(
    ("ratio", "in_calibration", "found", "verdict"),
    [
        (0.001, None, "0.1 % since boot", "fine"),
        (0.002, None, "0.2 % since boot", "note"),
        (0.01, None, "1.0 % since boot", "note"),
        (0.011, None, "1.1 % since boot", "hinders"),
        (0.001, 0.05, "0.1 % since boot, 5.0 % in the calibration", "hinders"),
        (0.02, 0.0, "2.0 % since boot, 0 % in the calibration", "hinders"),
        (None, None, "not told", "unknown"),
    ],
)
def test_steal_is_judged_by_the_percentiles_that_it_reaches(
    ratio: float | None, in_calibration: float | None, found: str, verdict: str
) -> None:
    said = steal(ratio, in_calibration)

    assert (said.found, said.verdict) == (found, verdict)


def test_no_steal_at_all_says_nothing_of_a_virtual_machine() -> None:
    assert steal(0.0, 0.0, is_virtual=False).verdict == "fine"
    assert steal(0.0, 0.0).verdict == "unknown"
    assert steal(0.0, 0.0005).verdict == "fine"  # a host that tells


@pytest.mark.parametrize(
    ("clock", "clocks", "verdict", "change"),
    [
        ("tsc", ("tsc",), "fine", ""),
        ("kvm-clock", (), "fine", ""),
        (
            "hpet",
            ("tsc", "hpet"),
            "note",
            "echo tsc > /sys/devices/system/clocksource/clocksource0/current_clocksource",
        ),
        ("xen", ("xen",), "note", ""),
        (None, (), "unknown", ""),
    ],
)
def test_a_clock_that_is_read_by_a_call_is_to_be_known(
    clock: str | None, clocks: tuple[str, ...], verdict: str, change: str
) -> None:
    said = cpu_checks.clock(machine(clock=clock, clocks=clocks))

    assert (said.verdict, said.change) == (verdict, change)


@pytest.mark.parametrize(
    ("ratio", "found", "verdict"),
    [
        (0.05, "5.0 % of the CPU", "fine"),
        (0.051, "5.1 % of the CPU", "note"),
        (0.2, "20 % of the CPU", "note"),
        (0.21, "21 % of the CPU", "hinders"),
        (None, "not looked at", "unknown"),
    ],
)
def test_other_programs_hinder_from_where_a_run_is_not_trusted(ratio: float | None, found: str, verdict: str) -> None:
    said = cpu_checks.other_load(Facts(state=FIT, other_load_ratio=ratio))

    assert (said.found, said.verdict) == (found, verdict)
