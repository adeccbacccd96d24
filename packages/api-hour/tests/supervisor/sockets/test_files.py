"""The files of unix sockets: how they are made, and who removes them."""

import os
import socket
import stat
from pathlib import Path

import pytest
from opened_sockets import BACKLOG, bound, connects, full_backlog, listening_at, refusal

from api_hour.config import UnixBind
from api_hour.control.addresses import describe_address
from api_hour.process.privileges import Identity
from api_hour.supervisor.sockets.files import SocketFiles


def test_a_unix_socket_is_open_to_a_proxy_under_another_user() -> None:
    with bound([UnixBind(path="a.sock")], BACKLOG) as [listener]:
        assert describe_address(listener) == "unix:a.sock"
        assert stat.S_IMODE(Path("a.sock").stat().st_mode) == 0o666


def test_the_file_of_a_daemon_that_is_gone_is_removed() -> None:
    with listening_at("a.sock"):
        pass
    assert Path("a.sock").is_socket()

    with bound([UnixBind(path="a.sock")], BACKLOG):
        assert connects(socket.AF_UNIX, "a.sock")

    assert not Path("a.sock").exists()


def test_the_socket_of_a_daemon_that_lives_is_refused_and_kept() -> None:
    with listening_at("a.sock"):
        assert refusal(UnixBind(path="a.sock")) == (
            "--bind unix:a.sock: another process listens there already; stop it or choose another address."
        )
        assert connects(socket.AF_UNIX, "a.sock")


def test_the_socket_of_a_busy_daemon_is_refused_too() -> None:
    with listening_at("a.sock"), full_backlog("a.sock"):
        assert "another process listens there already" in refusal(UnixBind(path="a.sock"))
        assert Path("a.sock").is_socket()


def test_a_file_that_is_no_socket_is_refused_and_kept() -> None:
    Path("a.sock").write_text("precious")

    assert refusal(UnixBind(path="a.sock")) == (
        "--bind unix:a.sock: a file that is no socket is there already; remove it or choose another path."
    )
    assert Path("a.sock").read_text() == "precious"


def test_a_socket_file_that_somebody_else_put_there_is_kept() -> None:
    with bound([UnixBind(path="a.sock")], BACKLOG):
        Path("a.sock").rename("moved.sock")  # its inode stays in use: the new file has another
        Path("a.sock").write_text("not ours")

    assert Path("a.sock").read_text() == "not ours"


def test_a_socket_file_that_is_gone_already_is_no_error() -> None:
    with bound([UnixBind(path="a.sock")], BACKLOG):
        Path("a.sock").unlink()

    assert not Path("a.sock").exists()


def test_the_mode_of_a_socket_file_is_the_one_asked_for() -> None:
    before = os.umask(0o777)
    try:
        with bound([UnixBind(path="a.sock")], BACKLOG, files=SocketFiles(mode=0o640)):
            assert stat.S_IMODE(Path("a.sock").stat().st_mode) == 0o640
    finally:
        os.umask(before)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_socket_file_is_given_to_the_workers_user() -> None:
    owner = Identity(uid=65534, gid=65533, groups=())

    with bound([UnixBind(path="a.sock")], BACKLOG, files=SocketFiles(owner=owner)):
        assert (Path("a.sock").stat().st_uid, Path("a.sock").stat().st_gid) == (65534, 65533)
