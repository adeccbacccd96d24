"""The supervisor's policy: what happened goes in, what to do comes out.

Rules that must hold, whatever the order of events:

1. No worker is started when more than `workers` workers hold a place, and only for a replacement when just as many do:
   there is one extra worker at most. A worker that was asked to end holds no place; but a replacement has to wait while
   many of them still serve their last connections.
2. A worker is replaced by a reload (every one of an older generation), or because it is spent (requests, memory,
   lifetime). It is retired only when more than `workers` workers serve: the replacement comes first.
3. A worker of the new generation that fails ends the reload: the others stay as they are, and nobody tries again until
   somebody asks again. A worker that is spent is replaced whenever that works.
4. A worker that ends is replaced, unless the daemon is stopping. Replacements for workers that did not come up, or
   fell soon after, wait longer and longer, so a crash loop never becomes a busy loop. Workers that were started
   together fail as one: a broken database makes sixteen of them wait no longer than one.
5. A worker that is late (to come up, with its heartbeat, to end) is asked for its stack and killed a moment later. If
   its heart beats again in that moment it lives: the whole machine may have stood still. Only a `Tick` makes late, so
   what has happened meanwhile is to be told before it.
6. If no worker has ever served and as many have failed as were asked for, the daemon gives up: the configuration is
   at fault, and whoever started it is still watching. A successor gives up at its first failure: another serves.
7. After a stop, a handover or giving up, every worker is asked to end, and killed when its time is up; then comes
   `Exit`, once.
8. Between being told to stop and doing so, for `stop_delay_s`, the daemon says that it stops and serves on: whoever
   polls it can send its clients elsewhere. Being told again ends that.

Pure: imports no asyncio, socket, subprocess or time. `fleet.py` and `daemon.py` act.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from api_hour.supervisor.policy.backoff import Backoff
from api_hour.supervisor.policy.events import (
    Action,
    CloseListeners,
    DaemonState,
    DumpStack,
    Event,
    Exit,
    FewerWorkers,
    FollowLogs,
    HandoverDone,
    HandoverFailed,
    HandoverRequested,
    KillWorker,
    LogFact,
    LogsMoved,
    MoreWorkers,
    Notify,
    ReloadRequested,
    RetireWorker,
    ServiceState,
    SpentReason,
    StartSuccessor,
    StartWorker,
    StopRequested,
    StopSuccessor,
    StopWorker,
    Tick,
    WorkerAlive,
    WorkerExited,
    WorkerReady,
    WorkerSpent,
    describe_exit,
)
from api_hour.supervisor.policy.policy import Policy
from api_hour.supervisor.policy.pool import Phase, Pool, PoolWorker

KILL_MARGIN_S = 1.0  # a worker obeys its timeouts by itself; it is late this much after them
DUMP_TIME_S = 0.5  # from asking for a stack to killing
HANDOVER_MARGIN_S = 30.0  # for a successor to begin and to see that its workers do not come up
EVENT_LOG_LENGTH = 1000

FAULTS = {
    Phase.BOOTING: "did not come up in time",
    Phase.SERVING: "gave no sign of life in time",
    Phase.RETIRING: "did not end in time",
}


@dataclass(slots=True)
class Decisions:
    """The state of one daemon.

    Args:
        policy: what the daemon was told.

    Attributes:
        workers: how many are wanted now.
        reloads: how many were begun, and how many of them failed.
        event_log: the last events, each with its time in seconds, oldest first; heartbeats and ticks are left out.
    """

    policy: Policy
    workers: int = field(init=False)
    reloads: int = 0
    reloads_failed: int = 0
    event_log: deque[tuple[float, Event]] = field(default_factory=lambda: deque(maxlen=EVENT_LOG_LENGTH))
    _pool: Pool = field(default_factory=Pool)
    _actions: list[Action] = field(default_factory=list)
    _last_worker_id: int = 0
    _is_reloading: bool = False
    _is_handing_over: bool = False  # a successor comes up
    _handover_ends_at_s: float | None = None
    _failed_boots: int = 0
    _starts: Backoff = field(default_factory=Backoff)
    _recycling: Backoff = field(default_factory=Backoff)
    _watchdog_at_s: float = 0.0
    _has_served: bool = False
    _is_announced: bool = False  # all workers of the first start have served
    _stops_at_s: float | None = None  # told to stop, and serving on until then
    _was_stopped: bool = False
    _verdict: Exit | None = None  # set when ending: how
    _has_ended: bool = False

    def __post_init__(self) -> None:
        self.workers = self.policy.workers

    def handle(self, event: Event, *, now_s: float) -> list[Action]:
        """Take one event in and return what to do, in order.

        Args:
            event: what happened.
            now_s: when, in seconds on any clock that does not go back.
        """
        if self._has_ended:
            return []
        self._actions = []
        self._note(event, now_s)
        self._take_in(event, now_s)
        self._feed_watchdog(now_s)
        if self._verdict is None:
            self._expire_old(now_s)
            self._retire_surplus(now_s)
            self._announce()
            self._fill(now_s)
        elif not self._pool:
            self._has_ended = True
            self._actions.append(self._verdict)
        return self._actions

    def next_wake_at_s(self) -> float | None:
        """Return when a `Tick` is needed at the latest; None while nothing waits for time to pass."""
        return None if self._has_ended else min(self._waits(), default=None)

    def phases(self) -> dict[int, Phase]:
        """Return the phase of each worker that is alive, by its number."""
        return {worker.worker_id: worker.phase for worker in self._pool}

    def state(self) -> DaemonState:
        """Return how the daemon is as a whole."""
        if self._is_leaving():
            return "stopping"
        if self._is_reloading:
            return "reloading"
        return "serving" if self._is_announced else "booting"

    def _waits(self) -> Iterator[float]:
        for worker in self._pool:
            if worker.deadline_at_s is not None:
                yield worker.deadline_at_s
            if worker.expires_at_s is not None and self._verdict is None:
                yield worker.expires_at_s
        if self.policy.watchdog_interval_s:
            yield self._watchdog_at_s
        if self._verdict is not None:
            return
        if self._stops_at_s is not None:
            yield self._stops_at_s
        if self._handover_ends_at_s is not None:
            yield self._handover_ends_at_s
        if self._pool.holding() < self.workers:
            yield self._starts.until_s
        elif self._pool.wants_extra(self.workers):
            yield max(self._starts.until_s, self._recycling.until_s)

    # Events.

    def _note(self, event: Event, now_s: float) -> None:
        if not isinstance(event, WorkerAlive | Tick):
            self.event_log.append((now_s, event))

    def _take_in(self, event: Event, now_s: float) -> None:
        match event:
            case WorkerReady():
                self._on_ready(event, now_s)
            case WorkerAlive():
                self._on_alive(event, now_s)
            case WorkerExited():
                self._on_exited(event, now_s)
            case WorkerSpent():
                self._on_spent(event, now_s)
            case LogsMoved():
                self._actions.append(FollowLogs())
            case HandoverDone():
                self._on_handover_done(now_s)
            case HandoverFailed():
                self._on_handover_failed(event)
            case Tick():
                self._condemn_late(now_s)
                self._give_up_handover(now_s)
                self._stop_if_due(now_s)
            case _:
                self._on_request(event, now_s)

    def _on_request(
        self, event: ReloadRequested | MoreWorkers | FewerWorkers | StopRequested | HandoverRequested, now_s: float
    ) -> None:
        if isinstance(event, StopRequested):
            self._on_stop(event, now_s)
        elif self._is_leaving():
            self._say("the daemon is ending: nothing is begun any more")
        elif isinstance(event, ReloadRequested):
            self._on_reload(now_s)
        elif isinstance(event, HandoverRequested):
            self._on_handover_requested(now_s)
        else:
            self._resize(self.workers + (1 if isinstance(event, MoreWorkers) else -1))

    def _on_ready(self, event: WorkerReady, now_s: float) -> None:
        self._has_served = True
        worker = self._pool.get(event.worker_id)
        if worker is not None and worker.phase is Phase.BOOTING:
            worker.phase, worker.serving_since_s = Phase.SERVING, now_s
            worker.deadline_at_s = self._silent_at_s(now_s)
            worker.expires_at_s = self.policy.expires_at_s(worker.worker_id, now_s)

    def _on_alive(self, event: WorkerAlive, now_s: float) -> None:
        worker = self._pool.get(event.worker_id)
        if worker is None or worker.is_retired or worker.serving_since_s is None:
            return
        if worker.phase is Phase.CONDEMNED:
            worker.phase = Phase.SERVING
            self._say(f"worker {worker.worker_id} gives signs of life again")
        if worker.phase is Phase.SERVING:
            worker.deadline_at_s = self._silent_at_s(now_s)
            if worker.request_limit and event.requests >= worker.request_limit:
                self._mark_spent(worker, "requests", now_s)
            elif self.policy.max_rss_bytes and event.rss_bytes > self.policy.max_rss_bytes:
                self._mark_spent(worker, "memory", now_s)

    def _on_spent(self, event: WorkerSpent, now_s: float) -> None:
        worker = self._pool.get(event.worker_id)
        if worker is not None and not worker.spent:
            worker.spent, worker.expires_at_s = event.reason, None
            if event.reason == "memory" and not worker.is_steady(now_s):
                self._recycling.fail(now_s)  # the limit is below what a fresh worker needs

    def _on_exited(self, event: WorkerExited, now_s: float) -> None:
        worker = self._pool.pop(event.worker_id)
        if worker is None or worker.is_retired or self._verdict is not None or worker.is_steady(now_s):
            return
        reason = event.reason or describe_exit(event.exit_code)
        if worker.generation == self._pool.generation:  # else newer code may do better
            if worker.started_at_s >= self._starts.until_s:  # else its round has failed already
                self._starts.fail(now_s)
            if self._is_reloading:
                self._fail_reload(reason)
        self._failed_boots += 1
        if self._must_give_up():
            self._verdict = Exit(exit_code=3, reason=f"no worker came up; the last said: {reason}")
            self._release_all(now_s, drain=self.policy.is_successor)

    def _must_give_up(self) -> bool:
        if self.policy.is_successor:
            return not self._is_announced
        return not self._has_served and self._failed_boots >= self.workers

    def _on_reload(self, now_s: float) -> None:
        self._pool.generation += 1
        self.reloads += 1
        self._starts.forget(now_s)
        self._recycling.forget(now_s)
        again = "again, " if self._is_reloading else ""
        self._say(f"reload: {again}replacing {self._pool.holding()} workers one by one")
        if self._is_announced and not self._is_reloading:
            self._actions.append(Notify(state=ServiceState.RELOADING))
        self._is_reloading = True

    def _fail_reload(self, reason: str) -> None:
        old = self._pool.keep_old()
        self.reloads_failed += 1
        self._say(f"reload failed, {old} workers stay as they are: {reason}", is_failure=True)
        self._end_reload()

    def _end_reload(self) -> None:
        self._is_reloading = False
        if self._is_announced:
            self._actions.append(Notify(state=ServiceState.READY))

    def _resize(self, workers: int) -> None:
        self.workers = max(1, workers)
        self._say(f"{self.workers} workers are wanted")

    # Ending.

    def _on_stop(self, event: StopRequested, now_s: float) -> None:
        if not self._is_leaving():
            self._begin_to_leave()
            if self._can_wait() and not event.at_once:
                self._stops_at_s = now_s + self.policy.stop_delay_s
                self._say(f"stopping in {self.policy.stop_delay_s:g} s, and serving until then")
                return
        if self._verdict is None:
            self._verdict = Exit(exit_code=0, reason="stopped")
            self._actions.append(CloseListeners())
        if event.at_once or self._was_stopped:
            for worker in self._pool:
                if worker.phase is not Phase.KILLED:
                    self._kill(worker, "had to end at once")
        else:
            self._was_stopped = True
            self._release_all(now_s, drain=self.policy.is_successor and not self._is_announced)

    def _is_leaving(self) -> bool:
        return self._verdict is not None or self._stops_at_s is not None

    def _can_wait(self) -> bool:
        """Tell whether somebody is to be warned: not if another daemon serves, or none does."""
        return self.policy.stop_delay_s > 0 and self._is_announced and bool(self._pool.serving())

    def _begin_to_leave(self) -> None:
        self._actions.append(Notify(state=ServiceState.STOPPING))
        if self._is_handing_over:
            self._actions.append(StopSuccessor())
        if self._is_reloading:
            self._pool.keep_old()
        self._is_reloading, self._is_handing_over, self._handover_ends_at_s = False, False, None

    def _stop_if_due(self, now_s: float) -> None:
        if self._stops_at_s is not None and self._stops_at_s <= now_s and self._verdict is None:
            self._on_stop(StopRequested(), now_s)

    def _release_all(self, now_s: float, *, drain: bool) -> None:
        """Ask every worker to end; `drain` where another supervisor's workers serve on the same sockets."""
        for worker in self._pool:
            if worker.phase is Phase.SERVING and drain:
                self._retire(worker, "the other supervisor serves", now_s)
            elif worker.phase is Phase.RETIRING and drain:
                pass  # it has its time already
            elif worker.phase in (Phase.BOOTING, Phase.SERVING, Phase.RETIRING):
                worker.phase, worker.is_retired = Phase.RETIRING, True
                worker.deadline_at_s = now_s + self.policy.graceful_timeout_s + KILL_MARGIN_S
                self._actions.append(StopWorker(worker_id=worker.worker_id))

    def _on_handover_requested(self, now_s: float) -> None:
        if self._is_handing_over:
            self._say("a successor is coming up already")
            return
        self._is_handing_over = True
        if self.policy.boot_timeout_s:
            self._handover_ends_at_s = now_s + self.policy.boot_timeout_s + HANDOVER_MARGIN_S
        self._actions.append(StartSuccessor())

    def _on_handover_done(self, now_s: float) -> None:
        if not self._is_handing_over or self._verdict is not None:
            return
        self._say("the successor serves: retiring all workers")
        if self._is_reloading:
            self._end_reload()
        self._actions.append(Notify(state=ServiceState.SUCCESSOR_IS_MAIN))
        self._verdict = Exit(exit_code=0, reason="handed over")
        self._release_all(now_s, drain=True)

    def _on_handover_failed(self, event: HandoverFailed) -> None:
        if self._is_handing_over and self._verdict is None:
            self._say(f"the successor {event.reason}: this supervisor goes on", is_failure=True)
            self._is_handing_over, self._handover_ends_at_s = False, None

    def _give_up_handover(self, now_s: float) -> None:
        if self._handover_ends_at_s is not None and self._handover_ends_at_s <= now_s and self._verdict is None:
            self._say("the successor does not serve in time: stopping it", is_failure=True)
            self._handover_ends_at_s = None
            self._actions.append(StopSuccessor())

    # What follows from the state and the time.

    def _condemn_late(self, now_s: float) -> None:
        for worker in self._pool:
            if worker.deadline_at_s is None or worker.deadline_at_s > now_s:
                continue
            if worker.phase is Phase.CONDEMNED:
                self._kill(worker, worker.fault)
                continue
            worker.fault = FAULTS[worker.phase]
            worker.phase, worker.deadline_at_s = Phase.CONDEMNED, now_s + DUMP_TIME_S
            self._actions.append(DumpStack(worker_id=worker.worker_id, reason=worker.fault))

    def _kill(self, worker: PoolWorker, reason: str) -> None:
        worker.phase, worker.deadline_at_s, worker.expires_at_s = Phase.KILLED, None, None
        self._actions.append(KillWorker(worker_id=worker.worker_id, reason=reason))

    def _expire_old(self, now_s: float) -> None:
        for worker in self._pool:
            if worker.expires_at_s is not None and worker.expires_at_s <= now_s:
                self._mark_spent(worker, "lifetime", now_s)

    def _mark_spent(self, worker: PoolWorker, reason: SpentReason, now_s: float) -> None:
        if not worker.spent:
            event = WorkerSpent(worker_id=worker.worker_id, reason=reason)
            self._note(event, now_s)
            self._on_spent(event, now_s)

    def _retire_surplus(self, now_s: float) -> None:
        for worker in self._pool.surplus(self.workers):
            reason = worker.spent or ("reload" if self._pool.is_stale(worker) else "one worker less is wanted")
            self._retire(worker, reason, now_s)

    def _retire(self, worker: PoolWorker, reason: str, now_s: float) -> None:
        worker.phase, worker.is_retired, worker.expires_at_s = Phase.RETIRING, True, None
        patience_s = self.policy.drain_timeout_s + self.policy.graceful_timeout_s + KILL_MARGIN_S
        worker.deadline_at_s = now_s + patience_s
        self._actions.append(RetireWorker(worker_id=worker.worker_id, reason=reason))

    def _announce(self) -> None:
        """Say that all workers serve, and serve the newest code."""
        serving = self._pool.serving()
        if len(serving) < self.workers:
            return
        if not self._is_announced:
            self._is_announced = True
            self._actions.append(Notify(state=ServiceState.READY))
        if self._is_reloading and all(worker.generation == self._pool.generation for worker in serving):
            self._say("reload done")
            self._end_reload()

    def _fill(self, now_s: float) -> None:
        if now_s < self._starts.until_s:
            return
        for _ in range(self.workers - self._pool.holding()):
            self._start(now_s)
        if self._pool.wants_extra(self.workers) and now_s >= self._recycling.until_s:
            self._start(now_s)

    def _start(self, now_s: float) -> None:
        self._last_worker_id += 1
        worker = PoolWorker(
            worker_id=self._last_worker_id,
            generation=self._pool.generation,
            started_at_s=now_s,
            deadline_at_s=now_s + self.policy.boot_timeout_s if self.policy.boot_timeout_s else None,
            request_limit=self.policy.request_limit(self._last_worker_id),
        )
        self._pool.add(worker)
        self._actions.append(StartWorker(worker_id=worker.worker_id, request_limit=worker.request_limit))

    def _feed_watchdog(self, now_s: float) -> None:
        if self.policy.watchdog_interval_s and now_s >= self._watchdog_at_s:
            self._watchdog_at_s = now_s + self.policy.watchdog_interval_s
            if self._pool.serving() or self._verdict is not None:
                self._actions.append(Notify(state=ServiceState.WATCHDOG))

    def _silent_at_s(self, now_s: float) -> float | None:
        return now_s + self.policy.heartbeat_timeout_s if self.policy.heartbeat_timeout_s else None

    def _say(self, text: str, *, is_failure: bool = False) -> None:
        self._actions.append(LogFact(text=text, is_failure=is_failure))
