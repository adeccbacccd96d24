"""What a supervisor holds while it serves, and when the pid file is written."""

import os
import socket
from pathlib import Path

import pytest

from api_hour.config import Settings
from api_hour.errors import StartError
from api_hour.process.pidfile import running_pid
from api_hour.supervisor.opening import opened
from api_hour.supervisor.sockets.files import Ownership

SETTINGS = Settings(bind=("127.0.0.1:0", "unix:a.sock"), pid_file=Path("a.pid"), unix_mode=0o600)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_sockets_and_pid_file_are_there_until_the_end(tmp_path: Path) -> None:
    with opened(SETTINGS, "demo", None, Ownership(is_ours=True)) as held:
        assert list(held.listeners) == ["127.0.0.1:0", "unix:a.sock"]
        assert running_pid(Path("a.pid")) == os.getpid()
        assert Path("a.sock").stat().st_mode & 0o777 == 0o600
    assert not list(tmp_path.iterdir())


def test_a_successor_writes_the_pid_file_when_it_serves(tmp_path: Path) -> None:
    files = Ownership(is_ours=False)
    with opened(SETTINGS, "demo", None, files) as held:
        assert not Path("a.pid").exists()
        held.pid_file.replace()
        files.is_ours = True
        assert running_pid(Path("a.pid")) == os.getpid()
    assert not list(tmp_path.iterdir())


def test_the_sockets_are_released_when_the_pid_file_is_held() -> None:
    Path("a.pid").write_text("no number")

    with pytest.raises(StartError), opened(SETTINGS, "demo", None, Ownership(is_ours=True)):
        pass

    assert not Path("a.sock").exists()


def test_the_service_manager_s_variables_are_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LISTEN_PID", "1")
    monkeypatch.setenv("LISTEN_FDS", "1")

    with opened(SETTINGS, "demo", None, Ownership(is_ours=True)) as held:
        assert "LISTEN_FDS" not in os.environ
        assert all(isinstance(listener, socket.socket) for listener in held.listeners.values())
