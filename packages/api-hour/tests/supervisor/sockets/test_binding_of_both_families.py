"""Addresses of IPv4 and of IPv6 beside each other, and `localhost`, which is one of each."""

import errno
import socket
from typing import Any

import pytest
from opened_sockets import has_ipv6

from api_hour.config import Bind, TcpBind, UdpBind, UnixBind
from api_hour.config.binds import EVERY_IPV4_ADDRESS
from api_hour.control.addresses import describe_address
from api_hour.errors import StartError
from api_hour.supervisor.sockets import binding as binding_module
from api_hour.supervisor.sockets.binding import bound_sockets, twins_of

BACKLOG = 7
LOCALHOST = TcpBind(host="localhost", port=0)
pytestmark = pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")


def free_port() -> int:
    """Return a port that is free on all addresses."""
    with socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True) as listener:
        return int(listener.getsockname()[1])


def connects(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=5).close()
    except ConnectionRefusedError:
        return False
    return True


# Every address of both.


@pytest.mark.parametrize("hosts", [["::", EVERY_IPV4_ADDRESS], [EVERY_IPV4_ADDRESS, "::"], ["::", "127.0.0.1"]])
def test_every_address_of_ipv6_leaves_ipv4_to_who_has_the_same_port(hosts: list[str]) -> None:
    port = free_port()
    binds = [TcpBind(host=host, port=port) for host in hosts]
    with bound_sockets(binds, BACKLOG) as sockets:
        assert connects("127.0.0.1", port)
        assert connects("::1", port)
        v6_only = [
            sock.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY)
            for sock in sockets.values()
            if sock.family == socket.AF_INET6
        ]
        assert v6_only == [1]


def test_so_it_does_with_datagrams() -> None:
    port = free_port()
    binds = [UdpBind(host="::", port=port), UdpBind(host=EVERY_IPV4_ADDRESS, port=port)]
    with bound_sockets(binds, BACKLOG) as sockets:
        assert [describe_address(sock) for sock in sockets.values()] == [f"udp:[::]:{port}", f"udp:0.0.0.0:{port}"]


def test_alone_it_serves_ipv4_as_the_system_says() -> None:
    with socket.socket(socket.AF_INET6) as sock:
        is_dual = sock.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY) == 0
    with bound_sockets([TcpBind(host="::", port=0)], BACKLOG) as sockets:
        [listener] = sockets.values()

        assert connects("127.0.0.1", listener.getsockname()[1]) is is_dual


# localhost.


def test_localhost_is_both_of_its_addresses_on_one_port() -> None:
    with bound_sockets([LOCALHOST], BACKLOG) as sockets:
        first, second = sockets.values()
        port = first.getsockname()[1]

        assert [describe_address(sock) for sock in (first, second)] == [f"127.0.0.1:{port}", f"[::1]:{port}"]
        assert connects("127.0.0.1", port)
        assert connects("::1", port)
        assert twins_of(sockets) == (0,)


def test_twins_come_after_all_others() -> None:
    binds: list[Bind] = [UnixBind(path="a.sock"), LOCALHOST, LOCALHOST, TcpBind(host="127.0.0.1", port=0)]
    given = socket.create_server(("127.0.0.1", 0))
    with bound_sockets(binds, BACKLOG, {"systemd:3": given}) as sockets:
        assert list(sockets) == [
            "unix:a.sock",
            "localhost:0",
            "localhost:0 (2)",
            "127.0.0.1:0",
            "systemd:3",
            "localhost:0 over IPv6",
            "localhost:0 (2) over IPv6",
        ]
        assert twins_of(sockets) == (1, 2)


def test_a_successor_takes_both_over() -> None:
    with bound_sockets([LOCALHOST], BACKLOG) as first:
        inherited = {name: sock.dup() for name, sock in first.items()}
        with bound_sockets([LOCALHOST], BACKLOG, inherited) as second:
            assert list(second) == list(first)
            assert [sock.getsockname() for sock in second.values()] == [sock.getsockname() for sock in first.values()]


def opening(monkeypatch: pytest.MonkeyPatch, *errors: int) -> list[str]:
    """Let the first addresses of IPv6 fail so; return what is opened."""
    opened: list[str] = []
    left = list(errors)
    really_open = binding_module._open

    def do_open(bind: Bind, *given: Any, **named: Any) -> socket.socket:
        is_ipv6 = str(bind).startswith("[")
        opened.append("IPv6" if is_ipv6 else "IPv4")
        if is_ipv6 and left:
            raise OSError(left.pop(0), "it cannot be")
        return really_open(bind, *given, **named)

    monkeypatch.setattr(binding_module, "_open", do_open)
    return opened


@pytest.mark.parametrize("error", [errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT])
def test_a_machine_without_ipv6_has_the_other(error: int, monkeypatch: pytest.MonkeyPatch) -> None:
    opening(monkeypatch, error)
    with bound_sockets([LOCALHOST], BACKLOG) as sockets:
        assert list(sockets) == ["localhost:0"]
        assert twins_of(sockets) == ()


def test_a_port_of_the_kernels_choice_is_one_that_is_free_on_both(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = opening(monkeypatch, errno.EADDRINUSE, errno.EADDRINUSE)
    with bound_sockets([LOCALHOST], BACKLOG) as sockets:
        assert len(sockets) == 2
    assert opened == ["IPv4", "IPv6"] * 3


def test_a_port_that_is_taken_on_one_is_refused_and_the_other_is_released() -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as taken:
        port = taken.getsockname()[1]
        with (
            pytest.raises(StartError) as caught,
            bound_sockets([TcpBind(host="localhost", port=port)], BACKLOG),
        ):
            pass

        assert str(caught.value) == (
            f"--bind localhost:{port}: another process listens there already; stop it or choose another address."
        )
        assert not connects("127.0.0.1", port)
