"""The lives of the workers: started, serving, spent, late, retired, stopped, killed.

Rules 2 and 5 of `decisions.py` are kept here. Pure: the time comes in as an argument.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from api_hour.supervisor.policy.backoff import Backoff
from api_hour.supervisor.policy.events import (
    DumpStack,
    KillWorker,
    RetireWorker,
    StartWorker,
    StopWorker,
    WorkerAlive,
    WorkerReady,
    WorkerSpent,
)
from api_hour.supervisor.policy.policy import Policy, lifetime_s, request_limit
from api_hour.supervisor.policy.pool import Phase, Pool, PoolWorker
from api_hour.supervisor.policy.reasons import KillReason, RetireReason
from api_hour.supervisor.policy.transcript import Transcript

KILL_MARGIN_S = 1.0  # a worker obeys its timeouts by itself; it is late this much after them
DUMP_TIME_S = 0.5  # from asking for a stack to killing

FAULTS: Mapping[Phase, KillReason] = {  # of a worker that is late in a phase
    Phase.BOOTING: KillReason.BOOT_TIMEOUT,
    Phase.SERVING: KillReason.HEARTBEAT_TIMEOUT,
    Phase.RETIRING: KillReason.GRACEFUL_TIMEOUT,
}


@dataclass(slots=True, kw_only=True)
class Lives:
    """The workers of a pool, each from its start until it is gone.

    Args:
        policy: what the daemon was told, for those that are started.
        pool: the workers.
        transcript: takes what is to be done.

    Attributes:
        recycling: waits after workers that were too large as soon as they served.
    """

    policy: Policy
    pool: Pool
    transcript: Transcript
    recycling: Backoff = field(default_factory=Backoff)
    _last_worker_id: int = 0

    def start(self, now_s: float) -> None:
        """Start a worker of the pool's generation."""
        self._last_worker_id += 1
        options = self.policy.options
        worker = PoolWorker(
            worker_id=self._last_worker_id,
            generation=self.pool.generation,
            started_at_s=now_s,
            options=options,
            deadline_at_s=now_s + options.boot_timeout_s if options.boot_timeout_s else None,
            request_limit=request_limit(options, self._last_worker_id),
        )
        self.pool.add(worker)
        self.transcript.do(StartWorker(worker_id=worker.worker_id, request_limit=worker.request_limit))

    def on_ready(self, event: WorkerReady, now_s: float) -> None:
        """Take note that a worker serves."""
        worker = self.pool.get(event.worker_id)
        if worker is not None and worker.phase is Phase.BOOTING:
            worker.phase, worker.serving_since_s = Phase.SERVING, now_s
            worker.deadline_at_s = _silent_at_s(worker, now_s)
            lifetime = lifetime_s(worker.options, worker.worker_id)
            worker.expires_at_s = None if lifetime is None else now_s + lifetime

    def on_alive(self, event: WorkerAlive, now_s: float) -> None:
        """Take note of a heartbeat, and of what it says of the worker's limits."""
        worker = self.pool.get(event.worker_id)
        if worker is None or worker.is_retired or worker.serving_since_s is None:
            return
        if worker.phase is Phase.CONDEMNED:
            worker.phase = Phase.SERVING
            self.transcript.say(f"worker {worker.worker_id} gives signs of life again")
        if worker.phase is Phase.SERVING:
            worker.deadline_at_s = _silent_at_s(worker, now_s)
            if worker.request_limit and event.requests >= worker.request_limit:
                self._mark_spent(worker, RetireReason.REQUESTS, now_s)
            elif 0 < worker.options.max_rss_bytes < event.rss_bytes:
                self._mark_spent(worker, RetireReason.MEMORY, now_s)

    def on_spent(self, event: WorkerSpent, now_s: float) -> None:
        """Take note that a worker is to be replaced."""
        worker = self.pool.get(event.worker_id)
        if worker is not None and worker.spent is None:
            worker.spent, worker.expires_at_s = event.reason, None
            if event.reason is RetireReason.MEMORY and not worker.is_steady(now_s):
                self.recycling.fail(now_s)  # the limit is below what a fresh worker needs

    def expire_old(self, now_s: float) -> None:
        """Take note of the workers whose lifetime is over."""
        for worker in self.pool:
            if worker.expires_at_s is not None and worker.expires_at_s <= now_s:
                self._mark_spent(worker, RetireReason.LIFETIME, now_s)

    def condemn_late(self, now_s: float) -> None:
        """Ask each worker that is late for its stack, and kill those that were asked a moment ago."""
        for worker in self.pool:
            if worker.deadline_at_s is None or worker.deadline_at_s > now_s:
                continue
            if worker.phase is Phase.CONDEMNED and worker.fault is not None:
                self._kill(worker, worker.fault)
                continue
            worker.fault = FAULTS[worker.phase]
            worker.phase, worker.deadline_at_s = Phase.CONDEMNED, now_s + DUMP_TIME_S
            self.transcript.do(DumpStack(worker_id=worker.worker_id, reason=worker.fault))

    def retire_surplus(self, workers: int, now_s: float) -> None:
        """Retire what serves beyond so many workers."""
        for worker in self.pool.surplus(workers):
            stale = RetireReason.RELOAD if self.pool.is_stale(worker) else RetireReason.FEWER_WORKERS
            self._retire(worker, worker.spent or stale, now_s)

    def release_all(self, now_s: float, *, drain: bool) -> None:
        """Ask every worker to end; `drain` where another supervisor's workers serve on the same sockets."""
        for worker in self.pool:
            if worker.phase is Phase.SERVING and drain:
                self._retire(worker, RetireReason.OTHER_SUPERVISOR, now_s)
            elif worker.phase is Phase.RETIRING and drain:
                pass  # it has its time already
            elif worker.phase in (Phase.BOOTING, Phase.SERVING, Phase.RETIRING):
                worker.phase, worker.is_retired = Phase.RETIRING, True
                worker.deadline_at_s = now_s + worker.options.graceful_timeout_s + KILL_MARGIN_S
                self.transcript.do(StopWorker(worker_id=worker.worker_id))

    def kill_all(self) -> None:
        """End every worker at once."""
        for worker in self.pool:
            if worker.phase is not Phase.KILLED:
                self._kill(worker, KillReason.AT_ONCE)

    def deadlines(self, *, with_lifetimes: bool) -> Iterator[float]:
        """Give the times at which a worker is late or, if that matters, old."""
        for worker in self.pool:
            if worker.deadline_at_s is not None:
                yield worker.deadline_at_s
            if worker.expires_at_s is not None and with_lifetimes:
                yield worker.expires_at_s

    def _mark_spent(self, worker: PoolWorker, reason: RetireReason, now_s: float) -> None:
        if worker.spent is None:
            event = WorkerSpent(worker_id=worker.worker_id, reason=reason)
            self.transcript.note(event, now_s)
            self.on_spent(event, now_s)

    def _retire(self, worker: PoolWorker, reason: RetireReason, now_s: float) -> None:
        worker.phase, worker.is_retired, worker.expires_at_s = Phase.RETIRING, True, None
        patience_s = worker.options.drain_timeout_s + worker.options.graceful_timeout_s + KILL_MARGIN_S
        worker.deadline_at_s = now_s + patience_s
        self.transcript.do(RetireWorker(worker_id=worker.worker_id, reason=reason))

    def _kill(self, worker: PoolWorker, reason: KillReason) -> None:
        worker.phase, worker.deadline_at_s, worker.expires_at_s = Phase.KILLED, None, None
        self.transcript.do(KillWorker(worker_id=worker.worker_id, reason=reason))


def _silent_at_s(worker: PoolWorker, now_s: float) -> float | None:
    return now_s + worker.options.heartbeat_timeout_s if worker.options.heartbeat_timeout_s else None
