"""Makes pictures of the daemon, for its monitor and the receivers of metrics.

One is made at once when something has happened, and each second anyway.
"""

import os
import platform
import time
from collections.abc import Sequence
from typing import Protocol

from api_hour.supervisor.fleet import Fleet
from api_hour.supervisor.monitor.facts import DaemonFacts
from api_hour.supervisor.monitor.ledger import Ledger
from api_hour.supervisor.policy.decisions import Decisions
from api_hour.supervisor.policy.events import Action, Event, StopRequested, Tick, WorkerAlive
from api_hour.supervisor.processes.proc import read_rss_bytes
from api_hour.version import __version__

INTERVAL_S = 1.0


class Shown(Protocol):
    """A `Monitor`, a `Pusher`, or whatever else shows the pictures."""

    def publish(self, facts: DaemonFacts, now_s: float, /) -> None:
        """Show this one from now on."""

    def start(self) -> None:
        """Begin to show."""

    def stop(self) -> None:
        """End."""


class Recorder:
    """Writes down what happens, and has it shown.

    Args:
        ledger: where it is written down.
        decisions: the daemon's state.
        fleet: its processes.
        target: what is served.
        shown: shows the pictures; nothing if nobody wants any.
    """

    def __init__(
        self,
        ledger: Ledger,
        decisions: Decisions,
        fleet: Fleet,
        *,
        target: str,
        shown: Sequence[Shown],
    ) -> None:
        self._ledger = ledger
        self._decisions = decisions
        self._fleet = fleet
        self._target = target
        self._shown = shown
        self._began_at_s = time.monotonic()
        self.due_at_s = self._began_at_s if shown else None

    def open(self) -> None:
        """Begin to show."""
        if self._shown:
            self._publish(time.monotonic())
        for shown in self._shown:
            shown.start()

    def close(self) -> None:
        """Show nothing more: another supervisor does.

        Who has asked already is answered from the last picture: the service does not end with this one.
        """
        for shown in self._shown:
            shown.stop()
        self._shown, self.due_at_s = (), None

    def note(self, event: Event, actions: Sequence[Action], now_s: float) -> None:
        """Write down what happened and what is about to be done about it."""
        self._ledger.note(event, actions, now_s)
        if not self._shown or (isinstance(event, WorkerAlive | Tick) and not actions):
            return
        self.due_at_s = now_s
        if isinstance(event, StopRequested):
            self.publish_if_due(now_s)  # nobody is to be sent here any more, before the first worker is gone

    def publish_if_due(self, now_s: float) -> None:
        """Publish a picture if it is time to."""
        if self.due_at_s is not None and now_s >= self.due_at_s:
            self._publish(now_s)

    def _publish(self, now_s: float) -> None:
        facts = self._facts(now_s)
        for shown in self._shown:
            shown.publish(facts, now_s)
        self.due_at_s = now_s + INTERVAL_S

    def _facts(self, now_s: float) -> DaemonFacts:
        phases, pids, reload = self._decisions.phases(), self._fleet.pids(), self._decisions.reload
        rss_bytes = {pid: rss for pid in pids.values() if (rss := read_rss_bytes(pid)) is not None}
        return DaemonFacts(
            version=__version__,
            python_version=platform.python_version(),
            target=self._target,
            pid=os.getpid(),
            state=self._decisions.state(),
            uptime_s=now_s - self._began_at_s,
            workers_wanted=self._decisions.workers,
            workers=self._ledger.workers(phases, pids, rss_bytes, now_s),
            engines=self._ledger.engines(phases),
            totals=self._ledger.totals(reloads=reload.begun, reloads_failed=reload.failed),
            reload_failure=reload.failure,
            loop_lag_max_s=self._ledger.loop_lag_max_s(now_s),
            rss_bytes=read_rss_bytes(os.getpid()),
        )
