"""The processes of the load generator: started, told when to begin, listened to, and stopped whatever happens.

Each process that sends is a fresh interpreter with a control pipe and a ring of its own; one more counts what they
write. A process whose parent is gone is ended by the kernel.
"""

from collections.abc import Callable
from multiprocessing.connection import wait
from time import monotonic, monotonic_ns
from types import TracebackType
from typing import Any, Self

from rush_hour.core.faults import GENERATOR_FAULTS
from rush_hour.core.figures import TimelineRow
from rush_hour.core.schedule import Schedule
from rush_hour.errors import RushHourError, StartError
from rush_hour.load.generators import Counted, Outcome, RunOver
from rush_hour.load.local.child import Child
from rush_hour.load.local.counter import count
from rush_hour.load.local.interrupts import Interrupts
from rush_hour.load.local.messages import Begin, Finish, Follow, Look, Open, Opened, Stop
from rush_hour.load.local.packed import Packed
from rush_hour.load.local.process import live
from rush_hour.load.plan import LoadPlan
from rush_hour.load.ring import Ring
from rush_hour.load.share import Done, OpenConnection

START_DELAY_NS = 50_000_000  # so that every process has its order before the first request is due
STOP_TIMEOUT_S = 0.8  # after Ctrl-C, until a process that does not answer is killed
COUNT_TIMEOUT_S = 10.0  # for what is left to count at the end, also on a machine that is full
LOOK_TIMEOUT_S = 2.0  # for what is said of connections at the end
WATCH_INTERVAL_S = 0.5
NUMPY_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


