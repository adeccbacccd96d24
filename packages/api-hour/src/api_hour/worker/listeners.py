"""The only place that accepts connections.

Each listener takes one connection for each wake-up and then lets the loop run, so that connections that arrive
together are shared out among the workers that wait on the same socket. The backlog stays what the supervisor set:
asyncio's own servers would reset it.
"""

import asyncio
import errno
import inspect
import logging
import socket
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol, cast
from weakref import WeakSet

LOG = logging.getLogger("api_hour.worker")

ProtocolFactory = Callable[[], asyncio.BaseProtocol]

ACCEPT_PAUSE_S = 0.5  # after running out of descriptors
OUT_OF_RESOURCES = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
DRAIN_POLL_S = 0.02


class Drainable(Protocol):
    """A protocol that can finish what it has begun and then close by itself."""

    def begin_shutdown(self) -> None:
        """Answer what is in flight, take nothing new, then close the connection."""

    def abort(self) -> None:
        """Give up what is in flight and cut the connection."""


class Listeners:
    """The listening sockets of one worker and the connections accepted from them.

    Args:
        loop: the worker's event loop.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._sockets: list[socket.socket] = []
        self._accepting: set[asyncio.Task[None]] = set()
        self._connections: WeakSet[asyncio.BaseTransport] = WeakSet()

    def accept(self, listener: socket.socket, factory: ProtocolFactory) -> None:
        """Start accepting connections from `listener`; `factory` makes the protocol of each."""
        self._sockets.append(listener)
        self._watch(listener, factory)

    def close(self) -> None:
        """Stop accepting. The listening socket itself stays open in the supervisor."""
        for listener in self._sockets:
            self._loop.remove_reader(listener.fileno())
            listener.close()
        self._sockets.clear()

    async def drain(self, timeout_s: float) -> None:
        """Let the connections finish and send all they have to; abort those that are left when the time is up.

        Args:
            timeout_s: how long that may take, in seconds.
        """
        if self._accepting:
            await asyncio.wait(self._accepting)
        for transport in self._open():
            if drainable := _drainable(transport):
                drainable.begin_shutdown()
            elif not transport.is_closing():
                transport.close()
        end_at_s = self._loop.time() + timeout_s
        while self._open() and self._loop.time() < end_at_s:  # noqa: ASYNC110  # not every protocol tells when it closes
            await asyncio.sleep(DRAIN_POLL_S)
        left = self._open()
        if left:
            LOG.warning("%d connections were not finished in time: aborted", len(left))
        for transport in left:
            (_drainable(transport) or cast("asyncio.Transport", transport)).abort()

    async def retire(self, *, drain_s: float, timeout_s: float) -> None:
        """Stop accepting; tell each connection that can tell its client, give them time, then drain what is left.

        Args:
            drain_s: how long idle connections are kept, in seconds.
            timeout_s: how long the requests in flight may take after that, in seconds.
        """
        self.close()
        if self._accepting:
            await asyncio.wait(self._accepting)
        for transport in self._open():
            protocol = transport.get_protocol()
            if hasattr(protocol, "begin_drain"):
                protocol.begin_drain()
        end_at_s = self._loop.time() + drain_s
        while self._open() and self._loop.time() < end_at_s:  # noqa: ASYNC110  # not every protocol tells when it closes
            await asyncio.sleep(DRAIN_POLL_S)
        await self.drain(timeout_s)

    def open_connections(self) -> int:
        """Count the connections that are not over."""
        return len(self._open())

    def _open(self) -> list[asyncio.BaseTransport]:
        return [transport for transport in self._connections if not _is_lost(transport)]

    def _watch(self, listener: socket.socket, factory: ProtocolFactory) -> None:
        if listener in self._sockets:
            self._loop.add_reader(listener.fileno(), self._accept_one, listener, factory)

    def _accept_one(self, listener: socket.socket, factory: ProtocolFactory) -> None:
        try:
            connection, _ = listener.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return  # another worker was faster, or the client has gone
        except OSError as error:
            if error.errno not in OUT_OF_RESOURCES:
                raise
            LOG.error("cannot accept connections: %s; next try in %s s", error, ACCEPT_PAUSE_S)  # noqa: TRY400
            self._loop.remove_reader(listener.fileno())
            self._loop.call_later(ACCEPT_PAUSE_S, self._watch, listener, factory)
            return
        task = self._loop.create_task(self._adopt(connection, factory))
        self._accepting.add(task)
        task.add_done_callback(self._accepting.discard)

    async def _adopt(self, connection: socket.socket, factory: ProtocolFactory) -> None:
        connection.setblocking(False)
        if connection.family != socket.AF_UNIX:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            transport, _ = await self._loop.connect_accepted_socket(factory, connection)
        except OSError as error:
            LOG.debug("a connection was lost while it was accepted: %s", error)
            connection.close()
        else:
            self._connections.add(transport)


def _is_lost(transport: asyncio.BaseTransport) -> bool:
    """Tell whether a connection is over; one that is closing may still have data to send."""
    return cast("asyncio.BaseProtocol | None", transport.get_protocol()) is None


def _drainable(transport: asyncio.BaseTransport) -> Drainable | None:
    protocol = transport.get_protocol()
    return cast("Drainable", protocol) if hasattr(protocol, "begin_shutdown") else None


def handlers_for(handlers: Sequence[Any], binds: int) -> Iterable[Any]:
    """Share handlers out over the addresses: one for all of them, or one for each.

    Raises:
        ValueError: there are several, but not as many as addresses.
    """
    if len(handlers) == 1:
        return list(handlers) * binds
    if len(handlers) != binds:
        raise ValueError(
            f"make_servers() returned {len(handlers)} handlers for {binds} --bind addresses; "
            "expected one for all of them, or one for each."
        )
    return handlers


def protocol_factory(handler: Any, loop: asyncio.AbstractEventLoop) -> ProtocolFactory:
    """Turn a handler into a protocol factory: a coroutine function gets a StreamReader and a StreamWriter."""
    if inspect.iscoroutinefunction(handler) or inspect.iscoroutinefunction(type(handler).__call__):
        return lambda: asyncio.StreamReaderProtocol(asyncio.StreamReader(loop=loop), handler, loop=loop)
    return cast("ProtocolFactory", handler)
