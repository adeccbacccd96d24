"""Listeners for tests: protocols that write down what happens, an HTTP handler that waits, clients."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, cast

from event_loops import TIMEOUT_S

from api_hour.http import HttpServer, Request, Response, Router
from api_hour.worker.listeners.listeners import Listeners

LONG_S = TIMEOUT_S  # longer than a test waits

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
GET_AND_CLOSE = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


class Recorder(asyncio.Protocol):
    """A protocol that knows nothing of draining."""

    def __init__(self, made: "list[Recorder]") -> None:
        made.append(self)
        self.data = b""
        self.is_lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self.data += data

    def connection_lost(self, _error: Exception | None) -> None:
        self.is_lost = True


class SlowServer(HttpServer):
    """An HTTP server whose only handler waits for the test."""

    def __init__(self, body_bytes: int = 0) -> None:
        router = Router()
        router.add("GET", "/", self.wait)
        super().__init__(router)
        self.body_bytes = body_bytes
        self.may_go = asyncio.Event()
        self.begun = 0
        self.cancelled = 0

    async def wait(self, _request: Request) -> Response:
        self.begun += 1
        try:
            await self.may_go.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return Response(b"x" * self.body_bytes)


@contextmanager
def accepting(listener: Any, factory: Any, *, loop: Any = None) -> Iterator[Listeners]:
    """Accept from a listening socket, or from what looks like one, to the end of the block."""
    listeners = Listeners(loop or asyncio.get_running_loop())
    listeners.accept(listener, factory)
    try:
        yield listeners
    finally:
        listeners.close()


@asynccontextmanager
async def client_of(listener: socket.socket) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Connect to a listening socket; the client's end is closed at the end of the block."""
    reader, writer = await asyncio.open_connection(*listener.getsockname())
    try:
        yield reader, writer
    finally:
        writer.close()


async def shout(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer the first line in capitals."""
    writer.write((await reader.readline()).upper())
    writer.close()
