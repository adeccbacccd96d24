"""Provenance of results: machine, versions, command line, commit."""

import math
import os
import platform
import subprocess
import sys
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

from rush_hour.clock import utc_now
from rush_hour.credentials import masked_command
from rush_hour.errors import UsageError
from rush_hour.judge.health.checkup import health_of
from rush_hour.judge.health.facts import MachineState
from rush_hour.judge.health.limit_checks import WANTED_BACKLOG
from rush_hour.results.document import MachineFacts
from rush_hour.rig.health.state import look
from rush_hour.rig.parts.control_group import quota_cores

SOMAXCONN = Path("/proc/sys/net/core/somaxconn")
GIT_TIMEOUT_S = 2.0
NOT_INSTALLED = "not installed"  # in place of a version


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Start of a command: see `Document`."""

    started_at: str
    command_line: str
    label: str | None
    commit: str | None


def provenance(label: str | None, started_at: str | None = None) -> Provenance:
    """Return how this process was started, in its working directory.

    Args:
        label: what the user calls it.
        started_at: when; None for now.
    """
    return Provenance(
        started_at=started_at or utc_now(),
        command_line=masked_command([Path(sys.argv[0]).name, *sys.argv[1:]]),
        label=label,
        commit=commit_of(Path()),
    )


def commit_of(directory: Path) -> str | None:
    """Return the commit that is checked out around a directory; None where there is no git, or no checkout."""
    command = ["git", "-C", str(directory), "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        said = subprocess.run(command, capture_output=True, text=True, check=False, timeout=GIT_TIMEOUT_S)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return said.stdout.strip() or None if said.returncode == 0 else None


def machine_facts() -> MachineFacts:
    """Return the facts of this machine."""
    state = look()
    return MachineFacts(
        cpu=_cpu_name(),
        cores=state.cores,
        memory_bytes=psutil.virtual_memory().total,
        kernel=platform.release(),
        name=platform.node() or None,
        system=_system_name(),
        limits=_limits(state),
        health=health_of(state),
    )


def _limits(state: MachineState) -> dict[str, str]:
    """Return the limits that are known, as texts."""
    quota, ports = state.quota_cores, state.port_range
    limits = {
        "cpu_quota_cores": None if quota is None else f"{quota:g}",
        "open_files_hard": str(-1 if state.open_files_hard is None else state.open_files_hard),
        "somaxconn": None if state.somaxconn is None else str(state.somaxconn),
        "ip_local_port_range": None if ports is None else f"{ports[0]}-{ports[1]}",
    }
    return {name: value for name, value in limits.items() if value is not None}


def usable_cores(cpus: Collection[int] | None = None) -> int:
    """Return how many cores may be used: what affinity and the quota of control groups allow, at least one.

    Args:
        cpus: that it is limited to; None for all.
    """
    cores = len(os.sched_getaffinity(0) if cpus is None else cpus)
    quota = quota_cores()
    return cores if quota is None else max(1, min(cores, math.ceil(quota)))


def shared_cores(cpus: Collection[int] | None) -> int:
    """Return how many cores may be used by this process and by parts that are limited to CPUs, together.

    Args:
        cpus: that the parts are limited to; None for those of this process.
    """
    return usable_cores(None if cpus is None else {*cpus, *os.sched_getaffinity(0)})


def backlog() -> int:
    """Return the backlog that sockets are given: the wanted one, or what the kernel allows."""
    return min(WANTED_BACKLOG, int(SOMAXCONN.read_text()))


def package_versions(names: Iterable[str]) -> dict[str, str]:
    """Return the versions of installed distributions; `not installed` for others."""
    return {name: _package_version(name) for name in names}


def nginx_version(nginx: Path) -> str:
    """Return the version that an nginx program tells of itself.

    Raises:
        UsageError: it is not nginx.
    """
    try:
        told = subprocess.run([nginx, "-v"], capture_output=True, text=True, check=False).stderr.strip()
    except OSError as error:
        told = str(error.strerror)
    if not told.startswith("nginx version:"):
        raise UsageError(f"--nginx: expected nginx, got {str(nginx)!r}, which says {told!r} for its version.")
    return told.rpartition("/")[2]


def _package_version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return NOT_INSTALLED
    except KeyError:  # installed, but what it says of itself is broken
        return "unknown"


def _cpu_name() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _system_name() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return platform.system()
