"""Errors of applications: none is silent, and none ends another request."""

import asyncio
import gc
import logging
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvloop
from event_loops import NewLoop, let_run, on_each_loop, until
from first_pieces import GET, START, part
from http_connection import Connection, connected

from api_hour.coalesce import coalesce
from api_hour.http import HttpServer, Request, Response, Router, event_stream
from api_hour.http.asgi import AsgiServer


class Own(BaseException):
    """An exception of an application's that is no Exception."""


RAISED: dict[str, Callable[[], BaseException]] = {
    "exit": lambda: SystemExit(5),
    "interrupt": KeyboardInterrupt,
    "generator": GeneratorExit,
    "own": Own,
    "group": lambda: BaseExceptionGroup("two", [SystemExit(1), ValueError()]),
    "cancelled": asyncio.CancelledError,
    "error": ZeroDivisionError,
}


class Raising:
    """Servers whose handlers raise."""

    def __init__(self, error: Callable[[], BaseException]) -> None:
        self.error = error
        router = Router()
        router.add("GET", "/at-once", self.at_once)
        router.add("GET", "/late", self.late)
        router.add("GET", "/plain", self.plain)
        router.add("GET", "/stream", self.stream)
        router.add("GET", "/events", self.events)
        router.add("GET", "/shared", coalesce(self.late))
        router.add("GET", "/fine", self.fine)
        self.native = HttpServer(router)
        layered = Router(middleware=[self.middleware])
        layered.add("GET", "/at-once", self.at_once)
        layered.add("GET", "/late", self.late)
        layered.add("GET", "/fine", self.fine)
        self.layered = HttpServer(layered)
        self.asgi = AsgiServer(self.app)

    async def at_once(self, _request: Request) -> None:
        raise self.error()

    async def late(self, _request: Request) -> bytes:
        await asyncio.sleep(0)
        raise self.error()

    def plain(self, _request: Request) -> None:
        raise self.error()

    async def pieces(self) -> AsyncIterator[Any]:
        await asyncio.sleep(0)
        for error in (self.error(),):
            raise error
        yield b""

    async def stream(self, _request: Request) -> Response:
        return Response(self.pieces())

    async def events(self, request: Request) -> Response:
        return event_stream(request, self.pieces())

    async def fine(self, _request: Request) -> str:
        await asyncio.sleep(0.01)
        return "fine"

    async def middleware(self, request: Request, answer: Any) -> Any:
        return await answer(request)

    async def app(self, scope: Any, _receive: Any, send: Any) -> None:
        if scope["path"] == "/fine":
            await asyncio.sleep(0.01)
            await send(START)
            await send(part(b'"fine"', more=False))
            return
        if scope["path"] == "/late":
            await asyncio.sleep(0)
        if scope["path"] == "/stream":
            await send(START)
            await send(part(b"x", more=True))
        raise self.error()


WAYS = [
    *(f"native /{path}" for path in ("at-once", "late", "plain", "stream", "events", "shared")),
    *(f"layered /{path}" for path in ("at-once", "late")),
    *(f"asgi /{path}" for path in ("at-once", "late", "stream")),
]


@asynccontextmanager
async def beside(connection: Connection) -> AsyncIterator[None]:
    """Have another request answered meanwhile."""
    connection.send(GET.replace(b"/", b"/fine", 1))
    yield
    assert (await connection.answer()).body == b'"fine"'


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", RAISED)
@on_each_loop
async def test_nothing_that_is_raised_is_silent_or_ends_another_request(
    way: str, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    kind, path = way.split(" ")
    raising = Raising(RAISED[name])
    server: Any = getattr(raising, kind)
    async with connected(server) as connection, connected(server) as other, beside(other):
        connection.send(GET.replace(b"/", path.encode(), 1))
        if path in ("/stream", "/events"):  # its answer has begun
            await connection.rest()
        else:
            assert (await connection.answer()).status == 500
    [record] = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert record.getMessage() == f"GET {path!r} failed"
    assert record.exc_info is not None
    assert type(record.exc_info[1]) is type(RAISED[name]())


@pytest.mark.parametrize("kind", ["native", "asgi"])
@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def test_a_request_that_its_loop_has_left_is_not_answered(
    kind: str, new_loop: NewLoop, caplog: pytest.LogCaptureFixture
) -> None:
    begun: list[int] = []

    async def handler(_request: Request) -> None:
        begun.append(1)
        await asyncio.Event().wait()

    async def app(_scope: Any, _receive: Any, _send: Any) -> None:
        begun.append(1)
        await asyncio.Event().wait()

    router = Router()
    router.add("GET", "/", handler)
    server = HttpServer(router) if kind == "native" else AsgiServer(app)
    ours, theirs = socket.socketpair()
    loop = new_loop()

    async def ask() -> None:
        ours.setblocking(False)
        transport = (await loop.connect_accepted_socket(server, ours))[0]
        theirs.sendall(GET)
        await until(lambda: begun)
        for task in server.works:
            task._log_destroy_pending = False  # type: ignore[attr-defined]
        transport.abort()
        await let_run()

    with theirs:
        loop.run_until_complete(ask())
        loop.close()
        server.works.clear()
        gc.collect()
    assert caplog.records == []
