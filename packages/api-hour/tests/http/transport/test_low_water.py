"""A client that sends byte by byte wakes the worker only when it matters, and is answered all the same."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from event_loops import on_each_loop, until
from http_connection import Connection, connected, parse_head

from api_hour.http import HttpServer, Request, Response, Router, streams_body
from api_hour.http.h1.protocol import HttpProtocol
from api_hour.http.transport.low_water import GATHERED_BYTES, bytes_to_head_end

GET = b"GET / HTTP/1.1\r\nHost: a\r\nUser-Agent: slow\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"


async def echo(request: Request) -> Response:
    return Response(request.body or b"nothing")


@streams_body
async def echo_as_it_comes(request: Request) -> Response:
    return Response(request.stream())


def make_router() -> Router:
    router = Router()
    router.add("GET", "/", echo)
    router.add("POST", "/", echo)
    router.add("POST", "/stream", echo_as_it_comes)
    return router


class CountedProtocol(HttpProtocol):
    """Counts how often the worker was woken."""

    __slots__ = ("wakes",)

    def data_received(self, data: bytes) -> None:
        self.wakes = getattr(self, "wakes", 0) + 1
        super().data_received(data)


class CountedServer(HttpServer):
    """Keeps its last protocol."""

    protocol: CountedProtocol

    def __call__(self) -> HttpProtocol:
        self.protocol = CountedProtocol(self.state, self.application)
        return self.protocol


@asynccontextmanager
async def over_tcp() -> AsyncIterator[tuple[CountedServer, asyncio.StreamReader, asyncio.StreamWriter]]:
    """Connect over TCP, whose sockets heed the mark; each write is sent at once."""
    counted = CountedServer(make_router())
    listening = await asyncio.get_running_loop().create_server(counted, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*listening.sockets[0].getsockname())
    writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        yield counted, reader, writer
    finally:
        writer.close()
        listening.close()


async def dribble(writer: asyncio.StreamWriter, data: bytes) -> None:
    """Send byte by byte."""
    for position in range(len(data)):
        writer.write(data[position : position + 1])
        await asyncio.sleep(0.0005)


async def answer_body(reader: asyncio.StreamReader) -> bytes:
    _, headers = parse_head(await reader.readuntil(b"\r\n\r\n"))
    return await reader.readexactly(int(headers["content-length"]))


def low_water_bytes(client: Connection) -> int:
    connection: socket.socket = client.transport.get_extra_info("socket")
    return connection.getsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT)


@pytest.mark.parametrize(
    ("beginning", "expected"),
    [
        (b"", 2),
        (b"GET", 2),
        (b"GET / HTTP/1.1\r", 1),
        (b"GET / HTTP/1.1\r\n", 2),
        (b"GET / HTTP/1.1\r\nHost: a", 4),
        (b"GET / HTTP/1.1\r\nHost: a\r", 3),
        (b"GET / HTTP/1.1\r\nHost: a\r\n", 2),
        (b"GET / HTTP/1.1\r\nHost: a\r\n\r", 1),
    ],
)
def test_what_a_head_still_needs(beginning: bytes, expected: int) -> None:
    assert bytes_to_head_end(beginning) == expected
    assert bytes_to_head_end(bytearray(beginning)) == expected


@on_each_loop
async def test_a_head_that_comes_byte_by_byte_wakes_the_worker_for_each_fourth_after_its_first_line() -> None:
    line_bytes = GET.index(b"\r\n") + 2
    async with over_tcp() as (counted, reader, writer):
        for _ in range(2):
            await dribble(writer, GET)
            assert await answer_body(reader) == b"nothing"
        assert counted.protocol.wakes <= 2 * (line_bytes // 2 + (len(GET) - line_bytes) // 4 + 3)


@on_each_loop
async def test_what_is_no_http_is_refused_at_the_end_of_its_line_when_it_comes_byte_by_byte() -> None:
    for line in (b"PROXY UNKNOWN\r\n", b"PROXY TCP4 1.2.3.4 10.0.0.1 1 2\r\n", b"hello\r\n", b"GET /\r\n"):
        async with over_tcp() as (_, reader, writer):
            await dribble(writer, line)
            assert (await reader.readuntil(b"\r\n")).startswith(b"HTTP/1.1 400 ")


@on_each_loop
async def test_a_body_that_comes_byte_by_byte_wakes_the_worker_when_it_is_whole() -> None:
    body = bytes(range(256))
    async with over_tcp() as (counted, reader, writer):
        for _ in range(2):
            writer.write(POST % len(body))
            await dribble(writer, body)
            assert await answer_body(reader) == body
        assert counted.protocol.wakes <= 10
        writer.write(GET)
        assert await answer_body(reader) == b"nothing"


@on_each_loop
async def test_what_a_handler_reads_as_it_comes_is_not_gathered() -> None:
    async with over_tcp() as (_, reader, writer):
        writer.write(CHUNKED.replace(b" / ", b" /stream "))
        await reader.readuntil(b"\r\n\r\n")
        for piece in (b"a", b"bc", b"d"):
            writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            assert await reader.readuntil(piece + b"\r\n")
        writer.write(b"0\r\n\r\n")
        await reader.readuntil(b"0\r\n\r\n")


@on_each_loop
async def test_the_mark_is_what_is_missing() -> None:
    async with connected(HttpServer(make_router())) as client:
        assert low_water_bytes(client) == 1
        client.send(GET[:10])
        await until(lambda: low_water_bytes(client) == 2)
        client.send(GET[10:20])
        await until(lambda: low_water_bytes(client) == 4)
        client.send(GET[20:-2])
        await until(lambda: low_water_bytes(client) == 2)
        assert (await client.ask(GET[-2:])).status == 200
        assert low_water_bytes(client) == 1

        client.send(POST % 1000)
        await until(lambda: client.protocol.reader.body is not None)
        client.send(b"x")
        await until(lambda: low_water_bytes(client) == GATHERED_BYTES)
        client.send(b"x" * 600)
        await until(lambda: low_water_bytes(client) == 399)
        assert (await client.ask(b"x" * 399)).body == b"x" * 1000
        assert low_water_bytes(client) == 1

        client.send(CHUNKED)
        await until(lambda: client.protocol.reader.body is not None)
        client.send(b"A\r\n0")
        await until(lambda: low_water_bytes(client) == 9)
        client.send(b"123456789")
        await until(lambda: low_water_bytes(client) == 1)
        client.send(b"\r\n0\r\n\r\n")
        assert (await client.answer()).body == b"0123456789"
