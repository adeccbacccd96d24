"""Bodies that are read and sent piece by piece, and who waits for whom meanwhile."""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Callable
from http import HTTPStatus
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from event_loops import let_run, on_each_loop, until
from http_connection import connected

from api_hour.engines import EngineUnavailable
from api_hour.http import ClientGone, HttpError, HttpServer, Limits, Request, Response, Router, streams_body
from api_hour.stats import ServingStats

FAR_S = 1e9  # beyond every deadline
GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
CHUNKED_POST = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"


def post(length: int, *headers: str) -> bytes:
    lines = ["POST / HTTP/1.1", "Host: a", f"Content-Length: {length}", *headers]
    return "".join(f"{line}\r\n" for line in lines).encode() + b"\r\n"


def server_of(handler: Callable[[Request], Any], *, limits: Limits | None = None, container: Any = None) -> HttpServer:
    router = Router()
    for method in ("GET", "POST", "PUT"):
        router.add(method, "/", handler)
    return HttpServer(router, limits=limits, container=container)


# Bodies of requests.


@on_each_loop
async def test_a_handler_that_streams_the_body_begins_before_it_has_come() -> None:
    pieces: list[bytes] = []
    ended = asyncio.Event()

    @streams_body
    async def handler(request: Request) -> int:
        async for piece in request.stream():
            pieces.append(piece)  # noqa: PERF401  # they are looked at meanwhile
        ended.set()
        return sum(map(len, pieces))

    async with connected(server_of(handler)) as connection:
        connection.send(post(10))
        await let_run()
        connection.send(b"hello")
        await until(lambda: pieces == [b"hello"])
        assert not ended.is_set()
        connection.send(b"world" + GET)

        assert (await connection.answer()).body == b"10"
        assert (await connection.answer()).body == b"10"  # without a body there is nothing more


@on_each_loop
async def test_a_chunked_body_is_streamed_without_its_chunks() -> None:
    @streams_body
    async def handler(request: Request) -> str:
        return b"".join([piece async for piece in request.stream()]).decode()

    async with connected(server_of(handler)) as connection:
        connection.send(CHUNKED_POST)
        for part in (b"3\r\nabc\r", b"\n2;x=y\r\nd", b"e\r\n0\r\nX: y\r\n\r", b"\n"):
            await let_run()
            connection.send(part)

        assert (await connection.answer()).body == b'"abcde"'


@on_each_loop
async def test_a_handler_that_streams_nothing_is_given_the_whole_body_by_stream() -> None:
    async def handler(request: Request) -> list[str]:
        return [piece.decode() async for piece in request.stream()]

    async with connected(server_of(handler)) as connection:
        assert (await connection.ask(post(5) + b"hello")).body == b'["hello"]'
        assert (await connection.ask(GET)).body == b"[]"


@on_each_loop
async def test_a_client_is_not_read_from_while_its_body_waits_to_be_read() -> None:
    go = asyncio.Event()
    size = 10_000_000

    @streams_body
    async def handler(request: Request) -> int:
        await go.wait()
        return sum([len(piece) async for piece in request.stream()])

    async with connected(server_of(handler, limits=Limits(body_bytes=size, buffer_bytes=100_000))) as connection:
        connection.send(post(size) + b"x" * size)
        await until(lambda: not connection.transport.is_reading())
        await let_run()
        connection.protocol.check_deadline(FAR_S)  # the client is not to blame
        go.set()

        assert (await connection.answer()).body == str(size).encode()
        assert connection.transport.is_reading()


@on_each_loop
async def test_a_client_is_told_to_send_its_body_when_the_handler_reads_it() -> None:
    go = asyncio.Event()

    @streams_body
    async def handler(request: Request) -> str:
        await go.wait()
        return b"".join([piece async for piece in request.stream()]).decode()

    async with connected(server_of(handler)) as connection:
        connection.send(post(5, "Expect: 100-continue"))
        await let_run()
        connection.protocol.check_deadline(FAR_S)  # the client waits for the handler
        go.set()
        assert await connection.reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"

        assert (await connection.ask(b"hello")).body == b'"hello"'


@on_each_loop
async def test_a_client_that_need_not_send_its_body_is_not_told_to_and_the_connection_ends() -> None:
    @streams_body
    async def handler(_request: Request) -> None:
        raise HttpError(403, "no")

    async with connected(server_of(handler)) as connection:
        answer = await connection.ask(post(5, "Expect: 100-continue"))

        assert (answer.status, answer.headers["connection"]) == (403, "close")
        assert await connection.rest() == b""