class Processes:
    """The running processes of one plan: a context manager.

    Args:
        plan: what they send, where to, and what a good answer is.

    Raises:
        UsageError, StartError: there is no such host; see `Destination.resolve`.
    """

    def __init__(self, plan: LoadPlan) -> None:
        self._plan = plan
        self._address = plan.destination.resolve()
        self._processes: list[Child] = []  # that send; the last one counts
        self._is_ended_early = False

    def __enter__(self) -> Self:
        """Start the processes."""
        rings = [Ring() for _ in range(self._plan.processes)]
        plan = Packed((self._plan, self._address))
        try:
            for number, ring in enumerate(rings):
                self._processes.append(Child(live, (plan, number, ring), fds=[ring.fd, *plan.fds]))
            one_thread = dict.fromkeys(NUMPY_THREADS, "1")
            self._processes.append(Child(count, (rings,), fds=[ring.fd for ring in rings], environment=one_thread))
        except OSError as error:
            self._stop(at_once=True)
            raise RushHourError(f"a process of the load generator could not be started: {error}.") from error
        except BaseException:
            self._stop(at_once=True)
            raise
        finally:
            plan.close()
            for ring in rings:
                ring.close()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        """Stop the processes."""
        self._stop(at_once=error is not None)

    @property
    def shares_cores(self) -> bool:
        """Whether the server is on this machine."""
        return self._address.is_local

    def open_connections(self) -> int:
        """Open all connections and return how many are open.

        Raises:
            StartError: none could be opened.
        """
        senders = range(self._plan.processes)
        self._tell(Open())
        answers: list[Opened] = [self._receive(number) for number in senders]
        opened = sum(answer.count for answer in answers)
        if opened == 0 and not self._plan.connection_per_request:
            reasons = sorted({name for answer in answers for name in answer.failures}) or ["closed at once"]
            hints = "".join(f" {GENERATOR_FAULTS[name][1]}" for name in reasons if name in GENERATOR_FAULTS)
            raise StartError(f"no connection to {self._address.label} could be opened: {', '.join(reasons)}.{hints}")
        return opened

    def run(
        self,
        schedule: Schedule,
        *,
        on_second: Callable[[TimelineRow], None] | None = None,
        watch: Callable[[], None] = lambda: None,
    ) -> Outcome:
        """Follow a schedule to its end, or until Ctrl-C.

        Args:
            schedule: when each request is due.
            on_second: called with each second as it is complete.
            watch: called twice a second; may raise to end the run.

        Raises:
            RushHourError: a process of the load generator died.
            KeyboardInterrupt: the second Ctrl-C.
        """
        pids = [process.pid for process in self._processes[:-1]]
        begin = Begin(
            pids=pids,
            reports_seconds=on_second is not None,
            requests=len(self._plan.request_names),
            phases=len(schedule.phase_ends_ns),
        )
        self._processes[-1].control.send(begin)
        start_at_ns = monotonic_ns() + START_DELAY_NS
        self._tell(Follow(schedule=schedule, start_at_ns=start_at_ns))
        self._is_ended_early = False
        with Interrupts() as interrupts:
            done = self._await_done(interrupts, on_second or (lambda _row: None), watch)
            elapsed_ns = min(monotonic_ns() - start_at_ns, schedule.duration_ns)
            counted = self._await_counted(done, on_second or (lambda _row: None))
            return Outcome(
                done=done,
                counted=counted,
                elapsed_ns=elapsed_ns,
                is_interrupted=interrupts.count > 0,
                is_ended_early=self._is_ended_early and not interrupts.count,
            )

    def connections(self) -> list[OpenConnection]:
        """Return the TCP connections that are open after a run that went to its end, of all processes that say so.

        Raises:
            RushHourError: a process of the load generator died.
        """
        self._tell(Look())
        end_at_s = monotonic() + LOOK_TIMEOUT_S
        found: list[OpenConnection] = []
        for number, process in enumerate(self._processes[:-1]):
            if wait([process.control], max(0.0, end_at_s - monotonic())):
                found += self._receive(number)
        return found

    def _await_done(
        self, interrupts: Interrupts, on_second: Callable[[TimelineRow], None], watch: Callable[[], None]
    ) -> list[Done | None]:
        """Wait until all processes have followed their schedule, or are killed for going on after its early end."""
        done: dict[int, Done | None] = {}
        watch_at_s, kill_at_s = monotonic(), float("inf")
        while len(done) < self._plan.processes:
            now_s = monotonic()
            if now_s >= kill_at_s:
                self._kill(missing := set(range(self._plan.processes)) - set(done))
                return [None if number in missing else done[number] for number in range(self._plan.processes)]
            if now_s >= watch_at_s and not (interrupts.count or self._is_ended_early):
                watch_at_s = now_s + WATCH_INTERVAL_S
                if self._is_over(watch):
                    kill_at_s = watch_at_s = self._end_now()
            awaited = [process.control for number, process in enumerate(self._processes) if number not in done]
            for ready in wait([*awaited, interrupts.fileno()], min(watch_at_s, kill_at_s) - now_s):
                if ready == interrupts.fileno():
                    interrupts.clear()
                    kill_at_s = watch_at_s = self._end_now()
                    continue
                number = next(n for n, process in enumerate(self._processes) if process.control is ready)
                message = self._receive(number)
                if isinstance(message, TimelineRow):
                    on_second(message)
                else:
                    done[number] = message
        return [done[number] for number in range(self._plan.processes)]

    def _is_over(self, watch: Callable[[], None]) -> bool:
        """Let those watch that follow the run, and return whether they have seen enough."""
        try:
            watch()
        except RunOver:
            self._is_ended_early = True
        return self._is_ended_early

    def _end_now(self) -> float:
        """Let all processes end the schedule, and return when those are killed that do not."""
        for process in self._processes:
            process.wake()
        self._tell(Stop())
        return monotonic() + STOP_TIMEOUT_S

    def _await_counted(self, done: list[Done | None], on_second: Callable[[TimelineRow], None]) -> Counted:
        """Wait for what is left to count; after Ctrl-C as long, for that is what is reported. A second one ends it."""
        control = self._processes[-1].control
        control.send(Finish(uncounted=[{} if one is None else one.uncounted for one in done]))
        while wait([control], COUNT_TIMEOUT_S):
            message = self._receive(self._plan.processes)
            if isinstance(message, Counted):
                return message
            on_second(message)
        raise RushHourError("the process that counts for the load generator did not answer: its figures are lost.")

    def _tell(self, message: object) -> None:
        """Tell something to the processes that send."""
        for number, process in enumerate(self._processes[:-1]):
            try:
                process.control.send(message)
            except OSError as error:
                raise self._death_of(number) from error

    def _receive(self, number: int) -> Any:
        try:
            message = self._processes[number].control.recv()
        except (EOFError, OSError) as error:
            raise self._death_of(number) from error
        if isinstance(message, RushHourError):
            raise message
        return message

    def _death_of(self, number: int) -> RushHourError:
        exit_code = self._processes[number].wait(STOP_TIMEOUT_S)
        what = f"process {number}" if number < self._plan.processes else "the process that counts"
        return RushHourError(f"{what} of the load generator died with exit code {exit_code}.")

    def _kill(self, numbers: set[int]) -> None:
        for number in numbers:
            self._processes[number].kill()

    def _stop(self, *, at_once: bool) -> None:
        """End all processes; those that do not end by themselves soon, or all at once, are killed."""
        for process in self._processes:
            process.control.close()
        end_at_s = monotonic() + (0 if at_once else STOP_TIMEOUT_S)
        for process in self._processes:
            if process.wait(end_at_s - monotonic()) is None:
                process.kill()
        self._processes.clear()
