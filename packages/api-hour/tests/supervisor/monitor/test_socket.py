"""The monitor's socket: bound, inherited, and nobody else's."""

import logging
import socket
from pathlib import Path

import pytest
from listening_sockets import listening

from api_hour.config import Settings
from api_hour.errors import StartError
from api_hour.supervisor.monitor.socket import NAME_PREFIX, monitor_of
from api_hour.supervisor.sockets.files import Ownership, SocketFiles

OURS = SocketFiles()
ANY_PORT = "127.0.0.1:0"


def test_a_daemon_has_no_monitor_by_default() -> None:
    with monitor_of(Settings(), {}, OURS) as monitor:
        assert monitor is None


def test_a_monitor_listens_where_it_is_told_to(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO), monitor_of(Settings(monitor=ANY_PORT), {}, OURS) as monitor:
        assert monitor is not None
        host, port = monitor.listener.getsockname()
        assert caplog.messages == [f"monitor on {host}:{port}"]
        assert monitor.name == f"--monitor {ANY_PORT}"
        assert not monitor.listener.getblocking()
    assert monitor.listener.fileno() == -1


def test_a_successor_takes_its_socket_out_of_what_it_inherits() -> None:
    with listening(2) as [for_monitor, for_bind]:
        inherited = {NAME_PREFIX + ANY_PORT: for_monitor, ANY_PORT: for_bind}
        with monitor_of(Settings(monitor=ANY_PORT), inherited, OURS) as monitor:
            assert monitor is not None
            assert monitor.listener is for_monitor
            assert inherited == {ANY_PORT: for_bind}


@pytest.mark.parametrize("settings", [Settings(), Settings(monitor="127.0.0.1:0")])
def test_what_was_inherited_for_another_address_is_closed(settings: Settings) -> None:
    with listening() as [old]:
        inherited = {NAME_PREFIX + "127.0.0.1:8001": old}
        with monitor_of(settings, inherited, OURS):
            assert inherited == {}
            assert old.fileno() == -1


@pytest.mark.parametrize("is_ours", [True, False])
def test_a_socket_file_is_removed_by_its_last_owner(
    is_ours: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ownership = Ownership(is_ours=True)
    with monitor_of(Settings(monitor="unix:m.sock"), {}, SocketFiles(mode=0o600, ownership=ownership)):
        assert Path("m.sock").is_socket()
        assert Path("m.sock").stat().st_mode & 0o777 == 0o600
        ownership.is_ours = is_ours

    assert Path("m.sock").exists() is not is_ours


def test_an_address_that_is_taken_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"127.0.0.1:{other.getsockname()[1]}"
        with pytest.raises(StartError) as caught, monitor_of(Settings(monitor=address), {}, OURS):
            pass

    assert str(caught.value) == (
        f"--monitor {address}: another process listens there already; stop it or choose another address."
    )
