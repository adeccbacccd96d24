"""The counts of a daemon's life: requests, restarts, kills, and what the workers said last.

A worker's counters end with it, so the last ones are kept as a sum: the totals never go down. What a worker has
counted after its last heartbeat is lost if it is killed; one that ends by itself says all at its end.

Pure: the time comes in as an argument.
"""

from collections import Counter, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import get_args

from api_hour.control.messages import EngineReport, Heartbeat
from api_hour.engines.status import State
from api_hour.stats import LATENCY_BOUNDS_S
from api_hour.supervisor.monitor.facts import EngineView, Totals, WorkerView
from api_hour.supervisor.policy.events import (
    Action,
    Event,
    KillWorker,
    RetireWorker,
    StartWorker,
    StopWorker,
    WorkerAlive,
    WorkerExited,
    WorkerReady,
)
from api_hour.supervisor.policy.pool import Phase
from api_hour.supervisor.policy.reasons import RESTART_REASONS, KillReason, LossReason, RestartReason

LAG_WINDOW_S = 60.0


@dataclass(slots=True, kw_only=True)
class Sum:
    """Counters of several workers added up."""

    requests: int = 0
    latency_counts: list[int] = field(default_factory=lambda: [0] * (len(LATENCY_BOUNDS_S) + 1))
    latency_sum_s: float = 0.0
    refused: Counter[str] = field(default_factory=Counter)

    def add(self, heartbeat: Heartbeat) -> None:
        """Add what a worker has counted; a worker of another version may have other bounds, which are left out."""
        self.requests += heartbeat.requests
        if len(heartbeat.latency_counts) == len(self.latency_counts):
            self.latency_counts = [
                sum(pair) for pair in zip(self.latency_counts, heartbeat.latency_counts, strict=True)
            ]
            self.latency_sum_s += heartbeat.latency_sum_s
        for engine in heartbeat.engines:
            self.refused[engine.name] += engine.refused

    def copy(self) -> "Sum":
        """Return another one that begins with the same."""
        return Sum(
            requests=self.requests,
            latency_counts=self.latency_counts,
            latency_sum_s=self.latency_sum_s,
            refused=self.refused.copy(),
        )


@dataclass(slots=True, kw_only=True)
class Entry:
    """One worker that is alive."""

    started_at_s: float
    heartbeat_interval_s: float
    is_asked: bool = False  # to end, so its end is no crash
    heard_at_s: float | None = None
    heartbeat: Heartbeat | None = None  # None until it serves


