"""The smallest service, as a raw ASGI application without a framework: `asgi:application`."""

from typing import Any

BODY = b'{"hello":"world"}'
START = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(BODY))],
}
END = {"type": "http.response.body", "body": BODY}


async def application(_scope: dict[str, Any], _receive: Any, send: Any) -> None:
    await send(START)
    await send(END)
