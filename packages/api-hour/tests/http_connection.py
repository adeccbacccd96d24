"""A client and a server on the two ends of a socket pair, in one event loop."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import cast

from api_hour.http.h1.protocol import HttpProtocol
from api_hour.http.server import Server


@dataclass(frozen=True, slots=True)
class Answer:
    """One response; the names of its headers are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


def parse_head(head: bytes) -> tuple[int, dict[str, str]]:
    """Read a response's head, which must be well-formed; a repeated header is an error."""
    status_line, *lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    version, status, _phrase = status_line.split(" ", 2)
    assert version == "HTTP/1.1"
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    assert len(headers) == len(lines)
    return int(status), headers


@dataclass(slots=True)
class Connection:
    """Both ends of one connection: the client's streams, the server's protocol and transport."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    protocol: HttpProtocol
    transport: asyncio.Transport

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def answer(self, *, to: str = "GET") -> Answer:
        """Read one response, to a request of the method `to`."""
        status, headers = parse_head(await self.reader.readuntil(b"\r\n\r\n"))
        has_body = to != "HEAD" and status >= 200 and status not in (204, 304)
        body = await self.reader.readexactly(int(headers["content-length"])) if has_body else b""
        return Answer(status, headers, body)

    async def ask(self, data: bytes) -> Answer:
        """Send a request and read its response."""
        self.send(data)
        return await self.answer(to=data.partition(b" ")[0].decode())

    async def rest(self) -> bytes:
        """Read what still comes until the server closes its end."""
        return await self.reader.read()

    async def is_cut(self) -> bool:
        """Wait for the connection's end; tell whether nothing came before it."""
        with suppress(ConnectionResetError):
            return await self.reader.read() == b""
        return True


@asynccontextmanager
async def connected(server: Server) -> AsyncIterator[Connection]:
    """Connect a client to a server; both ends are closed at the end."""
    ours, theirs = socket.socketpair()
    for end in (ours, theirs):
        end.setblocking(False)
    transport = (await asyncio.get_running_loop().connect_accepted_socket(server, ours))[0]
    reader, writer = await asyncio.open_connection(sock=theirs)
    try:
        yield Connection(reader, writer, cast("HttpProtocol", transport.get_protocol()), transport)
    finally:
        if transport.get_protocol() in server.connections:  # asyncio's cannot be aborted when it is lost
            transport.abort()
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