@on_each_loop
async def test_an_unknown_path_is_answered_without_waiting_for_the_body() -> None:
    async with connected(HttpServer(Router())) as connection:
        answer = await connection.ask(post(5, "Expect: 100-continue"))

        assert (answer.status, answer.headers["connection"]) == (404, "close")


@on_each_loop
async def test_what_a_handler_does_not_read_of_a_body_is_thrown_away() -> None:
    @streams_body
    async def handler(_request: Request) -> str:
        return "done"

    async with connected(server_of(handler)) as connection:
        assert (await connection.ask(post(100_000) + b"x" * 10)).body == b'"done"'
        connection.send(b"x" * 99_990 + GET)
        assert (await connection.answer()).body == b'"done"'
        connection.send(CHUNKED_POST)
        assert (await connection.answer()).body == b'"done"'
        connection.send(b"5\r\nhello\r\n0\r\n\r\n" + GET)
        assert (await connection.answer()).body == b'"done"'


@on_each_loop
async def test_a_large_body_that_is_not_read_ends_the_connection() -> None:
    @streams_body
    async def handler(_request: Request) -> str:
        return "done"

    async with connected(server_of(handler, limits=Limits(body_bytes=10**9))) as connection:
        answer = await connection.ask(post(10**8) + b"x")

        assert answer.headers["connection"] == "close"
        assert await connection.rest() == b""


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        (CHUNKED_POST + b"x\r\n", 400, "a chunk's size line is malformed or too long"),
        (
            CHUNKED_POST + b"65\r\n",
            413,
            "the body is larger than 100 bytes; the limit is raised with --max-body, or Limits(body_bytes=...)",
        ),
    ],
)
@on_each_loop
async def test_a_body_that_is_refused_while_it_is_read_is_answered_for_the_handler(
    body: bytes, status: int, reason: str
) -> None:
    seen: list[str] = []

    @streams_body
    async def handler(request: Request) -> None:
        try:
            async for _ in request.stream():
                pass
        finally:
            seen.append("over")

    async with connected(server_of(handler, limits=Limits(body_bytes=100))) as connection:
        answer = await connection.ask(body)

        assert (answer.status, answer.headers["connection"]) == (status, "close")
        assert answer.body.decode() == f"{HTTPStatus(status).phrase}: {reason}\n"
        assert await connection.rest() == b""
    assert seen == ["over"]


@on_each_loop
async def test_a_body_that_does_not_come_in_time_is_408_for_the_handler() -> None:
    @streams_body
    async def handler(request: Request) -> None:
        async for _ in request.stream():
            pass

    server = server_of(handler, limits=Limits(body_timeout_s=30))
    async with connected(server) as connection:
        connection.send(post(5) + b"h")
        await let_run()
        connection.protocol.check_deadline(server.now_s + 31)

        answer = await connection.answer()

        assert (answer.status, answer.body) == (408, b"Request Timeout: the body did not come in time\n")
        assert await connection.rest() == b""


@on_each_loop
async def test_a_body_that_makes_progress_may_take_its_time() -> None:
    @streams_body
    async def handler(request: Request) -> int:
        return sum([len(piece) async for piece in request.stream()])

    server = server_of(handler, limits=Limits(body_timeout_s=30, min_bytes_per_s=1000))
    async with connected(server) as connection:
        connection.send(post(100_000) + b"x" * 50_000)
        await let_run()
        connection.protocol.check_deadline(server.now_s + 31)
        connection.protocol.check_deadline(server.now_s + 79)
        await let_run()
        connection.send(b"x" * 50_000)

        assert (await connection.answer()).body == b"100000"


@on_each_loop
async def test_a_handler_is_told_that_its_client_has_gone_in_the_middle_of_a_body() -> None:
    seen: list[str] = []

    @streams_body
    async def handler(request: Request) -> None:
        try:
            async for _ in request.stream():
                pass
        except ClientGone as error:
            seen.append(f"{error} {request.is_client_gone}")
            raise

    async with connected(server_of(handler)) as connection:
        connection.send(post(5) + b"h")
        await let_run()
        connection.writer.close()
        await until(lambda: seen)
    assert seen == ["the client closed the connection before the end of its body True"]


@on_each_loop
async def test_a_body_can_be_answered_while_it_comes() -> None:
    @streams_body
    async def handler(request: Request) -> Response:
        return Response(request.stream())

    async with connected(server_of(handler)) as connection:
        connection.send(CHUNKED_POST)
        head = await connection.reader.readuntil(b"\r\n\r\n")
        assert b"Transfer-Encoding: chunked\r\n" in head
        for number in range(3):
            connection.send(b"1\r\n%d\r\n" % number)
            assert await connection.reader.readexactly(6) == b"1\r\n%d\r\n" % number
        connection.send(b"0\r\n\r\n")
        assert await connection.reader.readexactly(5) == b"0\r\n\r\n"
        connection.send(CHUNKED_POST + b"0\r\n\r\n")
        assert (await connection.reader.readuntil(b"0\r\n\r\n")).startswith(b"HTTP/1.1 200 OK\r\n")


