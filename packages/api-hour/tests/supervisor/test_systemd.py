"""What the service manager is told, read from a socket in its place."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from api_hour.supervisor.policy.events import ServiceState
from api_hour.supervisor.systemd import ServiceManager

PID = 7
TIMEOUT_S = 10.0


@contextmanager
def service_manager(address: str) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.settimeout(TIMEOUT_S)
        receiver.bind(address)
        yield receiver


def test_each_state_is_a_message_in_the_words_of_sd_notify(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with service_manager("notify") as receiver:
        told = ServiceManager({"NOTIFY_SOCKET": "notify"}, PID)
        for state in (ServiceState.READY, ServiceState.STOPPING, ServiceState.WATCHDOG):
            told.tell(state)
        told.tell(ServiceState.SUCCESSOR_IS_MAIN, successor_pid=123)

        assert [receiver.recv(100) for _ in range(4)] == [b"READY=1", b"STOPPING=1", b"WATCHDOG=1", b"MAINPID=123"]


def test_a_reload_says_when_it_began_on_the_monotonic_clock() -> None:
    with service_manager("\0api-hour-test-notify") as receiver:
        before_us = time.monotonic_ns() // 1000
        ServiceManager({"NOTIFY_SOCKET": "@api-hour-test-notify"}, PID).tell(ServiceState.RELOADING)

        first, second = receiver.recv(100).decode().split("\n")
    assert first == "RELOADING=1"
    name, _, value = second.partition("=")
    assert name == "MONOTONIC_USEC"
    assert before_us <= int(value) <= time.monotonic_ns() // 1000


def test_without_a_service_manager_nothing_is_told(caplog: pytest.LogCaptureFixture) -> None:
    nobody = ServiceManager({"WATCHDOG_USEC": "1000000"}, PID)
    nobody.tell(ServiceState.READY)

    assert nobody.watchdog_interval_s == 0.0
    assert caplog.messages == []


def test_a_service_manager_that_is_gone_is_a_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    ServiceManager({"NOTIFY_SOCKET": "/no/such/socket"}, PID).tell(ServiceState.READY)

    assert caplog.messages == [
        "cannot tell the service manager 'READY=1' at /no/such/socket: [Errno 2] No such file or directory"
    ]


@pytest.mark.parametrize(
    ("environment", "interval_s"),
    [
        ({}, 0.0),
        ({"WATCHDOG_USEC": "30000000"}, 15.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "7"}, 15.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "8"}, 0.0),
        ({"WATCHDOG_USEC": "soon"}, 0.0),
    ],
)
def test_the_watchdog_is_fed_twice_in_its_time_if_it_is_ours(environment: dict[str, str], interval_s: float) -> None:
    assert ServiceManager({"NOTIFY_SOCKET": "@x", **environment}, PID).watchdog_interval_s == interval_s
