import os
import platform
from pathlib import Path

import pytest
from rig.checkouts import committed

from rush_hour.errors import UsageError
from rush_hour.judge.health.facts import MachineState
from rush_hour.results.health import Health
from rush_hour.rig import machine
from rush_hour.rig.machine import (
    backlog,
    commit_of,
    machine_facts,
    nginx_version,
    package_versions,
    provenance,
    shared_cores,
    usable_cores,
)
from rush_hour.rig.parts.nginx import find_nginx


def test_the_facts_are_those_of_this_machine() -> None:
    facts = machine_facts()

    assert facts.cores == len(os.sched_getaffinity(0))
    assert facts.kernel == platform.release()
    assert facts.name == platform.node()
    total_kib = int(Path("/proc/meminfo").read_text().split()[1])
    assert facts.memory_bytes == total_kib * 1024
    assert facts.cpu.strip()
    assert facts.system.strip()
    assert set(facts.limits) - {"cpu_quota_cores"} == {"open_files_hard", "somaxconn", "ip_local_port_range"}
    assert int(facts.limits["somaxconn"]) > 0
    assert all(part.isdigit() for part in facts.limits["ip_local_port_range"].split("-"))


def test_the_backlog_is_the_wanted_one_unless_the_kernel_allows_less(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "SOMAXCONN", tmp_path / "somaxconn")
    found = []
    for allowed in ("128\n", "65535\n"):
        (tmp_path / "somaxconn").write_text(allowed)
        found.append(backlog())

    assert found == [128, 4096]


def test_versions_are_those_of_the_installed_packages() -> None:
    versions = package_versions(["pytest", "no-such-package"])

    assert versions == {"pytest": pytest.__version__, "no-such-package": "not installed"}


def test_nginx_tells_its_version() -> None:
    assert nginx_version(find_nginx(None)).split(".")[0].isdigit()


@pytest.mark.parametrize(
    ("content", "told"),
    [("#!/bin/sh\nexit 1\n", ""), ("#!/bin/sh\necho 'apache 2' >&2\n", "apache 2"), ("\x00", "Exec format error")],
)
def test_another_program_is_not_taken_for_nginx(tmp_path: Path, content: str, told: str) -> None:
    program = tmp_path / "program"
    program.write_text(content)
    program.chmod(0o755)

    with pytest.raises(UsageError) as caught:
        nginx_version(program)

    assert str(caught.value) == f"--nginx: expected nginx, got '{program}', which says {told!r} for its version."


def test_a_machine_that_does_not_name_itself_is_described_by_what_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_file() -> dict[str, str]:
        raise OSError

    monkeypatch.setattr(platform, "freedesktop_os_release", no_file)
    monkeypatch.setattr(Path, "read_text", lambda _path: "processor : 0\n")

    assert machine._system_name() == "Linux"
    assert machine._cpu_name() == platform.machine()


def test_the_commit_is_that_of_the_checkout_and_says_so_when_something_was_changed(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1")
    commit = committed(tmp_path)
    inside = tmp_path / "inside"
    inside.mkdir()

    clean = commit_of(inside)
    (tmp_path / "a").write_text("2")

    assert clean == commit
    assert commit_of(inside) == f"{clean}-dirty"


def test_without_a_checkout_or_git_there_is_no_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert commit_of(tmp_path) is None

    monkeypatch.setenv("PATH", str(tmp_path))
    assert commit_of(tmp_path) is None


def test_the_command_line_is_kept_without_its_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["/opt/bin/rush-hour", "load", "http://me:secret@a/", "-R", "1"])

    assert provenance("before").command_line == "rush-hour load 'http://***@a/' -R 1"
    assert provenance("before").label == "before"


def test_cores_are_those_that_affinity_and_quota_allow(monkeypatch: pytest.MonkeyPatch) -> None:
    cores = len(os.sched_getaffinity(0))
    monkeypatch.setattr(machine, "quota_cores", lambda: None)
    assert usable_cores() == cores
    assert usable_cores([0]) == 1

    monkeypatch.setattr(machine, "quota_cores", lambda: 0.5)
    assert usable_cores() == 1


def test_the_health_of_the_machine_is_among_its_facts(monkeypatch: pytest.MonkeyPatch) -> None:
    state = MachineState(cores=8, quota_cores=0.5, governors={"powersave": 8}, steal_ratio=0.0)
    monkeypatch.setattr(machine, "look", lambda: state)

    facts = machine_facts()

    assert facts.limits == {"cpu_quota_cores": "0.5", "open_files_hard": "-1"}  # what is not told is left out
    assert facts.health == Health(
        governor="powersave",
        steal_ratio=0.0,
        hinders={"cpu-quota": "CPU quota 0.5 of 8 cores", "governor": "frequency governor powersave"},
    )


def test_cores_that_are_shared_are_those_of_the_parts_and_of_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "quota_cores", lambda: None)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {2, 3})

    assert shared_cores(None) == 2
    assert shared_cores([0, 1]) == 4
    assert shared_cores([2, 3]) == 2
