"""Questions to the kernel about memory and processes: Linux's calls and /proc.

Two things keep a process of the load generator from standing still. Its memory is there before the run: pages are
touched, locked where that is allowed, and what is freed is kept for the next time. And it looks at nothing itself
while it runs: page faults and waits for a core are read by the process that counts.
"""

import ctypes
import os
import resource
import signal
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # malloc.h
_MCL_CURRENT, _MCL_FUTURE, _MCL_ONFAULT = 1, 2, 4  # mman.h
_PR_SET_PDEATHSIG = 1  # prctl.h
_CAP_IPC_LOCK = 14  # capability.h
_KEEP_BYTES = 32 << 20
_MINOR_FAULTS, _MAJOR_FAULTS, _USER_TICKS, _SYSTEM_TICKS = 7, 9, 11, 12  # of /proc/PID/stat, after the name
_STAT = Path("/proc/stat")
_STEAL = 7  # of the line `cpu` in /proc/stat

_libc = ctypes.CDLL(None, use_errno=True)


def end_with_parent() -> None:
    """Let this process be killed when the one that started it is gone, whatever it is doing then."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def give_way() -> None:
    """Let this process run when no other wants to."""
    os.nice(10)
    with suppress(OSError):  # a sandbox may forbid it; the nice value is what matters
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


def keep_memory(reserve_bytes: int = 4 << 20) -> None:
    """Let the C library keep what is freed, and have some at hand: no pages come and go while the load runs.

    Args:
        reserve_bytes: what is touched now and free afterwards.
    """
    if hasattr(_libc, "mallopt"):  # glibc
        _libc.mallopt(_M_MMAP_THRESHOLD, _KEEP_BYTES)
        _libc.mallopt(_M_TRIM_THRESHOLD, ctypes.c_int(2**31 - 1))
    pieces = [bytearray(65536) for _ in range(reserve_bytes // 65536)]
    for piece in pieces:
        piece[::4096] = b"\1" * len(piece[::4096])


def lock_memory() -> bool:
    """Keep the kernel from taking pages of this process away, and return whether that was done.

    Only where there is no limit: below one, memory that is asked for later would be refused, and the process die.
    """
    _, hard_limit = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    resource.setrlimit(resource.RLIMIT_MEMLOCK, (hard_limit, hard_limit))
    if hard_limit not in (resource.RLIM_INFINITY, -1) and not _may_lock_any():
        return False
    return bool(_libc.mlockall(_MCL_CURRENT | _MCL_FUTURE | _MCL_ONFAULT) == 0)


def _may_lock_any() -> bool:
    """Whether this process may lock more than the limit (capabilities(7))."""
    effective = _status_field("CapEff")
    return effective is not None and bool(int(effective, 16) >> _CAP_IPC_LOCK & 1)


def lock_buffer(address: int, length_bytes: int) -> bool:
    """Lock one piece of memory, where all of it cannot be."""
    return bool(_libc.mlock(ctypes.c_void_p(address), ctypes.c_size_t(length_bytes)) == 0)


def peak_rss_bytes() -> int:
    """Return the most memory that this process has had; what `getrusage` says may be its parent's before the exec."""
    peak = _status_field("VmHWM")
    assert peak is not None, "every process has one"
    return int(peak.split()[0]) * 1024


def _status_field(name: str) -> str | None:
    status = Path("/proc/self/status").read_text(encoding="utf-8", errors="replace")
    return next((line.partition(":")[2].strip() for line in status.splitlines() if line.startswith(f"{name}:")), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessUsage:
    """The resources that a process has used so far.

    Attributes:
        run_queue_wait_ns: for how long it was ready to run and had no core; None where the kernel does not say.
    """

    minor_faults: int
    major_faults: int
    cpu_s: float
    run_queue_wait_ns: int | None


def stat_fields(pid: int) -> list[str]:
    """Return what proc_pid_stat(5) says of a process from its state on, which is number 0 here.

    Raises:
        ProcessLookupError: it is gone.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")  # a name may be any bytes
    except FileNotFoundError as error:
        raise ProcessLookupError(pid) from error
    return stat.rpartition(")")[2].split()


def process_name(pid: int) -> str:
    """Return what a process calls itself, in 15 characters at the most.

    Raises:
        ProcessLookupError: it is gone.
    """
    try:
        return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8", errors="replace").rstrip("\n")
    except OSError as error:
        raise ProcessLookupError(pid) from error


def read_process(pid: int) -> ProcessUsage | None:
    """Return what a process has used; None when it is gone."""
    try:
        fields = stat_fields(pid)
    except ProcessLookupError:
        return None
    return ProcessUsage(
        minor_faults=int(fields[_MINOR_FAULTS]),
        major_faults=int(fields[_MAJOR_FAULTS]),
        cpu_s=(int(fields[_USER_TICKS]) + int(fields[_SYSTEM_TICKS])) / os.sysconf("SC_CLK_TCK"),
        run_queue_wait_ns=_run_queue_wait_ns(pid),
    )


def _run_queue_wait_ns(pid: int) -> int | None:
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineTicks:
    """The clock ticks of all cores so far: all, and those that the machine's host gave to others."""

    total: int
    steal: int


def read_machine(stat: Path = _STAT) -> MachineTicks | None:
    """Return the ticks of the machine; None where it does not say."""
    try:
        line = stat.read_text(encoding="ascii").partition("\n")[0]
    except OSError:
        return None
    ticks = [int(field) for field in line.split()[1:9]]  # what comes after these is in them already
    return MachineTicks(total=sum(ticks), steal=ticks[_STEAL]) if len(ticks) > _STEAL else None