class Ledger:
    """The counts of one daemon.

    Args:
        heartbeat_interval_s: how often the workers beat.

    Attributes:
        heartbeat_interval_s: how often those beat that are started from now on.
    """

    def __init__(self, heartbeat_interval_s: float) -> None:
        self.heartbeat_interval_s = heartbeat_interval_s
        self._entries: dict[int, Entry] = {}
        self._gone = Sum()
        self._workers_started = 0
        self._restarts = Counter[RestartReason](dict.fromkeys(RESTART_REASONS, 0))
        self._kills = Counter[KillReason](dict.fromkeys(KillReason, 0))
        self._lags: deque[tuple[float, float]] = deque()  # falling: who is late less, and earlier, is forgotten

    def hear(self, worker_id: int, heartbeat: Heartbeat) -> None:
        """Write down what a worker says, before the event that it said something."""
        if entry := self._entries.get(worker_id):
            entry.heartbeat = heartbeat

    def note(self, event: Event, actions: Iterable[Action], now_s: float) -> None:
        """Write down what happened and what is done about it."""
        match event:
            case WorkerReady(worker_id=worker_id) if entry := self._entries.get(worker_id):
                entry.heartbeat, entry.heard_at_s = entry.heartbeat or Heartbeat(), now_s
            case WorkerAlive(worker_id=worker_id) if entry := self._entries.get(worker_id):
                self._note_beat(entry, now_s)
            case WorkerExited(worker_id=worker_id) if entry := self._entries.pop(worker_id, None):
                self._note_end(entry)
            case _:
                pass
        for action in actions:
            self._note_action(action, now_s)

    def workers(
        self, phases: Mapping[int, Phase], pids: Mapping[int, int], rss_bytes: Mapping[int, int], now_s: float
    ) -> tuple[WorkerView, ...]:
        """Return the workers that are alive.

        Args:
            phases: of each worker, by its number, as with the next.
            pids: process ids.
            rss_bytes: memory, by process id.
            now_s: the time.
        """
        return tuple(
            self._view(worker_id, phases[worker_id], pids.get(worker_id), rss_bytes, now_s)
            for worker_id in sorted(phases)
            if worker_id in self._entries
        )

    def engines(self, phases: Mapping[int, Phase]) -> tuple[EngineView, ...]:
        """Return the engines over all workers that serve; `phases` has those."""
        reports: dict[str, list[EngineReport]] = {}
        for worker_id, entry in self._entries.items():
            if entry.heartbeat is not None and phases.get(worker_id) is Phase.SERVING:
                for report in entry.heartbeat.engines:
                    reports.setdefault(report.name, []).append(report)
        refused = self._sum().refused
        return tuple(_engine(name, reports.get(name, []), refused[name]) for name in sorted({*reports, *refused}))

    def totals(self, *, reloads: int, reloads_failed: int) -> Totals:
        """Return what was counted; how many reloads there were, `decisions.py` knows."""
        total = self._sum()
        return Totals(
            requests=total.requests,
            latency_counts=tuple(total.latency_counts),
            latency_sum_s=total.latency_sum_s,
            workers_started=self._workers_started,
            restarts={reason.value: count for reason, count in self._restarts.items()},
            kills={reason.value: count for reason, count in self._kills.items()},
            reloads=reloads,
            reloads_failed=reloads_failed,
        )

    def loop_lag_max_s(self, now_s: float) -> float:
        """Return how late any worker's loop was at the most in the last `LAG_WINDOW_S`, or is by now."""
        self._forget_lags(now_s)
        lags = [_lag_s(entry, now_s) or 0.0 for entry in self._entries.values()]
        return max([*lags, *(lag_s for _, lag_s in self._lags)], default=0.0)

    def _sum(self) -> Sum:
        total = self._gone.copy()
        for entry in self._entries.values():
            if entry.heartbeat is not None:
                total.add(entry.heartbeat)
        return total

    def _note_beat(self, entry: Entry, now_s: float) -> None:
        entry.heard_at_s = now_s
        lag_s = entry.heartbeat.loop_lag_s if entry.heartbeat is not None else 0.0
        while self._lags and self._lags[-1][1] <= lag_s:
            self._lags.pop()
        self._lags.append((now_s, lag_s))
        self._forget_lags(now_s)

    def _forget_lags(self, now_s: float) -> None:
        while self._lags and self._lags[0][0] < now_s - LAG_WINDOW_S:
            self._lags.popleft()

    def _note_end(self, entry: Entry) -> None:
        if entry.heartbeat is not None:
            self._gone.add(entry.heartbeat)
        if not entry.is_asked:
            self._restarts[LossReason.BOOT_FAILED if entry.heartbeat is None else LossReason.CRASHED] += 1

    def _note_action(self, action: Action, now_s: float) -> None:
        match action:
            case StartWorker(worker_id=worker_id):
                self._workers_started += 1
                self._entries[worker_id] = Entry(started_at_s=now_s, heartbeat_interval_s=self.heartbeat_interval_s)
            case KillWorker(worker_id=worker_id, reason=reason):
                self._kills[reason] += 1
                self._ask(worker_id, None if reason is KillReason.AT_ONCE else LossReason.KILLED)
            case RetireWorker(worker_id=worker_id, reason=reason):
                self._ask(worker_id, reason)
            case StopWorker(worker_id=worker_id):
                self._ask(worker_id, None)
            case _:
                pass

    def _ask(self, worker_id: int, reason: RestartReason | None) -> None:
        entry = self._entries[worker_id]
        if not entry.is_asked and reason is not None and reason in self._restarts:
            self._restarts[reason] += 1
        entry.is_asked = True

    def _view(
        self, worker_id: int, phase: Phase, pid: int | None, rss_bytes: Mapping[int, int], now_s: float
    ) -> WorkerView:
        entry = self._entries[worker_id]
        heartbeat = entry.heartbeat
        return WorkerView(
            worker_id=worker_id,
            pid=pid,
            phase=phase.value,
            age_s=now_s - entry.started_at_s,
            silence_s=None if entry.heard_at_s is None else now_s - entry.heard_at_s,
            requests=None if heartbeat is None else heartbeat.requests,
            in_flight=None if heartbeat is None else heartbeat.in_flight,
            connections=None if heartbeat is None else heartbeat.connections,
            loop_lag_s=_lag_s(entry, now_s),
            rss_bytes=None if pid is None else rss_bytes.get(pid),
        )


def _lag_s(entry: Entry, now_s: float) -> float | None:
    if entry.heartbeat is None or entry.heard_at_s is None:
        return None
    return max(entry.heartbeat.loop_lag_s, now_s - entry.heard_at_s - entry.heartbeat_interval_s)


def _engine(name: str, reports: list[EngineReport], refused: int) -> EngineView:
    states = Counter(dict.fromkeys(get_args(State), 0))
    states.update(report.state for report in reports)
    return EngineView(
        name=name,
        workers_by_state=dict(states),
        connections=sum(report.connections for report in reports),
        borrowed=sum(report.borrowed for report in reports),
        waiting=sum(report.waiting for report in reports),
        refused_total=refused,
        last_error=next((report.last_error for report in reports if report.state != "up"), ""),
    )
