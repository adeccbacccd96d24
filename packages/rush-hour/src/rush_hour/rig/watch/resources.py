"""CPU time and memory of each role, sampled while the load is on.

CPU time is the kernel's account of the part's control group, where there is one: it has what short-lived processes used
as well. Elsewhere it is read from each process's own clock, in nanoseconds (/proc counts it in hundredths of a second,
which for many processes that do little adds up to nothing), and for processes that came and went between two looks from
what their parents, or the part's keeper, have reaped. Only of a process that nobody waits for (SIGCHLD ignored) is
nothing known then.
"""

import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

import psutil

from rush_hour.load.kernel import process_name, stat_fields
from rush_hour.results.resources import ProcessUsage, Role, Usage, UsageRow
from rush_hour.rig.watch.balance import Balance, Held
from rush_hour.rig.watch.clocks import Clocks, ProcessKey, busiest_between, used_between

INTERVAL_S = 1.0
PROCESSES_LIMIT = 256  # of a role that are told apart: those that used most
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class Watched(Protocol):
    """Processes that use CPU and memory: a `Part`."""

    def process_ids(self) -> list[int]:
        """Return the ids of the processes that run now."""

    def cpu_s(self) -> float | None:
        """Return what all of them have used, in seconds, those that have ended too; None if nobody counts that."""

    @property
    def keeper_id(self) -> int | None:
        """The process that reaps their orphans; None without one."""


@dataclass(slots=True, kw_only=True)
class _SeenProcess:
    """Usage of one process since `begin`."""

    name: str
    at_begin_s: float
    cpu_s: float = 0.0
    max_rss_bytes: int = 0


class RoleSampler:
    """CPU time and memory of one role since `begin`."""

    def __init__(self, watched: Watched) -> None:
        self._watched = watched
        self._clocks: dict[ProcessKey, Clocks] = {}
        self._processes: dict[ProcessKey, _SeenProcess] = {}
        self._rows: list[UsageRow] = []
        self._group_at_begin_s: float | None = None
        self._cpu_s = 0.0
        self._max_rss_bytes = self._rss_bytes = 0

    def begin(self) -> None:
        """Count from now on."""
        self._max_rss_bytes = 0
        self._processes, self._rows = {}, []
        self._look()
        for key, process in self._processes.items():
            process.at_begin_s, process.cpu_s = self._clocks[key].own_s, 0.0
        self._group_at_begin_s = self._watched.cpu_s()
        self._cpu_s = 0.0

    def sample(self, at_s: float) -> None:
        """Look at the processes once.

        Args:
            at_s: now, since `begin`.
        """
        before, cpu_before_s = self._clocks, self._cpu_s
        self._look()
        if self._group_at_begin_s is None:
            self._cpu_s += used_between(before, self._clocks)
        elif (group_s := self._watched.cpu_s()) is not None:  # else the part has ended: what was seen last counts
            self._cpu_s = group_s - self._group_at_begin_s
        busiest_pid, busiest_cpu_s = busiest_between(before, self._clocks)
        row = UsageRow(
            at_s=round(at_s, 3),
            cpu_s=round(self._cpu_s - cpu_before_s, 6),
            rss_bytes=self._rss_bytes,
            busiest_pid=busiest_pid,
            busiest_cpu_s=None if busiest_cpu_s is None else round(busiest_cpu_s, 6),
        )
        self._rows.append(row)

    def usage(self, held: Mapping[int, Held] | None = None) -> Usage:
        """Return what was used from `begin` to the last sample; a process that came later counts from its start.

        Args:
            held: what each process that was there at the end held of the load's connections; None if it is not known.
        """
        processes = [self._process_usage(key, seen, held or {}) for key, seen in self._processes.items()]
        processes.sort(key=lambda process: process.cpu_s, reverse=True)
        return Usage(
            cpu_s=round(self._cpu_s, 6),
            max_rss_bytes=self._max_rss_bytes,
            processes=sorted(processes[:PROCESSES_LIMIT], key=lambda process: process.pid),
            timeline=list(self._rows),
        )

    def _process_usage(self, key: ProcessKey, seen: _SeenProcess, held: Mapping[int, Held]) -> ProcessUsage:
        of_process = held.get(key[0]) if key in self._clocks else None
        return ProcessUsage(
            pid=key[0],
            name=seen.name,
            cpu_s=round(seen.cpu_s, 6),
            max_rss_bytes=seen.max_rss_bytes,
            connections=None if of_process is None else of_process.connections,
            answers=None if of_process is None else of_process.answers,
        )

    def _look(self) -> None:
        clocks: dict[ProcessKey, Clocks] = {}
        self._rss_bytes = 0
        for process_id in self._watched.process_ids():
            try:
                key, seen, resident_bytes = _look_at(process_id)
                process = self._processes.get(key) or _SeenProcess(name=process_name(process_id), at_begin_s=0.0)
            except ProcessLookupError:
                continue
            clocks[key] = seen
            self._processes[key] = process
            process.cpu_s = seen.own_s - process.at_begin_s
            process.max_rss_bytes = max(process.max_rss_bytes, resident_bytes)
            self._rss_bytes += resident_bytes
        if self._group_at_begin_s is None and (keeper_id := self._watched.keeper_id) is not None:
            try:
                key, seen, _ = _look_at(keeper_id)
            except ProcessLookupError:
                pass  # the part has ended, and what its keeper reaped at the end is not known
            else:
                clocks[key] = Clocks(own_s=0.0, reaped_s=seen.reaped_s)
        self._clocks = clocks
        self._max_rss_bytes = max(self._max_rss_bytes, self._rss_bytes)


