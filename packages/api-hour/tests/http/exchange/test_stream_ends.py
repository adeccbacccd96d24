"""The end of answers that do not end by themselves, and writers that wait for a client to read."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
from accepting import accepting, client_of
from event_loops import let_run, on_each_loop, until
from first_pieces import FIRST, GET, START, part
from http_connection import connected
from listening_sockets import listening

from api_hour.http import HttpServer, Request, Response, Router, event_stream
from api_hour.http.asgi import AsgiServer
from api_hour.http.exchange.exchange import Exchange
from api_hour.http.transport.half_close import is_gone


class Streams:
    """Answers that never end by themselves, natively and by ASGI."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.ended: list[str] = []
        router = Router()
        router.add("GET", "/", self.stream)
        router.add("GET", "/events", self.events)
        self.native = HttpServer(router)
        self.asgi = AsgiServer(self.app)

    async def pieces(self) -> AsyncIterator[bytes]:
        self.begun.append("stream")
        try:
            yield FIRST
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            self.ended.append("stream")

    async def stream(self, _request: Request) -> Response:
        return Response(self.pieces())

    async def event(self) -> AsyncIterator[str]:
        async for piece in self.pieces():
            yield piece.decode()

    async def events(self, request: Request) -> Response:
        return event_stream(request, self.event())

    async def app(self, scope: Any, receive: Any, send: Any) -> None:
        """Do as Starlette's StreamingResponse does."""
        kind = b"text/event-stream" if scope["path"] == "/events" else b"text/plain"

        async def stream() -> None:
            await send({**START, "headers": [(b"content-type", kind)]})
            async for piece in self.pieces():
                await send(part(piece, more=True))

        streaming = asyncio.ensure_future(stream())
        while (await receive())["type"] != "http.disconnect":
            pass
        streaming.cancel()
        await asyncio.wait([streaming])


each_server = pytest.mark.parametrize("kind", ["native", "asgi"])
each_path = pytest.mark.parametrize("path", ["/", "/events"])


@each_server
@each_path
@on_each_loop
async def test_a_stream_is_closed_when_its_client_resets(kind: str, path: str) -> None:
    streams = Streams()
    with listening() as [listener], accepting(listener, getattr(streams, kind)):
        async with client_of(listener) as (reader, writer):
            writer.write(GET.replace(b"/", path.encode(), 1))
            await reader.readuntil(FIRST)
            no_time = b"\1\0\0\0\0\0\0\0"
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, no_time)
            writer.transport.abort()
            await until(lambda: streams.ended)
        await until(lambda: not getattr(streams, kind).works)


@each_server
@on_each_loop
async def test_a_stream_is_closed_when_its_client_on_a_unix_socket_closes(kind: str) -> None:
    streams = Streams()
    async with connected(getattr(streams, kind)) as connection:
        connection.send(GET)
        await connection.reader.readuntil(FIRST)
        connection.writer.close()
        await until(lambda: streams.ended)
        await until(lambda: not getattr(streams, kind).works)


@on_each_loop
async def test_who_has_closed_one_direction_only_gets_the_stream() -> None:
    more = asyncio.Event()

    async def pieces() -> AsyncIterator[bytes]:
        yield b"first "
        await more.wait()
        yield b"last"

    async def handler(_request: Request) -> Response:
        return Response(pieces())

    router = Router()
    router.add("GET", "/", handler)
    server = HttpServer(router)
    async with connected(server) as connection:
        connection.send(GET)
        await connection.reader.readuntil(b"first ")
        connection.writer.write_eof()
        await until(lambda: connection.protocol.exchange.is_client_gone)
        connection.protocol.check_deadline(server.now_s)
        assert not is_gone(connection.transport)
        more.set()
        assert (await connection.rest()).endswith(b"4\r\nlast\r\n0\r\n\r\n")


@each_server
@on_each_loop
async def test_events_end_when_the_worker_retires_and_their_answer_is_whole(kind: str) -> None:
    streams = Streams()
    async with connected(getattr(streams, kind)) as connection:
        connection.send(GET.replace(b"/", b"/events", 1))
        await connection.reader.readuntil(FIRST)
        connection.protocol.begin_drain()
        await connection.reader.readuntil(b"\r\n0\r\n\r\n")
    assert streams.ended == ["stream"]


@each_server
@on_each_loop
async def test_a_stream_that_may_go_on_for_ever_is_closed_in_the_second_half_of_the_time(
    kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    streams = Streams()
    with listening() as [listener], accepting(listener, getattr(streams, kind)) as listeners:
        async with client_of(listener) as (reader, writer):
            writer.write(GET)
            await reader.readuntil(FIRST)
            await listeners.drain(0.05)
    assert streams.ended == ["stream"]
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


@on_each_loop
async def test_a_stream_of_known_length_is_not_ended() -> None:
    more = asyncio.Event()

    async def pieces() -> AsyncIterator[bytes]:
        yield FIRST
        await more.wait()
        yield b"y"

    async def handler(_request: Request) -> Response:
        return Response(pieces(), content_length=len(FIRST) + 1)

    router = Router()
    router.add("GET", "/", handler)
    async with connected(HttpServer(router)) as connection:
        connection.send(GET)
        await connection.reader.readuntil(FIRST)
        connection.protocol.end_stream()
        await let_run()
        more.set()
        assert await connection.reader.readexactly(1) == b"y"


@pytest.mark.parametrize("reads", [True, False])
@on_each_loop
async def test_all_who_wait_for_a_client_to_read_go_on_when_it_reads_or_is_gone(reads: bool) -> None:
    outcomes: list[str] = []
    begun: list[int] = []

    async def write(exchange: Exchange) -> None:
        begun.append(1)
        try:
            await exchange.send_piece(bytes(300_000))
            outcomes.append("sent")
        except ConnectionError:
            outcomes.append("gone")

    async def app(_scope: Any, _receive: Any, _send: Any) -> None:
        [protocol] = server.connections
        exchange: Exchange = protocol.exchange
        assert exchange.request is not None
        exchange.begin_fields(exchange.request, 200, [(b"content-length", b"%d" % (20 * 300_000))])
        await asyncio.gather(*(write(exchange) for _ in range(20)))

    server = AsgiServer(app)
    async with connected(server) as connection:
        connection.writer.transport.pause_reading()  # type: ignore[attr-defined]
        connection.send(GET)
        await until(lambda: len(begun) == 20)
        await let_run()
        assert len(outcomes) < 20
        if reads:
            connection.writer.transport.resume_reading()  # type: ignore[attr-defined]
            await connection.reader.readuntil(b"\r\n\r\n")
            left = 20 * 300_000
            while left:
                left -= len(await connection.reader.read(1 << 20))
        else:
            connection.writer.transport.abort()
        await until(lambda: len(outcomes) == 20)
    assert ("gone" in outcomes) == (not reads)
