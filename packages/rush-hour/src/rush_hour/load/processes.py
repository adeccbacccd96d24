"""The processes of the load generator: started, told when to begin, listened to, and stopped whatever happens.

Each is a fresh interpreter with a control pipe. A process whose parent is gone sees the end of its pipe and ends.
"""

import gc
import multiprocessing
import os
import resource
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from time import monotonic_ns
from types import TracebackType
from typing import Any, Self

from rush_hour.core.schedule import Schedule
from rush_hour.errors import RushHourError, StartError
from rush_hour.load.injector import SECOND_NS, Injector
from rush_hour.load.limits import raise_open_file_limit
from rush_hour.load.plan import LoadPlan
from rush_hour.load.tally import Interval, ShareResult, Tally

OPEN_TIMEOUT_S = 10.0
START_DELAY_NS = 50_000_000  # so that every process has its order before the first request is due
STOP_TIMEOUT_S = 2.0
WATCH_INTERVAL_S = 0.5
NUMPY_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """Open every connection that is not open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """How many connections are open, and why others are not."""

    count: int
    failures: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Follow a schedule."""

    schedule: Schedule
    start_at_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """End: now, if a schedule is being followed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What all processes saw of one schedule."""

    shares: list[ShareResult]
    start_at_ns: int
    end_at_ns: int
    is_interrupted: bool


class Processes:
    """The running processes of one plan: a context manager.

    Args:
        plan: what they send, where to, and what a good answer is.
    """

    def __init__(self, plan: LoadPlan) -> None:
        self._plan = plan
        self._processes: list[BaseProcess] = []
        self._controls: list[Connection[Any, Any]] = []

    def __enter__(self) -> Self:
        """Start the processes."""
        context = multiprocessing.get_context("spawn")
        for name in NUMPY_THREADS:
            os.environ.setdefault(name, "1")
        try:
            for number in range(self._plan.processes):
                ours, theirs = context.Pipe()
                process = context.Process(target=_live, args=(self._plan, number, theirs), daemon=True)
                with _sigint_blocked():
                    process.start()
                theirs.close()
                self._processes.append(process)
                self._controls.append(ours)
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        """Stop the processes."""
        self._stop()

    def open_connections(self) -> int:
        """Open all connections and return how many are open.

        Raises:
            StartError: none could be opened.
        """
        self._tell(Open())
        answers: list[Opened] = [self._receive(number) for number in range(len(self._controls))]
        count = sum(answer.count for answer in answers)
        if count == 0 and not self._plan.connection_per_request:
            reasons = sorted({name for answer in answers for name in answer.failures}) or ["closed at once"]
            raise StartError(f"no connection to {self._plan.address.label} could be opened: {', '.join(reasons)}.")
        return count

    def run(
        self,
        schedule: Schedule,
        *,
        on_interval: Callable[[Interval], None] = lambda _interval: None,
        watch: Callable[[], None] = lambda: None,
    ) -> Outcome:
        """Follow a schedule to its end, or until Ctrl-C.

        Args:
            schedule: when each request is due.
            on_interval: called with what one process saw in one second.
            watch: called twice a second; may raise to end the run.

        Raises:
            RushHourError: a process of the load generator died.
        """
        start_at_ns = monotonic_ns() + START_DELAY_NS
        self._tell(Run(schedule=schedule, start_at_ns=start_at_ns))
        shares: dict[int, ShareResult] = {}
        is_interrupted = False
        while len(shares) < len(self._controls):
            try:
                watch()
                for control in wait([c for n, c in enumerate(self._controls) if n not in shares], WATCH_INTERVAL_S):
                    number = self._controls.index(control)  # type: ignore[arg-type]  # only pipes are waited for
                    message = self._receive(number)
                    if isinstance(message, ShareResult):
                        shares[number] = message
                    else:
                        on_interval(message)
            except KeyboardInterrupt:
                is_interrupted = True
                self._tell(Stop())
        planned_end_at_ns = start_at_ns + round(schedule.duration_s * SECOND_NS)
        return Outcome(
            shares=[shares[number] for number in range(len(self._controls))],
            start_at_ns=start_at_ns,
            end_at_ns=min(monotonic_ns(), planned_end_at_ns),
            is_interrupted=is_interrupted,
        )

    def _tell(self, message: object) -> None:
        for number, control in enumerate(self._controls):
            try:
                control.send(message)
            except OSError as error:
                raise self._death_of(number) from error

    def _receive(self, number: int) -> Any:
        try:
            message = self._controls[number].recv()
        except (EOFError, OSError) as error:
            raise self._death_of(number) from error
        if isinstance(message, RushHourError):
            raise message
        return message

    def _death_of(self, number: int) -> RushHourError:
        process = self._processes[number]
        process.join(STOP_TIMEOUT_S)
        return RushHourError(f"process {number} of the load generator died with exit code {process.exitcode}.")

    def _stop(self) -> None:
        for control in self._controls:
            control.close()
        for process in self._processes:
            process.join(STOP_TIMEOUT_S)
            if process.is_alive():
                process.kill()
                process.join()
            process.close()
        self._controls.clear()
        self._processes.clear()


@contextmanager
def _sigint_blocked() -> Iterator[None]:
    """Let what is started inherit a mask that keeps Ctrl-C from it until it can ignore it: it is for the parent."""
    old_mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, old_mask)


def _live(plan: LoadPlan, number: int, control: "Connection[Any, Any]") -> None:
    """Do what the parent says, until it says stop or is gone: the main function of a process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent
    try:
        raise_open_file_limit(len(plan.schedule.connections_of(number, plan.processes)))
        injector = Injector(plan, number, control.fileno())
    except RushHourError as error:
        control.recv()
        control.send(error)
        return
    gc.disable()  # the loop makes no cycles, and a collection would show as latency
    opened = 0
    try:
        while not injector.is_stopped:
            match control.recv():
                case Open():
                    opened = injector.open_connections(OPEN_TIMEOUT_S)
                    control.send(Opened(count=opened, failures=injector.failures()))
                case Run(schedule=schedule, start_at_ns=start_at_ns):
                    before = resource.getrusage(resource.RUSAGE_SELF)
                    tally = injector.run(schedule, start_at_ns, control.send)
                    control.send(_share_result(tally, before, opened, injector.count_open()))
                case Stop():
                    return
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return  # the parent is gone
    except RushHourError as error:
        control.send(error)
    finally:
        injector.close()


def _share_result(tally: Tally, before: resource.struct_rusage, opened: int, open_now: int) -> ShareResult:
    after = resource.getrusage(resource.RUSAGE_SELF)
    return ShareResult(
        requests_due=tally.requests_due,
        requests_sent=tally.sent,
        good=tally.good,
        bad=tally.bad,
        status_counts=tally.status_counts,
        errors=tally.errors,
        bytes_read=tally.bytes_read,
        last_answer_at_ns=tally.last_answer_at_ns,
        latency=tally.latency.used(),
        service_time=tally.service_time.used(),
        send_lag=tally.send_lag.used(),
        latency_bad=tally.latency_bad.used(),
        cpu_s=after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        max_rss_bytes=after.ru_maxrss * 1024,
        open_at_start=opened,
        open_at_end=open_now if tally.open_at_end is None else tally.open_at_end,
        reconnects=tally.reconnects,
        closed_idle=tally.closed_idle,
        connect_failures=tally.connect_failures,
        first_bad=tally.first_bad,
    )
