"""Signals as readable bytes, and what each asks for."""

import os
import select
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from api_hour.supervisor.policy.events import (
    Event,
    FewerWorkers,
    HandoverRequested,
    LogsMoved,
    MoreWorkers,
    ReloadRequested,
    StopRequested,
)
from api_hour.supervisor.signals import PASSED_OVER, REQUESTS, read_requests, signal_socket

TIMEOUT_S = 10.0


@contextmanager
def requested(*numbers: signal.Signals) -> Iterator[list[Event]]:
    """Give what is asked for by signals to this process."""
    with signal_socket() as signals:
        for number in numbers:
            os.kill(os.getpid(), number)
        assert select.select([signals], [], [], TIMEOUT_S)[0] == [signals]
        yield read_requests(signals)


@pytest.mark.parametrize(
    ("number", "event"),
    [
        (signal.SIGTERM, StopRequested()),
        (signal.SIGINT, StopRequested(by_interrupt=True)),
        (signal.SIGQUIT, StopRequested(at_once=True)),
        (signal.SIGHUP, ReloadRequested()),
        (signal.SIGUSR2, HandoverRequested()),
        (signal.SIGUSR1, LogsMoved()),
        (signal.SIGTTIN, MoreWorkers()),
        (signal.SIGTTOU, FewerWorkers()),
    ],
)
def test_each_signal_asks_for_one_thing(number: signal.Signals, event: Event) -> None:
    with requested(number) as events:
        assert events == [event]


@pytest.mark.parametrize("number", PASSED_OVER)
def test_others_ask_for_nothing_and_end_nothing(number: signal.Signals) -> None:
    with requested(number) as events:
        assert events == []


def test_signals_keep_their_order() -> None:
    with requested(signal.SIGTTIN, signal.SIGCHLD, signal.SIGHUP, signal.SIGTTIN) as events:
        assert events == [MoreWorkers(), ReloadRequested(), MoreWorkers()]


def test_all_handlers_are_as_before_afterwards() -> None:
    numbers = (*REQUESTS, *PASSED_OVER)
    before = {number: signal.getsignal(number) for number in numbers}

    with signal_socket():
        assert {signal.getsignal(number) for number in numbers}.isdisjoint(before.values())

    assert {number: signal.getsignal(number) for number in numbers} == before
    assert signal.set_wakeup_fd(-1) == -1


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_a_signal_to_a_child_does_not_reach_its_parent() -> None:
    with signal_socket() as signals:
        pid = os.fork()
        if pid == 0:
            os.kill(os.getpid(), signal.SIGTERM)
            os._exit(1)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGTERM
        assert set(signals.recv(64)) == {signal.SIGCHLD}
