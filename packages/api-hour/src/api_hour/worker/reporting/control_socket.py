"""The worker's end of the control socket: its order, what it reports, and what it is told while it serves."""

import logging
import os
import socket
from collections.abc import Callable

from api_hour.control.messages import Heartbeat, WorkerReport, decode_certificates, decode_command, encode_report
from api_hour.control.spec import WorkerOrder, decode_order
from api_hour.process.standard_descriptors import lead_output_to
from api_hour.tls import TlsPem

LOG = logging.getLogger("api_hour.worker")


def read_order(control: socket.socket) -> WorkerOrder:
    """Wait for what this worker is to do."""
    with control.makefile("rb", buffering=0) as lines:  # what follows is for `Commands`
        return decode_order(lines.readline())


class Reporter:
    """The worker's word to the supervisor: that it serves, that it is alive, or why it is not.

    Attributes:
        has_served: whether it was said that it serves.
    """

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self.has_served = False

    def ready(self) -> None:
        """Say that connections are accepted."""
        self.has_served = True
        self._send(WorkerReport(state="ready"))

    def alive(self, heartbeat: Heartbeat) -> None:
        """Say that the loop runs, and what it has done."""
        self._send(WorkerReport(state="alive", heartbeat=heartbeat))

    def failed(self, error: BaseException) -> None:
        """Say why the worker ends."""
        self._send(WorkerReport(state="failed", reason=f"{type(error).__name__}: {error}"))

    def _send(self, report: WorkerReport) -> None:
        try:
            self._control.send(encode_report(report) + b"\n")  # the kernel takes a line this short whole, or not at all
        except BlockingIOError:
            LOG.debug("the supervisor does not read: a report is left out, and the next heartbeat says all again")
        except OSError as error:
            LOG.warning("cannot reach the supervisor: %s", error)


class Commands:
    """The supervisor's commands to a running worker, line by line; and the end of the supervisor.

    Args:
        control: the worker's end of the control socket.
        retire: called when the worker is to retire.
        lost: called when the supervisor is gone.
        replace: takes certificates that have changed.
    """

    def __init__(
        self,
        control: socket.socket,
        *,
        retire: Callable[[], None],
        lost: Callable[[], None],
        replace: Callable[[list[TlsPem]], None],
    ) -> None:
        self._control = control
        self._retire = retire
        self._lost = lost
        self._replace = replace
        self._unread = b""
        self._files: list[int] = []

    def read(self) -> None:
        """Take in what has come."""
        try:
            data, files, _, _ = socket.recv_fds(self._control, 65536, 1)
            self._files += files
        except ConnectionResetError:
            data = b""
        if not data:
            self._lost()
            return
        *lines, self._unread = (self._unread + data).split(b"\n")
        for line in lines:
            match decode_command(line).command:
                case "retire":
                    self._retire()
                case "certificates":
                    self._replace(decode_certificates(_read_file(self._files.pop(0))))
                case "output":
                    _print_to(self._files.pop(0))


def _read_file(fd: int) -> bytes:
    """Return the content of a file, whose position all workers share, and close it."""
    try:
        return os.pread(fd, os.fstat(fd).st_size, 0)
    finally:
        os.close(fd)


def _print_to(fd: int) -> None:
    """Let what this process prints go to a descriptor, and close it."""
    try:
        lead_output_to(fd)
    finally:
        os.close(fd)
