"""How many cores may be used, by affinity and by the quota of cgroups."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from api_hour.config import Settings, cores
from api_hour.config.cores import usable_cores

Pretend = Callable[[int, str, dict[str, str]], None]


@pytest.fixture
def pretend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pretend:
    """Let this process have so many cores by affinity, and be in these cgroups, whose files have this content."""

    def do(affinity: int, groups: str, files: dict[str, str]) -> None:
        (tmp_path / "cgroup").write_text(groups)
        for name, content in files.items():
            path = tmp_path / "sys" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: set(range(affinity)))
        monkeypatch.setattr(cores, "CGROUP_OF_PROCESS", tmp_path / "cgroup")
        monkeypatch.setattr(cores, "CGROUPS", tmp_path / "sys")

    return do


V1 = {"cpu.cfs_quota_us": "150000\n", "cpu.cfs_period_us": "100000\n"}


@pytest.mark.parametrize(
    ("affinity", "groups", "files", "expected"),
    [
        (3, "", {}, 3),
        (8, "0::/\n", {"cpu.max": "max 100000\n"}, 8),
        (8, "0::/\n", {"cpu.max": "200000 100000\n"}, 2),
        (8, "0::/\n", {"cpu.max": "150000 100000\n"}, 2),
        (8, "0::/\n", {"cpu.max": "1000 100000\n"}, 1),
        (2, "0::/\n", {"cpu.max": "400000 100000\n"}, 2),
        (8, "0::/a/b\n", {"a/cpu.max": "300000 100000\n", "a/b/cpu.max": "500000 100000\n"}, 3),
        (8, "0::/host/only\n", {"cpu.max": "300000 100000\n"}, 3),
        (8, "4:cpu,cpuacct:/x\n0::/\n", {f"cpu,cpuacct/x/{name}": text for name, text in V1.items()}, 2),
        (8, "4:memory:/x\n3:cpu:/x\n", {f"cpu/{name}": text for name, text in V1.items()}, 2),
        (8, "3:cpu:/\n", {"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, 8),
        (8, "3:cpuset:/\n", {f"cpuset/{name}": text for name, text in V1.items()}, 8),
        (8, "3:cpu:/\n0::/x\n", {"unified/x/cpu.max": "100000 100000\n"}, 1),
    ],
)
def test_as_many_as_affinity_and_quota_allow(
    affinity: int, groups: str, files: dict[str, str], expected: int, pretend: Pretend
) -> None:
    pretend(affinity, groups, files)

    assert usable_cores() == expected


def test_without_cgroups_the_affinity_counts(tmp_path: Path, pretend: Pretend) -> None:
    pretend(5, "", {})
    (tmp_path / "cgroup").unlink()

    assert usable_cores() == 5


def test_it_is_the_default_number_of_workers() -> None:
    assert Settings().workers == usable_cores()
