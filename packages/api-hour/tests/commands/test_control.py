"""`api_hour reload` and `api_hour stop`, up to the signal."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from api_hour.commands import control
from api_hour.config import Location
from api_hour.errors import ConfigError, ControlError

LOCATION = Location(pid_file=Path("a.pid"))


class SentSignals(list[tuple[Path, signal.Signals]]):
    """What would have been sent; the process that it would have gone to is a pipe."""

    def __init__(self) -> None:
        super().__init__()
        self.read_fd, self.write_fd = os.pipe()

    def send(self, path: Path, number: signal.Signals) -> int:
        self.append((path, number))
        return os.dup(self.read_fd)

    def end_daemon(self) -> None:
        """A pidfd is readable when its process has ended; so is a pipe at its end."""
        os.close(self.write_fd)
        self.write_fd = -1


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Iterator[SentSignals]:
    signals = SentSignals()
    monkeypatch.setattr(control, "signal_daemon", signals.send)
    yield signals
    os.close(signals.read_fd)
    if signals.write_fd >= 0:
        os.close(signals.write_fd)


def test_a_reload_is_a_hangup(sent: SentSignals) -> None:
    assert control.reload(LOCATION, timeout_s=60) == 0
    assert sent == [(Path("a.pid"), signal.SIGHUP)]


def test_a_stop_waits_for_the_end(sent: SentSignals) -> None:
    sent.end_daemon()

    assert control.stop(LOCATION, timeout_s=60) == 0
    assert sent == [(Path("a.pid"), signal.SIGTERM)]


def test_a_daemon_that_does_not_end_in_time_is_said(sent: SentSignals) -> None:
    with pytest.raises(ControlError) as caught:
        control.stop(LOCATION, timeout_s=0.01)

    assert str(caught.value) == "--timeout: the daemon that holds a.pid has not ended within 0.01 s; it goes on."


def test_without_a_timeout_nobody_waits(sent: SentSignals) -> None:
    assert control.stop(LOCATION, timeout_s=0) == 0


def test_a_daemon_without_a_pid_file_cannot_be_found() -> None:
    for command in (control.reload, control.stop):
        with pytest.raises(ConfigError) as caught:
            command(Location(), timeout_s=1)

        assert str(caught.value) == (
            "--pid: expected the pid file of the daemon; got none. Give the same --pid, or the same -c, or -ac and "
            "TARGET, as at its start."
        )
