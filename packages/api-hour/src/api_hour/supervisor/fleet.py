"""The worker processes and the control sockets to them. Does what `decisions.py` decides; decides nothing."""

import logging
import os
import selectors
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass

import msgspec

from api_hour.control.connection_counts import ConnectionCounts, Slots, make_shared_memory
from api_hour.control.messages import (
    Heartbeat,
    WorkerCommand,
    WorkerReport,
    decode_report,
    encode_certificates,
    encode_command,
)
from api_hour.control.signals import BLOCKED_AT_START, STACK_SIGNAL
from api_hour.control.spec import WorkerOrder, WorkerSpec, encode_order
from api_hour.supervisor.hooks import SupervisorHooks
from api_hour.supervisor.policy.events import Event, WorkerAlive, WorkerExited, WorkerReady, describe_exit
from api_hour.supervisor.policy.reasons import KillReason, RetireReason, describe
from api_hour.supervisor.processes.proc import read_rss_bytes, read_state
from api_hour.supervisor.processes.stack_file import StackFile
from api_hour.supervisor.systemd import SERVICE_VARIABLES
from api_hour.tls import TlsPem

LOG = logging.getLogger("api_hour.supervisor")

STANDARD_OUTPUT = 1
WORKER_COMMAND = (sys.executable, "-P", "-m", "api_hour.worker.process")


@dataclass(slots=True, kw_only=True)
class WorkerProcess:
    """One worker: its process, our end of its control socket, and what came over it so far."""

    worker_id: int
    process: subprocess.Popen[bytes]
    control: socket.socket
    pid_fd: int
    stack: StackFile
    slot: int | None  # where its connections are counted
    is_stack_due: bool = False  # it was asked for, and not logged yet
    unread: bytes = b""
    failure: str = ""

    def fields(self, **more: object) -> dict[str, object]:
        """Return what a line in the log says of this worker, for those who log fields."""
        return {"worker_id": self.worker_id, "worker_pid": self.process.pid, **more}

    def close(self) -> None:
        """Release the descriptors of a worker that is gone."""
        self.control.close()
        self.stack.close()
        os.close(self.pid_fd)


def _pass_over(_worker_id: int, _heartbeat: Heartbeat) -> None:
    pass


