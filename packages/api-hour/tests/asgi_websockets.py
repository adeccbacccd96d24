"""WebSockets of ASGI applications, with the client of the websockets package and with raw frames."""

from collections.abc import Callable
from typing import Any

from asgi_serving import serving
from event_loops import run_in_loop
from websockets.asyncio.client import ClientConnection, connect

from api_hour.http.message.limits import Limits

HANDSHAKE = (
    b"GET /talk?a=b HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)

ACCEPT = {"type": "websocket.accept"}


class Echo:
    """Sends back what it receives, and notes how it ends."""

    def __init__(self) -> None:
        self.scopes: list[Any] = []
        self.ended: list[tuple[int, str]] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            raise ValueError("none here")
        self.scopes.append(scope)
        assert await receive() == {"type": "websocket.connect"}
        await send(ACCEPT)
        while (message := await receive())["type"] == "websocket.receive":
            await send({**message, "type": "websocket.send"})
        self.ended.append((message["code"], message["reason"]))


def talk(app: Any, use: Callable[[ClientConnection], Any], *, limits: Limits | None = None, **options: Any) -> Any:
    """Serve an application and use one WebSocket of it."""

    async def main() -> None:
        async with (
            serving(app, limits=limits) as (_, port),
            connect(f"ws://127.0.0.1:{port}/talk", proxy=None, **options) as websocket,
        ):
            await use(websocket)

    run_in_loop(main())
