"""The handover from one supervisor to the next: the listening sockets are inherited, the successor says when it serves.

Two environment variables tell a supervisor that it is a successor: API_HOUR_LISTENERS, a JSON object from each `--bind`
address to its descriptor, and API_HOUR_PREDECESSOR, the descriptor of a pipe to the one before. A line in the pipe says
that all workers serve; the end of the process without it, that the handover has failed.
"""

import json
import logging
import os
import selectors
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from api_hour.supervisor.policy.events import Event, HandoverDone, HandoverFailed, describe_exit
from api_hour.supervisor.sockets.inherited import LISTENERS_VARIABLE

LOG = logging.getLogger("api_hour.supervisor")

CONTAINER_INIT = 1

PREDECESSOR_VARIABLE = "API_HOUR_PREDECESSOR"
NOT_INHERITED = (LISTENERS_VARIABLE, PREDECESSOR_VARIABLE, "WATCHDOG_PID")  # it names this process, not the successor


class Predecessor:
    """The supervisor that serves until this one does; there may be none."""

    def __init__(self) -> None:
        fd = os.environ.pop(PREDECESSOR_VARIABLE, None)
        self._fd = None if fd is None else int(fd)
        if self._fd is not None:
            os.set_inheritable(self._fd, False)

    @property
    def is_waiting(self) -> bool:
        """Whether there is one that was not told yet."""
        return self._fd is not None

    def tell_ready(self) -> None:
        """Say that this one serves; a predecessor that is gone needs no telling."""
        if self._fd is not None:
            with suppress(BrokenPipeError):
                os.write(self._fd, b"serving\n")
        self.close()

    def close(self) -> None:
        """Release the pipe."""
        if self._fd is not None:
            os.close(self._fd)
        self._fd = None


class Successor:
    """A supervisor that is to take over from this one.

    Args:
        selector: where it is watched; the callback to call is each key's data.
        report: takes the events that it causes.
    """

    def __init__(self, selector: selectors.BaseSelector, report: Callable[[Event], None]) -> None:
        self._selector = selector
        self._report = report
        self._process: subprocess.Popen[bytes] | None = None
        self._fds: list[int] = []

    @property
    def pid(self) -> int | None:
        """Its process id; None when there is none."""
        return None if self._process is None else self._process.pid

    def start(self, listeners: Mapping[str, socket.socket], directory: Path) -> None:
        """Run the command line of this process again, with the listening sockets to inherit.

        Args:
            listeners: the sockets, by their `--bind` address.
            directory: where this process was started.
        """
        if os.getpid() == CONTAINER_INIT:
            self._report(HandoverFailed(reason="was not started: a container ends with its process 1, which this is"))
            return
        theirs: int | None = None
        try:
            ours, theirs = os.pipe()
            self._fds = [ours]
            fds = {bind: listener.fileno() for bind, listener in listeners.items()}
            environment = {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}
            self._process = subprocess.Popen(
                (sys.executable, *sys.orig_argv[1:]),
                cwd=str(directory),
                env={**environment, LISTENERS_VARIABLE: json.dumps(fds), PREDECESSOR_VARIABLE: str(theirs)},
                pass_fds=(*fds.values(), theirs),
            )
            pid_fd = os.pidfd_open(self._process.pid)
            self._fds.append(pid_fd)
        except OSError as error:
            self._close()
            self._report(HandoverFailed(reason=f"was not started: {error}"))
            return
        finally:
            if theirs is not None:
                os.close(theirs)
        LOG.info("successor started, pid %d", self._process.pid)
        self._selector.register(ours, selectors.EVENT_READ, lambda: self._on_word(ours))
        self._selector.register(pid_fd, selectors.EVENT_READ, self._on_end)

    def stop(self) -> None:
        """Ask it to end."""
        if self._process is not None:
            self._process.terminate()

    def _on_word(self, fd: int) -> None:
        self._selector.unregister(fd)
        if os.read(fd, 64):
            self._report(HandoverDone())

    def _on_end(self) -> None:
        assert self._process is not None
        reason = f"pid {self._process.pid}, {describe_exit(self._process.wait())}"
        for fd in self._fds:
            with suppress(KeyError):
                self._selector.unregister(fd)
        self._close()
        self._report(HandoverFailed(reason=reason))

    def _close(self) -> None:
        for fd in self._fds:
            os.close(fd)
        self._fds, self._process = [], None
