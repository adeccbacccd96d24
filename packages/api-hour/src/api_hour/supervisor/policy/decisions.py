"""The supervisor's policy: what happened goes in, what to do comes out.

Rules that must hold, whatever the order of events:

1. No worker is started when more than `workers` workers hold a place, and only for a replacement when just as many do:
   there is one extra worker at most. A worker that was asked to end holds no place; but a replacement has to wait while
   many of them still serve their last connections.
2. A worker is replaced by a reload (every one of an older generation), or because it is spent (requests, memory,
   lifetime). It is retired only when more than `workers` workers serve: the replacement comes first.
3. A worker of the new generation that fails ends the reload: the others stay as they are, and nobody tries again until
   somebody asks again. A worker that is spent is replaced whenever that works.
   A reload may bring new options. They count for the workers that are started from then on: each lives by those that it
   knows, so none is killed by a limit that it was never told.
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

What happens to each worker is in `lives.py`, reloads are in `reload.py`, the end of the daemon in `leaving.py`.

Pure: imports no asyncio, socket, subprocess or time. `fleet.py` and `daemon.py` act.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from api_hour.config.worker_options import WorkerOptions
from api_hour.supervisor.policy.backoff import Backoff
from api_hour.supervisor.policy.events import (
    Action,
    DaemonState,
    Event,
    FollowLogs,
    HandoverDone,
    HandoverFailed,
    HandoverRequested,
    LogsMoved,
    MoreWorkers,
    Notify,
    ReloadRefused,
    ReloadRequested,
    Request,
    ServiceState,
    StopRequested,
    Tick,
    WorkerAlive,
    WorkerExited,
    WorkerReady,
    WorkerSpent,
    describe_exit,
)
from api_hour.supervisor.policy.leaving import Leaving
from api_hour.supervisor.policy.lives import Lives
from api_hour.supervisor.policy.policy import Policy
from api_hour.supervisor.policy.pool import Phase, Pool
from api_hour.supervisor.policy.reload import Reload
from api_hour.supervisor.policy.transcript import Transcript


@dataclass(slots=True)
class Decisions:
    """The state of one daemon.

    Args:
        policy: what the daemon was told.

    Attributes:
        workers: how many are wanted now.
        reload: the reloads: how many were begun, how many of them failed.
        transcript: has the last events.
    """

    policy: Policy
    workers: int = field(init=False)
    reload: Reload = field(init=False)
    transcript: Transcript = field(default_factory=Transcript)
    _pool: Pool = field(default_factory=Pool)
    _lives: Lives = field(init=False)
    _leaving: Leaving = field(init=False)
    _failed_boots: int = 0
    _starts: Backoff = field(default_factory=Backoff)
    _watchdog_at_s: float = 0.0
    _has_served: bool = False
    _has_ended: bool = False

    def __post_init__(self) -> None:
        self.workers = self.policy.options.workers
        self.reload = Reload(pool=self._pool, transcript=self.transcript)
        self._lives = Lives(policy=self.policy, pool=self._pool, transcript=self.transcript)
        self._leaving = Leaving(
            policy=self.policy, pool=self._pool, lives=self._lives, reload=self.reload, transcript=self.transcript
        )

    def handle(self, event: Event, *, now_s: float) -> list[Action]:
        """Take one event in and return what to do, in order.

        Args:
            event: what happened.
            now_s: when, in seconds on any clock that does not go back.
        """
        if self._has_ended:
            return []
        self.transcript.note(event, now_s)
        self._take_in(event, now_s)
        self._feed_watchdog(now_s)
        if self._leaving.verdict is None:
            self._lives.expire_old(now_s)
            self._lives.retire_surplus(self.workers, now_s)
            self._announce()
            self._fill(now_s)
        elif not self._pool:
            self._has_ended = True
            self.transcript.do(self._leaving.verdict)
        return self.transcript.take()

    def next_wake_at_s(self) -> float | None:
        """Return when a `Tick` is needed at the latest; None while nothing waits for time to pass."""
        return None if self._has_ended else min(self._deadlines(), default=None)

    def phases(self) -> dict[int, Phase]:
        """Return the phase of each worker that is alive, by its number."""
        return {worker.worker_id: worker.phase for worker in self._pool}

    def state(self) -> DaemonState:
        """Return how the daemon is as a whole."""
        if self._leaving.has_begun:
            return DaemonState.STOPPING
        if self.reload.is_running:
            return DaemonState.RELOADING
        return DaemonState.SERVING if self._pool.is_announced else DaemonState.BOOTING

    def _deadlines(self) -> Iterator[float]:
        goes_on = self._leaving.verdict is None
        yield from self._lives.deadlines(with_lifetimes=goes_on)
        if self.policy.watchdog_interval_s:
            yield self._watchdog_at_s
        if goes_on:
            yield from self._leaving.deadlines()
            yield from self._starts_due()

    def _starts_due(self) -> Iterator[float]:
        if self._pool.holding() < self.workers:
            yield self._starts.until_s
        elif self._pool.wants_extra(self.workers):
            yield max(self._starts.until_s, self._lives.recycling.until_s)

    # Events.

    def _take_in(self, event: Event, now_s: float) -> None:
        match event:
            case WorkerReady():
                self._has_served = True
                self._lives.on_ready(event, now_s)
            case WorkerAlive():
                self._lives.on_alive(event, now_s)
            case WorkerSpent():
                self._lives.on_spent(event, now_s)
            case WorkerExited():
                self._on_exited(event, now_s)
            case LogsMoved():
                self.transcript.do(FollowLogs())
            case HandoverDone():
                self._leaving.on_handover_done(now_s)
            case HandoverFailed():
                self._leaving.on_handover_failed(event)
            case Tick():
                self._lives.condemn_late(now_s)
                self._leaving.on_time(now_s)
            case _:
                self._on_request(event, now_s)

    def _on_request(self, event: Request, now_s: float) -> None:
        if isinstance(event, StopRequested):
            self._leaving.stop(event, now_s)
        elif self._leaving.has_begun:
            self.transcript.say("the daemon is ending: nothing is begun any more")
        elif isinstance(event, ReloadRequested):
            self._starts.forget(now_s)
            self._lives.recycling.forget(now_s)
            self._take_options(event.options or self.policy.options)
            self.reload.begin()
        elif isinstance(event, ReloadRefused):
            self.reload.refuse(event.reason)
        elif isinstance(event, HandoverRequested):
            self._leaving.begin_handover(now_s)
        else:
            self._resize(self.workers + (1 if isinstance(event, MoreWorkers) else -1))

    def _on_exited(self, event: WorkerExited, now_s: float) -> None:
        worker = self._pool.pop(event.worker_id)
        if worker is None or worker.is_retired or self._leaving.verdict is not None or worker.is_steady(now_s):
            return
        reason = event.reason or describe_exit(event.exit_code)
        if not self._pool.is_old(worker):  # else newer code may do better
            if worker.started_at_s >= self._starts.until_s:  # else its round has failed already
                self._starts.fail(now_s)
            if self.reload.is_running:
                self.reload.fail(reason)
        self._failed_boots += 1
        if self._must_give_up():
            self._leaving.give_up(reason, now_s)

    def _must_give_up(self) -> bool:
        if self.policy.is_successor:
            return not self._pool.is_announced
        return not self._has_served and self._failed_boots >= self.workers

    def _take_options(self, options: WorkerOptions) -> None:
        """Let new options count; the number of workers only if it is another: it may have been changed by signals."""
        old, self.policy.options = self.policy.options, options
        if options.workers != old.workers:
            self._resize(options.workers)

    def _resize(self, workers: int) -> None:
        self.workers = max(1, workers)
        self.transcript.say(f"{self.workers} workers are wanted")

    # What follows from the state and the time.

    def _announce(self) -> None:
        """Say that all workers serve, and serve the newest code."""
        if len(self._pool.serving()) < self.workers:
            return
        if not self._pool.is_announced:
            self._pool.is_announced = True
            self.transcript.do(Notify(state=ServiceState.READY))
        self.reload.end_if_done()

    def _fill(self, now_s: float) -> None:
        if now_s < self._starts.until_s:
            return
        for _ in range(self.workers - self._pool.holding()):
            self._lives.start(now_s)
        if self._pool.wants_extra(self.workers) and now_s >= self._lives.recycling.until_s:
            self._lives.start(now_s)

    def _feed_watchdog(self, now_s: float) -> None:
        if self.policy.watchdog_interval_s and now_s >= self._watchdog_at_s:
            self._watchdog_at_s = now_s + self.policy.watchdog_interval_s
            if self._pool.serving() or self._leaving.verdict is not None:
                self.transcript.do(Notify(state=ServiceState.WATCHDOG))
