"""The supervisor's loop: waits for signals, workers and time, and carries out what `decisions.py` decides."""

import logging
import selectors
import signal
import time
from collections import deque

from api_hour.config import Settings
from api_hour.errors import StartError
from api_hour.supervisor.decisions import (
    Action,
    Decisions,
    Event,
    Exit,
    KillWorker,
    RetireWorker,
    StartWorker,
    StopRequested,
    Tick,
)
from api_hour.supervisor.fleet import Fleet
from api_hour.supervisor.signals import STOP_SIGNALS, signal_socket
from api_hour.supervisor.sockets import bound_sockets, describe_address
from api_hour.worker.spec import WorkerSpec

LOG = logging.getLogger("api_hour.supervisor")


def run_daemon(settings: Settings, spec: WorkerSpec) -> int:
    """Serve until a stop signal comes, and return the exit code 0.

    Args:
        settings: addresses, worker count and timeouts.
        spec: what every worker is started with.

    Raises:
        StartError: an address cannot be listened on, or no worker came up.
    """
    with bound_sockets(settings.binds(), settings.backlog) as listeners, signal_socket() as signals:
        for listener in listeners:
            LOG.info("listening on %s", describe_address(listener))
        with selectors.DefaultSelector() as selector:
            events: deque[Event] = deque()
            fleet = Fleet(spec, listeners, selector, events.append)

            def read_signals() -> None:
                if STOP_SIGNALS.intersection(signals.recv(64)):
                    events.append(StopRequested())

            selector.register(signals, selectors.EVENT_READ, read_signals)
            decisions = Decisions(
                workers=settings.workers,
                graceful_timeout_s=settings.graceful_timeout_s,
                boot_timeout_s=settings.boot_timeout_s,
            )
            try:
                ending = _run(decisions, fleet, selector, events)
            finally:
                fleet.kill_all()
    if ending.exit_code:
        raise StartError(ending.reason)
    return ending.exit_code


def _run(decisions: Decisions, fleet: Fleet, selector: selectors.BaseSelector, events: deque[Event]) -> Exit:
    events.append(Tick())
    while True:
        while events:
            for action in decisions.handle(events.popleft(), now_s=time.monotonic()):
                if isinstance(action, Exit):
                    return action
                _carry_out(action, fleet)
        wake_at_s = decisions.next_wake_at_s()
        ready = selector.select(None if wake_at_s is None else max(0.0, wake_at_s - time.monotonic()))
        for key, _ in ready:
            key.data()
        if not ready:
            events.append(Tick())


def _carry_out(action: Action, fleet: Fleet) -> None:
    match action:
        case StartWorker(worker_id=worker_id):
            fleet.start(worker_id)
        case RetireWorker(worker_id=worker_id):
            fleet.signal(worker_id, signal.SIGTERM)
        case KillWorker(worker_id=worker_id, reason=reason):
            LOG.error("worker %d %s: killed", worker_id, reason)
            fleet.signal(worker_id, signal.SIGKILL)
