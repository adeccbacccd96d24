"""The application of the pages "Deploy": ASGI, and nothing of API-Hour.

    api_hour app:app

`/` says who asks and how, `/upload` counts what is sent, `/events` ticks without end, and a WebSocket anywhere is
answered with what it says.
"""

import asyncio
import json
from typing import Any

TICK_S = 1.0


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Answer an HTTP request or talk over a WebSocket; there is nothing to do at startup and shutdown."""
    if scope["type"] == "websocket":
        await echo(receive, send)
    elif scope["type"] == "http":
        answer = {"/upload": count_bytes, "/events": tick}.get(scope["path"], say_who_asks)
        await answer(scope, receive, send)


async def say_who_asks(scope: Any, _receive: Any, send: Any) -> None:
    """Answer with what the application knows of its client."""
    host = dict(scope["headers"]).get(b"host", b"").decode("latin-1")
    client = scope["client"] and scope["client"][0]
    await send_json(send, {"client": client, "scheme": scope["scheme"], "host": host})


async def count_bytes(_scope: Any, receive: Any, send: Any) -> None:
    """Read the body piece by piece, and answer with its size."""
    size_bytes, more = 0, True
    while more:
        event = await receive()
        size_bytes, more = size_bytes + len(event.get("body", b"")), event.get("more_body", False)
    await send_json(send, {"size_bytes": size_bytes})


async def tick(_scope: Any, receive: Any, send: Any) -> None:
    """Send server-sent events until the client is gone or the worker ends."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
    end = asyncio.create_task(disconnected(receive))
    number = 0
    while not end.done():
        number += 1
        await send({"type": "http.response.body", "body": b"data: %d\n\n" % number, "more_body": True})
        await asyncio.wait([end], timeout=TICK_S)


async def disconnected(receive: Any) -> None:
    """Wait until there is nobody to answer."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def echo(receive: Any, send: Any) -> None:
    """Answer each message of a WebSocket with itself."""
    await receive()
    await send({"type": "websocket.accept"})
    while (event := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": event.get("text"), "bytes": event.get("bytes")})


async def send_json(send: Any, value: object) -> None:
    """Send an answer that is JSON."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": json.dumps(value).encode()})
