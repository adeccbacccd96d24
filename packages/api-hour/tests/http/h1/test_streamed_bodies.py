"""Bodies of requests that are read piece by piece, as they come."""

import asyncio
from http import HTTPStatus

import pytest
from event_loops import let_run, on_each_loop, until
from http_connection import connected
from streaming_server import GET, server_of

from api_hour.http import ClientGone, HttpError, HttpServer, Limits, Request, Response, Router, streams_body

FAR_S = 1e9  # beyond every deadline
CHUNKED_POST = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"


def post(length: int, *headers: str) -> bytes:
    lines = ["POST / HTTP/1.1", "Host: a", f"Content-Length: {length}", *headers]
    return "".join(f"{line}\r\n" for line in lines).encode() + b"\r\n"


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
