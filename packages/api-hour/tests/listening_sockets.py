"""Listening sockets for tests, and what the kernel says of one."""

import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager


@contextmanager
def listening(count: int = 1) -> Iterator[list[socket.socket]]:
    """Listen on free ports of the loopback address."""
    with ExitStack() as stack:
        listeners = [stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=64)) for _ in range(count)]
        for listener in listeners:
            listener.setblocking(False)
        yield listeners


def backlog_of(listener: socket.socket) -> int:
    """Ask the kernel how many connections may wait: `tcpi_sacked`, which a listening TCP socket uses for it."""
    return int.from_bytes(listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)[28:32], sys.byteorder)


@contextmanager
def datagram_socket() -> Iterator[socket.socket]:
    """Bind a UDP socket to a free port of the loopback address."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bound:
        bound.bind(("127.0.0.1", 0))
        bound.setblocking(False)
        yield bound