@on_each_loop
async def test_a_body_is_read_by_one_task_at_a_time() -> None:
    seen: list[str] = []

    @streams_body
    async def handler(request: Request) -> str:
        first = asyncio.ensure_future(anext(request.stream()))
        await asyncio.sleep(0)
        try:
            await anext(request.stream())
        except RuntimeError as error:
            seen.append(str(error))
        return (await first).decode()

    async with connected(server_of(handler)) as connection:
        connection.send(post(2))
        await until(lambda: seen)
        assert (await connection.ask(b"ok")).body == b'"ok"'
    assert seen == ["this body is being read by somebody else; one task may read it at a time."]


# Bodies of answers.


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


# Deadlines of whole requests, engines, counters, draining.


@on_each_loop
async def test_a_request_that_takes_too_long_is_503(caplog: pytest.LogCaptureFixture) -> None:
    async def handler(_request: Request) -> None:
        await asyncio.Event().wait()

    server = server_of(handler, limits=Limits(request_timeout_s=5))
    async with connected(server) as connection:
        connection.send(GET)
        await let_run()
        connection.protocol.check_deadline(server.now_s + 6)

        answer = await connection.answer()

        assert (answer.status, answer.headers["retry-after"]) == (503, "1")
        assert answer.body == b"the answer took too long\n"
    assert [record.getMessage() for record in caplog.records] == ["GET '/' was not answered in time"]


@on_each_loop
async def test_an_engine_that_is_unavailable_is_503() -> None:
    async def handler(_request: Request) -> None:
        raise EngineUnavailable("the database does not answer")

    async with connected(server_of(handler)) as connection:
        answer = await connection.ask(GET)

        assert (answer.status, answer.headers["retry-after"]) == (503, "1")
        assert answer.body == b"try again\n"  # what we use is not for clients to know
        assert (await connection.ask(GET)).status == 503


@on_each_loop
async def test_requests_are_counted_while_they_are_answered_and_after() -> None:
    stats = ServingStats()
    container = SimpleNamespace(worker=SimpleNamespace(stats=stats))
    go = asyncio.Event()

    async def handler(request: Request) -> None:
        if request.query:
            await go.wait()

    async with connected(server_of(handler, container=container)) as connection:
        for _ in range(3):
            await connection.ask(GET)
        await let_run()
        assert (stats.requests, stats.in_flight) == (3, 0)
        connection.send(GET.replace(b"/ ", b"/?wait "))
        await until(lambda: stats.in_flight == 1)
        go.set()
        await connection.answer()
        await until(lambda: stats.in_flight == 0)
        connection.send(b"nonsense\r\n")
        assert (await connection.answer()).status == 400
    assert (stats.requests, stats.in_flight, sum(stats.latency_counts)) == (5, 0, 5)


@on_each_loop
async def test_one_connection_too_many_is_503() -> None:
    async def handler(_request: Request) -> str:
        return "ok"

    server = server_of(handler, limits=Limits(connections=2))
    async with connected(server) as first, connected(server) as second, connected(server) as third:
        answer = await third.answer()

        assert (answer.status, answer.headers["retry-after"], answer.headers["connection"]) == (503, "1", "close")
        assert await third.rest() == b""
        for connection in (first, second):
            assert (await connection.ask(GET)).status == 200


@on_each_loop
async def test_a_draining_connection_says_close_with_its_next_answer_and_is_open_until_then() -> None:
    async def handler(_request: Request) -> str:
        return "ok"

    async with connected(server_of(handler)) as connection:
        assert "connection" not in (await connection.ask(GET)).headers
        connection.protocol.begin_drain()
        await let_run()
        assert not connection.transport.is_closing()

        assert (await connection.ask(GET)).headers["connection"] == "close"
        assert await connection.rest() == b""


@on_each_loop
async def test_a_long_answer_is_told_that_its_worker_ends() -> None:
    async def pieces(request: Request) -> AsyncIterator[bytes]:
        yield b"begun"
        await request.wait_draining()
        yield f" draining {request.is_draining}".encode()

    async def handler(request: Request) -> Response:
        assert not request.is_draining
        return Response(pieces(request))

    async with connected(server_of(handler)) as connection:
        connection.send(GET)
        await connection.reader.readuntil(b"begun\r\n")
        connection.protocol.begin_drain()
        assert await connection.reader.readuntil(b"0\r\n\r\n") == b"e\r\n draining True\r\n0\r\n\r\n"
