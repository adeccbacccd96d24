"""One conversation over a WebSocket, as a handler of a router and as an ASGI application."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Protocol

import pytest
from event_loops import until

from api_hour.http import HttpServer, Request, Router
from api_hour.http.asgi import AsgiServer
from api_hour.http.message.errors import WebSocketClosed
from api_hour.http.message.limits import Limits
from api_hour.http.server import Server
from api_hour.http.websocket_handler import WebSocket, websocket_handler

HANDSHAKE = (
    b"GET /talk HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


def masked(opcode: int, data: bytes = b"", *, fin: bool = True) -> bytes:
    """Return a client's frame; its mask is zero."""
    size = len(data)
    length = bytes([0x80 | size]) if size < 126 else b"\xfe" + size.to_bytes(2) if size < 65536 else b""
    return bytes([opcode | (0x80 if fin else 0)]) + (length or b"\xff" + size.to_bytes(8)) + bytes(4) + data


class Side(Protocol):
    """The server's side of a WebSocket; each call raises an OSError when it is closed."""

    async def accept(self, headers: Any = ()) -> None:
        """Accept it."""

    async def send(self, message: str | bytes) -> None:
        """Send a message."""

    async def receive(self) -> str | bytes:
        """Return a message."""


class NativeSide:
    """A handler's."""

    def __init__(self, websocket: WebSocket) -> None:
        self.websocket = websocket
        self.send = websocket.send
        self.receive = websocket.receive

    async def accept(self, headers: Any = ()) -> None:
        self.websocket.accept(headers=headers)


class AsgiSide:
    """An ASGI application's."""

    def __init__(self, receive: Any, send: Any) -> None:
        self.receive_event = receive
        self.send_event = send

    async def accept(self, headers: Any = ()) -> None:
        assert await self.receive_event() == {"type": "websocket.connect"}
        await self.send_event({"type": "websocket.accept", "headers": headers})

    async def send(self, message: str | bytes) -> None:
        await self.send_event({"type": "websocket.send", "text" if isinstance(message, str) else "bytes": message})

    async def receive(self) -> str | bytes:
        event = await self.receive_event()
        if event["type"] == "websocket.disconnect":
            raise WebSocketClosed(event["code"], event["reason"])
        message: str | bytes = event["text"] if "text" in event else event["bytes"]
        return message


Talk = Callable[[Side], Awaitable[Any]]
MakeServer = Callable[..., Server]


def native(talk: Talk, limits: Limits | None = None) -> Server:
    """Return a server whose handler of /talk has a conversation."""
    router = Router()

    async def handler(_request: Request, websocket: WebSocket) -> None:
        await talk(NativeSide(websocket))

    router.add("GET", "/talk", websocket_handler(handler))
    return HttpServer(router, limits=limits)


def asgi(talk: Talk, limits: Limits | None = None) -> Server:
    """Return a server whose ASGI application has a conversation."""

    async def app(_scope: Any, receive: Any, send: Any) -> None:
        await talk(AsgiSide(receive, send))

    return AsgiServer(app, limits=limits)


on_both = pytest.mark.parametrize("make_server", [native, asgi], ids=["native", "asgi"])


@asynccontextmanager
async def listening(server: Server, context: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """Serve on a free port; at the end there is no connection."""
    listener = await asyncio.get_running_loop().create_server(server, "127.0.0.1", 0, ssl=context)
    try:
        yield listener.sockets[0].getsockname()[1]
        await until(lambda: not server.connections)
    finally:
        listener.close()
