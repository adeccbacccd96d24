"""Provenance of results: machine, versions, command line, commit."""

import os
import platform
import resource
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

from rush_hour.clock import utc_now
from rush_hour.credentials import masked_command
from rush_hour.errors import UsageError
from rush_hour.results.document import MachineFacts

SOMAXCONN = Path("/proc/sys/net/core/somaxconn")
WANTED_BACKLOG = 4096
GIT_TIMEOUT_S = 2.0


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
    return MachineFacts(
        cpu=_cpu_name(),
        cores=len(os.sched_getaffinity(0)),
        memory_bytes=psutil.virtual_memory().total,
        kernel=platform.release(),
        name=platform.node() or None,
        system=_system_name(),
        limits={
            "open_files_hard": str(resource.getrlimit(resource.RLIMIT_NOFILE)[1]),
            "somaxconn": SOMAXCONN.read_text().strip(),
            "ip_local_port_range": Path("/proc/sys/net/ipv4/ip_local_port_range")
            .read_text()
            .strip()
            .replace("\t", "-"),
        },
    )


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
        return "not installed"
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
