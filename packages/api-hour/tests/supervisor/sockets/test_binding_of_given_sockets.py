"""Sockets that are open already: a predecessor's, the service manager's, descriptors by number."""

import os
import socket
from pathlib import Path

import pytest
from listening_sockets import backlog_of
from opened_sockets import BACKLOG, bound, listening_at, refusal

from api_hour.config import FdBind, TcpBind, UnixBind
from api_hour.errors import StartError
from api_hour.supervisor.sockets.binding import bound_sockets
from api_hour.supervisor.sockets.files import Ownership, SocketFiles

# Sockets inherited from another supervisor.


def test_an_inherited_socket_is_used_with_our_backlog_and_one_that_is_not_needed_is_closed() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=3) as tcp, socket.create_server(("127.0.0.1", 0)) as other:
        inherited = {"127.0.0.1:0": tcp.dup(), "127.0.0.1:1": other.dup()}
        with bound([TcpBind(host="127.0.0.1", port=0)], BACKLOG, inherited) as [listener]:
            assert listener.getsockname() == tcp.getsockname()
            assert backlog_of(tcp) == BACKLOG
            assert inherited["127.0.0.1:1"].fileno() == -1
        assert listener.fileno() == -1


@pytest.mark.parametrize("is_ours", [True, False])
def test_the_file_of_an_inherited_socket_is_removed_if_it_is_ours_at_the_end(is_ours: bool) -> None:
    ownership = Ownership(is_ours=not is_ours)
    files = SocketFiles(ownership=ownership)
    with listening_at("a.sock") as first:
        with bound([UnixBind(path="a.sock")], BACKLOG, {"unix:a.sock": first.dup()}, files):
            ownership.is_ours = is_ours

        assert Path("a.sock").exists() is not is_ours


def test_an_inherited_socket_whose_file_is_gone_is_used_all_the_same() -> None:
    with listening_at("a.sock") as first:
        Path("a.sock").unlink()
        with bound([UnixBind(path="a.sock")], BACKLOG, {"unix:a.sock": first.dup()}) as [listener]:
            assert listener.getsockname() == "a.sock"


def test_inherited_sockets_are_closed_when_another_address_cannot_be_bound() -> None:
    with socket.create_server(("127.0.0.1", 0)) as tcp:
        inherited = {"127.0.0.1:0": tcp.dup()}
        with (
            pytest.raises(StartError),
            bound([UnixBind(path="no/a.sock"), TcpBind(host="127.0.0.1", port=0)], BACKLOG, inherited),
        ):
            pass

        assert inherited["127.0.0.1:0"].fileno() == -1


def test_addresses_that_are_the_same_are_taken_over_one_by_one() -> None:
    any_port = TcpBind(host="127.0.0.1", port=0)
    with bound_sockets([any_port, any_port], BACKLOG) as first:
        inherited = {name: sock.dup() for name, sock in first.items()}

        with bound_sockets([any_port, any_port], BACKLOG, inherited) as second:
            assert [sock.getsockname() for sock in second.values()] == [sock.getsockname() for sock in first.values()]


# Sockets of the service manager.


def test_the_service_manager_s_sockets_are_served_beside_the_addresses() -> None:
    with socket.create_server(("127.0.0.1", 0)) as given, socket.create_server(("127.0.0.1", 0)) as other:
        inherited = {"systemd:3": given.dup(), "systemd:4": other.dup()}

        with bound_sockets([UnixBind(path="a.sock")], BACKLOG, inherited) as sockets:
            assert list(sockets) == ["unix:a.sock", "systemd:3", "systemd:4"]
            assert sockets["systemd:3"].getsockname() == given.getsockname()
            assert backlog_of(given) == BACKLOG


def test_the_default_address_is_not_used_beside_the_service_manager_s_sockets() -> None:
    given = socket.create_server(("127.0.0.1", 0))
    with bound_sockets([], BACKLOG, {"systemd:3": given}) as sockets:
        assert list(sockets) == ["systemd:3"]


def test_a_socket_of_the_service_manager_that_cannot_be_served_is_refused() -> None:
    one, other = socket.socketpair()
    with one, other, pytest.raises(StartError) as caught, bound_sockets([], BACKLOG, {"systemd:3": one}):
        pass

    assert str(caught.value) == "systemd:3: Invalid argument."
    assert one.fileno() == -1


# Descriptors.


def test_an_inherited_descriptor_is_served_and_closed_at_the_end() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=3) as given:
        fd = os.dup(given.fileno())
        os.set_inheritable(fd, True)
        with bound([FdBind(fd=fd)], BACKLOG) as [listener]:
            assert listener.getsockname() == given.getsockname()
            assert backlog_of(given) == BACKLOG
            assert not os.get_inheritable(fd)
            assert not listener.getblocking()
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(fd)


def test_a_descriptor_that_is_not_open_is_refused() -> None:
    assert refusal(FdBind(fd=999_999)) == "--bind fd://999999: expected the descriptor of an open socket."


def test_a_descriptor_that_is_no_socket_is_refused_and_stays_open(tmp_path: Path) -> None:
    with (tmp_path / "file").open("w") as file:
        fd = file.fileno()

        assert refusal(FdBind(fd=fd)) == f"--bind fd://{fd}: expected the descriptor of an open socket."
        os.fstat(fd)


def test_a_descriptor_of_a_socket_of_another_type_is_refused_and_stays_open() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as other:
        fd = other.fileno()

        assert refusal(FdBind(fd=fd)) == f"--bind fd://{fd}: expected a stream or datagram socket."
        os.fstat(fd)
