"""Stop signals as readable bytes."""

import os
import select
import signal

import pytest

from api_hour.supervisor.signals import STOP_SIGNALS, signal_socket

TIMEOUT_S = 10.0


@pytest.mark.parametrize("number", sorted(STOP_SIGNALS))
def test_a_stop_signal_becomes_its_number(number: signal.Signals) -> None:
    with signal_socket() as signals:
        os.kill(os.getpid(), number)

        assert select.select([signals], [], [], TIMEOUT_S)[0] == [signals]
        assert signals.recv(64) == bytes([number])


def test_all_handlers_are_as_before_afterwards() -> None:
    before = {number: signal.getsignal(number) for number in STOP_SIGNALS}

    with signal_socket():
        assert {signal.getsignal(number) for number in STOP_SIGNALS}.isdisjoint(before.values())

    assert {number: signal.getsignal(number) for number in STOP_SIGNALS} == before
    assert signal.set_wakeup_fd(-1) == -1
