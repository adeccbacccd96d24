"""The state of this machine, from /proc and /sys: what it does not tell stays unknown, and nothing is measured."""

import os
import resource
from collections import Counter
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from rush_hour.judge.health.facts import MachineState, Turbo
from rush_hour.load.kernel import read_machine
from rush_hour.rig.parts.control_group import quota_cores

ROOT = Path("/")
CPUS = Path("sys/devices/system/cpu")
CLOCK = Path("sys/devices/system/clocksource/clocksource0")
SUPPLIES = Path("sys/class/power_supply")
NET = Path("proc/sys/net")
CONTAINER_FILES = (".dockerenv", "run/.containerenv", "var/run/secrets/kubernetes.io")  # Docker, Podman, Kubernetes
# Where it is said, what it says when turbo is on, and what ends it.
TURBO_SWITCHES = (
    (CPUS / "intel_pstate/no_turbo", "0", "1"),
    (CPUS / "cpufreq/boost", "1", "0"),
)


def look(root: Path = ROOT, cpus: Collection[int] | None = None) -> MachineState:
    """Return the state of this machine.

    Args:
        root: where /proc and /sys are.
        cpus: that may be used; None for those that this process may.
    """
    cpus = os.sched_getaffinity(0) if cpus is None else cpus
    tells_quota, quota = _quota(root)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MachineState(
        cores=len(cpus),
        online_cores=_online(root),
        tells_quota=tells_quota,
        quota_cores=quota,
        governors=_governors(root, cpus),
        turbo=_turbo(root),
        is_virtual=_is_virtual(root),
        is_container=any((root / name).exists() for name in CONTAINER_FILES),
        steal_ratio=_steal_ratio(root),
        clock=_text(root / CLOCK / "current_clocksource"),
        clocks=tuple((_text(root / CLOCK / "available_clocksource") or "").split()),
        open_files_soft=None if soft == resource.RLIM_INFINITY else soft,
        open_files_hard=None if hard == resource.RLIM_INFINITY else hard,
        somaxconn=_number(root / NET / "core/somaxconn"),
        port_range=_port_range(root),
        on_battery=_is_on_battery(root),
    )


def with_siblings(cpus: Collection[int], root: Path = ROOT) -> set[int]:
    """Return CPUs, and those that are threads of the same cores.

    Args:
        cpus: the CPUs.
        root: where /sys is.
    """
    siblings = (_listed(root / CPUS / f"cpu{cpu}/topology/thread_siblings_list") for cpu in cpus)
    return {*cpus}.union(*(found or () for found in siblings))


def _text(path: Path) -> str | None:
    """Return what a file says; None where it says nothing."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip() or None
    except OSError:
        return None


def _number(path: Path) -> int | None:
    text = _text(path)
    return int(text) if text is not None and text.isdecimal() else None


def _quota(root: Path) -> tuple[bool, float | None]:
    """Return whether a quota would be told, and which there is."""
    try:
        return True, quota_cores(root)
    except (OSError, ValueError):
        return False, None


def _online(root: Path) -> int | None:
    """Return how many cores are online."""
    online = _listed(root / CPUS / "online")
    return None if online is None else len(online)


def _listed(path: Path) -> set[int] | None:
    """Return the cores that a file lists in ranges, such as `0-3,8`; None where it says nothing."""
    text = _text(path)
    if text is None:
        return None
    with suppress(ValueError):
        ranges = [part.partition("-") for part in text.split(",")]
        return {cpu for first, _, last in ranges for cpu in range(int(first), int(last or first) + 1)}
    return None


def _governors(root: Path, cpus: Collection[int]) -> dict[str, int]:
    found = (_text(root / CPUS / f"cpu{cpu}/cpufreq/scaling_governor") for cpu in sorted(cpus))
    return dict(Counter(name for name in found if name is not None))


def _turbo(root: Path) -> Turbo | None:
    for path, on, off in TURBO_SWITCHES:
        if (said := _text(root / path)) is not None:
            return Turbo(is_on=said == on, off_command=f"echo {off} > /{path}")
    return None


def _is_virtual(root: Path) -> bool:
    """Whether it runs on a hypervisor: x86 says so among the flags of its cores, others by a file, if at all."""
    with suppress(OSError), (root / "proc/cpuinfo").open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if line.startswith("flags"):
                return "hypervisor" in line.split()
    return _text(root / "sys/hypervisor/type") is not None


def _steal_ratio(root: Path) -> float | None:
    ticks = read_machine(root / "proc/stat")
    return None if ticks is None or not ticks.total else ticks.steal / ticks.total


def _port_range(root: Path) -> tuple[int, int] | None:
    with suppress(ValueError):
        first, last = map(int, (_text(root / NET / "ipv4/ip_local_port_range") or "").split())
        return first, last
    return None


def _is_on_battery(root: Path) -> bool:
    """Whether there is a battery, and no power from elsewhere."""
    supplies = [*(root / SUPPLIES).glob("*")]
    kinds = {_text(supply / "type") for supply in supplies if _text(supply / "scope") != "Device"}  # no mouse's
    return "Battery" in kinds and not any(_text(supply / "online") == "1" for supply in supplies)
