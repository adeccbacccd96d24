"""Datagrams of a UDP address: one protocol for each worker, all on the same socket.

The kernel gives each datagram to one worker. A worker that ends stops reading; what waits in the socket then is read by
the others, and by its successor, for the socket stays open in the supervisor.
"""

import asyncio
import logging
import socket
from typing import Any

from api_hour.worker.listeners.handlers import datagram_protocol

LOG = logging.getLogger("api_hour.worker")


class Datagrams:
    """The worker's end of one UDP address."""

    def __init__(self, transport: asyncio.DatagramTransport, protocol: asyncio.DatagramProtocol) -> None:
        self._transport = transport
        self._protocol: Any = protocol

    @classmethod
    async def open(cls, listener: socket.socket, handler: Any, loop: asyncio.AbstractEventLoop) -> "Datagrams":
        """Begin to read.

        Args:
            listener: the address's socket.
            handler: what `make_servers()` returned for the address.
            loop: the worker's event loop.

        Raises:
            ConfigError: the handler cannot handle datagrams.
        """
        protocol = datagram_protocol(handler, listener)
        transport, _ = await loop.create_datagram_endpoint(lambda: protocol, sock=listener)
        return cls(transport, protocol)

    def begin_shutdown(self) -> None:
        """Close when what was written is sent, or leave that to a protocol that knows `begin_shutdown`."""
        if hasattr(self._protocol, "begin_shutdown"):
            self._protocol.begin_shutdown()
        else:
            self._transport.close()

    def is_open(self) -> bool:
        """Tell whether the protocol still works: it closes its transport when it is done."""
        return not self._transport.is_closing()

    def cut(self) -> None:
        """End it at once."""
        if self.is_open():
            LOG.warning("a datagram protocol was not finished in time: aborted")
            self._transport.abort()
