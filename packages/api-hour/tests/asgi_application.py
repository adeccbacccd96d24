"""An ASGI application that does what a test wants."""

from collections.abc import Callable
from typing import Any

GET = b"GET /a%20b?c=d HTTP/1.1\r\nHost: a\r\nX-Y: z\r\n\r\n"


class Application:
    """An application that does for each request what a test wants."""

    def __init__(self, answer: Callable[[Any, Any, Any], Any]) -> None:
        self.answer = answer
        self.scopes: list[Any] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.scopes.append(scope)
        await self.answer(scope, receive, send)


def start(*headers: tuple[bytes, bytes], status: int = 200) -> dict[str, Any]:
    return {"type": "http.response.start", "status": status, "headers": headers}


def body(data: bytes = b"", *, more: bool = False) -> dict[str, Any]:
    return {"type": "http.response.body", "body": data, "more_body": more}


async def hello(_scope: Any, _receive: Any, send: Any) -> None:
    await send(start((b"content-type", b"text/plain")))
    await send(body(b"hello"))


def sends(*messages: dict[str, Any]) -> Callable[[Any, Any, Any], Any]:
    async def answer(_scope: Any, _receive: Any, send: Any) -> None:
        for message in messages:
            await send(message)

    return answer
