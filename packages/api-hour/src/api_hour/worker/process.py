"""A worker process: reads its order, imports the Container, serves until told to stop.

Started by the supervisor as `python -m api_hour.worker.process CONTROL_FD STACK_FD`: its end of the control socket, and
the file that takes its stack at STACK_SIGNAL, written by the interpreter's own handler also while the loop is blocked.
Exit codes: 0 asked to end; 1 failed while it served; 3 did not come up.
"""

import asyncio
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from typing import NoReturn

from api_hour.config.gunicorn_config import GunicornConfig
from api_hour.container import Container
from api_hour.control.connection_counts import ConnectionCounts
from api_hour.control.messages import heartbeat_interval_s
from api_hour.control.spec import WorkerOrder
from api_hour.errors import ApiHourError
from api_hour.log.gunicorn_logger import open_gunicorn_logger
from api_hour.stats import ServingStats
from api_hour.worker.hooks import INTERRUPTS, WorkerHooks
from api_hour.worker.inheritance import Inheritance
from api_hour.worker.leaving import leave
from api_hour.worker.leftovers import end_leftovers
from api_hour.worker.lifecycle import Ending, ListeningSocket, serve
from api_hour.worker.listeners.balance import Balance
from api_hour.worker.listeners.certificates import replace_certificates
from api_hour.worker.listeners.handlers import with_twins
from api_hour.worker.listeners.listeners import Listeners
from api_hour.worker.preparation import Prepared, give_up_rights, prepare_process
from api_hour.worker.reporting.control_socket import Commands, Reporter, read_order
from api_hour.worker.reporting.engine_reports import engine_reports
from api_hour.worker.reporting.heartbeat import Heart
from api_hour.worker.signals import STOP, begin_signals
from api_hour.worker.targets.forms import make_container
from api_hour.worker.targets.importing import import_container, read_main_yaml
from api_hour.worker.targets.loops import loop_factory
from api_hour.worker.worker import Worker

LOG = logging.getLogger("api_hour.worker")

DID_NOT_COME_UP = 3


def main(control_fd: int, stack_fd: int) -> NoReturn:
    """Live the life of one worker, and end its process.

    Args:
        control_fd: the worker's end of the control socket.
        stack_fd: the file for the stack.
    """
    begin_signals(stack_fd)
    os.set_inheritable(stack_fd, False)
    control = socket.socket(fileno=control_fd)
    run = Run(control, read_order(control), stack_fd)
    code = run.run()
    leave(code, waits_for_threads=not run.has_jobs)  # which have had their time


