"""The thread that sends metrics."""

import threading
from contextlib import closing
from dataclasses import replace

import pytest
from event_loops import TIMEOUT_S
from pictured import FACTS

from api_hour.supervisor.monitor import pusher as pusher_module
from api_hour.supervisor.monitor.facts import DaemonFacts
from api_hour.supervisor.monitor.pusher import Pusher


class Receiver:
    """Takes facts, unless it is told to fail or to hang."""

    def __init__(self) -> None:
        self.taken: list[DaemonFacts] = []
        self.tries = 0
        self.is_failing = False
        self.hangs_until: threading.Event | None = None
        self.is_closed = False
        self._changed = threading.Condition()

    def __call__(self, facts: DaemonFacts) -> None:
        with self._changed:
            self.tries += 1
            self._changed.notify_all()
        if self.hangs_until is not None:
            self.hangs_until.wait(TIMEOUT_S)
        if self.is_failing:
            raise OSError("nobody there")
        self.taken.append(facts)

    def close(self) -> None:
        self.is_closed = True

    def wait_for_tries(self, tries: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self.tries >= tries, TIMEOUT_S)


def test_the_last_picture_is_sent_at_once_in_each_interval_and_at_the_end() -> None:
    receiver = Receiver()
    with closing(Pusher("--to", receiver, interval_s=0.01)) as pusher:
        pusher.publish(FACTS, 0.0)
        pusher.start()
        receiver.wait_for_tries(3)
        last = replace(FACTS, uptime_s=1.0)
        pusher.publish(last, 0.0)

    assert receiver.taken[0] is FACTS
    assert receiver.taken[-1] is last
    assert receiver.is_closed


def test_a_failure_is_said_once_and_so_is_its_end(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="api_hour.supervisor")
    receiver = Receiver()
    receiver.is_failing = True
    with closing(Pusher("--to", receiver, interval_s=0.01)) as pusher:
        pusher.publish(FACTS, 0.0)
        pusher.start()
        receiver.wait_for_tries(4)
        receiver.is_failing = False
        receiver.wait_for_tries(receiver.tries + 3)

    assert [record.getMessage() for record in caplog.records] == [
        "--to: metrics cannot be sent, and are tried again: nobody there",
        "--to: metrics are sent again",
    ]


def test_nobody_waits_long_for_a_receiver_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pusher_module, "CLOSE_TIMEOUT_S", 0.01)
    receiver = Receiver()
    receiver.hangs_until = threading.Event()
    pusher = Pusher("--to", receiver, interval_s=0.01)
    pusher.publish(FACTS, 0.0)
    pusher.start()
    receiver.wait_for_tries(1)

    pusher.close()

    assert (receiver.taken, receiver.is_closed) == ([], True)
    receiver.hangs_until.set()
    pusher._thread.join(TIMEOUT_S)


def test_one_that_was_never_started_ends() -> None:
    receiver = Receiver()
    Pusher("--to", receiver, interval_s=10.0).close()

    assert receiver.is_closed
