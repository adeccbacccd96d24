"""The supervisor's policy: what happened goes in, what to do comes out.

Rules that must hold, whatever the order of events:

1. Never more than `workers` workers are booting or serving at once.
2. A worker that ends is replaced, unless the daemon is stopping. Replacements for workers that did not come up, or
   fell soon after, wait longer and longer, so a crash loop never becomes a busy loop. Workers that were started
   together fail as one: a broken database makes sixteen of them wait no longer than one.
3. If no worker has ever served and as many have failed as were asked for, the daemon gives up: the configuration is
   at fault, and whoever started it is still watching.
4. After `StopRequested`, every worker is retired, and killed when its time is up; then comes `Exit`, once.

Pure: imports no asyncio, socket, subprocess or time. `fleet.py` and `daemon.py` act.
"""

from collections import deque
from dataclasses import dataclass, field
from enum import Enum

BACKOFF_FIRST_S = 0.5
BACKOFF_LIMIT_S = 30.0
FORGET_AFTER_S = 60.0  # without a failure, and the next one waits BACKOFF_FIRST_S again
STEADY_AFTER_S = 5.0  # a worker that has served this long did not fail when it ends
KILL_MARGIN_S = 1.0  # a worker obeys the graceful timeout by itself; it is killed this much later
EVENT_LOG_LENGTH = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerReady:
    """A worker accepts connections."""

    worker_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerExited:
    """A worker's process is gone. A negative exit code is the signal that ended it."""

    worker_id: int
    exit_code: int
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StopRequested:
    """Somebody wants the daemon to end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """Time has passed."""


Event = WorkerReady | WorkerExited | StopRequested | Tick


@dataclass(frozen=True, slots=True, kw_only=True)
class StartWorker:
    """Start a process under this number."""

    worker_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RetireWorker:
    """Ask the worker to finish its requests and end."""

    worker_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KillWorker:
    """End the worker at once."""

    worker_id: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Exit:
    """No worker is left: end the daemon."""

    exit_code: int
    reason: str


Action = StartWorker | RetireWorker | KillWorker | Exit


class Phase(Enum):
    """Where a worker is in its life."""

    BOOTING = "booting"
    SERVING = "serving"
    RETIRING = "retiring"
    KILLED = "killed"


@dataclass(slots=True, kw_only=True)
class _Worker:
    started_at_s: float
    deadline_at_s: float | None  # when it is killed; None for never
    serving_since_s: float = 0.0
    phase: Phase = Phase.BOOTING

    def is_steady(self, now_s: float) -> bool:
        """Tell whether the worker has served long enough to be no part of a crash loop."""
        return self.phase is Phase.SERVING and now_s - self.serving_since_s >= STEADY_AFTER_S


@dataclass(slots=True, kw_only=True)
class Decisions:
    """The state of one daemon.

    Args:
        workers: how many to keep.
        graceful_timeout_s: how long a retiring worker may take, in seconds.
        boot_timeout_s: how long a worker may take to serve, in seconds; 0 for as long as it takes.

    Attributes:
        event_log: the last events, each with its time in seconds, oldest first.
    """

    workers: int
    graceful_timeout_s: float
    boot_timeout_s: float
    event_log: deque[tuple[float, Event]] = field(default_factory=lambda: deque(maxlen=EVENT_LOG_LENGTH))
    _fleet: dict[int, _Worker] = field(default_factory=dict)
    _last_worker_id: int = 0
    _failed_boots: int = 0  # until a worker serves
    _failed_rounds: int = 0  # in a row
    _start_at_s: float = 0.0  # no worker is started earlier
    _has_served: bool = False
    _verdict: Exit | None = None  # set when stopping: how the daemon will end
    _has_ended: bool = False

    def handle(self, event: Event, *, now_s: float) -> list[Action]:
        """Take one event in and return what to do, in order.

        Args:
            event: what happened.
            now_s: when, in seconds on any clock that does not go back.
        """
        if self._has_ended:
            return []
        self.event_log.append((now_s, event))
        actions: list[Action] = []
        match event:
            case WorkerReady():
                self._on_ready(event, now_s)
            case WorkerExited():
                self._on_exited(event, now_s, actions)
            case StopRequested():
                self._stop(now_s, actions)
        self._kill_late(now_s, actions)
        if self._verdict is None:
            self._fill(now_s, actions)
        elif not self._fleet:
            self._has_ended = True
            actions.append(self._verdict)
        return actions

    def next_wake_at_s(self) -> float | None:
        """Return when a `Tick` is needed at the latest; None while nothing waits for time to pass."""
        waits = [worker.deadline_at_s for worker in self._fleet.values() if worker.deadline_at_s is not None]
        if self._verdict is None and self._missing() > 0:
            waits.append(self._start_at_s)
        return min(waits, default=None)

    def phases(self) -> dict[int, Phase]:
        """Return the phase of each worker that is alive, by its number."""
        return {worker_id: worker.phase for worker_id, worker in self._fleet.items()}

    def _on_ready(self, event: WorkerReady, now_s: float) -> None:
        self._has_served = True
        worker = self._fleet.get(event.worker_id)
        if worker is not None and worker.phase is Phase.BOOTING:
            worker.phase, worker.deadline_at_s, worker.serving_since_s = Phase.SERVING, None, now_s

    def _on_exited(self, event: WorkerExited, now_s: float, actions: list[Action]) -> None:
        worker = self._fleet.pop(event.worker_id, None)
        if worker is None or self._verdict is not None or worker.is_steady(now_s):
            return
        if worker.started_at_s >= self._start_at_s:  # else its round has failed already
            self._back_off(now_s)
        self._failed_boots += 1
        if not self._has_served and self._failed_boots >= self.workers:
            reason = f"no worker came up; the last said: {event.reason or describe_exit(event.exit_code)}"
            self._stop(now_s, actions, exit_code=3, reason=reason)

    def _back_off(self, now_s: float) -> None:
        if now_s - self._start_at_s > FORGET_AFTER_S:
            self._failed_rounds = 0
        wait_s = min(BACKOFF_FIRST_S * 2.0 ** min(self._failed_rounds, 10), BACKOFF_LIMIT_S)
        self._failed_rounds += 1
        self._start_at_s = now_s + wait_s

    def _stop(self, now_s: float, actions: list[Action], *, exit_code: int = 0, reason: str = "stopped") -> None:
        if self._verdict is not None:
            return
        self._verdict = Exit(exit_code=exit_code, reason=reason)
        for worker_id, worker in self._fleet.items():
            if worker.phase in (Phase.BOOTING, Phase.SERVING):
                worker.phase = Phase.RETIRING
                worker.deadline_at_s = now_s + self.graceful_timeout_s + KILL_MARGIN_S
                actions.append(RetireWorker(worker_id=worker_id))

    def _kill_late(self, now_s: float, actions: list[Action]) -> None:
        for worker_id, worker in self._fleet.items():
            if worker.deadline_at_s is not None and worker.deadline_at_s <= now_s:
                reason = "did not come up in time" if worker.phase is Phase.BOOTING else "did not end in time"
                worker.phase, worker.deadline_at_s = Phase.KILLED, None
                actions.append(KillWorker(worker_id=worker_id, reason=reason))

    def _missing(self) -> int:
        return self.workers - len(self._fleet)

    def _fill(self, now_s: float, actions: list[Action]) -> None:
        if now_s < self._start_at_s:
            return
        boot_deadline_at_s = now_s + self.boot_timeout_s if self.boot_timeout_s else None
        for _ in range(self._missing()):
            self._last_worker_id += 1
            self._fleet[self._last_worker_id] = _Worker(started_at_s=now_s, deadline_at_s=boot_deadline_at_s)
            actions.append(StartWorker(worker_id=self._last_worker_id))


def describe_exit(exit_code: int) -> str:
    """Say in words how a process ended: a negative exit code is a signal's number."""
    return f"ended by signal {-exit_code}" if exit_code < 0 else f"ended with exit code {exit_code}"
