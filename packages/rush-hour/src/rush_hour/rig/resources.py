"""CPU time and memory of each role, sampled while the load is on.

CPU time is read from each process's own clock, in nanoseconds: /proc counts it in hundredths of a second, which for
many processes that do little adds up to nothing. A process that ends between two samples takes its last CPU time with
it: at most one interval's worth.
"""

import threading
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self

import psutil

from rush_hour.report.result_file import Usage

INTERVAL_S = 1.0

ProcessKey = tuple[int, float]  # id and start time: ids are used again


class RoleSampler:
    """What the processes of one role have used since `begin`.

    Args:
        process_ids: returns the ids of the role's processes that run now.
    """

    def __init__(self, process_ids: Callable[[], list[int]]) -> None:
        self._process_ids = process_ids
        self._at_start: dict[ProcessKey, float] = {}
        self._latest: dict[ProcessKey, float] = {}
        self._max_rss_bytes = 0

    def begin(self) -> None:
        """Count from now on."""
        self._at_start = {}
        self._latest = {}
        self._max_rss_bytes = 0
        self.sample()
        self._at_start = dict(self._latest)

    def sample(self) -> None:
        """Look at the processes once."""
        rss_bytes = 0
        for process_id in self._process_ids():
            try:
                process = psutil.Process(process_id)
                self._latest[process_id, process.create_time()] = _cpu_s(process_id)
                rss_bytes += process.memory_info().rss
            except (psutil.NoSuchProcess, ProcessLookupError):
                continue
        self._max_rss_bytes = max(self._max_rss_bytes, rss_bytes)

    def usage(self) -> Usage:
        """Return what was used from `begin` to the last sample; a process that came later counts from its start."""
        cpu_s = sum(used_s - self._at_start.get(key, 0.0) for key, used_s in self._latest.items())
        return Usage(cpu_s=round(cpu_s, 6), max_rss_bytes=self._max_rss_bytes)


class Sampling:
    """Samples several roles in the background from `begin` on. A context manager, which ends it.

    Args:
        roles: the sources of process ids, by role.
    """

    def __init__(self, roles: Mapping[str, Callable[[], list[int]]]) -> None:
        self._samplers = {role: RoleSampler(process_ids) for role, process_ids in roles.items()}
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self._machine_at_start = self._machine_latest = 0.0

    def __enter__(self) -> Self:
        """Return the sampling, which has not begun."""
        return self

    def begin(self) -> None:
        """Count from now on."""
        for sampler in self._samplers.values():
            sampler.begin()
        self._machine_at_start = self._machine_latest = _machine_cpu_s()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        """Take the last sample."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()

    def usage(self) -> dict[str, Usage]:
        """Return what each role has used."""
        return {role: sampler.usage() for role, sampler in self._samplers.items()}

    @property
    def machine_cpu_s(self) -> float:
        """What the whole machine has used, with what other guests of its host took from it."""
        return self._machine_latest - self._machine_at_start

    def _run(self) -> None:
        while not self._ended.wait(INTERVAL_S):
            self._sample()
        self._sample()

    def _sample(self) -> None:
        for sampler in self._samplers.values():
            sampler.sample()
        self._machine_latest = _machine_cpu_s()


def _cpu_s(process_id: int) -> float:
    """Return what all threads of a process have used: its CPU-time clock, as clock_getcpuclockid(3) names it.

    Raises:
        ProcessLookupError: it is gone.
    """
    clock_id = ~process_id << 3 | 2  # Linux: MAKE_PROCESS_CPUCLOCK(pid, CPUCLOCK_SCHED) in posix-timers.h
    try:
        return time.clock_gettime(clock_id)
    except OSError as error:  # EINVAL: no such process
        raise ProcessLookupError(process_id) from error


def _machine_cpu_s() -> float:
    """Interrupts are left out: processes are charged for those that they cause, too."""
    times = psutil.cpu_times()
    return float(times.user + times.nice + times.system + times.steal)
