"""Short words for the supervisor's policy in tests: a daemon in a given state, events, and actions to compare with."""

from typing import Any

from api_hour.config.worker_options import WorkerOptions
from api_hour.supervisor.policy.decisions import Decisions
from api_hour.supervisor.policy.events import (
    Action,
    CloseListeners,
    DumpStack,
    Event,
    KillWorker,
    LogFact,
    Notify,
    RetireWorker,
    ServiceState,
    StartWorker,
    StopWorker,
    Tick,
    WorkerAlive,
    WorkerExited,
    WorkerReady,
)
from api_hour.supervisor.policy.policy import Policy
from api_hour.supervisor.policy.reasons import KillReason, RetireReason

GRACEFUL_TIMEOUT_S = 30.0
BOOT_TIMEOUT_S = 60.0
DRAIN_TIMEOUT_S = 10.0
HEARTBEAT_TIMEOUT_S = 20.0

READY = Notify(state=ServiceState.READY)
RELOADING = Notify(state=ServiceState.RELOADING)
STOPPING = Notify(state=ServiceState.STOPPING)
CLOSE = CloseListeners()
WATCHDOG = Notify(state=ServiceState.WATCHDOG)
SUCCESSOR_IS_MAIN = Notify(state=ServiceState.SUCCESSOR_IS_MAIN)


def decisions_for(
    workers: int,
    *,
    boot_timeout_s: float = BOOT_TIMEOUT_S,
    heartbeat_timeout_s: float = 0.0,
    watchdog_interval_s: float = 0.0,
    is_successor: bool = False,
    **options: Any,
) -> Decisions:
    """Return a daemon that nothing has happened to yet; `options` are others of `WorkerOptions`."""
    return Decisions(
        Policy(
            options=WorkerOptions(
                workers=workers,
                graceful_timeout_s=GRACEFUL_TIMEOUT_S,
                drain_timeout_s=DRAIN_TIMEOUT_S,
                boot_timeout_s=boot_timeout_s,
                heartbeat_timeout_s=heartbeat_timeout_s,
                **options,
            ),
            watchdog_interval_s=watchdog_interval_s,
            is_successor=is_successor,
        )
    )


def serve(decisions: Decisions, *, at_s: float = 0.0) -> Decisions:
    """Let all workers of a new daemon begin to serve."""
    tell(decisions, Tick(), *map(ready, range(1, decisions.workers + 1)), at_s=at_s)
    return decisions


def serving(workers: int, *, at_s: float = 0.0) -> Decisions:
    """Return a daemon whose workers, from 1, all began to serve at `at_s`."""
    return serve(decisions_for(workers), at_s=at_s)


def tell(decisions: Decisions, *events: Event, at_s: float) -> list[Action]:
    """Let events happen together, and return what is done, words for the log left out."""
    actions = [action for event in events for action in decisions.handle(event, now_s=at_s)]
    return [action for action in actions if not isinstance(action, LogFact)]


def said(decisions: Decisions, event: Event, *, at_s: float) -> list[str]:
    """Let an event happen and return the words for the log; those about failures begin with `!`."""
    actions = decisions.handle(event, now_s=at_s)
    return ["! " * action.is_failure + action.text for action in actions if isinstance(action, LogFact)]


def ready(worker_id: int) -> WorkerReady:
    return WorkerReady(worker_id=worker_id)


def alive(worker_id: int, *, requests: int = 0, rss_bytes: int = 0) -> WorkerAlive:
    return WorkerAlive(worker_id=worker_id, requests=requests, rss_bytes=rss_bytes)


def exited(worker_id: int, exit_code: int = 1, reason: str = "") -> WorkerExited:
    return WorkerExited(worker_id=worker_id, exit_code=exit_code, reason=reason)


def start(*worker_ids: int) -> list[Action]:
    return [StartWorker(worker_id=worker_id) for worker_id in worker_ids]


def stop(*worker_ids: int) -> list[Action]:
    return [StopWorker(worker_id=worker_id) for worker_id in worker_ids]


def retire(worker_id: int, reason: RetireReason) -> list[Action]:
    return [RetireWorker(worker_id=worker_id, reason=reason)]


def dump(worker_id: int, reason: KillReason) -> list[Action]:
    return [DumpStack(worker_id=worker_id, reason=reason)]


def kill(worker_id: int, reason: KillReason) -> list[Action]:
    return [KillWorker(worker_id=worker_id, reason=reason)]
