"""A proxy's header before the TLS handshake of a connection, which begins with the byte after it."""

import asyncio
import socket
from collections.abc import Callable
from typing import Any, Protocol

PEEK_BYTES = 4096

Read = Callable[[bytes], tuple[Any, bytes] | None]


class Introducing(Protocol):
    """A protocol factory that knows of such headers: `api_hour.http.Server` is one."""

    def expects_proxy_header(self, peer: str | None) -> bool:
        """Tell whether the connections from an address begin with one; None is a unix socket's."""

    def read_proxy_header(self, data: bytes) -> tuple[Any, bytes] | None:
        """Return the client that one names, and what follows; None if it is not whole; OSError if it is none."""

    def begin_for(self, client: Any) -> asyncio.BaseProtocol:
        """Make the protocol of a connection with a client."""


def expects_header(factory: Any, connection: socket.socket) -> bool:
    """Tell whether a connection begins with a header.

    Raises:
        OSError: the connection is lost.
    """
    if not hasattr(factory, "expects_proxy_header"):
        return False
    peer = connection.getpeername()
    return bool(factory.expects_proxy_header(peer[0] if isinstance(peer, tuple) else None))


async def read_header(loop: asyncio.AbstractEventLoop, connection: socket.socket, read: Read) -> Any:
    """Take the header off a connection, and not a byte more; return what it says.

    Raises:
        OSError: the connection ended before, or `read` raised it.
    """
    header = b""
    while True:
        seen = await _peek(loop, connection)
        if not seen:
            raise ConnectionResetError("the client closed the connection before its header was whole")
        found = read(header + seen)
        header += connection.recv(len(seen) if found is None else len(seen) - len(found[1]))
        if found is not None:
            return found[0]


async def _peek(loop: asyncio.AbstractEventLoop, connection: socket.socket) -> bytes:
    """Return what has come, when something has, and leave it there; empty at the end."""
    while True:
        try:
            return connection.recv(PEEK_BYTES, socket.MSG_PEEK)
        except (BlockingIOError, InterruptedError):
            readable = loop.create_future()
        loop.add_reader(connection.fileno(), _wake, readable)
        try:
            await readable
        finally:
            loop.remove_reader(connection.fileno())


def _wake(readable: "asyncio.Future[None]") -> None:
    if not readable.done():
        readable.set_result(None)