class Fleet:
    """All worker processes of one daemon.

    Args:
        spec: what every worker is started with.
        listeners: the listening sockets that every worker inherits.
        selector: where the workers' sockets are watched; the callback to call is each key's data.
        report: takes the events that the workers cause.
        hear: takes each heartbeat and its worker's number, before the event that it has come.
        twins: which listening socket each of the last ones is served like.
        hooks: told of each worker's start and end; None for nobody.

    Attributes:
        spec: what every worker is started with from now on.
        stop_signal: how workers are told to stop. They may want to know that it was by Ctrl-C.
    """

    def __init__(
        self,
        spec: WorkerSpec,
        listeners: Sequence[socket.socket],
        selector: selectors.BaseSelector,
        report: Callable[[Event], None],
        hear: Callable[[int, Heartbeat], None] = _pass_over,
        *,
        twins: tuple[int, ...] = (),
        hooks: SupervisorHooks | None = None,
    ) -> None:
        self.spec = spec
        self._twins = twins
        self._listener_fds = tuple(listener.fileno() for listener in listeners)
        self._selector = selector
        self._report = report
        self._hear = hear
        self._hooks = hooks or SupervisorHooks()
        self.stop_signal = signal.SIGTERM
        self._workers: dict[int, WorkerProcess] = {}
        self._counts_fd = make_shared_memory()
        self._slots = Slots(ConnectionCounts(self._counts_fd))

    def start(self, worker_id: int, *, request_limit: int = 0) -> None:
        """Start a worker as a fresh interpreter that inherits the listening sockets."""
        self._hooks.worker_starting(worker_id)
        try:
            worker = self._spawn(worker_id)
        except OSError as error:
            self._hooks.worker_exited(worker_id)
            self._report(WorkerExited(worker_id=worker_id, exit_code=1, reason=f"not started: {error}"))
            return
        self._workers[worker_id] = worker
        self._hooks.worker_started(worker_id, worker.process.pid)
        order = WorkerOrder(
            spec=self.spec,
            worker_id=worker_id,
            listener_fds=self._listener_fds,
            twins=self._twins,
            request_limit=request_limit,
            counts_fd=self._counts_fd,
            slot=worker.slot,
        )
        with suppress(BrokenPipeError):  # it is gone already: its exit will be seen
            worker.control.sendall(encode_order(order) + b"\n")
        worker.control.setblocking(False)
        self._selector.register(worker.control, selectors.EVENT_READ, lambda: self._read(worker))
        self._selector.register(worker.pid_fd, selectors.EVENT_READ, lambda: self._reap(worker))
        LOG.info("worker %d started, pid %d", worker_id, worker.process.pid, extra=worker.fields())

    def retire(self, worker_id: int, reason: RetireReason) -> None:
        """Tell a worker to end when its clients have been told; nothing happens when it is gone."""
        if worker := self._workers.get(worker_id):
            why = describe(reason)
            LOG.info(
                "worker %d retires, pid %d: %s", worker_id, worker.process.pid, why, extra=worker.fields(reason=why)
            )
            with suppress(OSError):  # it is gone, or its loop is blocked: its deadline will be seen
                worker.control.send(encode_command(WorkerCommand(command="retire")) + b"\n")

    def replace_certificates(self, changed: Sequence[TlsPem]) -> None:
        """Tell every worker what is in the files of certificates that have changed.

        It goes by way of a file in memory: it may be more than a worker that is busy has room for.
        """
        with os.fdopen(os.memfd_create("api_hour-certificates"), "wb") as file:
            file.write(encode_certificates(changed))
            file.flush()
            self._pass_file(WorkerCommand(command="certificates"), file.fileno())

    def follow_log(self) -> None:
        """Let what every worker prints go where this process's output goes."""
        self._pass_file(WorkerCommand(command="output"), STANDARD_OUTPUT)

    def _pass_file(self, command: WorkerCommand, fd: int) -> None:
        for worker in self._workers.values():
            with suppress(OSError):  # it is gone, or its loop is blocked: its deadline will be seen
                socket.send_fds(worker.control, [encode_command(command) + b"\n"], [fd])

    def stop(self, worker_id: int) -> None:
        """Tell a worker to end when its requests are answered; nothing happens when it is gone."""
        if worker := self._workers.get(worker_id):
            worker.process.send_signal(self.stop_signal)

    def dump_stack(self, worker_id: int) -> None:
        """Ask a worker's interpreter for its stack; `kill`, or its next heartbeat, writes it into the log."""
        if worker := self._workers.get(worker_id):
            worker.is_stack_due = True
            worker.process.send_signal(STACK_SIGNAL)

    def kill(self, worker_id: int, reason: KillReason) -> None:
        """End a worker at once; nothing happens when it is gone."""
        if worker := self._workers.get(worker_id):
            why = describe(reason)
            self._log_stack(worker, why)
            self._log_missing_stack(worker)
            LOG.error("worker %d %s: killed", worker_id, why, extra=worker.fields(reason=why))
            worker.process.kill()

    def pids(self) -> dict[int, int]:
        """Return the process id of each worker, by its number."""
        return {worker_id: worker.process.pid for worker_id, worker in self._workers.items()}

    def kill_all(self) -> None:
        """End every worker at once and wait for it: the way out when the supervisor itself fails."""
        for worker in list(self._workers.values()):
            worker.process.kill()
            worker.process.wait()
            self._forget(worker)

    def close(self) -> None:
        """Release the memory that the workers share. No worker can be started any more."""
        os.close(self._counts_fd)

    def _spawn(self, worker_id: int) -> WorkerProcess:
        environment = {name: value for name, value in os.environ.items() if name not in SERVICE_VARIABLES}
        with ExitStack() as undo:
            ours, theirs = socket.socketpair()
            undo.callback(ours.close)
            stack = StackFile()
            undo.callback(stack.close)
            with theirs, _signals_blocked():
                process = subprocess.Popen(
                    (*WORKER_COMMAND, str(theirs.fileno()), str(stack.fd)),
                    stdin=subprocess.DEVNULL,
                    env=environment,
                    pass_fds=(*self._listener_fds, self._counts_fd, theirs.fileno(), stack.fd),
                    process_group=0,  # Ctrl-C reaches the supervisor alone, which then retires the workers
                )
            undo.callback(process.wait)
            undo.callback(process.kill)
            pid_fd = os.pidfd_open(process.pid)
            undo.pop_all()
        slot = self._slots.take()
        return WorkerProcess(worker_id=worker_id, process=process, control=ours, pid_fd=pid_fd, stack=stack, slot=slot)

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
            try:
                self._take_in(worker, decode_report(line))
            except msgspec.MsgspecError as error:
                LOG.warning("worker %d said %r, which is not understood: %s", worker.worker_id, line, error)

    def _take_in(self, worker: WorkerProcess, report: WorkerReport) -> None:
        if report.state == "ready":
            LOG.info("worker %d serves, pid %d", worker.worker_id, worker.process.pid, extra=worker.fields())
            self._report(WorkerReady(worker_id=worker.worker_id))
        elif report.state == "failed":
            worker.failure = report.reason
        elif report.heartbeat is not None:
            self._take_in_heartbeat(worker, report.heartbeat)

    def _take_in_heartbeat(self, worker: WorkerProcess, heartbeat: Heartbeat) -> None:
        self._log_stack(worker, "was silent for a while")
        self._hear(worker.worker_id, heartbeat)
        rss_bytes = read_rss_bytes(worker.process.pid) or 0
        self._report(WorkerAlive(worker_id=worker.worker_id, requests=heartbeat.requests, rss_bytes=rss_bytes))

    def _log_stack(self, worker: WorkerProcess, reason: str) -> None:
        """Write the stack that was asked for into the log; nothing when none was, or it has not come."""
        if worker.is_stack_due and (stack := worker.stack.take()):
            worker.is_stack_due = False
            LOG.error(
                "worker %d, pid %d, %s; its stack:\n%s",
                worker.worker_id,
                worker.process.pid,
                reason,
                stack,
                extra=worker.fields(reason=reason),
            )

    def _log_missing_stack(self, worker: WorkerProcess) -> None:
        if worker.is_stack_due:
            state = read_state(worker.process.pid)
            because = "its process is stopped" if state == "T" else f"its process is in state {state}"
            LOG.error(
                "worker %d, pid %d, gives no stack: %s",
                worker.worker_id,
                worker.process.pid,
                because,
                extra=worker.fields(reason=because),
            )

    def _reap(self, worker: WorkerProcess) -> None:
        exit_code = worker.process.wait()
        with suppress(BlockingIOError, KeyError):
            while worker.control in self._selector.get_map():
                self._read(worker)
        self._forget(worker)
        LOG.info(
            "worker %d, pid %d, %s",
            worker.worker_id,
            worker.process.pid,
            describe_exit(exit_code),
            extra=worker.fields(exit_code=exit_code, reason=worker.failure),
        )
        self._hooks.worker_exited(worker.worker_id)
        self._report(WorkerExited(worker_id=worker.worker_id, exit_code=exit_code, reason=worker.failure))

    def _forget(self, worker: WorkerProcess) -> None:
        del self._workers[worker.worker_id]
        self._selector.unregister(worker.pid_fd)
        with suppress(KeyError):
            self._selector.unregister(worker.control)
        self._slots.free(worker.slot)
        worker.close()


@contextmanager
def _signals_blocked() -> Iterator[None]:
    """Let a process that is started here begin with signals blocked; the worker lets them in when it handles them."""
    old_mask = signal.pthread_sigmask(signal.SIG_BLOCK, BLOCKED_AT_START)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, old_mask)
