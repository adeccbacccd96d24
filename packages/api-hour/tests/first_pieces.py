"""The beginning of an answer, natively and as the messages of an ASGI application."""

from typing import Any

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
FIRST = b"<first piece>"
START = {"type": "http.response.start", "status": 200, "headers": []}


def part(data: bytes, *, more: bool) -> dict[str, Any]:
    return {"type": "http.response.body", "body": data, "more_body": more}
