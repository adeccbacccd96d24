"""Who holds which accepted connection: of this process, and of others."""

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from rush_hour.rig.watch.accepted import accepted_unix_inodes, end_of, single_holders, socket_inodes, tcp_inodes


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


def inode_of(sock: socket.socket) -> int:
    return os.fstat(sock.fileno()).st_ino


def connected(
    listener: socket.socket, address: tuple[str, int], stack: ExitStack
) -> tuple[socket.socket, socket.socket]:
    """Return both ends of a connection: the client's and the accepted one."""
    client = stack.enter_context(socket.socket(socket.AF_INET if "." in address[0] else socket.AF_INET6))
    client.connect(address)
    return client, stack.enter_context(listener.accept()[0])


@pytest.mark.parametrize(
    ("family", "bound", "host"),
    [
        (socket.AF_INET, "127.0.0.1", "127.0.0.1"),
        (socket.AF_INET6, "::1", "::1"),
        (socket.AF_INET6, "::", "127.0.0.1"),
    ],
    ids=["IPv4", "IPv6", "IPv4 to a listener for both"],
)
def test_an_accepted_connection_is_found_by_the_ends_that_its_client_sees(
    stack: ExitStack, family: socket.AddressFamily, bound: str, host: str
) -> None:
    try:
        listener = stack.enter_context(socket.create_server((bound, 0), family=family, dualstack_ipv6=bound == "::"))
    except OSError as error:
        pytest.skip(f"no {bound}: {error}")
    client, accepted = connected(listener, (host, listener.getsockname()[1]), stack)
    peer, own = end_of(client.getpeername()[:2]), end_of(client.getsockname()[:2])

    inodes = tcp_inodes(os.getpid())

    assert inodes[peer, own] == inode_of(accepted)
    assert inodes[own, peer] == inode_of(client)


def test_a_process_has_its_sockets_until_it_closes_them(stack: ExitStack) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        inodes = {inode_of(ours), inode_of(theirs)}
        assert inodes <= socket_inodes([os.getpid()])[os.getpid()]

    assert inodes.isdisjoint(socket_inodes([os.getpid()])[os.getpid()])


def test_a_process_that_is_gone_has_none() -> None:
    child = os.posix_spawn("/bin/true", ["true"], {})
    os.waitpid(child, 0)

    assert socket_inodes([child]) == {}
    assert tcp_inodes(child) == {}
    assert accepted_unix_inodes(child) == set()


def test_a_socket_that_several_hold_is_nobodys() -> None:
    assert single_holders({1: {10, 11}, 2: {11, 12}, 3: {11, 13}}) == {10: 1, 12: 2, 13: 3}


def test_accepted_unix_connections_are_told_from_listeners_and_clients(stack: ExitStack, tmp_path: Path) -> None:
    listener, client = (stack.enter_context(socket.socket(socket.AF_UNIX)) for _ in range(2))
    listener.bind(str(tmp_path / "of a server.sock"))
    listener.listen()
    client.connect(listener.getsockname())
    accepted = stack.enter_context(listener.accept()[0])
    pair = socket.socketpair()
    for end in pair:
        stack.enter_context(end)

    found = accepted_unix_inodes(os.getpid())

    assert found & {inode_of(one) for one in (listener, client, accepted, *pair)} == {inode_of(accepted)}
