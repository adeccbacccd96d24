"""Signals as readable bytes: the handlers only wake the supervisor's selector."""

import signal
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from api_hour.process.forking import reset_signals, undone_in_children
from api_hour.supervisor.policy.events import (
    Event,
    FewerWorkers,
    HandoverRequested,
    LogsMoved,
    MoreWorkers,
    ReloadRequested,
    StopRequested,
)

REQUESTS: Mapping[signal.Signals, Event] = {
    signal.SIGTERM: StopRequested(),
    signal.SIGINT: StopRequested(by_interrupt=True),
    signal.SIGQUIT: StopRequested(at_once=True),
    signal.SIGHUP: ReloadRequested(),
    signal.SIGUSR2: HandoverRequested(),
    signal.SIGUSR1: LogsMoved(),
    signal.SIGTTIN: MoreWorkers(),
    signal.SIGTTOU: FewerWorkers(),
}
PASSED_OVER = frozenset({signal.SIGCHLD})  # it is enough that the selector wakes: see orphans.py


@contextmanager
def signal_socket() -> Iterator[socket.socket]:
    """Give a socket that reads one byte, the signal's number, for each signal; restore all handlers after."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        theirs.setblocking(False)
        old_wakeup_fd = signal.set_wakeup_fd(theirs.fileno())
        old_handlers = {number: signal.signal(number, _ignore) for number in (*REQUESTS, *PASSED_OVER)}
        try:
            with undone_in_children(lambda: reset_signals((_ignore,))):
                yield ours
        finally:
            for number, handler in old_handlers.items():
                signal.signal(number, handler)
            signal.set_wakeup_fd(old_wakeup_fd)


def read_requests(signals: socket.socket) -> list[Event]:
    """Return what the signals that have come ask for, in their order."""
    numbers = [signal.Signals(number) for number in signals.recv(64)]
    return [REQUESTS[number] for number in numbers if number in REQUESTS]


def _ignore(_number: int, _frame: object) -> None:
    """Do nothing: the wakeup descriptor has told the selector."""
