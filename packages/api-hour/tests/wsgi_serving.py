"""WSGI applications on one connection, in each of the two ways in which they are called."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any
from wsgiref.validate import validator

import pytest
from event_loops import on_each_loop, until
from http_connection import Connection, connected

from api_hour.http.message.limits import Limits
from api_hour.http.wsgi import WsgiServer

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
CLOSING = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"

WAYS = pytest.mark.parametrize("threads", [1, 2], ids=["in the loop", "in threads"])


def in_each_way(test: Callable[..., Any]) -> Callable[..., Any]:
    """Make a coroutine function a test of both ways, on each loop."""
    parametrized: Callable[..., Any] = WAYS(on_each_loop(test))
    return parametrized


def answering(
    *pieces: bytes, status: str = "200 OK", headers: tuple[tuple[str, str], ...] = (("Content-Type", "text/plain"),)
) -> Any:
    """Make an application that answers with a list."""

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response(status, [*headers])
        return [*pieces]

    return app


@contextmanager
def serving(app: Any, threads: int, *, limits: Limits | None = None) -> Iterator[WsgiServer]:
    """Give a server of an application; at the end it has no threads."""
    server = WsgiServer(app, threads=threads, limits=limits)
    try:
        yield server
    finally:
        server.shutdown()


@asynccontextmanager
async def asking(
    app: Any, threads: int, *, limits: Limits | None = None, checked: bool = False
) -> AsyncIterator[Connection]:
    """Serve an application on one connection; at the end nothing of it goes on."""
    with serving(validator(app) if checked else app, threads, limits=limits) as server:
        async with connected(server) as connection:
            yield connection
        await until(lambda: not server.works)


async def all_of(connection: Connection, request: bytes = CLOSING) -> bytes:
    """Send a request and return all that comes until the connection is closed, but the date."""
    connection.send(request)
    lines = (await connection.rest()).split(b"\r\n")
    return b"\r\n".join(line for line in lines if not line.startswith(b"Date: "))


async def in_another_thread(function: Callable[..., Any], *arguments: Any) -> Any:
    """Wait for what blocks, such as a `threading.Event`."""
    return await asyncio.to_thread(function, *arguments)
