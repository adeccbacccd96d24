from collections.abc import Callable
from pathlib import Path

import pytest
from rig.deadlines import wait_for

from rush_hour.rig import control_group
from rush_hour.rig import part as part_module
from rush_hour.rig.control_group import cpu_s_of, own_group
from rush_hour.rig.part import Part

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
