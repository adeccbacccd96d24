"""The service as a raw ASGI application, without a framework: `asgi:application`."""

from typing import Any

from agents import Agents

INDEX = b'{"hello":"world"}'
JSON = (b"content-type", b"application/json")
START = {"type": "http.response.start", "status": 200, "headers": [JSON, (b"content-length", b"%d" % len(INDEX))]}
END = {"type": "http.response.body", "body": INDEX}

agents = Agents()


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Answer two paths, and open the pool when the server starts."""
    if scope["type"] == "lifespan":
        await live(receive, send)
    elif scope["path"] == "/index":
        await send(START)
        await send(END)
    elif scope["path"] == "/agents":
        body = await agents.list_all()
        headers = [JSON, (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})
    else:
        await send({"type": "http.response.start", "status": 404, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})


async def live(receive: Any, send: Any) -> None:
    await receive()
    await agents.open()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await agents.close()
    await send({"type": "lifespan.shutdown.complete"})
