"""The supervisor's loop: waits for signals, workers and time, and carries out what `decisions.py` decides."""

import logging
import os
import selectors
import signal
import socket
import time
from collections import deque
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from api_hour.config import Settings
from api_hour.control.logs import begin_logging
from api_hour.control.messages import heartbeat_interval_s
from api_hour.control.spec import WorkerSpec
from api_hour.errors import ApiHourError, StartError
from api_hour.process.detaching import Launcher, Nobody
from api_hour.process.standard_descriptors import follow_log
from api_hour.supervisor.fleet import Fleet
from api_hour.supervisor.handover import Predecessor, Successor
from api_hour.supervisor.hooks import SupervisorHooks
from api_hour.supervisor.monitor.ledger import Ledger
from api_hour.supervisor.opening import Held, opened
from api_hour.supervisor.policy.decisions import Decisions
from api_hour.supervisor.policy.events import (
    Action,
    CloseListeners,
    DumpStack,
    Event,
    Exit,
    FollowLogs,
    HandoverDone,
    KillWorker,
    LogFact,
    Notify,
    ReloadRefused,
    ReloadRequested,
    RetireWorker,
    ServiceState,
    StartSuccessor,
    StartWorker,
    StopRequested,
    StopSuccessor,
    StopWorker,
    Tick,
)
from api_hour.supervisor.policy.policy import Policy
from api_hour.supervisor.processes.orphans import reap_orphans
from api_hour.supervisor.recorder import Recorder
from api_hour.supervisor.renewal import Renewed, Reread
from api_hour.supervisor.signals import read_requests, signal_socket
from api_hour.supervisor.sockets.binding import twins_of
from api_hour.supervisor.sockets.files import Ownership
from api_hour.supervisor.systemd import ServiceManager
from api_hour.supervisor.watch.certificates import CertificateWatch
from api_hour.supervisor.watch.sources import watched_sources

LOG = logging.getLogger("api_hour.supervisor")


def run_daemon(
    settings: Settings,
    spec: WorkerSpec,
    *,
    launched_in: Path | None = None,
    launcher: Launcher | None = None,
    reread: Reread | None = None,
    hooks: SupervisorHooks | None = None,
) -> int:
    """Serve until a stop signal comes or a successor serves, and return the exit code 0.

    Args:
        settings: addresses, files and the monitor.
        spec: what every worker is started with; the policy keeps to its options, too.
        launched_in: where a successor is started, the working directory before any change; None for this one.
        launcher: told when the workers serve; None for nobody.
        reread: gives the options at a reload; None to keep those that there are.
        hooks: told what happens; None for nobody.

    Raises:
        StartError: an address cannot be listened on, the pid file is another's, or no worker came up.
    """
    predecessor = Predecessor()
    files = Ownership(is_ours=not predecessor.is_waiting)
    hooks = hooks or SupervisorHooks()
    with ExitStack() as stack:
        stack.callback(predecessor.close)
        signals = stack.enter_context(signal_socket())
        hooks.workers_wanted(spec.worker.workers, None)
        hooks.starting()
        held = stack.enter_context(opened(settings, spec.name, spec.identity, files))
        selector = stack.enter_context(selectors.DefaultSelector())
        daemon = Daemon(
            settings,
            spec,
            held,
            selector,
            predecessor=predecessor,
            files=files,
            launched_in=launched_in,
            launcher=launcher or Nobody(),
            reread=reread or partial(Renewed, settings=settings, spec=spec),
            hooks=hooks,
        )
        if settings.reload:
            stack.enter_context(watched_sources(spec, settings, selector, lambda: daemon.ask(ReloadRequested())))
        hooks.opened()
        ending = daemon.run(signals)
    hooks.ended()
    if ending.exit_code:
        raise StartError(ending.reason)
    return ending.exit_code


