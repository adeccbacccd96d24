"""The number of cores that this process may use: those of its CPU affinity, and no more than its cgroup's quota.

A container on a machine of 64 cores may have two of them. Both hierarchies of cgroups(7) are looked at; a group's limit
counts for those below it, too. What cannot be read limits nothing.
"""

import math
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath

CGROUP_OF_PROCESS = Path("/proc/self/cgroup")
CGROUPS = Path("/sys/fs/cgroup")


def usable_cores() -> int:
    """Return how many cores may be used, a part of one counted as whole; 1 at least."""
    return max(1, math.ceil(min([float(len(os.sched_getaffinity(0))), *_quotas()])))


def _quotas() -> Iterator[float]:
    """Return the quotas, in cores, of the groups that this process is in."""
    for group in _groups():
        with suppress(OSError, ValueError, ZeroDivisionError):  # ValueError: "max", which is no limit
            yield _read_quota(group)


def _groups() -> Iterator[Path]:
    try:
        lines = CGROUP_OF_PROCESS.read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        roots: tuple[str, ...] = ()
        if not controllers:
            roots = ("", "unified")  # the second where both hierarchies are mounted
        elif "cpu" in controllers.split(","):
            roots = ("cpu", controllers)
        group = PurePosixPath(path.lstrip("/"))
        for root in roots:
            for part in (group, *group.parents):  # in a container, the path may be one that only the host knows
                yield CGROUPS / root / part


def _read_quota(group: Path) -> float:
    """Return the quota of one group, in cores.

    Raises:
        OSError, ValueError: it has none.
    """
    try:
        quota_us, period_us = (group / "cpu.max").read_text(encoding="utf-8").split()
    except FileNotFoundError:
        quota_us = (group / "cpu.cfs_quota_us").read_text(encoding="utf-8")
        period_us = (group / "cpu.cfs_period_us").read_text(encoding="utf-8")
    if int(quota_us) <= 0:
        raise ValueError(quota_us)  # -1 is no limit
    return int(quota_us) / int(period_us)
