"""The worker processes and the control sockets to them. Does what `decisions.py` decides; decides nothing."""

import logging
import os
import selectors
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from api_hour.supervisor.decisions import Event, WorkerExited, WorkerReady, describe_exit
from api_hour.worker.spec import WorkerOrder, WorkerSpec, decode_report, encode_order

LOG = logging.getLogger("api_hour.supervisor")

WORKER_COMMAND = (sys.executable, "-P", "-m", "api_hour.worker.process")


@dataclass(slots=True, kw_only=True)
class WorkerProcess:
    """One worker: its process, our end of its control socket, and what came over it so far."""

    worker_id: int
    process: subprocess.Popen[bytes]
    control: socket.socket
    pid_fd: int
    unread: bytes = b""
    failure: str = ""

    def close(self) -> None:
        """Release the descriptors of a worker that is gone."""
        self.control.close()
        os.close(self.pid_fd)


class Fleet:
    """All worker processes of one daemon.

    Args:
        spec: what every worker is started with.
        listeners: the listening sockets that every worker inherits.
        selector: where the workers' sockets are watched; the callback to call is each key's data.
        report: takes the events that the workers cause.
    """

    def __init__(
        self,
        spec: WorkerSpec,
        listeners: Sequence[socket.socket],
        selector: selectors.BaseSelector,
        report: Callable[[Event], None],
    ) -> None:
        self._spec = spec
        self._listener_fds = tuple(listener.fileno() for listener in listeners)
        self._selector = selector
        self._report = report
        self._workers: dict[int, WorkerProcess] = {}

    def start(self, worker_id: int) -> None:
        """Start a worker as a fresh interpreter that inherits the listening sockets."""
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                process = subprocess.Popen(
                    (*WORKER_COMMAND, str(theirs.fileno())),
                    stdin=subprocess.DEVNULL,
                    pass_fds=(*self._listener_fds, theirs.fileno()),
                    process_group=0,  # Ctrl-C reaches the supervisor alone, which then retires the workers
                )
        except OSError as error:
            ours.close()
            self._report(WorkerExited(worker_id=worker_id, exit_code=1, reason=f"not started: {error}"))
            return
        pid_fd = os.pidfd_open(process.pid)
        worker = WorkerProcess(worker_id=worker_id, process=process, control=ours, pid_fd=pid_fd)
        self._workers[worker_id] = worker
        order = WorkerOrder(spec=self._spec, worker_id=worker_id, listener_fds=self._listener_fds)
        with suppress(BrokenPipeError):  # it is gone already: its exit will be seen
            ours.sendall(encode_order(order) + b"\n")
        ours.setblocking(False)
        self._selector.register(ours, selectors.EVENT_READ, lambda: self._read(worker))
        self._selector.register(worker.pid_fd, selectors.EVENT_READ, lambda: self._reap(worker))
        LOG.info("worker %d started, pid %d", worker_id, process.pid)

    def signal(self, worker_id: int, signal_number: signal.Signals) -> None:
        """Send a signal to a worker; nothing happens when it is gone."""
        if worker := self._workers.get(worker_id):
            worker.process.send_signal(signal_number)

    def kill_all(self) -> None:
        """End every worker at once and wait for it: the way out when the supervisor itself fails."""
        for worker in list(self._workers.values()):
            worker.process.kill()
            worker.process.wait()
            self._forget(worker)

    def _read(self, worker: WorkerProcess) -> None:
        try:
            data = worker.control.recv(65536)
        except ConnectionResetError:
            data = b""
        if not data:
            self._selector.unregister(worker.control)
            return
        *lines, worker.unread = (worker.unread + data).split(b"\n")
        for line in lines:
            report = decode_report(line)
            if report.state == "ready":
                LOG.info("worker %d serves, pid %d", worker.worker_id, worker.process.pid)
                self._report(WorkerReady(worker_id=worker.worker_id))
            else:
                worker.failure = report.reason

    def _reap(self, worker: WorkerProcess) -> None:
        exit_code = worker.process.wait()
        with suppress(BlockingIOError, KeyError):
            while worker.control in self._selector.get_map():
                self._read(worker)
        self._forget(worker)
        LOG.info("worker %d, pid %d, %s", worker.worker_id, worker.process.pid, describe_exit(exit_code))
        self._report(WorkerExited(worker_id=worker.worker_id, exit_code=exit_code, reason=worker.failure))

    def _forget(self, worker: WorkerProcess) -> None:
        del self._workers[worker.worker_id]
        self._selector.unregister(worker.pid_fd)
        with suppress(KeyError):
            self._selector.unregister(worker.control)
        worker.close()
