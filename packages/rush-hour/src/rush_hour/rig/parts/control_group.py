"""Control groups, version 2 (cgroups(7)): the kernel's own account of what a part has used, also by what has ended.

Each part has a group of its own below the rig's, where the rig may make one: as root, or where it was delegated. The
part's keeper makes it and removes it; here is only said where, and what is in it.
"""

from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")
PROCESSES = Path("/proc")
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


def memory_group_of(process: int | str) -> Path | None:
    """Return the directory of the control group that counts a process's memory, of either version; None without one.

    Args:
        process: its id, or `self`.
    """
    try:
        lines = (PROCESSES / str(process) / "cgroup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return None
    paths = {controllers: path for _, controllers, path in (line.split(":", 2) for line in lines)}
    for fields in (line.split() for line in MOUNTS.read_text().splitlines()):
        kind, _, options = fields[fields.index("-") + 1 :][:3]
        controller = "" if kind == "cgroup2" else "memory"
        if controller in paths and (kind == "cgroup2" or (kind == "cgroup" and "memory" in options.split(","))):
            directory = Path(fields[4], paths[controller].lstrip("/"))
            if memory_kills_of(directory) is not None:
                return directory
    return None


def memory_kills_of(group: Path) -> int | None:
    """Return how many processes of a group the kernel has killed for want of memory; None if it does not count them."""
    for file in ("memory.events", "memory.oom_control"):  # of version 2, and of version 1
        try:
            lines = (group / file).read_text().splitlines()
        except OSError:
            continue
        return next((int(line.split()[1]) for line in lines if line.startswith("oom_kill ")), None)
    return None


def quota_cores(root: Path = Path("/")) -> float | None:
    """Return how many cores the control groups around this process, of either version, allow; None without a quota.

    Args:
        root: where all of it is.
    """
    lines = _below(root, MEMBERSHIP).read_text().splitlines()
    paths = {controllers: path for _, controllers, path in (line.split(":", 2) for line in lines)}
    quotas: list[float] = []
    for fields in (line.split() for line in _below(root, MOUNTS).read_text().splitlines()):
        kind, _, options = fields[fields.index("-") + 1 :][:3]
        names = [name for name in paths if "cpu" in name.split(",")] if kind == "cgroup" else [""]
        if kind not in {"cgroup", "cgroup2"} or (kind == "cgroup" and "cpu" not in options.split(",")):
            continue
        for name in names:
            mount = _below(root, fields[4])
            inner = _below(mount, paths.get(name, "/"))
            groups = [inner, *(parent for parent in inner.parents if parent.is_relative_to(mount))]
            quotas += [quota for group in groups if (quota := _quota_of(group)) is not None]
    return min(quotas, default=None)


def _below(root: Path, path: str | Path) -> Path:
    return root / str(path).lstrip("/")


def _quota_of(group: Path) -> float | None:
    """Return the quota of one group, in cores: what it may use of each period."""
    try:
        if (group / "cpu.max").exists():
            allowed, period = (group / "cpu.max").read_text().split()
        else:  # version 1
            allowed = (group / "cpu.cfs_quota_us").read_text().strip()
            period = (group / "cpu.cfs_period_us").read_text().strip()
    except OSError:  # the root of all has none
        return None
    return None if allowed in {"max", "-1"} else int(allowed) / int(period)
