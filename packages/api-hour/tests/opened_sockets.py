"""Addresses that are opened for a test, refused, or connected to."""

import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager

import pytest

from api_hour.config import Bind
from api_hour.errors import StartError
from api_hour.supervisor.sockets.binding import bound_sockets
from api_hour.supervisor.sockets.files import SocketFiles

BACKLOG = 16


@contextmanager
def listening_at(path: str) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen(1)
        yield listener


@contextmanager
def full_backlog(path: str) -> Iterator[int]:
    """Connect until no more clients may wait; give their number."""
    with ExitStack() as clients:
        for number in range(100):
            client = clients.enter_context(socket.socket(socket.AF_UNIX))
            client.setblocking(False)
            if client.connect_ex(path) != 0:
                yield number
                return
        pytest.fail("the backlog has no limit")


@contextmanager
def bound(
    binds: Sequence[Bind],
    backlog: int,
    inherited: Mapping[str, socket.socket] | None = None,
    files: SocketFiles | None = None,
) -> Iterator[list[socket.socket]]:
    """Open addresses; give the sockets without their names."""
    with bound_sockets(binds, backlog, inherited, files) as sockets:
        yield list(sockets.values())


def refusal(*binds: Bind) -> str:
    with pytest.raises(StartError) as caught, bound(binds, BACKLOG):
        pass
    return str(caught.value)


def connects(family: socket.AddressFamily, address: object) -> bool:
    with socket.socket(family) as client:
        return client.connect_ex(address) == 0  # type: ignore[arg-type]  # the family's own form


def has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True
