"""Bodies of answers that are sent piece by piece, as fast as their clients read."""

import asyncio
import logging
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from event_loops import let_run, on_each_loop, until
from http_connection import connected
from streaming_server import GET, server_of

from api_hour.http import Limits, Request, Response


async def count(pieces: int) -> AsyncIterator[bytes]:
    for number in range(pieces):
        yield b"%d," % number
        await asyncio.sleep(0)


@on_each_loop
async def test_an_answer_is_sent_in_chunks_and_the_connection_stays_open() -> None:
    async def handler(_request: Request) -> Response:
        return Response(count(3), content_type="text/csv")

    async with connected(server_of(handler)) as connection:
        for _ in range(2):
            connection.send(GET)
            data = await connection.reader.readuntil(b"0\r\n\r\n")
            head, _, body = data.partition(b"\r\n\r\n")
            assert re.sub(rb"Date: .*\r\n", b"", head) == (
                b"HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nTransfer-Encoding: chunked"
            )
            assert body == b"2\r\n0,\r\n2\r\n1,\r\n2\r\n2,\r\n0\r\n\r\n"


@on_each_loop
async def test_an_answer_of_known_length_is_sent_as_it_is() -> None:
    async def handler(_request: Request) -> Response:
        return Response(count(3), content_length=6)

    async with connected(server_of(handler)) as connection:
        for _ in range(2):
            answer = await connection.ask(GET)
            assert (answer.headers["content-length"], answer.body) == ("6", b"0,1,2,")


@pytest.mark.parametrize("wanted", ["keep-alive", "close"])
@on_each_loop
async def test_an_answer_to_http_1_0_ends_with_the_connection(wanted: str) -> None:
    async def handler(_request: Request) -> Response:
        return Response(count(3))

    async with connected(server_of(handler)) as connection:
        connection.send(f"GET / HTTP/1.0\r\nConnection: {wanted}\r\n\r\n".encode())
        head, _, body = (await connection.rest()).partition(b"\r\n\r\n")

        assert b"Connection: close" in head
        assert b"Transfer-Encoding" not in head
        assert body == b"0,1,2,"


@on_each_loop
async def test_head_is_answered_without_producing_the_body() -> None:
    begun: list[int] = []

    async def pieces() -> AsyncIterator[bytes]:
        begun.append(1)
        yield b"x"

    async def handler(_request: Request) -> Response:
        return Response(pieces())

    async with connected(server_of(handler)) as connection:
        connection.send(GET.replace(b"GET", b"HEAD"))
        answer = await connection.answer(to="HEAD")
        assert answer.headers["transfer-encoding"] == "chunked"
        connection.send(GET)
        await connection.reader.readuntil(b"0\r\n\r\n")
    assert begun == [1]


@pytest.mark.parametrize(
    ("length", "error"),
    [
        (5, "ValueError: response body: it is 1 bytes longer than its head says"),
        (7, "ValueError: response body: it is 1 bytes shorter than its head says"),
    ],
)
@on_each_loop
async def test_an_answer_of_another_length_than_it_says_is_cut(
    length: int, error: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def handler(_request: Request) -> Response:
        return Response(count(3), content_length=length)

    async with connected(server_of(handler)) as connection:
        connection.send(GET)
        try:
            data = await connection.rest()
        except ConnectionResetError:
            data = b""

        assert len(data.partition(b"\r\n\r\n")[2]) < length
    assert caplog.text.splitlines()[-1] == error


@on_each_loop
async def test_an_answer_that_fails_in_its_middle_is_cut_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"x"
        await asyncio.sleep(0)
        raise ZeroDivisionError("on purpose")

    async def handler(_request: Request) -> Response:
        return Response(pieces())

    server = server_of(handler)
    async with connected(server) as connection:
        connection.send(GET)
        await until(lambda: not server.connections)
    [record] = caplog.records
    assert (record.levelno, record.getMessage()) == (logging.ERROR, "GET '/' failed")


@on_each_loop
async def test_an_answer_waits_for_its_client_to_read() -> None:
    produced: list[int] = []

    async def pieces() -> AsyncIterator[bytes]:
        for number in range(1000):
            produced.append(number)
            yield b"x" * 100_000

    async def handler(_request: Request) -> Response:
        return Response(pieces(), content_length=100_000_000)

    async with connected(server_of(handler)) as connection:
        connection.writer.transport.pause_reading()  # type: ignore[attr-defined]
        connection.send(GET)
        await until(lambda: produced)
        await let_run()
        assert len(produced) < 100
        connection.writer.transport.resume_reading()  # type: ignore[attr-defined]
        await connection.reader.readuntil(b"\r\n\r\n")
        left = 100_000_000
        while left:
            left -= len(await connection.reader.read(1 << 20))
        assert len(produced) == 1000


@on_each_loop
async def test_an_answer_is_given_up_when_its_client_goes(caplog: pytest.LogCaptureFixture) -> None:
    ended: list[str] = []

    async def pieces() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"x" * 100_000
        finally:
            ended.append("closed")

    async def handler(_request: Request) -> Response:
        return Response(pieces())

    async with connected(server_of(handler)) as connection:
        connection.send(GET)
        await connection.reader.readuntil(b"\r\n\r\n")
        connection.writer.transport.abort()
        await until(lambda: ended)
    assert caplog.records == []


@on_each_loop
async def test_a_client_that_reads_slowly_but_steadily_is_not_cut() -> None:
    async def handler(_request: Request) -> Response:
        return Response(b"x" * 10_000_000)

    server = server_of(handler, limits=Limits(write_timeout_s=60, min_bytes_per_s=1000))
    async with connected(server) as connection:
        connection.writer.transport.pause_reading()  # type: ignore[attr-defined]
        connection.send(GET)
        await until(lambda: connection.transport.get_write_buffer_size() > 0)
        await let_run()
        connection.writer.transport.resume_reading()  # type: ignore[attr-defined]
        waiting = connection.transport.get_write_buffer_size()
        await connection.reader.readexactly(2_000_000)
        await until(lambda: connection.transport.get_write_buffer_size() < waiting - 60_000)
        connection.protocol.check_deadline(server.now_s + 61)
        assert not connection.transport.is_closing()

        await connection.reader.readexactly(8_000_000)


def rss_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


@on_each_loop
async def test_a_slow_reader_of_a_gigabyte_holds_bounded_memory() -> None:
    piece = bytes(1_000_000)

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(1000):
            yield piece

    async def handler(_request: Request) -> Response:
        return Response(pieces(), content_length=1_000_000_000)

    async with connected(server_of(handler)) as connection:
        before = rss_bytes()
        connection.send(GET)
        await connection.reader.readuntil(b"\r\n\r\n")
        largest, left = 0, 1_000_000_000
        while left:
            left -= len(await connection.reader.read(65536))
            if left % 16 == 0:
                largest = max(largest, rss_bytes())
        assert largest - before < 30_000_000
