"""A process of the load generator: a fresh interpreter that is told over a pipe what to be.

Not `multiprocessing`'s: that runs the parent's main program again in each process, and keeps a further process beside
them, which can be stopped like any other and then holds up the end.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection, Pipe
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM)  # are for the parent


class Child:
    """A process that runs a function.

    Args:
        main: an importable function; its last argument is the control pipe.
        arguments: the others.
        fds: descriptors that it inherits under the same numbers.
        environment: what is added to the parent's.

    Attributes:
        control: the parent's end of the pipe; the child sees its end when the parent is gone.
    """

    def __init__(
        self,
        main: Callable[..., None],
        arguments: Sequence[object],
        *,
        fds: Sequence[int] = (),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.control, theirs = Pipe()
        command = [sys.executable, "-P", "-m", __name__, str(theirs.fileno())]
        with theirs, _signals_blocked():
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno(), *fds],
                env=os.environ | dict(environment or {}),
            )
        try:
            self.control.send(sys.path)
            self.control.send((main, arguments))
        except BaseException:
            self.kill()
            raise

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def wait(self, timeout_s: float) -> int | None:
        """Wait for its end, and return its exit code; None when it still runs."""
        try:
            return self._process.wait(max(0.0, timeout_s))
        except subprocess.TimeoutExpired:
            return None

    def wake(self) -> None:
        """Let it go on if someone has stopped it."""
        self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()
        self._process.wait()


@contextmanager
def _signals_blocked() -> Iterator[None]:
    """Let what is started inherit a mask that keeps interrupts from it until it can ignore them."""
    old_mask = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, old_mask)


def _main() -> None:
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    control: Connection[Any, Any] = Connection(int(sys.argv[1]))
    try:
        sys.path[:] = control.recv()
        main, arguments = control.recv()
    except (EOFError, OSError):
        return  # the parent is gone
    main(*arguments, control)


if __name__ == "__main__":
    _main()
