"""Control groups, version 2 (cgroups(7)): the kernel's own account of what a part has used, also by what has ended.

Each part has a group of its own below the rig's, where the rig may make one: as root, or where it was delegated. The
part's keeper makes it and removes it; here is only said where, and what is in it.
"""

from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")
MEMBERSHIP = Path("/proc/self/cgroup")


def own_group() -> Path | None:
    """Return the directory of this process's group; None where there is none."""
    mounts = [line.split() for line in MOUNTS.read_text().splitlines()]
    places = [fields[4] for fields in mounts if fields[fields.index("-") + 1] == "cgroup2"]
    paths = [line[3:] for line in MEMBERSHIP.read_text().splitlines() if line.startswith("0::")]
    if not places or not paths:
        return None
    directory = Path(places[0], paths[0].lstrip("/"))
    return directory if (directory / "cgroup.procs").exists() else None


def cpu_s_of(group: Path) -> float | None:
    """Return what all processes that are or were in a group have used, in seconds; None if there is no such group."""
    try:
        lines = (group / "cpu.stat").read_text().splitlines()
    except OSError:  # it could not be made, or is gone with its part
        return None
    used_us = [int(line.split()[1]) for line in lines if line.startswith("usage_usec ")]
    return used_us[0] / 1e6 if used_us else None