class Run:
    """The run of one worker: its event loop, its Container and their end.

    Args:
        control: the worker's end of the control socket.
        order: what the worker is to do.
        stack_fd: the file for the stack.

    Attributes:
        has_jobs: whether jobs of the loop's executor go on after the end.
    """

    def __init__(self, control: socket.socket, order: WorkerOrder, stack_fd: int) -> None:
        self._control = control
        self._order = order
        self._stack_fd = stack_fd
        self._spec = order.spec
        self._reporter = Reporter(control)
        self._sockets = [socket.socket(fileno=fd) for fd in order.listener_fds]
        self._inheritance = Inheritance([control, *self._sockets])
        self._stats = ServingStats(request_limit=order.request_limit)
        self._ending = Ending()
        self._at_end = ExitStack()
        self._prepared = Prepared()
        self.has_jobs = False

    def run(self) -> int:
        """Serve until the end, say what has failed, and return the exit code."""
        try:
            with self._inheritance.undone():
                self._serve()
        except ApiHourError as error:
            LOG.error("%s", error)  # noqa: TRY400  # the message says it all
            self._reporter.failed(error)
        except (Exception, SystemExit, asyncio.CancelledError) as error:
            self._inheritance.leave_if_child(error)  # forked while the target was imported
            LOG.exception("worker %d failed", self._order.worker_id)
            self._reporter.failed(error)
        else:
            return 0
        return 1 if self._reporter.has_served else DID_NOT_COME_UP

    def _serve(self) -> None:
        """Import the target and serve it until the end; nothing runs on afterwards."""
        binds = len(self._sockets) - len(self._order.twins)
        self._prepared = prepare_process(self._spec, self._order.worker_id, binds)
        worker = self._make_worker()
        hooks = WorkerHooks.of_file(self._spec.hooks_file, worker, self._stack_fd)
        try:
            hooks.begin()
            give_up_rights(self._spec)
            self._serve_as(worker, hooks)
        finally:
            self._inheritance.leave_if_child(sys.exception())
            hooks.ended()

    def _serve_as(self, worker: Worker, hooks: WorkerHooks) -> None:
        config = read_main_yaml(self._spec.main_yaml)
        maker = import_container(self._spec.target, *self._spec.app_dirs, self._spec.chdir)
        loop = loop_factory(self._spec.worker.loop, maker)(config)
        asyncio.set_event_loop(loop)
        self._inheritance.loop = loop
        try:
            container = make_container(maker, config=config, worker=worker, loop=loop)
            hooks.loaded()
            self._live(container, worker, hooks)
        finally:
            self._inheritance.leave_if_child(sys.exception())
            self._close(loop)

    def _live(self, container: Container, worker: Worker, hooks: WorkerHooks) -> None:
        loop = container.loop
        life = loop.create_task(
            serve(
                container,
                self._sockets,
                self._spec.worker,
                ending=self._ending,
                on_ready=lambda listeners: self._on_ready(container, worker, listeners),
                balance=_balance_of(self._order),
                certificates=with_twins(self._prepared.certificates, self._order.twins),
                twins=self._order.twins,
            )
        )

        def stop() -> None:
            self._ending.stop()
            if not self._reporter.has_served:
                life.cancel()

        def interrupt() -> None:
            hooks.interrupted()
            stop()

        worker.stop = partial(loop.call_soon_threadsafe, stop)
        if not worker.alive:
            worker.stop()
        _obey(loop, self._control, self._prepared, retire=self._ending.retire, stop=stop)
        for number in INTERRUPTS:
            loop.add_signal_handler(number, interrupt)
        self._inheritance.handler = signal.getsignal(signal.SIGTERM)
        try:
            with self._at_end:
                self._run_to_end(loop, life)
        except asyncio.CancelledError:
            if not self._ending.stop_asked.is_set():  # it is the application's own
                raise

    def _run_to_end(self, loop: asyncio.AbstractEventLoop, life: asyncio.Task[None]) -> None:
        try:
            loop.run_until_complete(life)
        except BaseException as error:
            self._inheritance.leave_if_child(error)
            raise

    def _on_ready(self, container: Container, worker: Worker, listeners: Listeners) -> None:
        interval_s = heartbeat_interval_s(self._spec.worker.heartbeat_timeout_s)
        heart = Heart(
            container.loop,
            interval_s,
            self._stats,
            listeners.open_connections,
            self._reporter.alive,
            engines=lambda: engine_reports(container.engines.values()),
        )
        self._inheritance.connections = listeners.descriptors
        heart.start()
        worker.notify = heart.beat
        self._at_end.callback(heart.beat)
        self._reporter.ready()
        heart.beat()

    def _make_worker(self) -> Worker:
        access_log, log = self._prepared.access_log, self._spec.log
        return Worker(
            worker_id=self._order.worker_id,
            pid=os.getpid(),
            workers=self._spec.worker.workers,
            stats=self._stats,
            access_log=access_log,
            http=self._spec.http,
            cfg=GunicornConfig(self._spec.gunicorn),
            log=open_gunicorn_logger(
                None if log.logconfig is not None else log.log_level,
                write=None if access_log is None or log.logconfig is not None else access_log.write,
                has_access_log=access_log is not None,
            ),
            sockets=tuple(map(ListeningSocket, self._sockets)),
            heartbeat_timeout_s=self._spec.worker.heartbeat_timeout_s,
        )

    def _close(self, loop: asyncio.AbstractEventLoop) -> None:
        is_over = end_leftovers(loop, self._ending.time_left_s(self._spec.worker))
        if self._prepared.access_log is not None:
            self._prepared.access_log.flush()
        if is_over:
            loop.close()
        self.has_jobs = not is_over


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

    for number in STOP:
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


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
