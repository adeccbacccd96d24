"""The inheritance of a child that this worker forks, as `multiprocessing` does: it is taken back.

The child has no part in the worker's life: its signals are its own, it keeps no address and no connection open that the
worker closes, and it cannot disturb the event loop, whose descriptor (epoll(7)) the two would share.
"""

import asyncio
import os
import select
import signal
import socket
import sys
import traceback
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, suppress
from typing import Any, NoReturn

from api_hour.control.signals import IGNORED
from api_hour.process.forking import give_up_descriptors, reset_signals, undone_in_children
from api_hour.worker.signals import pass_over


class Inheritance:
    """The signals, descriptors and the loop that every child gives up.

    Args:
        sockets: the control socket and the listening sockets.

    Attributes:
        loop: the worker's event loop, as soon as there is one.
        handler: what the loop handles signals with.
        connections: gives the descriptors of the open connections.
    """

    def __init__(self, sockets: Iterable[socket.socket]) -> None:
        self._sockets = list(sockets)
        self._pid = os.getpid()
        self.loop: asyncio.AbstractEventLoop | None = None
        self.handler: Any = pass_over
        self.connections: Callable[[], Iterable[int]] = tuple

    def undone(self) -> AbstractContextManager[None]:
        """Take it back in the children that are forked within the block."""
        return undone_in_children(self._undo)

    def leave_if_child(self, error: BaseException | None = None) -> None:
        """End a child that has come back out of the event loop, and so out of what it was forked for.

        Args:
            error: what it came back with; a `SystemExit` says the exit code.
        """
        if os.getpid() != self._pid:
            _leave(error)

    def _undo(self) -> None:
        reset_signals((pass_over, self.handler))
        for number in IGNORED:
            signal.signal(number, signal.SIG_DFL)
        give_up_descriptors([sock.fileno() for sock in self._sockets])
        give_up_descriptors(self.connections())
        if self.loop is not None and not self.loop.is_closed():
            self._leave_loop(self.loop)

    def _leave_loop(self, loop: asyncio.AbstractEventLoop) -> None:
        """Let the loop of the parent, should the child come back to it, wait for nothing and end."""
        if (poller := _poller_of(loop)) >= 0:
            with select.epoll() as empty:
                os.dup2(empty.fileno(), poller, inheritable=False)
        with suppress(RuntimeError):  # another thread has forked, and the loop has ended with its own
            error = RuntimeError("a forked child went on with its parent's event loop")
            later = loop.call_soon  # than a SystemExit that the loop raises: uvloop has a turn until it ends by one
            later(later, later, self.leave_if_child, error)


def _poller_of(loop: Any) -> int:
    """Return the descriptor that a loop waits on; -1 for a loop that does not tell."""
    if hasattr(loop, "_get_backend_id"):  # uvloop
        return int(loop._get_backend_id())  # noqa: SLF001  # no public name leads to it
    selector: Any = getattr(loop, "_selector", None)  # asyncio
    return int(selector.fileno()) if hasattr(selector, "fileno") else -1


def _leave(error: BaseException | None) -> NoReturn:
    code: object = 0 if error is None else 1
    if isinstance(error, SystemExit):
        code = error.code or 0
    elif error is not None:
        traceback.print_exception(error)
    if not isinstance(code, int):
        sys.stderr.write(f"{code}\n")  # as the interpreter does at sys.exit("a text")
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
