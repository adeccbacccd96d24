"""Signals as readable bytes: the handlers only wake the supervisor's selector."""

import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager

STOP_SIGNALS = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGQUIT})


@contextmanager
def signal_socket() -> Iterator[socket.socket]:
    """Give a socket that reads one byte, the signal's number, for each stop signal; restore all handlers after."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        theirs.setblocking(False)
        old_wakeup_fd = signal.set_wakeup_fd(theirs.fileno())
        old_handlers = {number: signal.signal(number, _ignore) for number in STOP_SIGNALS}
        try:
            yield ours
        finally:
            for number, handler in old_handlers.items():
                signal.signal(number, handler)
            signal.set_wakeup_fd(old_wakeup_fd)


def _ignore(_number: int, _frame: object) -> None:
    """Do nothing: the wakeup descriptor has told the selector."""
