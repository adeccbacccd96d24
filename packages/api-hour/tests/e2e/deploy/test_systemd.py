"""The units of their page: systemd reads them, and the daemon is started, told and stopped by them as systemd would."""

import os
import re
import shlex
import signal
import socket
import subprocess
from collections.abc import Iterator
from configparser import ConfigParser
from contextlib import contextmanager
from pathlib import Path

import pytest
from daemon_process import body_of, exchange, get
from deployed import FILES, deployed, file_for_here, program
from event_loops import TIMEOUT_S
from service_manager import given_sockets, service_manager
from started_process import PROGRAMS, StartedProcess

HERE = {"/srv/app/venv/bin": str(PROGRAMS), "WorkingDirectory=/srv/app": f"WorkingDirectory={FILES}"}


def unit(name: str, section: str) -> dict[str, str]:
    """Return the keys of a section, of which each is there once, but for those of a list."""
    parser = ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # keys as they are written
    text = (FILES / "systemd" / name).read_text()
    parser.read_string("\n".join(line for line in text.splitlines() if not line.startswith("ListenStream=")))
    return dict(parser[section])


SERVICE = unit("app.service", "Service")


def test_systemd_reads_the_units(tmp_path: Path) -> None:
    analyze = program("systemd-analyze")
    (tmp_path / "app.service").write_text(file_for_here("systemd/app.service", HERE))
    (tmp_path / "app.socket").write_text((FILES / "systemd" / "app.socket").read_text())

    done = subprocess.run(
        [analyze, "verify", "--man=no", tmp_path / "app.service", tmp_path / "app.socket"],
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT_S,
    )

    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@contextmanager
def sockets_of_unit(directory: Path) -> Iterator[list[socket.socket]]:
    """Listen as the socket unit says, on a free port and in a directory of the test."""
    listened = re.findall(r"^ListenStream=(.*)$", (FILES / "systemd" / "app.socket").read_text(), re.MULTILINE)
    assert listened == ["127.0.0.1:8000", "/run/app.sock"]
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_UNIX) as unix:
        unix.bind(str(directory / "app.sock"))
        unix.listen()
        yield [tcp, unix]


def send(process: StartedProcess, command: str) -> None:
    """Run a command of the unit, such as that of ExecReload."""
    words = shlex.split(command.replace("$MAINPID", str(process.process.pid)))
    subprocess.run(words, check=True, timeout=TIMEOUT_S)


def test_the_service_is_ready_alive_reloaded_and_stopped_on_the_sockets_of_the_unit(tmp_path: Path) -> None:
    name = f"api-hour-unit-{os.getpid()}"
    environment = {"NOTIFY_SOCKET": f"@{name}", "WATCHDOG_USEC": "200000"}
    command = shlex.split(SERVICE["ExecStart"].replace("/srv/app/venv/bin", str(PROGRAMS)))
    with service_manager(name) as told, sockets_of_unit(tmp_path) as listeners:
        fds = [each.fileno() for each in listeners]
        starting = given_sockets([command[0], "-w2", *command[1:]], fds)
        with deployed(tmp_path / "app", starting, workers=2, environment=environment, pass_fds=fds) as running:
            said = exchange(listeners[0].getsockname(), get("/"))
            assert body_of(said) == '{"client": "127.0.0.1", "scheme": "http", "host": "a"}'
            forwarded = b"GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 192.0.2.7\r\nConnection: close\r\n\r\n"
            assert '"192.0.2.7"' in body_of(exchange(str(tmp_path / "app.sock"), forwarded))
            send(running.supervisor, SERVICE["ExecReload"])
            running.supervisor.wait_for("reload done")
            running.supervisor.process.send_signal(signal.SIGTERM)
            assert running.supervisor.wait() == 0
        for listener in listeners:  # systemd's sockets are left as they were: who connects now waits for the next start
            with socket.socket(listener.family) as client:
                client.connect(listener.getsockname())

    assert b"WATCHDOG=1" in told
    told.remove(b"WATCHDOG=1")
    assert [message.partition(b"\n")[0] for message in told] == [b"READY=1", b"RELOADING=1", b"READY=1", b"STOPPING=1"]


def test_systemd_waits_for_longer_than_the_daemon_takes() -> None:
    words = shlex.split(SERVICE["ExecStart"])

    assert float(SERVICE["TimeoutStopSec"]) >= float(words[words.index("--graceful-timeout") + 1]) + 5


def test_a_wrong_option_ends_with_the_code_after_which_there_is_no_restart(tmp_path: Path) -> None:
    words = shlex.split(SERVICE["ExecStart"])

    done = subprocess.run(
        [PROGRAMS / "api_hour", "--no-such", *words[1:]], cwd=tmp_path, capture_output=True, check=False, timeout=60
    )

    assert str(done.returncode) == SERVICE["RestartPreventExitStatus"]


@pytest.mark.parametrize("name", ["app.service", "app.socket"])
def test_the_units_are_installed(name: str) -> None:
    assert unit(name, "Install")["WantedBy"] in ("multi-user.target", "sockets.target")
