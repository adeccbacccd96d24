import os
from pathlib import Path

import pytest

from rush_hour.judge.explain.facts import MemoryKill
from rush_hour.rig.watch import memory_kills
from rush_hour.rig.watch.memory_kills import MemoryKills

RECORD = (
    "6,1234,946882390,-;Memory cgroup out of memory: Killed process {} (gunicorn) total-vm:211868kB, anon-rss:5kB\n"
)


@pytest.fixture
def kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stands for the kernel's counters, those of a control group, and its log, which cannot be read."""
    (tmp_path / "vmstat").write_text("pgfault 5\noom_kill 3\n")
    (tmp_path / "memory.events").write_text("oom 9\noom_kill 2\n")
    monkeypatch.setattr(memory_kills, "COUNTERS", tmp_path / "vmstat")
    monkeypatch.setattr(memory_kills, "KERNEL_LOG", tmp_path / "kmsg")
    return tmp_path


def count(kernel: Path, *, machine: int, group: int) -> None:
    (kernel / "vmstat").write_text(f"pgfault 5\noom_kill {machine}\n")
    (kernel / "memory.events").write_text(f"oom 9\noom_kill {group}\n")


def watched(kernel: Path, *, machine: int = 3, group: int = 2) -> MemoryKills:
    kills = MemoryKills({"server": kernel})
    kills.begin()
    count(kernel, machine=machine, group=group)
    kills.end()
    return kills


def test_where_the_kernel_has_killed_nobody_there_is_nothing(kernel: Path) -> None:
    assert watched(kernel).kills({}) == []


def test_a_group_that_counts_a_kill_says_whose_process_it_was(kernel: Path) -> None:
    kill = MemoryKill(role="server", process=None, text="oom_kill of its control group")
    assert watched(kernel, machine=5, group=4).kills({"server": [8]}) == [kill, kill]


def test_a_kill_that_only_the_machine_counts_is_nobodys(kernel: Path) -> None:
    assert watched(kernel, machine=4).kills({"server": [8]}) == [
        MemoryKill(role=None, process=None, text="oom_kill of the machine")
    ]


def test_without_counters_and_log_nobody_knows(kernel: Path) -> None:
    (kernel / "vmstat").unlink()
    kills = MemoryKills({})
    kills.begin()
    kills.end()

    assert kills.kills({}) is None


def test_the_kernels_log_says_which_process_it_was(kernel: Path) -> None:
    """Only what comes after the beginning is read."""
    (kernel / "kmsg").write_text(RECORD.format(7))
    kills = MemoryKills({"server": kernel})
    kills.begin()
    with (kernel / "kmsg").open("a") as log:
        log.write(RECORD.format(8))
    count(kernel, machine=4, group=2)
    kills.end()

    text = "Memory cgroup out of memory: Killed process 8 (gunicorn)"
    assert kills.kills({"server": [8]}) == [MemoryKill(role="server", process="8", text=text)]
    assert kills.kills({"server": [9]}) == [MemoryKill(role=None, process="8", text=text)]


def test_a_log_that_cannot_be_read_from_its_end_is_none(kernel: Path) -> None:
    os.mkfifo(kernel / "kmsg")
    kills = MemoryKills({})
    kills.begin()

    assert kills._log is None
    kills.end()
    assert kills.kills({}) == []
