"""Sends the daemon's figures somewhere, again and again, from a thread: the supervisor's loop waits for no receiver."""

import logging
import threading
from typing import Protocol

from api_hour.supervisor.monitor.facts import DaemonFacts

LOG = logging.getLogger("api_hour.supervisor")

CLOSE_TIMEOUT_S = 2.0  # for the last figures to be sent


class Sender(Protocol):
    """Whatever sends facts to one receiver."""

    def __call__(self, facts: DaemonFacts, /) -> None:
        """Send them; any exception says that they were not taken."""

    def close(self) -> None:
        """Try no more."""


class Pusher:
    """The thread that sends.

    Args:
        option: which option names the receiver, for messages.
        sender: sends.
        interval_s: how often.
    """

    def __init__(self, option: str, sender: Sender, *, interval_s: float) -> None:
        self._option = option
        self._sender = sender
        self._interval_s = interval_s
        self._facts: DaemonFacts | None = None  # replaced as a whole, so no lock is needed
        self._is_failing = False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"api_hour {option}", daemon=True)

    def publish(self, facts: DaemonFacts, _now_s: float, /) -> None:
        """Send this picture the next time."""
        self._facts = facts

    def start(self) -> None:
        """Begin to send; one is published already."""
        self._thread.start()

    def stop(self) -> None:
        """Send the last figures, and end. Does not wait."""
        self._stop.set()

    def close(self) -> None:
        """Stop, and give a receiver that does not take the last figures up soon."""
        self.stop()
        if self._thread.is_alive():
            self._thread.join(CLOSE_TIMEOUT_S)
        self._sender.close()

    def _run(self) -> None:
        self._push()
        while not self._stop.wait(self._interval_s):
            self._push()
        self._push()

    def _push(self) -> None:
        assert self._facts is not None
        try:
            self._sender(self._facts)
        except Exception as error:  # noqa: BLE001  # whatever it is, the next time it may be better
            if not self._is_failing:
                LOG.warning("%s: metrics cannot be sent, and are tried again: %s", self._option, error)
            self._is_failing = True
        else:
            if self._is_failing:
                LOG.info("%s: metrics are sent again", self._option)
            self._is_failing = False