class Sampling:
    """Samples several roles in the background from `begin` to `end`. A context manager, which ends it at the latest.

    Args:
        roles: what is watched, by role.
    """

    def __init__(self, roles: Mapping[Role, Watched]) -> None:
        self._samplers = {role: RoleSampler(watched) for role, watched in roles.items()}
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self._at_begin = self._at_end = _Machine()

    def __enter__(self) -> Self:
        """Return the sampling, which has not begun."""
        return self

    def begin(self) -> None:
        """Count from now on."""
        for sampler in self._samplers.values():
            sampler.begin()
        self._at_begin = self._at_end = _Machine.now()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Take the last sample: what is used from now on does not count."""
        if self._thread is None or self._ended.is_set():
            return
        self._at_end = _Machine.now()
        self._ended.set()
        self._thread.join()
        self._sample()

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        """End it."""
        self.end()

    def usage(self, balance: Balance | None = None) -> dict[Role, Usage]:
        """Return what each role has used.

        Args:
            balance: what its processes held of the load's connections at the end; None if it is not known.
        """
        return {role: sampler.usage((balance or {}).get(role)) for role, sampler in self._samplers.items()}

    @property
    def machine_cpu_s(self) -> float:
        """CPU time of the whole machine, with what its host's other guests took from it, but without this process."""
        begin, end = self._at_begin, self._at_end
        return (end.cpu_s - begin.cpu_s) - (end.own_cpu_s - begin.own_cpu_s)

    @property
    def capacity_cpu_s(self) -> float:
        """CPU time that the whole machine has had."""
        return (self._at_end.at_s - self._at_begin.at_s) * (os.cpu_count() or 1)

    def _run(self) -> None:
        while not self._ended.wait(INTERVAL_S):
            self._sample()

    def _sample(self) -> None:
        at_s = time.monotonic() - self._at_begin.at_s
        for sampler in self._samplers.values():
            sampler.sample(at_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Machine:
    """An instant of the whole machine's clocks and of this process's, in seconds."""

    at_s: float = 0.0
    cpu_s: float = 0.0
    own_cpu_s: float = 0.0

    @classmethod
    def now(cls) -> Self:
        return cls(at_s=time.monotonic(), cpu_s=machine_cpu_s(), own_cpu_s=time.process_time())


def busy_ratio(look: Callable[[], None]) -> float:
    """Return how much of the machine other processes use while `look` runs, from 0 to 1."""
    before = _Machine.now()
    look()
    after = _Machine.now()
    used_s = (after.cpu_s - before.cpu_s) - (after.own_cpu_s - before.own_cpu_s)
    return min(1.0, max(0.0, used_s / ((after.at_s - before.at_s) * (os.cpu_count() or 1))))


def machine_cpu_s() -> float:
    """Return what the whole machine has used. Without interrupts: processes are charged for those that they cause."""
    times = psutil.cpu_times()
    return float(times.user + times.nice + times.system + times.steal)


def _look_at(process_id: int) -> tuple[ProcessKey, Clocks, int]:
    """Return which process it is, its clocks, and its resident memory in bytes.

    Raises:
        ProcessLookupError: it is gone.
    """
    fields = stat_fields(process_id)
    user, system, reaped_user, reaped_system = map(int, fields[11:15])
    clocks = Clocks(
        own_s=_own_cpu_s(process_id, (user + system) / TICKS_PER_S),
        reaped_s=(reaped_user + reaped_system) / TICKS_PER_S,
    )
    return (process_id, int(fields[19])), clocks, int(fields[21]) * PAGE_BYTES


def _own_cpu_s(process_id: int, otherwise_s: float) -> float:
    """Return what all threads of a process have used: its CPU-time clock, as clock_getcpuclockid(3) names it."""
    clock_id = ~process_id << 3 | 2  # Linux: MAKE_PROCESS_CPUCLOCK(pid, CPUCLOCK_SCHED) in posix-timers.h
    try:
        return time.clock_gettime(clock_id)
    except OSError:  # EINVAL: it has ended, and nobody has waited for it yet
        return otherwise_s
