"""Server-sent events over a real connection."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from event_loops import on_each_loop, until
from http_connection import connected

from api_hour.http import HttpServer, Request, Response, Router, ServerSentEvent, event_stream

GET = b"GET /events HTTP/1.1\r\nHost: a\r\nLast-Event-ID: 6\r\n\r\n"
FAR_S = 1e9


class Ticker:
    """Events that a test sends, and what became of them."""

    def __init__(self, ping_interval_s: float = FAR_S) -> None:
        self.queue: asyncio.Queue[ServerSentEvent | str | None] = asyncio.Queue()
        self.is_closed = False
        self.last_event_id = ""
        self.ping_interval_s = ping_interval_s

    async def events(self) -> AsyncIterator[ServerSentEvent | str]:
        try:
            while (event := await self.queue.get()) is not None:
                yield event
        finally:
            self.is_closed = True

    async def answer(self, request: Request) -> Response:
        self.last_event_id = request.headers["last-event-id"]
        return event_stream(
            request, self.events(), ping_interval_s=self.ping_interval_s, headers=[("X-Accel-Buffering", "no")]
        )

    def server(self) -> HttpServer:
        router = Router()
        router.add("GET", "/events", self.answer)
        return HttpServer(router)


async def chunk(reader: asyncio.StreamReader) -> bytes:
    size = int(await reader.readline(), 16)
    return (await reader.readexactly(size + 2)).removesuffix(b"\r\n")


@on_each_loop
async def test_events_are_sent_as_they_come() -> None:
    ticker = Ticker()
    async with connected(ticker.server()) as connection:
        connection.send(GET)
        head = await connection.reader.readuntil(b"\r\n\r\n")
        assert b"Content-Type: text/event-stream\r\n" in head
        assert b"Cache-Control: no-store\r\nX-Accel-Buffering: no\r\n" in head
        ticker.queue.put_nowait("hello")
        assert await chunk(connection.reader) == b"data: hello\n\n"
        ticker.queue.put_nowait(ServerSentEvent(data="x", id="7"))
        assert await chunk(connection.reader) == b"id: 7\ndata: x\n\n"
        ticker.queue.put_nowait(None)
        assert await chunk(connection.reader) == b""
    assert ticker.is_closed
    assert ticker.last_event_id == "6"


@on_each_loop
async def test_a_comment_is_sent_while_there_are_no_events_and_no_event_is_lost() -> None:
    ticker = Ticker(ping_interval_s=0.001)
    async with connected(ticker.server()) as connection:
        connection.send(GET)
        await connection.reader.readuntil(b"\r\n\r\n")
        assert [await chunk(connection.reader) for _ in range(3)] == [b":\n\n"] * 3
        ticker.queue.put_nowait("hello")
        while (piece := await chunk(connection.reader)) == b":\n\n":
            pass
        assert piece == b"data: hello\n\n"


@on_each_loop
async def test_the_stream_ends_with_its_worker() -> None:
    ticker = Ticker()
    async with connected(ticker.server()) as connection:
        connection.send(GET)
        await connection.reader.readuntil(b"\r\n\r\n")
        connection.protocol.begin_drain()
        assert await chunk(connection.reader) == b""
    assert ticker.is_closed


@on_each_loop
async def test_the_events_are_closed_when_the_client_is_gone() -> None:
    ticker = Ticker(ping_interval_s=0.001)
    async with connected(ticker.server()) as connection:
        connection.send(GET)
        await connection.reader.readuntil(b"\r\n\r\n")
    await until(lambda: ticker.is_closed)


@on_each_loop
async def test_what_the_events_raise_ends_the_stream() -> None:
    async def events() -> AsyncIterator[str]:
        yield "one"
        raise ZeroDivisionError("on purpose")

    body = event_stream(Request("GET", b"/", [], container=None), events()).body
    assert not isinstance(body, bytes)
    pieces = aiter(body)

    assert await anext(pieces) == b"data: one\n\n"
    with pytest.raises(ZeroDivisionError, match="on purpose"):
        await anext(pieces)


@on_each_loop
async def test_a_stream_that_was_not_begun_can_be_closed() -> None:
    ticker = Ticker()
    async with connected(ticker.server()) as connection:
        connection.send(GET.replace(b"GET", b"HEAD"))
        assert (await connection.answer(to="HEAD")).headers["content-type"] == "text/event-stream"
        ticker.queue.put_nowait("never")
    assert ticker.queue.qsize() == 1


class Countdown:
    """Events that are no generator."""

    def __init__(self, count: int) -> None:
        self.count = count

    def __aiter__(self) -> "Countdown":
        return self

    async def __anext__(self) -> str:
        if not self.count:
            raise StopAsyncIteration
        self.count -= 1
        return str(self.count)


@on_each_loop
async def test_events_need_not_be_a_generator() -> None:
    router = Router()

    @router.get("/events")
    async def events(request: Request) -> Response:
        return event_stream(request, Countdown(2))

    async with connected(HttpServer(router)) as connection:
        connection.send(GET)
        await connection.reader.readuntil(b"\r\n\r\n")
        assert [await chunk(connection.reader) for _ in range(3)] == [b"data: 1\n\n", b"data: 0\n\n", b""]
