"""A worker process: reads its order, imports the Container, serves until told to stop.

Started by the supervisor as `python -m api_hour.worker.process FD`, FD being its end of the control socket.
Exit codes: 0 asked to stop; 1 failed while it served; 3 did not come up.
"""

import asyncio
import logging
import os
import signal
import socket
import sys
from contextlib import suppress
from dataclasses import dataclass, field

from api_hour.errors import ApiHourError
from api_hour.log import configure_logging
from api_hour.stats import ServingStats
from api_hour.worker.lifecycle import serve
from api_hour.worker.spec import WorkerOrder, WorkerReport, decode_order, encode_report
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


class Reporter:
    """The worker's word to the supervisor: that it serves, or why it does not."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self.has_served = False

    def ready(self) -> None:
        """Say that connections are accepted."""
        self.has_served = True
        self._send(WorkerReport(state="ready"))

    def failed(self, error: BaseException) -> None:
        """Say why the worker ends."""
        self._send(WorkerReport(state="failed", reason=f"{type(error).__name__}: {error}"))

    def _send(self, report: WorkerReport) -> None:
        try:
            self._control.send(encode_report(report) + b"\n")
        except OSError as error:
            LOG.warning("cannot reach the supervisor: %s", error)


def main(control_fd: int) -> int:
    """Live the life of one worker and return its exit code.

    Args:
        control_fd: the worker's end of the control socket.
    """
    control = socket.socket(fileno=control_fd)
    order = decode_order(_read_line(control))
    configure_logging(order.spec.logconfig)
    reporter = Reporter(control)
    try:
        _run(order, control, reporter)
    except ApiHourError as error:
        LOG.error("%s", error)  # noqa: TRY400  # the message says it all
        reporter.failed(error)
    except Exception as error:
        LOG.exception("worker %d failed", order.worker_id)
        reporter.failed(error)
    else:
        return 0
    return 1 if reporter.has_served else DID_NOT_COME_UP


def _run(order: WorkerOrder, control: socket.socket, reporter: Reporter) -> None:
    spec = order.spec
    config = read_main_yaml(spec.main_yaml)
    container_class = import_container(spec.target, spec.chdir)
    sockets = [socket.socket(fileno=fd) for fd in order.listener_fds]
    worker = Worker(worker_id=order.worker_id, pid=os.getpid(), workers=spec.workers)
    loop = container_class.make_event_loop(config)
    asyncio.set_event_loop(loop)
    try:
        container = container_class(config=config, worker=worker, loop=loop)
        stop_asked = asyncio.Event()
        life = loop.create_task(
            serve(
                container,
                sockets,
                backlog=spec.backlog,
                graceful_timeout_s=spec.graceful_timeout_s,
                stop_asked=stop_asked,
                on_ready=reporter.ready,
            )
        )

        def stop() -> None:
            stop_asked.set()
            if not reporter.has_served:
                life.cancel()

        def on_control() -> None:
            """The supervisor says nothing after the order, so what comes is the end of the stream."""
            loop.remove_reader(control.fileno())
            LOG.warning("the supervisor is gone: stopping")
            stop()

        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
            loop.add_signal_handler(number, stop)
        control.setblocking(False)
        loop.add_reader(control.fileno(), on_control)
        with suppress(asyncio.CancelledError):
            loop.run_until_complete(life)
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


def _read_line(control: socket.socket) -> bytes:
    with control.makefile("rb") as lines:
        return lines.readline()


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