class Daemon:
    """A supervisor that has its sockets.

    Args:
        settings: addresses, files and the monitor.
        spec: what every worker is started with; the policy keeps to its options, too.
        held: the sockets, the monitor and the pid file.
        selector: where everything is watched; the callback to call is each key's data.
        predecessor: told when this one serves.
        files: whether the socket files are ours; changes with a handover.
        launched_in: where a successor is started; None for the working directory.
        launcher: told when the workers serve.
        reread: gives the options at a reload.
        hooks: told what happens.
    """

    def __init__(
        self,
        settings: Settings,
        spec: WorkerSpec,
        held: Held,
        selector: selectors.BaseSelector,
        *,
        predecessor: Predecessor,
        files: Ownership,
        launched_in: Path | None,
        launcher: Launcher,
        reread: Reread,
        hooks: SupervisorHooks,
    ) -> None:
        self._held = held
        self._launcher = launcher
        self._hooks = hooks
        self._selector = selector
        self._predecessor = predecessor
        self._files = files
        self._launched_in = launched_in or Path.cwd()
        self._reread = reread
        self._output_file = settings.log_file if settings.daemon else None
        self._events: deque[Event] = deque()
        self._service_manager = ServiceManager(os.environ, os.getpid())
        self._successor = Successor(selector, self._on_successor)
        self._ledger = ledger = Ledger(heartbeat_interval_s(spec.worker.heartbeat_timeout_s))
        self.fleet = Fleet(
            spec,
            list(held.listeners.values()),
            selector,
            self._events.append,
            ledger.hear,
            twins=twins_of(held.listeners),
            hooks=hooks,
        )
        self._certificates = CertificateWatch(spec.certificates(), self.fleet.replace_certificates)
        self.decisions = Decisions(
            Policy(
                options=spec.worker,
                watchdog_interval_s=self._service_manager.watchdog_interval_s,
                is_successor=predecessor.is_waiting,
            )
        )
        self._recorder = Recorder(ledger, self.decisions, self.fleet, target=spec.target, shown=held.shown())

    def ask(self, event: Event) -> None:
        """Take in what somebody wants; from this thread alone."""
        self._events.append(event)

    def run(self, signals: socket.socket) -> Exit:
        """Serve to the end, and return how it ended; no worker is left, whatever happens.

        Args:
            signals: what `signal_socket` gives.
        """
        self._selector.register(signals, selectors.EVENT_READ, lambda: self._events.extend(read_requests(signals)))
        try:
            if not self._predecessor.is_waiting:
                self._recorder.open()
            while True:
                self._events.append(Tick())  # after what has happened: see decisions.py, rule 5
                if ending := self._handle_events():
                    return ending
                self._wait()
        finally:
            self.fleet.kill_all()
            self.fleet.close()

    def _handle_events(self) -> Exit | None:
        while self._events:
            event = self._events.popleft()
            if isinstance(event, ReloadRequested):
                event = self._with_options()
            now_s = time.monotonic()
            workers, reloads = self.decisions.workers, self.decisions.reload.begun
            actions = self.decisions.handle(event, now_s=now_s)
            if isinstance(event, StopRequested) and event.by_interrupt:
                self.fleet.stop_signal = signal.SIGINT
            if self.decisions.workers != workers:
                self._hooks.workers_wanted(self.decisions.workers, workers)
            if self.decisions.reload.begun != reloads:
                self._hooks.reloading()
            self._recorder.note(event, actions, now_s)
            for action in actions:
                if isinstance(action, Exit):
                    self._recorder.publish_if_due(now_s)  # receivers of metrics get the last figures, too
                    return action
                self._carry_out(action)
        self._recorder.publish_if_due(time.monotonic())
        return None

    def _wait(self) -> None:
        self._certificates.look_if_due(time.monotonic())
        waits = (self.decisions.next_wake_at_s(), self._recorder.due_at_s, self._certificates.due_at_s)
        wake_at_s = min((wait for wait in waits if wait is not None), default=None)
        ready = self._selector.select(None if wake_at_s is None else max(0.0, wake_at_s - time.monotonic()))
        for key, _ in ready:
            key.data()
        reap_orphans({*self.fleet.pids().values(), self._successor.pid})

    def _carry_out(self, action: Action) -> None:
        match action:
            case StartWorker(worker_id=worker_id, request_limit=request_limit):
                self._follow_logs()
                self.fleet.start(worker_id, request_limit=request_limit)
            case RetireWorker(worker_id=worker_id, reason=reason):
                self.fleet.retire(worker_id, reason)
            case StopWorker(worker_id=worker_id):
                self.fleet.stop(worker_id)
            case DumpStack(worker_id=worker_id):
                self.fleet.dump_stack(worker_id)
            case KillWorker(worker_id=worker_id, reason=reason):
                self.fleet.kill(worker_id, reason)
            case CloseListeners():
                self._held.close_listeners()
            case FollowLogs():
                self._follow_logs()
            case StartSuccessor():
                self._successor.start(self._held.inheritable(), self._launched_in)
            case StopSuccessor():
                self._successor.stop()
            case _:
                self._tell(action)

    def _with_options(self) -> Event:
        """Read the options again for a reload, and hand them to all but the policy; refuse it where they cannot be."""
        try:
            renewed = self._reread()
            begin_logging(renewed.spec)
        except ApiHourError as error:
            return ReloadRefused(reason=str(error))
        spec = renewed.spec
        self._output_file = renewed.settings.log_file if renewed.settings.daemon else None
        self.fleet.spec = spec
        self._ledger.heartbeat_interval_s = heartbeat_interval_s(spec.worker.heartbeat_timeout_s)
        self._certificates = CertificateWatch(spec.certificates(), self.fleet.replace_certificates)
        for warning in renewed.warnings:
            LOG.warning("%s", warning)
        if renewed.changes:
            LOG.info("reload: changed options: %s", ", ".join(renewed.changes))
        return ReloadRequested(options=spec.worker)

    def _follow_logs(self) -> None:
        """Have what is printed go to the log's file, if that was moved away; in the background only."""
        if self._output_file is None:
            return
        try:
            if follow_log(self._output_file):
                self.fleet.follow_log()
        except OSError as error:
            LOG.error("--log-file: %s cannot be written to: %s", self._output_file, error.strerror)  # noqa: TRY400

    def _tell(self, action: Action) -> None:
        match action:
            case Notify(state=state):
                self._service_manager.tell(state, successor_pid=self._successor.pid)
                if state is ServiceState.READY:
                    self._on_serving()
            case LogFact(text=text, is_failure=is_failure):
                LOG.log(logging.ERROR if is_failure else logging.INFO, "%s", text)

    def _on_serving(self) -> None:
        """Take the place of a predecessor, and let whoever waits for us go on; nothing happens the second time."""
        self._held.pid_file.replace()
        self._launcher.serving()
        if self._predecessor.is_waiting:
            self._predecessor.tell_ready()
            self._files.is_ours = True
            self._recorder.open()

    def _on_successor(self, event: Event) -> None:
        if isinstance(event, HandoverDone):
            self._files.is_ours = False
            self._recorder.close()
        self._events.append(event)
