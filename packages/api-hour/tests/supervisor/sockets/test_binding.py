"""Listening sockets: what is made, what is refused, and what is left behind."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from event_loops import TIMEOUT_S
from listening_sockets import backlog_of
from opened_sockets import BACKLOG, bound, connects, full_backlog, has_ipv6, refusal

from api_hour.config import TcpBind, UdpBind, UnixBind
from api_hour.control.addresses import describe_address
from api_hour.supervisor.sockets.binding import bound_sockets


def test_addresses_are_bound_in_order_and_released_at_the_end() -> None:
    with bound([TcpBind(host="127.0.0.1", port=0), UnixBind(path="a.sock")], BACKLOG) as (tcp, unix):
        address = tcp.getsockname()
        assert connects(socket.AF_INET, address)
        assert connects(socket.AF_UNIX, "a.sock")
        assert not tcp.getblocking()
        assert not unix.getblocking()

    assert not connects(socket.AF_INET, address)
    assert not Path("a.sock").exists()


def test_port_0_is_chosen_by_the_kernel_and_described() -> None:
    with bound([TcpBind(host="127.0.0.1", port=0)], BACKLOG) as [listener]:
        port = listener.getsockname()[1]
        assert port > 0
        assert describe_address(listener) == f"127.0.0.1:{port}"


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")
def test_an_ipv6_address_is_bound_and_described() -> None:
    with bound([TcpBind(host="::1", port=0)], BACKLOG) as [listener]:
        assert listener.family == socket.AF_INET6
        assert describe_address(listener) == f"[::1]:{listener.getsockname()[1]}"
        assert connects(socket.AF_INET6, listener.getsockname())


def test_a_host_name_is_resolved() -> None:
    binds = [TcpBind(host="localhost", port=0)]
    with bound_sockets(binds, BACKLOG, with_twins=False) as sockets:
        [listener] = sockets.values()
        assert connects(listener.family, listener.getsockname())


def test_the_backlog_is_the_kernels() -> None:
    with bound([TcpBind(host="127.0.0.1", port=0)], 7) as [listener]:
        assert backlog_of(listener) == 7


def test_as_many_clients_wait_on_a_unix_socket_as_the_backlog_says() -> None:
    with bound([UnixBind(path="a.sock")], 3), full_backlog("a.sock") as clients:
        assert clients == 3 + 1  # the kernel lets one more in


def test_a_directory_that_is_missing_is_said() -> None:
    assert refusal(UnixBind(path="missing/a.sock")) == "--bind unix:missing/a.sock: No such file or directory."


def test_a_path_that_is_too_long_for_a_socket_is_said() -> None:
    path = "a" * 200

    assert refusal(UnixBind(path=path)) == f"--bind unix:{path}: AF_UNIX path too long."


def test_a_taken_port_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        assert refusal(TcpBind(host="127.0.0.1", port=port)) == (
            f"--bind 127.0.0.1:{port}: another process listens there already; stop it or choose another address."
        )


def test_an_address_of_another_machine_is_refused() -> None:
    assert refusal(TcpBind(host="192.0.2.1", port=0)) == "--bind 192.0.2.1:0: Cannot assign requested address."


@pytest.mark.parametrize("host", ["a" * 64, "a..b"])
def test_a_host_name_that_cannot_be_is_refused(host: str) -> None:
    assert refusal(TcpBind(host=host, port=0)) == (
        f"--bind {host}:0: no host can have this name: between two dots are 1 to 63 characters (RFC 1035, 2.3.4)."
    )


def test_a_port_that_needs_more_rights_is_refused() -> None:
    """As an ordinary user: root may do everything."""
    code = """
import os
from api_hour.config import UnixBind
from api_hour.errors import StartError
from api_hour.supervisor.sockets.binding import bound_sockets
if os.geteuid() == 0:
    os.setuid(65534)
try:
    with bound_sockets([UnixBind(path="closed/a.sock")], 1):
        pass
except StartError as error:
    print(error)
"""
    Path("closed").mkdir(mode=0o500)

    ended = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=60)

    assert ended.stdout == (
        "--bind unix:closed/a.sock: permission denied; a port below 1024 or this directory needs more rights.\n"
    )


def test_earlier_sockets_are_released_when_a_later_one_fails() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        free_port = probe.getsockname()[1]
    Path("taken").touch()

    refusal(TcpBind(host="127.0.0.1", port=free_port), UnixBind(path="a.sock"), UnixBind(path="taken"))

    assert not connects(socket.AF_INET, ("127.0.0.1", free_port))
    assert not Path("a.sock").exists()
    with bound([TcpBind(host="127.0.0.1", port=free_port), UnixBind(path="a.sock")], BACKLOG) as listeners:
        assert len(listeners) == 2


def test_the_same_address_twice_is_refused() -> None:
    assert "another process listens there already" in refusal(UnixBind(path="a.sock"), UnixBind(path="a.sock"))
    assert not Path("a.sock").exists()


# Names.


def test_sockets_are_named_by_their_addresses_in_the_order_given() -> None:
    any_port = TcpBind(host="127.0.0.1", port=0)

    with bound_sockets([any_port, UnixBind(path="a.sock"), any_port], BACKLOG) as sockets:
        assert list(sockets) == ["127.0.0.1:0", "unix:a.sock", "127.0.0.1:0 (2)"]


# Datagrams.


def test_a_udp_address_receives_datagrams() -> None:
    with (
        bound([UdpBind(host="127.0.0.1", port=0)], BACKLOG) as [receiver],
        socket.socket(type=socket.SOCK_DGRAM) as sender,
    ):
        assert receiver.type == socket.SOCK_DGRAM
        assert not receiver.getblocking()
        assert describe_address(receiver) == f"udp:127.0.0.1:{receiver.getsockname()[1]}"
        sender.sendto(b"hello", receiver.getsockname())
        receiver.settimeout(TIMEOUT_S)
        assert receiver.recv(16) == b"hello"


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")
def test_a_udp_address_may_be_ipv6() -> None:
    with bound([UdpBind(host="::1", port=0)], BACKLOG) as [receiver]:
        assert describe_address(receiver) == f"udp:[::1]:{receiver.getsockname()[1]}"


def test_a_udp_address_is_not_shared_with_another_daemon() -> None:
    with bound([UdpBind(host="127.0.0.1", port=0)], BACKLOG) as [receiver]:
        port = receiver.getsockname()[1]

        assert refusal(UdpBind(host="127.0.0.1", port=port)) == (
            f"--bind udp:127.0.0.1:{port}: another process listens there already; stop it or choose another address."
        )


# Unix sockets without files.


def abstract_name() -> str:
    return f"@api_hour-test-{os.getpid()}"


def test_an_abstract_address_has_no_file() -> None:
    with bound([UnixBind(path=abstract_name())], BACKLOG) as [listener]:
        assert describe_address(listener) == f"unix:{abstract_name()}"
        assert connects(socket.AF_UNIX, "\0" + abstract_name()[1:])
        assert not list(Path().iterdir())


def test_an_abstract_address_that_is_taken_is_refused() -> None:
    with bound([UnixBind(path=abstract_name())], BACKLOG):
        assert refusal(UnixBind(path=abstract_name())) == (
            f"--bind unix:{abstract_name()}: another process listens there already; stop it or choose another address."
        )
