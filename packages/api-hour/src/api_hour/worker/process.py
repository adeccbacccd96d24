"""A worker process: reads its order, imports the Container, serves until told to stop.

Started by the supervisor as `python -m api_hour.worker.process CONTROL_FD STACK_FD`: its end of the control socket, and
the file that takes its stack at STACK_SIGNAL, written by the interpreter's own handler also while the loop is blocked.
Exit codes: 0 asked to end; 1 failed while it served; 3 did not come up.
"""

import asyncio
import faulthandler
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from functools import partial

from api_hour.access_log import AccessLog
from api_hour.config.http_options import HttpOptions
from api_hour.errors import ApiHourError
from api_hour.stats import ServingStats
from api_hour.tls import TlsPem
from api_hour.worker.balance import Balance
from api_hour.worker.certificates import replace_certificates
from api_hour.worker.connection_counts import ConnectionCounts
from api_hour.worker.engine_reports import engine_reports
from api_hour.worker.heartbeat import Heart, heartbeat_interval_s
from api_hour.worker.lifecycle import Ending, serve
from api_hour.worker.listeners import Listeners
from api_hour.worker.preparation import Prepared, prepare_process
from api_hour.worker.spec import (
    STACK_SIGNAL,
    EngineReport,
    Heartbeat,
    WorkerOrder,
    WorkerReport,
    decode_certificates,
    decode_command,
    decode_order,
    encode_report,
)
from api_hour.worker.target import import_container, read_main_yaml

LOG = logging.getLogger("api_hour.worker")

DID_NOT_COME_UP = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """What a Container sees of the worker it runs in."""

    worker_id: int
    pid: int
    workers: int = 1
    stats: ServingStats = field(default_factory=ServingStats)
    access_log: AccessLog | None = None
    http: HttpOptions = field(default_factory=HttpOptions)


class Reporter:
    """The worker's word to the supervisor: that it serves, that it is alive, or why it is not."""

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
    """What the supervisor says to a running worker, line by line; its silence for ever, too.

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
            if decode_command(line).command == "retire":
                self._retire()
            else:
                self._replace(decode_certificates(_read_file(self._files.pop(0))))


def main(control_fd: int, stack_fd: int) -> int:
    """Live the life of one worker and return its exit code.

    Args:
        control_fd: the worker's end of the control socket.
        stack_fd: the file for the stack.
    """
    faulthandler.register(STACK_SIGNAL, file=stack_fd, all_threads=True)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, (STACK_SIGNAL,))
    os.set_inheritable(stack_fd, False)
    control = socket.socket(fileno=control_fd)
    order = decode_order(_read_line(control))
    reporter = Reporter(control)
    try:
        _run(order, prepare_process(order.spec, order.worker_id, len(order.listener_fds)), control, reporter)
    except ApiHourError as error:
        LOG.error("%s", error)  # noqa: TRY400  # the message says it all
        reporter.failed(error)
    except Exception as error:
        LOG.exception("worker %d failed", order.worker_id)
        reporter.failed(error)
    else:
        return 0
    return 1 if reporter.has_served else DID_NOT_COME_UP


def _run(order: WorkerOrder, prepared: Prepared, control: socket.socket, reporter: Reporter) -> None:
    spec = order.spec
    config = read_main_yaml(spec.main_yaml)
    container_class = import_container(spec.target, spec.chdir)
    sockets = [socket.socket(fileno=fd) for fd in order.listener_fds]
    stats = ServingStats(request_limit=order.request_limit)
    worker = Worker(
        worker_id=order.worker_id,
        pid=os.getpid(),
        workers=spec.workers,
        stats=stats,
        access_log=prepared.access_log,
        http=spec.http,
    )
    loop = container_class.make_event_loop(config)
    asyncio.set_event_loop(loop)
    try:
        container = container_class(config=config, worker=worker, loop=loop)
        ending = Ending()
        at_end = ExitStack()

        def engines(now_s: float) -> tuple[EngineReport, ...]:
            return engine_reports(container.engines.values(), now_s)

        def on_ready(listeners: Listeners) -> None:
            interval_s = heartbeat_interval_s(spec.heartbeat_timeout_s)
            heart = Heart(loop, interval_s, stats, listeners.open_connections, reporter.alive, engines=engines)
            heart.start()
            at_end.callback(heart.beat)
            reporter.ready()
            heart.beat()

        life = loop.create_task(
            serve(
                container,
                sockets,
                backlog=spec.backlog,
                drain_timeout_s=spec.drain_timeout_s,
                graceful_timeout_s=spec.graceful_timeout_s,
                ending=ending,
                on_ready=on_ready,
                balance=_balance_of(order),
                certificates=prepared.certificates,
            )
        )

        def stop() -> None:
            ending.stop()
            if not reporter.has_served:
                life.cancel()

        _obey(loop, control, prepared, retire=ending.retire, stop=stop)
        with suppress(asyncio.CancelledError), at_end:
            loop.run_until_complete(life)
    finally:
        if prepared.access_log is not None:
            prepared.access_log.flush()
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


def _obey(
    loop: asyncio.AbstractEventLoop,
    control: socket.socket,
    prepared: Prepared,
    *,
    retire: Callable[[], None],
    stop: Callable[[], None],
) -> None:
    """Have signals and the supervisor's commands carried out from now on; without a supervisor, stop."""

    def on_lost() -> None:
        loop.remove_reader(control.fileno())
        LOG.warning("the supervisor is gone: stopping")
        stop()

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
        loop.add_signal_handler(number, stop)
    control.setblocking(False)
    replace = partial(replace_certificates, prepared.certificates)
    loop.add_reader(control.fileno(), Commands(control, retire=retire, lost=on_lost, replace=replace).read)


def _balance_of(order: WorkerOrder) -> Balance | None:
    if order.slot is None:
        return None
    counts = ConnectionCounts(order.counts_fd)
    os.close(order.counts_fd)
    return Balance(counts, order.slot)


def _read_line(control: socket.socket) -> bytes:
    with control.makefile("rb", buffering=0) as lines:  # what follows is for `Commands`
        return lines.readline()


def _read_file(fd: int) -> bytes:
    """Return the content of a file, whose position all workers share, and close it."""
    try:
        return os.pread(fd, os.fstat(fd).st_size, 0)
    finally:
        os.close(fd)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))
