"""The state of a machine, read from trees that stand for others', and from this one's."""

import os
import resource
from pathlib import Path

import pytest
from rig.health.made_roots import BARE_METAL, CPU, made_root

from rush_hour.judge.health.facts import Turbo
from rush_hour.rig.health.state import look, with_siblings


def test_bare_metal_tells_everything(tmp_path: Path) -> None:
    state = look(made_root(tmp_path, BARE_METAL), [0, 1, 2])

    assert (state.cores, state.online_cores) == (3, 5)
    assert (state.tells_quota, state.quota_cores) == (True, None)
    assert state.governors == {"performance": 1, "powersave": 2}
    assert state.turbo == Turbo(is_on=True, off_command="echo 1 > /sys/devices/system/cpu/intel_pstate/no_turbo")
    assert (state.is_virtual, state.is_container, state.on_battery) == (False, False, False)
    assert state.steal_ratio == 20 / 1000
    assert (state.clock, state.clocks) == ("hpet", ("tsc", "hpet", "acpi_pm"))
    assert (state.somaxconn, state.port_range) == (4096, (32768, 60999))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert {state.open_files_soft, state.open_files_hard} <= {soft, hard, None}


def test_threads_of_one_core_are_told_to_be(tmp_path: Path) -> None:
    root = made_root(
        tmp_path,
        {
            f"{CPU}/cpu1/topology/thread_siblings_list": "1,5\n",
            f"{CPU}/cpu2/topology/thread_siblings_list": "2-3\n",
            f"{CPU}/cpu4/topology/thread_siblings_list": "\n",
        },
    )

    assert with_siblings([1, 2, 4, 9], root) == {1, 2, 3, 4, 5, 9}


def test_a_machine_that_tells_nothing_leaves_everything_unknown(tmp_path: Path) -> None:
    state = look(tmp_path, [0])

    assert (state.online_cores, state.tells_quota, state.quota_cores) == (None, False, None)
    assert (state.governors, state.turbo, state.steal_ratio) == ({}, None, None)
    assert (state.clock, state.clocks, state.somaxconn, state.port_range) == (None, (), None, None)
    assert (state.is_virtual, state.is_container, state.on_battery) == (False, False, False)


def test_what_cannot_be_understood_is_unknown(tmp_path: Path) -> None:
    root = made_root(
        tmp_path,
        {
            "proc/stat": "cpu\n",
            "proc/sys/net/core/somaxconn": "many\n",
            "proc/sys/net/ipv4/ip_local_port_range": "32768\n",
            f"{CPU}/online": "all\n",
            "proc/self/cgroup": "0::/\n",
            "proc/self/mountinfo": "30 22 0:26 / /g rw - cgroup2 cgroup2 rw\n",
            "g/cpu.max": "half a core\n",
        },
    )

    state = look(root, [0])

    assert (state.steal_ratio, state.somaxconn, state.port_range, state.online_cores) == (None, None, None, None)
    assert not state.tells_quota


@pytest.mark.parametrize(
    ("file", "text", "is_on", "off_command"),
    [
        ("intel_pstate/no_turbo", "1\n", False, "echo 1 > /sys/devices/system/cpu/intel_pstate/no_turbo"),
        ("cpufreq/boost", "1\n", True, "echo 0 > /sys/devices/system/cpu/cpufreq/boost"),
        ("cpufreq/boost", "0\n", False, "echo 0 > /sys/devices/system/cpu/cpufreq/boost"),
    ],
)
def test_turbo_is_said_by_each_driver_in_its_own_way(
    tmp_path: Path, file: str, text: str, is_on: bool, off_command: str
) -> None:
    state = look(made_root(tmp_path, {f"{CPU}/{file}": text}), [0])

    assert state.turbo == Turbo(is_on=is_on, off_command=off_command)


@pytest.mark.parametrize(
    "files", [{"proc/cpuinfo": "flags\t: fpu hypervisor\n"}, {"proc/cpuinfo": "", "sys/hypervisor/type": "xen\n"}]
)
def test_a_virtual_machine_is_seen_by_its_cores_or_its_hypervisor(tmp_path: Path, files: dict[str, str]) -> None:
    assert look(made_root(tmp_path, files), [0]).is_virtual


@pytest.mark.parametrize("file", [".dockerenv", "run/.containerenv"])
def test_a_container_is_seen_by_the_file_of_who_made_it(tmp_path: Path, file: str) -> None:
    assert look(made_root(tmp_path, {file: ""}), [0]).is_container


def test_the_quota_is_that_of_the_groups_around_this_process(tmp_path: Path) -> None:
    root = made_root(tmp_path, BARE_METAL | {"sys/fs/cgroup/user.slice/cpu.max": "150000 100000\n"})

    assert look(root, [0]).quota_cores == 1.5


def test_a_laptop_without_its_cable_is_on_battery(tmp_path: Path) -> None:
    supplies = "sys/class/power_supply"
    mouse = {f"{supplies}/mouse/type": "Battery\n", f"{supplies}/mouse/scope": "Device\n"}
    laptop = {f"{supplies}/BAT0/type": "Battery\n", f"{supplies}/AC/type": "Mains\n"}

    assert not look(made_root(tmp_path / "desktop", mouse), [0]).on_battery
    assert not look(made_root(tmp_path / "plugged", laptop | {f"{supplies}/AC/online": "1\n"}), [0]).on_battery
    assert look(made_root(tmp_path / "unplugged", laptop | {f"{supplies}/AC/online": "0\n"}), [0]).on_battery


def test_this_machine_tells_what_every_linux_does() -> None:
    state = look()

    assert state.cores == len(os.sched_getaffinity(0))
    assert state.somaxconn == int(Path("/proc/sys/net/core/somaxconn").read_text())
    assert state.tells_quota
    assert state.steal_ratio is not None
