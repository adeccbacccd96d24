from collections.abc import Callable
from pathlib import Path

import pytest
from rig.deadlines import wait_for

from rush_hour.rig.parts import control_group
from rush_hour.rig.parts import part as part_module
from rush_hour.rig.parts.control_group import cpu_s_of, memory_group_of, memory_kills_of, own_group, quota_cores
from rush_hour.rig.parts.part import Part

Start = Callable[..., Part]


@pytest.fixture
def proc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stands for /proc/self and a mounted hierarchy."""
    (tmp_path / "mountinfo").write_text(
        "22 1 0:20 / /sys rw - sysfs sysfs rw\n"
        f"30 22 0:26 / {tmp_path}/unified rw,nosuid shared:4 - cgroup2 cgroup2 rw\n"
    )
    (tmp_path / "cgroup").write_text("2:cpu:/other\n0::/users/me\n")
    (tmp_path / "unified" / "users" / "me").mkdir(parents=True)
    (tmp_path / "unified" / "users" / "me" / "cgroup.procs").touch()
    monkeypatch.setattr(control_group, "MOUNTS", tmp_path / "mountinfo")
    monkeypatch.setattr(control_group, "MEMBERSHIP", tmp_path / "cgroup")
    monkeypatch.setattr(control_group, "PROCESSES", tmp_path / "proc")
    return tmp_path


def test_the_group_of_this_process_is_found_in_the_second_hierarchy(proc: Path) -> None:
    assert own_group() == proc / "unified" / "users" / "me"


def test_without_the_second_hierarchy_there_is_no_group(proc: Path) -> None:
    (proc / "cgroup").write_text("2:cpu:/users/me\n")
    assert own_group() is None

    (proc / "cgroup").write_text("0::/users/other\n")
    assert own_group() is None

    (proc / "mountinfo").write_text("22 1 0:20 / /sys rw - sysfs sysfs rw\n")
    assert own_group() is None


def test_what_a_group_has_used_is_in_seconds_and_unknown_of_one_that_is_gone(tmp_path: Path) -> None:
    assert cpu_s_of(tmp_path) is None
    (tmp_path / "cpu.stat").write_text("usage_usec 1500000\nuser_usec 1\n")
    assert cpu_s_of(tmp_path) == 1.5


@pytest.mark.parametrize(
    ("file", "kills"),
    [("memory.events", "low 0\noom 9\noom_kill 2\n"), ("memory.oom_control", "under_oom 0\noom_kill 2\n")],
)
def test_kills_for_want_of_memory_are_counted_by_either_version(tmp_path: Path, file: str, kills: str) -> None:
    assert memory_kills_of(tmp_path) is None
    (tmp_path / file).write_text(kills)
    assert memory_kills_of(tmp_path) == 2


def test_the_group_that_counts_a_processs_memory_is_found_in_either_hierarchy(proc: Path) -> None:
    membership = control_group.PROCESSES / "8" / "cgroup"
    membership.parent.mkdir(parents=True)
    membership.write_text("4:memory:/old\n0::/users/me\n")
    assert memory_group_of(8) is None  # nobody counts

    (proc / "unified" / "users" / "me" / "memory.events").write_text("oom_kill 0\n")
    assert memory_group_of(8) == proc / "unified" / "users" / "me"

    (proc / "unified" / "users" / "me" / "memory.events").unlink()
    (proc / "v1" / "old").mkdir(parents=True)
    (proc / "v1" / "old" / "memory.oom_control").write_text("oom_kill 0\n")
    with (proc / "mountinfo").open("a") as mounts:
        mounts.write(f"31 22 0:27 / {proc}/v1 rw shared:5 - cgroup cgroup rw,memory\n")
    assert memory_group_of(8) == proc / "v1" / "old"
    assert memory_group_of(9) is None


def test_a_part_has_a_group_of_its_own_that_is_gone_with_it(start_part: Start) -> None:
    part = start_part("import time\nprint('up')\ntime.sleep(1000)")
    wait_for(lambda: part.log_tail() == "up", "the program")
    if part.cpu_s() is None:
        pytest.skip("there is no control group that may be used")
    group = part._group
    assert group is not None
    assert (group / "cgroup.procs").read_text().split() == [str(process) for process in part.process_ids()]

    part.stop()

    assert not group.exists()
    assert part.cpu_s() is None


def test_where_no_group_can_be_made_a_part_runs_without(
    start_part: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(part_module, "own_group", lambda: tmp_path / "none")

    part = start_part("print('up')\nraise SystemExit(3)")

    assert part.wait() == 3
    assert part.cpu_s() is None
    assert part.log_tail() == "up"


def test_the_least_quota_around_this_process_counts(proc: Path) -> None:
    users = proc / "unified" / "users"
    assert quota_cores() is None

    (users / "me" / "cpu.max").write_text("max 100000\n")
    assert quota_cores() is None
    (users / "cpu.max").write_text("150000 100000\n")
    assert quota_cores() == 1.5
    (users / "me" / "cpu.max").write_text("50000 100000\n")
    assert quota_cores() == 0.5


def test_a_quota_of_the_first_version_counts_too(proc: Path) -> None:
    with (proc / "mountinfo").open("a") as file:
        file.write(f"31 22 0:27 / {proc}/cpu rw,nosuid - cgroup cgroup rw,cpu,cpuacct\n")
    (proc / "cgroup").write_text("2:cpu,cpuacct:/other\n0::/\n")
    (proc / "cpu" / "other").mkdir(parents=True)
    (proc / "cpu" / "other" / "cpu.cfs_period_us").write_text("100000\n")

    (proc / "cpu" / "other" / "cpu.cfs_quota_us").write_text("-1\n")
    assert quota_cores() is None
    (proc / "cpu" / "other" / "cpu.cfs_quota_us").write_text("200000\n")
    assert quota_cores() == 2.0
