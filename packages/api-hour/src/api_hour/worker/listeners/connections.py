"""The connections that one worker has accepted: all of them, from the accept to the last byte.

A connection counts until its descriptor is given back, whoever closes it: what `count()` says is what the kernel holds,
with any event loop and any protocol. With TLS, it has a transport and a protocol when the handshake is over, for which
it has a limited time; and so has the header of a proxy before it.
"""

import asyncio
import logging
import socket
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from ssl import SSLContext
from typing import Any, cast

from api_hour.worker.listeners.balance import Balance
from api_hour.worker.listeners.introductions import Introducing, expects_header, read_header

LOG = logging.getLogger("api_hour.worker")

ProtocolFactory = Callable[[], asyncio.BaseProtocol]

HANDSHAKE_TIMEOUT_S = 10.0
CLOSE_TIMEOUT_S = 1.0  # for a client to say that it has seen the end (RFC 8446, 6.1), which it need not

AF_UNIX = int(socket.AF_UNIX)  # as is compared faster


class AcceptedSocket(socket.socket):
    """An accepted connection's socket, which tells once that it is over: asyncio closes it, uvloop detaches it.

    Args:
        accepted: the socket as `accept` gave it, which is taken over.
        kind: family, type and protocol; the socket's own properties would make enumerations of them each time.
        on_end: called with this socket, once.
    """

    __slots__ = ("_on_end",)

    def __init__(
        self, accepted: socket.socket, kind: tuple[int, int, int], on_end: "Callable[[AcceptedSocket], None]"
    ) -> None:
        super().__init__(*kind, fileno=accepted.detach())
        self._on_end: Callable[[AcceptedSocket], None] | None = on_end

    def close(self) -> None:
        """Give the descriptor back."""
        super().close()
        self._tell()

    def detach(self) -> int:
        """Leave the descriptor to who closes it now."""
        fd = super().detach()
        self._tell()
        return fd

    def _tell(self) -> None:
        on_end, self._on_end = self._on_end, None
        if on_end is not None:
            on_end(self)


class Connections:
    """The open connections of one worker.

    Args:
        loop: the worker's event loop.
        balance: where they are counted for the other workers.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, balance: Balance) -> None:
        self._loop = loop
        self._balance = balance
        self._transports: dict[AcceptedSocket, asyncio.BaseTransport | None] = {}
        self._protocols: dict[asyncio.BaseTransport, asyncio.BaseProtocol] = {}  # as they were made
        self._being_adopted: set[asyncio.Task[None]] = set()
        self._handshakes: dict[asyncio.Task[None], AcceptedSocket] = {}
        self._tell: Callable[[asyncio.BaseProtocol], None] | None = None

    def count(self) -> int:
        """Return how many are open."""
        return len(self._transports)

    def transports(self) -> list[asyncio.BaseTransport]:
        """Return the transports of those that have one."""
        return [transport for transport in self._transports.values() if transport is not None]

    def protocols(self) -> list[tuple[asyncio.BaseProtocol, asyncio.BaseTransport]]:
        """Return the protocols of those that have one, and their transports."""
        return [(self._protocol_of(transport), transport) for transport in self.transports()]

    def descriptors(self) -> list[int]:
        """Return the descriptors of all that are open."""
        return [connection.fileno() for connection in self._transports]

    def take(
        self,
        accepted: socket.socket,
        kind: tuple[int, int, int],
        factory: ProtocolFactory,
        context: SSLContext | None = None,
    ) -> None:
        """Give an accepted connection of some kind a transport and a protocol, by TLS if there is a context."""
        accepted.setblocking(False)
        if kind[0] != AF_UNIX:
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection = AcceptedSocket(accepted, kind, self._forget)
        self._transports[connection] = None
        self._balance.took()
        task = self._loop.create_task(self._adopt(connection, factory, context))
        if context is None:
            self._being_adopted.add(task)
            task.add_done_callback(self._being_adopted.discard)
        else:
            self._handshakes[task] = connection
            task.add_done_callback(self._handshakes.pop)

    async def wait_for_transports(self) -> None:
        """Wait until every connection without TLS has its transport, or is lost."""
        if self._being_adopted:
            await asyncio.wait(self._being_adopted)

    async def wait_for_handshakes(self, timeout_s: float) -> None:
        """Wait until no handshake is under way, or the time is up."""
        if self._handshakes:
            await asyncio.wait(self._handshakes, timeout=timeout_s)

    def tell_protocols(self, tell: Callable[[asyncio.BaseProtocol], None]) -> None:
        """Call `tell` with the protocol of each connection, and of each whose handshake is not over when it is."""
        self._tell = tell
        for protocol, _ in self.protocols():
            tell(protocol)

    def give_up_handshakes(self) -> None:
        """End the connections whose handshake is not over: nothing has been asked on them.

        The handshake then fails by itself. Cancelled before its first step, asyncio would leave its transport behind.
        """
        for connection in self._handshakes.values():
            with suppress(OSError):  # the client was faster
                connection.shutdown(socket.SHUT_RDWR)

    async def _adopt(self, connection: AcceptedSocket, factory: ProtocolFactory, context: SSLContext | None) -> None:
        try:
            transport, protocol = await self._open(connection, factory, context)
        except OSError as error:
            LOG.debug("a connection was lost while it was accepted: %s", error)
            connection.close()
        except Exception:
            LOG.exception("a connection could not be given to its handler: closed")
            connection.close()
        else:
            if connection in self._transports:  # it may be over by now
                self._transports[connection] = transport
                self._protocols[transport] = protocol
                if self._tell is not None:
                    self._tell(protocol)

    async def _open(
        self, connection: AcceptedSocket, factory: ProtocolFactory, context: SSLContext | None
    ) -> tuple[asyncio.BaseTransport, asyncio.BaseProtocol]:
        if context is None:
            return await self._loop.connect_accepted_socket(factory, connection)
        protocol = (await self._introduced(connection, factory))()
        transport, _ = await self._loop.connect_accepted_socket(  # uvloop's second is not the factory's
            lambda: protocol,
            connection,
            ssl=context,
            ssl_handshake_timeout=HANDSHAKE_TIMEOUT_S,
            ssl_shutdown_timeout=CLOSE_TIMEOUT_S,
        )
        return transport, protocol

    async def _introduced(self, connection: AcceptedSocket, factory: ProtocolFactory) -> ProtocolFactory:
        """Return what makes the protocol, when a proxy has named the client."""
        if not expects_header(factory, connection):
            return factory
        introducing = cast("Introducing", factory)
        async with asyncio.timeout(HANDSHAKE_TIMEOUT_S):
            client = await read_header(self._loop, connection, introducing.read_proxy_header)
        return partial(introducing.begin_for, client)

    def _forget(self, connection: AcceptedSocket) -> None:
        transport = self._transports.pop(connection)
        if transport is not None:
            del self._protocols[transport]
        self._balance.lost()

    def _protocol_of(self, transport: Any) -> asyncio.BaseProtocol:
        """Return a transport's protocol, which need not be its first; asyncio's TLS may forget it at the end."""
        if transport.is_closing():
            return self._protocols[transport]
        return transport.get_protocol()  # type: ignore[no-any-return]  # typeshed knows it of some transports only
