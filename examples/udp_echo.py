"""A UDP echo, and a line-based TCP service beside it for those who ask how many datagrams there were.

    api_hour -b udp:127.0.0.1:7001 -b 127.0.0.1:7002 -w 2 udp_echo:Container

All workers read from the same UDP socket; the kernel gives each datagram to one of them.
"""

import asyncio
from collections.abc import Sequence
from typing import cast

import api_hour
from api_hour.container import Handler


class Echo(asyncio.DatagramProtocol):
    """Sends every datagram back to where it came from."""

    def __init__(self) -> None:
        self.datagrams = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin; there is one protocol in each worker, for all clients."""
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        """Answer."""
        self.datagrams += 1
        self._transport.sendto(data, address)


class Container(api_hour.Container):
    """One handler for each address: the first for datagrams, the second for connections."""

    def make_servers(self) -> Sequence[Handler]:
        """Serve both addresses."""
        self.echo = Echo()
        return [lambda: self.echo, self.count]

    async def count(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Say how many datagrams this worker has answered."""
        writer.write(b"worker %d: %d datagrams\n" % (self.worker.worker_id, self.echo.datagrams))
        writer.close()
