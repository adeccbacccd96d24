"""Handlers that show what they were given, and wait where a test wants them to."""

import asyncio
from typing import Any

from api_hour.http import HttpError, HttpServer, Limits, Request, Response, Router

FAR_S = 1e9  # beyond every deadline
SMALL = Limits(target_bytes=100, head_bytes=500, body_bytes=1000)
GET = b"GET /echo HTTP/1.1\r\nHost: a\r\n\r\n"


class Application:
    """Handlers that show what they were given, and wait where a test wants them to."""

    def __init__(self, limits: Limits | None = None) -> None:
        router = Router()
        for method in ("GET", "POST", "PUT"):
            router.add(method, "/echo", self.echo)
        for name in ("wait", "boom", "teapot", "cancel", "split", "object", "big"):
            router.add("GET", f"/{name}", getattr(self, name))
        router.add("GET", "/slow/{steps}", self.slow)
        self.server = HttpServer(router, container=self, limits=limits)
        self.may_go = asyncio.Event()
        self.begun = 0
        self.ended = 0

    async def echo(self, request: Request) -> dict[str, Any]:
        assert request.container is self
        self.begun += 1
        return {"method": request.method, "query": request.query, "body": request.body.decode("latin-1")}

    async def slow(self, request: Request) -> str:
        for _ in range(int(request.path_parameters["steps"])):
            await asyncio.sleep(0)
        return request.path

    async def wait(self, _request: Request) -> str:
        self.begun += 1
        try:
            await self.may_go.wait()
        finally:
            self.ended += 1
        return "waited"

    async def boom(self, _request: Request) -> None:
        raise ZeroDivisionError("on purpose")

    async def teapot(self, _request: Request) -> None:
        raise HttpError(418, "short and stout", headers=[("X-Tea", "green")])

    async def cancel(self, _request: Request) -> None:
        raise asyncio.CancelledError

    async def split(self, _request: Request) -> Response:
        return Response(headers=[("X-A", "a\r\nX-B: b")])

    async def object(self, _request: Request) -> object:
        return object()

    async def big(self, _request: Request) -> Response:
        self.begun += 1
        return Response(b"x" * 1_000_000)


def request_for(path: str, *headers: str, version: str = "1.1", method: str = "GET") -> bytes:
    lines = [f"{method} {path} HTTP/{version}", "Host: a", *headers]
    return "".join(f"{line}\r\n" for line in lines).encode() + b"\r\n"


def chunks(*sizes: int) -> bytes:
    return b"".join(b"%x\r\n%b\r\n" % (size, b"x" * size) for size in sizes)


CHUNKED = request_for("/echo", "Transfer-Encoding: chunked", method="POST")
