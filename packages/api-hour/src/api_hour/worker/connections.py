"""The connections that one worker has accepted: all of them, from the accept to the last byte.

A connection counts until its descriptor is given back, whoever closes it: what `count()` says is what the kernel holds,
with any event loop and any protocol.
"""

import asyncio
import logging
import socket
from collections.abc import Callable

from api_hour.worker.balance import Balance

LOG = logging.getLogger("api_hour.worker")

ProtocolFactory = Callable[[], asyncio.BaseProtocol]

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
        self._being_adopted: set[asyncio.Task[None]] = set()

    def count(self) -> int:
        """Return how many are open."""
        return len(self._transports)

    def transports(self) -> list[asyncio.BaseTransport]:
        """Return the transports of those that have one."""
        return [transport for transport in self._transports.values() if transport is not None]

    def take(self, accepted: socket.socket, kind: tuple[int, int, int], factory: ProtocolFactory) -> None:
        """Give an accepted connection of a kind of socket a transport and a protocol."""
        accepted.setblocking(False)
        if kind[0] != AF_UNIX:
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection = AcceptedSocket(accepted, kind, self._forget)
        self._transports[connection] = None
        self._balance.took()
        task = self._loop.create_task(self._adopt(connection, factory))
        self._being_adopted.add(task)
        task.add_done_callback(self._being_adopted.discard)

    async def wait_for_transports(self) -> None:
        """Wait until every connection has its transport, or is lost."""
        if self._being_adopted:
            await asyncio.wait(self._being_adopted)

    async def _adopt(self, connection: AcceptedSocket, factory: ProtocolFactory) -> None:
        try:
            transport, _ = await self._loop.connect_accepted_socket(factory, connection)
        except OSError as error:
            LOG.debug("a connection was lost while it was accepted: %s", error)
            connection.close()
        except Exception:
            LOG.exception("a connection could not be given to its handler: closed")
            connection.close()
        else:
            if connection in self._transports:  # it may be over by now
                self._transports[connection] = transport

    def _forget(self, connection: AcceptedSocket) -> None:
        del self._transports[connection]
        self._balance.lost()
