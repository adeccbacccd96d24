"""The private directory of one run: sockets, the database's files, nginx's configuration. Gone when the run is."""

import fcntl
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from rush_hour.rig.parts import keeper

KEEPER_COMMAND = (sys.executable, "-I", "-S", keeper.__file__)


@contextmanager
def without_interrupt(then: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Put Ctrl-C and SIGTERM off until the end of the block. For the main thread.

    Not by a signal mask: a signal goes to any thread that does not block it, and then to the main thread's handler.

    Args:
        then: called when one comes.
    """
    came: list[int] = []

    def note(number: int, _frame: object) -> None:
        came.append(number)
        then()

    handlers = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):  # the likelier one last: it is noted until all is as before
            signal.signal(number, handlers[number])
        if came:
            signal.raise_signal(came[0])


class Stoppable(Protocol):
    """A part that holds the directory until it has ended: a `Part`."""

    @property
    def exit_code(self) -> int | None:
        """Its exit code; None while it runs."""

    def stop(self, grace_s: float | None = None) -> None:
        """End it and everything it started, and wait until that is done."""


class RunDirectory:
    """A context manager; even when the rig is killed, a keeper removes the directory after all parts have ended.

    Args:
        cpus: that the parts of the run may use; None for those that the rig may.

    Attributes:
        parts: all that were started in it. Whichever still runs at the end, because Ctrl-C came when it was about to be
            stopped, is ended then.
        path: the directory, short enough for the path of a unix socket.
        lock_fd: inherited by every keeper of a part; while it is open anywhere, the directory stays.
    """

    path: Path
    lock_fd: int

    def __init__(self, *, cpus: Sequence[int] | None = None) -> None:
        self.cpus = cpus
        self.parts: list[Stoppable] = []

    def __enter__(self) -> Self:
        """Make the directory, and start its keeper before anything can interrupt."""
        with without_interrupt():
            self.path = Path(tempfile.mkdtemp(prefix="rush-hour-", dir="/tmp"))
            self.path.chmod(0o711)  # PostgreSQL may have to run as another user
            self._lock = (self.path / keeper.LOCK_NAME).open("w")
            self.lock_fd = self._lock.fileno()
            fcntl.flock(self._lock, fcntl.LOCK_SH)
            self._remover = subprocess.Popen(
                (*KEEPER_COMMAND, "--remove", str(self.path)), stdin=subprocess.PIPE, start_new_session=True
            )
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        """End what was not stopped, and remove the directory. A second Ctrl-C waits too."""
        with without_interrupt():
            for part in self.parts:
                if part.exit_code is None:
                    part.stop(0.0)
            self._lock.close()
            self._remover.communicate()
