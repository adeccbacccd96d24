"""Metrics that the real daemon sends."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest
from daemon_process import daemon
from event_loops import TIMEOUT_S
from metrics_receiver import Receiver, receiving
from monitored import APP, ask, wait_for

ANY_PORT = ("-b", "127.0.0.1:0", "-w1")


def test_what_was_answered_is_sent_to_both_kinds_of_receivers_at_the_end_at_the_latest(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as statsd, receiving() as otlp:
        statsd.bind(("127.0.0.1", 0))
        statsd.setblocking(False)
        options = (
            "--statsd-host", f"127.0.0.1:{statsd.getsockname()[1]}", "--statsd-prefix", "shop",
            "--otlp-endpoint", otlp.url, "--metrics-interval", "1",
        )  # fmt: skip
        with daemon(tmp_path, *ANY_PORT, *options, app=APP) as running:
            running.wait_ready(1)
            ask(running, 7)
            wait_for(lambda: requests_of(otlp), is_so=lambda requests: requests == 7)
            ask(running, 3)
            assert running.supervisor.stop() == 0
            assert "WARNING" not in running.supervisor.log
        assert requests_of(otlp) == 10
        assert sum(int(line.split(":")[1].split("|")[0]) for line in lines_of(statsd)) == 10


def requests_of(receiver: Receiver) -> float:
    """Return how many requests a receiver knows of."""
    if not receiver.requests:
        return 0.0
    requests: float = receiver.metrics()["api_hour_requests"].sum.data_points[0].as_double
    return requests


def lines_of(server: socket.socket) -> list[str]:
    """Return the lines that say how many requests were answered."""
    lines: list[str] = []
    while True:
        try:
            lines += server.recv(65536).decode().split("\n")
        except BlockingIOError:
            return [line for line in lines if line.startswith("shop.gunicorn.requests:")]


def test_a_receiver_that_is_not_there_is_said_once_and_holds_nobody_up(tmp_path: Path) -> None:
    with daemon(tmp_path, *ANY_PORT, "--statsd-host", "unix:nobody.sock", app=APP) as running:
        running.wait_ready(1)
        said = running.supervisor.wait_for("metrics cannot be sent, and are tried again: .*")
        assert said[0][0].endswith("No such file or directory")
        ask(running, 2)
        assert running.supervisor.stop() == 0
        assert running.supervisor.log.count("cannot be sent") == 1


def run(directory: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    (directory / "app.py").write_text(APP)
    command = [str(Path(sys.executable).with_name("api_hour")), *ANY_PORT, *arguments, "app:Container"]
    return subprocess.run(
        command, cwd=directory, env=environment, check=False, capture_output=True, text=True, timeout=TIMEOUT_S
    )


def test_what_is_not_installed_is_named(tmp_path: Path) -> None:
    (tmp_path / "without" / "opentelemetry").mkdir(parents=True)
    (tmp_path / "without" / "opentelemetry" / "__init__.py").touch()

    ended = run(tmp_path, "--otlp-endpoint", "http://127.0.0.1:1", PYTHONPATH="without")

    assert ended.returncode == 2
    assert ended.stderr.splitlines()[-1] == (
        "api_hour: --otlp-endpoint: expected OpenTelemetry's exporter to be installed; "
        "No module named 'opentelemetry.exporter'. Install api-hour[otlp]."
    )


@pytest.mark.parametrize(
    ("option", "value", "expected"),
    [
        ("--statsd-host", "udp:a:1", "HOST:PORT, [IPV6]:PORT or unix:PATH, such as 127.0.0.1:8125"),
        ("--statsd-host", "localhost", "HOST:PORT, [IPV6]:PORT or unix:PATH, such as 127.0.0.1:8125"),
        ("--otlp-endpoint", "127.0.0.1:4318", "a URL such as http://127.0.0.1:4318"),
    ],
)
def test_a_receiver_that_cannot_be_is_refused(tmp_path: Path, option: str, value: str, expected: str) -> None:
    ended = run(tmp_path, option, value)

    assert (ended.returncode, ended.stderr) == (2, f"api_hour: {option}: expected {expected}; got {value!r}.\n")
