"""HTTP/1.1 on one connection, over a real loop and a real socket pair."""

import asyncio
import gc
import logging
import re
import weakref
from http import HTTPStatus
from typing import Any

import pytest
from event_loops import let_run, on_each_loop, run_in_loop, until
from http_connection import Answer, connected
from hypothesis import given
from hypothesis import strategies as st

from api_hour.http import HttpError, HttpServer, Limits, Request, Response, Router
from api_hour.http.exchange import server_state
from api_hour.http.h1.backlog import WAITING_BYTES

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


# Answering.


@on_each_loop
async def test_a_request_is_answered_with_a_whole_response() -> None:
    async with connected(Application().server) as connection:
        connection.send(b"POST /echo?a=1 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello")

        data = await connection.rest()

    body = b'{"method":"POST","query":{"a":"1"},"body":"hello"}'
    date, count = re.subn(rb"(?m)^Date: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r$", b"Date: now\r", data)
    assert count == 1
    assert date == (
        b"HTTP/1.1 200 OK\r\nDate: now\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(body), body)
    )


@on_each_loop
async def test_requests_on_one_connection_are_answered_one_after_the_other() -> None:
    async with connected(Application().server) as connection:
        for number in range(3):
            answer = await connection.ask(request_for(f"/echo?n={number}"))

            assert answer.status == 200
            assert answer.body == b'{"method":"GET","query":{"n":"%d"},"body":""}' % number
            assert "connection" not in answer.headers


@on_each_loop
async def test_a_chunked_body_is_joined_and_its_trailers_are_thrown_away() -> None:
    seen: list[Request] = []
    router = Router()

    @router.post("/")
    async def handler(request: Request) -> None:
        seen.append(request)

    async with connected(HttpServer(router)) as connection:
        await connection.ask(
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nAuthorization: forged\r\n\r\n"
        )

    [request] = seen
    assert request.body == b"abcde"
    assert request.headers == {"host": "a", "transfer-encoding": "chunked"}


@on_each_loop
async def test_pipelined_requests_are_answered_in_order_though_the_first_takes_longer() -> None:
    application = Application()
    async with connected(application.server) as connection:
        connection.send(request_for("/wait") + request_for("/echo?n=2") + request_for("/echo?n=3"))
        await until(lambda: application.begun)
        await let_run()
        assert application.begun == 1  # the others wait for their turn
        application.may_go.set()

        bodies = [(await connection.answer()).body for _ in range(3)]

    assert bodies[0] == b'"waited"'
    assert [b'"n":"2"' in bodies[1], b'"n":"3"' in bodies[2]] == [True, True]


@on_each_loop
async def test_a_connection_that_waits_holds_up_no_other() -> None:
    application = Application()
    async with connected(application.server) as slow, connected(application.server) as fast:
        slow.send(request_for("/wait"))
        await until(lambda: application.begun)

        assert (await fast.ask(GET)).status == 200
        application.may_go.set()
        assert (await slow.answer()).body == b'"waited"'


@on_each_loop
async def test_head_is_answered_without_a_body() -> None:
    async with connected(Application().server) as connection:
        connection.send(request_for("/echo", method="HEAD") + GET)

        head, get = await connection.answer(to="HEAD"), await connection.answer()

    assert head.status == get.status == 200
    assert int(head.headers["content-length"]) == len(get.body) + 1  # HEAD is a letter longer


@on_each_loop
async def test_paths_and_methods_that_are_not_there_leave_the_connection_open() -> None:
    async with connected(Application().server) as connection:
        unknown = await connection.ask(request_for("/nowhere"))
        wrong = await connection.ask(request_for("/boom", method="DELETE"))
        options = await connection.ask(request_for("/boom", method="OPTIONS"))

        assert (unknown.status, unknown.body) == (404, b"nothing is at /nowhere\n")
        assert (wrong.status, wrong.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
        assert (options.status, options.headers["allow"]) == (204, "GET, HEAD, OPTIONS")
        assert (await connection.ask(GET)).status == 200


@on_each_loop
async def test_a_handlers_error_is_answered_with_its_status_message_and_headers() -> None:
    async with connected(Application().server) as connection:
        answer = await connection.ask(request_for("/teapot"))

        assert (answer.status, answer.body, answer.headers["x-tea"]) == (418, b"short and stout\n", "green")
        assert (await connection.ask(GET)).status == 200


@pytest.mark.parametrize(
    ("path", "message", "error"),
    [
        ("/boom", "GET '/boom' failed", "ZeroDivisionError: on purpose"),
        ("/cancel", "GET '/cancel' failed", "asyncio.exceptions.CancelledError"),
        ("/object", "GET '/object' failed", "TypeError: Encoding objects of type object is unsupported"),
        (
            "/split",
            "GET '/split' failed",
            "ValueError: response header X-A: expected no control character in its value, got b'\\r'",
        ),
    ],
)
@on_each_loop
async def test_a_handler_that_fails_is_500_and_logged_with_its_traceback(
    path: str, message: str, error: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with connected(Application().server) as connection:
        answer = await connection.ask(request_for(path))

        assert (answer.status, answer.body) == (500, b"the server failed to answer\n")
        assert (await connection.ask(GET)).status == 200
    [record] = caplog.records
    assert (record.name, record.levelno, record.getMessage()) == ("api_hour.http", logging.ERROR, message)
    assert caplog.text.splitlines()[1] == "Traceback (most recent call last):"
    assert caplog.text.splitlines()[-1] == error


@on_each_loop
async def test_a_path_cannot_forge_a_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    router = Router()

    @router.get("/{name}")
    async def handler(_request: Request) -> None:
        raise ZeroDivisionError

    async with connected(HttpServer(router)) as connection:
        await connection.ask(request_for("/a%0Ab"))

    assert caplog.records[0].getMessage() == "GET '/a\\nb' failed"


# The connection's end.


@pytest.mark.parametrize(
    "request_bytes",
    [
        request_for("/echo", "Connection: close"),
        request_for("/echo", version="1.0"),
        b"GET /echo HTTP/1.0\r\n\r\n",
    ],
)
@on_each_loop
async def test_the_connection_is_closed_after_the_answer_where_the_client_wants_it(request_bytes: bytes) -> None:
    async with connected(Application().server) as connection:
        answer = await connection.ask(request_bytes)

        assert (answer.status, answer.headers["connection"]) == (200, "close")
        assert await connection.rest() == b""


@on_each_loop
async def test_what_comes_after_the_last_request_is_not_answered() -> None:
    async with connected(Application().server) as connection:
        connection.send(request_for("/echo", "Connection: close") + GET)

        assert (await connection.answer()).status == 200
        assert await connection.rest() == b""


@on_each_loop
async def test_a_client_of_http_1_0_may_keep_the_connection() -> None:
    async with connected(Application().server) as connection:
        for _ in range(2):
            answer = await connection.ask(request_for("/echo", "Connection: keep-alive", version="1.0"))

            assert answer.headers["connection"] == "keep-alive"


@on_each_loop
async def test_a_client_that_has_sent_all_and_says_so_gets_its_answers() -> None:
    application = Application()
    async with connected(application.server) as connection:
        connection.send(request_for("/wait") + GET + b"\r\n")
        connection.writer.write_eof()
        await until(lambda: application.begun)
        await let_run()
        application.may_go.set()

        assert (await connection.answer()).body == b'"waited"'
        assert (await connection.answer()).headers["connection"] == "close"
        assert await connection.rest() == b""


KINDS = ["without bodies", "with bodies", "in chunks", "that wait", "of every kind"]


def pipelined(kind: str, number: int) -> bytes:
    """Return one of many requests."""
    match kind:
        case "without bodies":
            return request_for(f"/echo?number={number}")
        case "with bodies":
            return request_for("/echo", f"Content-Length: {number}", method="POST") + b"x" * number
        case "in chunks":
            return CHUNKED + chunks(*[1] * number) + b"0\r\n\r\n"
        case "that wait":
            return request_for(f"/slow/{number % 3}")
        case _:
            return pipelined(KINDS[number % 4], number)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("count", [1, 2, 15, 16, 17, 31, 32, 33, 47, 48, 49, 64, 65, 200])
@on_each_loop
async def test_all_that_was_pipelined_before_the_client_closed_its_end_is_answered(kind: str, count: int) -> None:
    async with connected(Application().server) as connection:
        connection.send(b"".join(pipelined(kind, number) for number in range(count)))
        connection.writer.write_eof()

        answers = [await connection.answer() for _ in range(count)]

        assert [answer.status for answer in answers] == [200] * count
        assert {answer.headers.get("connection") for answer in answers[:-1]} <= {None}
        assert await connection.rest() == b""


@on_each_loop
async def test_a_client_that_reads_slowly_and_has_closed_its_end_gets_all_its_answers() -> None:
    async with connected(Application().server) as connection:
        connection.writer.transport.pause_reading()  # type: ignore[attr-defined]
        connection.send(request_for("/big") * 4 + GET)
        connection.writer.write_eof()
        await until(lambda: connection.protocol.exchange.is_client_gone)
        await let_run()
        connection.writer.transport.resume_reading()  # type: ignore[attr-defined]

        for _ in range(5):
            assert (await connection.answer()).status == 200
        assert await connection.rest() == b""


UNFINISHED = {
    "request line": b"GET /echo HT",
    "head": b"GET /echo HTTP/1.1\r\nHost: a",
    "body": request_for("/echo", "Content-Length: 5", method="POST") + b"hell",
    "body that has not begun": request_for("/echo", "Content-Length: 5", "Expect: 100-continue", method="POST"),
    "chunk": request_for("/echo", "Transfer-Encoding: chunked", method="POST") + b"5\r\nhell",
    "last chunk": request_for("/echo", "Transfer-Encoding: chunked", method="POST") + b"5\r\nhello\r\n",
    "trailer": request_for("/echo", "Transfer-Encoding: chunked", method="POST") + b"0\r\nX: y",
}


@pytest.mark.parametrize("answered_before", [0, 1, 33])
@pytest.mark.parametrize("name", UNFINISHED)
@on_each_loop
async def test_a_client_that_closes_its_end_in_the_middle_of_a_request_is_told(name: str, answered_before: int) -> None:
    async with connected(Application().server) as connection:
        connection.send(GET * answered_before + UNFINISHED[name])
        connection.writer.write_eof()

        for _ in range(answered_before):
            assert (await connection.answer()).status == 200
        rest = await connection.rest()

        head, _, body = rest.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n").partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 400 Bad Request\r\n")
        assert body == b"Bad Request: the client closed its end before the request was whole\n"


@on_each_loop
async def test_a_client_that_closes_its_end_without_a_request_gets_nothing() -> None:
    for sent in (b"", b"\r", b"\r\n\r\n"):
        async with connected(Application().server) as connection:
            connection.send(sent)
            connection.writer.write_eof()

            assert await connection.rest() == b""


@on_each_loop
async def test_a_handler_may_finish_though_its_client_has_gone(caplog: pytest.LogCaptureFixture) -> None:
    application = Application()
    async with connected(application.server) as connection, connected(application.server) as other:
        connection.send(request_for("/wait"))
        await until(lambda: application.begun)
        connection.writer.transport.abort()
        await let_run()
        assert application.ended == 0
        application.may_go.set()

        await until(lambda: application.ended)
        await until(lambda: connection.protocol not in application.server.connections)
        assert (await other.ask(GET)).status == 200
    assert application.begun == 2  # the one that waited and the other client's
    assert caplog.records == []


@on_each_loop
async def test_a_connection_that_is_over_is_forgotten() -> None:
    application = Application()
    async with connected(application.server) as connection:
        assert list(application.server.connections) == [connection.protocol]
        await connection.ask(request_for("/echo", "Connection: close"))

        await until(lambda: not application.server.connections)


@on_each_loop
async def test_a_connection_that_is_over_is_freed_without_the_garbage_collector() -> None:
    gc.disable()
    try:
        async with connected(Application().server) as connection:
            reference = weakref.ref(connection.protocol)
            del connection.protocol
            assert reference() is not None
            await connection.ask(request_for("/echo", "Connection: close"))

            await until(lambda: reference() is None)
    finally:
        gc.enable()


# Targets in their other form.


@on_each_loop
async def test_a_proxys_absolute_target_finds_its_handler() -> None:
    async with connected(Application().server) as connection:
        answer = await connection.ask(request_for("http://host:80/echo?a=1"))

        assert b'"query":{"a":"1"}' in answer.body


# Expect: 100-continue.


@on_each_loop
async def test_a_client_that_asks_is_told_to_send_its_body() -> None:
    async with connected(Application().server) as connection:
        connection.send(request_for("/echo", "Expect: 100-Continue", "Content-Length: 2", method="PUT"))
        assert await connection.reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"

        answer = await connection.ask(b"ok")

        assert b'"body":"ok"' in answer.body


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (request_for("/echo", "Expect: 100-continue", "Content-Length: 1001", method="PUT"), 413),
        (b"PUT /echo HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n", 400),
    ],
)
@on_each_loop
async def test_a_client_whose_request_is_refused_is_not_told_to_send_its_body(head: bytes, status: int) -> None:
    async with connected(Application(SMALL).server) as connection:
        assert (await connection.ask(head)).status == status


@pytest.mark.parametrize(
    "head",
    [
        request_for("/echo", "Expect: 100-continue", "Content-Length: 2", version="1.0", method="PUT"),
        request_for("/echo", "Expect: something-else", "Content-Length: 2", method="PUT"),
        GET + request_for("/echo", "Expect: 100-continue", "Content-Length: 2", method="PUT"),
    ],
)
@on_each_loop
async def test_no_other_client_is_told_to_send_its_body(head: bytes) -> None:
    """Neither one of HTTP/1.0 (RFC 9110, 10.1.1), nor one that still waits for earlier answers."""
    async with connected(Application().server) as connection:
        connection.send(head + b"ok")

        assert (await connection.answer()).status == 200


# Refusing.


def chunks(*sizes: int) -> bytes:
    return b"".join(b"%x\r\n%b\r\n" % (size, b"x" * size) for size in sizes)


CHUNKED = request_for("/echo", "Transfer-Encoding: chunked", method="POST")

REQUEST_LINE = "expected a request line: method, target and HTTP/1.1, with one space between them"

TOO_LARGE = "the body is larger than 1000 bytes; the limit is raised with --max-body, or Limits(body_bytes=...)"

REFUSALS = {
    "no host": (b"GET / HTTP/1.1\r\n\r\n", 400, "expected one Host header, got 0"),
    "wrong host": (b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400, "the Host header is not a host and a port"),
    "two hosts": (request_for("/", "Host: b"), 400, "expected one Host header, got 2"),
    "two hosts, HTTP/1.0": (request_for("/", "Host: b", version="1.0"), 400, "expected one Host header, got 2"),
    "no HTTP": (b"\x16\x03\x01\x02\x00", 400, "a request begins with its method"),
    "no version": (b"GET / \r\n\r\n", 400, REQUEST_LINE),
    "space in name": (b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400, "Invalid header token"),
    "folded header": (request_for("/", "X: a\r\n b"), 400, "Unexpected whitespace after header value"),
    "bare line feed": (b"GET / HTTP/1.1\nHost: a\n\n", 400, "a line ends with a carriage return and a line feed"),
    "wild path": ("GET /é HTTP/1.1\r\nHost: a\r\n\r\n".encode(), 400, REQUEST_LINE),
    "two lengths": (
        request_for("/", "Content-Length: 1", "Content-Length: 2"),
        400,
        "Duplicate Content-Length",
    ),
    "signed length": (request_for("/", "Content-Length: +1"), 400, "Invalid character in Content-Length"),
    "length and chunks": (
        request_for("/", "Transfer-Encoding: chunked", "Content-Length: 1"),
        400,
        "Content-Length can't be present with Transfer-Encoding",
    ),
    "bad chunk": (CHUNKED + b"xyz\r\n", 400, "a chunk's size line is malformed or too long"),
    "long length": (request_for("/", "Content-Length: 1001"), 413, TOO_LARGE),
    "long chunk": (CHUNKED + chunks(1001), 413, TOO_LARGE),
    "many chunks": (CHUNKED + chunks(*[10] * 101), 413, TOO_LARGE),
    "long target": (request_for("/" + "a" * 100), 414, "the target is longer than 100 bytes"),
    "endless target": (b"GET /" + b"a" * 2000, 414, "the target is longer than 100 bytes"),
    "long head": (request_for("/", *["X: abcdefghij"] * 34), 431, "the head is larger than 500 bytes"),
    "long header": (request_for("/", "X: " + "a" * 600), 431, "the head is larger than 500 bytes"),
    "long trailer": (
        CHUNKED + chunks(1) + b"0\r\nX: " + b"a" * 600 + b"\r\n\r\n",
        431,
        "the trailers are larger than 500 bytes",
    ),
    "unknown method": (b"BREW / HTTP/1.1\r\nHost: a\r\n\r\n", 501, "this method is not known here"),
    "long method": (b"A" * 65, 501, "the method is longer than 64 bytes"),
    "HTTP/0.9": (b"GET /\r\n\r\n", 400, REQUEST_LINE),
    "HTTP/2.0": (request_for("/", version="2.0"), 505, "HTTP/2.0 is not spoken here, HTTP/1.1 is"),
    "HTTP/3.0": (request_for("/", version="3.0"), 505, "HTTP/3.0 is not spoken here, HTTP/1.1 is"),
}


@pytest.mark.parametrize("answered_before", [0, 1])
@pytest.mark.parametrize("name", REFUSALS)
@on_each_loop
async def test_what_cannot_be_understood_is_answered_with_an_error_and_the_end(name: str, answered_before: int) -> None:
    data, status, reason = REFUSALS[name]
    async with connected(Application(SMALL).server) as connection:
        for _ in range(answered_before):
            assert (await connection.ask(GET)).status == 200
        connection.send(data)

        answer = await connection.answer()

        assert (answer.status, answer.body.decode()) == (status, f"{HTTPStatus(status).phrase}: {reason}\n")
        assert answer.headers["connection"] == "close"
        assert await connection.rest() == b""


@on_each_loop
async def test_the_requests_before_one_that_is_refused_are_answered_first() -> None:
    application = Application()
    async with connected(application.server) as connection:
        connection.send(request_for("/wait") + GET + b"GET / HTTP/1.1\r\n\r\n" + GET)
        await until(lambda: application.begun)
        await let_run()
        application.may_go.set()

        answers = [await connection.answer() for _ in range(3)]

        assert [(answer.status, answer.headers.get("connection")) for answer in answers] == [
            (200, None),
            (200, None),
            (400, "close"),
        ]
        assert await connection.rest() == b""


@pytest.mark.parametrize(
    "data",
    [
        request_for("/echo?" + "a" * 94),
        request_for("/echo", *["X: abcdefghij"] * 31),
        request_for("/echo", "Content-Length: 1000", method="POST") + b"x" * 1000,
        CHUNKED + chunks(*[10] * 100) + b"0\r\n\r\n",
    ],
    ids=["target", "head", "body", "chunks"],
)
@on_each_loop
async def test_what_is_just_within_the_limits_is_answered(data: bytes) -> None:
    async with connected(Application(SMALL).server) as whole, connected(Application(SMALL).server) as split:
        for _ in range(2):  # each request has limits of its own
            assert (await whole.ask(data)).status == 200
        for position in range(len(data)):
            split.protocol.data_received(data[position : position + 1])
        assert (await split.answer()).status == 200


ENDLESS = {
    "value": (b"GET / HTTP/1.1\r\nX: ", b"aa", 431),
    "name": (b"GET / HTTP/1.1\r\n", b"aa", 431),
    "method": (b"", b"aa", 501),
    "target": (b"GET /", b"aa", 414),
    "trailer": (CHUNKED + b"0\r\nX: ", b"aa", 431),
    "trailers": (CHUNKED + b"0\r\n", b"X:\r\n", 431),
    "chunk size": (CHUNKED, b"00", 400),
    "chunk extension": (CHUNKED + b"1;", b"aa", 400),
    "chunk extensions": (CHUNKED, b"1;" + b"a" * 500 + b"\r\nx\r\n", 400),
    "blank lines": (b"", b"\r\n", 400),
}


@pytest.mark.parametrize("name", ENDLESS)
@on_each_loop
async def test_what_never_ends_is_refused_before_it_fills_the_memory(name: str) -> None:
    beginning, endless, status = ENDLESS[name]
    async with connected(Application(SMALL).server) as connection:
        connection.protocol.data_received(beginning)
        for _ in range(1000):
            connection.protocol.data_received(endless)

        answer = await connection.answer()

        assert (answer.status, answer.headers["connection"]) == (status, "close")


@on_each_loop
async def test_what_a_refused_client_still_sends_is_thrown_away_for_a_while() -> None:
    """A reset because of unread bytes could destroy the answer on its way."""
    async with connected(Application().server) as connection:
        connection.send(b"nonsense\r\n")
        assert (await connection.answer()).status == 400
        assert await connection.rest() == b""
        connection.send(b"x" * 100_000)
        await connection.writer.drain()
        await until(lambda: connection.writer.transport.get_write_buffer_size() == 0)
        assert not connection.transport.is_closing()

        connection.protocol.check_deadline(FAR_S)

        await until(lambda: not connection.protocol._server.connections)


# Any split of the bytes gives the same answers.

STATUS_LINE = re.compile(rb"HTTP/1\.1 (\d{3}) [A-Z]")

WHOLE_REQUESTS = st.sampled_from(
    [
        GET,
        b"\r\n" + GET,
        request_for("/echo?a=1&b=%20", "X-A: b", "Cookie:   c  "),
        request_for("/echo", method="HEAD"),
        request_for("/echo", method="OPTIONS"),
        request_for("/nowhere"),
        request_for("/boom", method="DELETE"),
        request_for("/teapot"),
        request_for("/slow/1"),
        request_for("/slow/7"),
        request_for("/echo", "Connection: keep-alive", version="1.0"),
        request_for("/echo", "Content-Length: 5", method="POST") + b"hello",
        request_for("/echo", "Content-Length: 0", method="PUT"),
        CHUNKED + chunks(3, 1, 10) + b"0\r\n\r\n",
        CHUNKED + chunks(2) + b"0\r\nX-Trailer: a\r\n\r\n",
    ]
)
LAST_REQUESTS = st.sampled_from(
    [
        request_for("/echo", "Connection: close"),
        request_for("/slow/3", version="1.0"),
        *(data for name, (data, _, _) in REFUSALS.items() if name not in ("unknown method", "no HTTP")),
    ]
)


@given(first=st.lists(WHOLE_REQUESTS, max_size=6), last=LAST_REQUESTS, data=st.data())
def test_any_split_of_the_bytes_gives_the_same_answers(first: list[bytes], last: bytes, data: st.DataObject) -> None:
    stream = b"".join(first) + last
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=20).map(sorted), label="cuts")
    pauses = data.draw(st.lists(st.integers(0, 5), min_size=len(cuts) + 1, max_size=len(cuts) + 1), label="pauses")
    parts = [stream[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]

    whole = run_in_loop(answers_to([stream], [0]))
    split = run_in_loop(answers_to(parts, pauses))

    assert split == whole
    assert len(STATUS_LINE.findall(whole)) == len(first) + 1


def test_a_split_at_every_byte_gives_the_same_answers() -> None:
    stream = (
        CHUNKED + chunks(3, 1) + b"0\r\nX: y\r\n\r\n" + GET + request_for("/slow/9") + request_for("/", version="2.0")
    )

    whole = run_in_loop(answers_to([stream], [0]))

    assert STATUS_LINE.findall(whole) == [b"200", b"200", b"200", b"505"]
    for position in range(len(stream)):
        assert run_in_loop(answers_to([stream[:position], stream[position:]], [3, 0])) == whole


async def answers_to(parts: list[bytes], pauses: list[int]) -> bytes:
    """Give a server the parts, each after some turns of the loop, and return all it answers but the dates."""
    async with connected(Application(SMALL).server) as connection:
        for part, pause in zip(parts, pauses, strict=True):
            for _ in range(pause):
                await asyncio.sleep(0)
            if not connection.transport.is_closing():
                connection.protocol.data_received(part)
        data = await connection.rest()
    return re.sub(rb"Date: .*\r\n", b"", data)


# Deadlines.


@pytest.mark.parametrize(
    "beginning",
    [
        b"G",
        b"GET /echo HTTP/1.1\r\nHo",
        request_for("/echo", "Content-Length: 5", method="POST") + b"he",
        CHUNKED + b"5\r\nhe",
    ],
    ids=["method", "head", "body", "chunk"],
)
@pytest.mark.parametrize("before", [b"", GET], ids=["first", "second"])
@on_each_loop
async def test_a_request_that_does_not_come_in_time_is_408(before: bytes, beginning: bytes) -> None:
    application = Application(Limits(head_timeout_s=30, body_timeout_s=30, keep_alive_timeout_s=FAR_S))
    async with connected(application.server) as connection:
        connection.protocol.data_received(before + beginning)
        if before:
            assert (await connection.answer()).status == 200
        connection.protocol.check_deadline(application.server.now_s + 29)
        assert not connection.transport.is_closing()

        connection.protocol.check_deadline(application.server.now_s + 31)

        answer = await connection.answer()
        assert (answer.status, answer.headers["connection"]) == (408, "close")
        what = "body" if b"\r\n\r\n" in beginning else "request"
        assert answer.body.decode() == f"Request Timeout: the {what} did not come in time\n"
        assert await connection.rest() == b""


@on_each_loop
async def test_a_client_that_sends_nothing_is_cut_without_an_answer() -> None:
    application = Application(Limits(head_timeout_s=30, body_timeout_s=30))
    async with connected(application.server) as connection:
        connection.protocol.check_deadline(application.server.now_s + 29)
        assert not connection.transport.is_closing()

        connection.protocol.check_deadline(application.server.now_s + 31)

        assert await connection.is_cut()


@on_each_loop
async def test_a_connection_between_requests_is_cut_without_an_answer() -> None:
    application = Application(Limits(head_timeout_s=30, body_timeout_s=30, keep_alive_timeout_s=75))
    async with connected(application.server) as connection:
        await connection.ask(GET)
        await let_run()
        connection.protocol.check_deadline(application.server.now_s + 74)
        assert not connection.transport.is_closing()

        connection.protocol.check_deadline(application.server.now_s + 75)

        assert await connection.is_cut()


@on_each_loop
async def test_a_handler_may_take_as_long_as_it_needs() -> None:
    application = Application()
    async with connected(application.server) as connection:
        connection.send(request_for("/wait") + b"GET /echo HT")
        await until(lambda: application.begun)

        connection.protocol.check_deadline(FAR_S)

        application.may_go.set()
        assert (await connection.answer()).status == 200
        connection.send(b"TP/1.1\r\nHost: a\r\n\r\n")
        assert (await connection.answer()).status == 200


@on_each_loop
async def test_a_client_that_does_not_read_its_answer_is_cut() -> None:
    application = Application(Limits(write_timeout_s=60, keep_alive_timeout_s=1, head_timeout_s=1))
    async with connected(application.server) as connection:
        connection.writer.transport.pause_reading()  # type: ignore[attr-defined]
        connection.send(request_for("/big") * 10)
        await until(lambda: connection.transport.get_write_buffer_size() > 0)
        await let_run()
        connection.protocol.check_deadline(application.server.now_s + 59)
        assert not connection.transport.is_closing()

        connection.protocol.check_deadline(application.server.now_s + 60)

        await until(lambda: not application.server.connections)


@on_each_loop
async def test_a_client_that_does_not_read_the_last_answer_is_cut() -> None:
    application = Application()
    async with connected(application.server) as connection:
        connection.writer.transport.pause_reading()  # type: ignore[attr-defined]
        connection.send(request_for("/big", "Connection: close"))
        await until(connection.transport.is_closing)
        assert application.server.connections

        connection.protocol.check_deadline(FAR_S)

        await until(lambda: not application.server.connections)


@on_each_loop
async def test_the_servers_clock_looks_at_the_deadlines_and_rests_without_connections(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(server_state, "CLOCK_INTERVAL_S", 0.001)
    application = Application(Limits(head_timeout_s=0.001))
    for _ in range(2):  # it goes on after a rest
        async with connected(application.server) as connection:
            assert await connection.is_cut()
        await until(lambda: application.server.state._clock is None)


# Back-pressure.


@on_each_loop
async def test_nothing_more_is_begun_for_a_client_that_does_not_read() -> None:
    application = Application()
    async with connected(application.server) as connection:
        connection.writer.transport.pause_reading()  # type: ignore[attr-defined]
        connection.send(request_for("/big") * 30)
        await until(lambda: connection.transport.get_write_buffer_size() > 0)
        await let_run()
        assert application.begun <= 2
        connection.writer.transport.resume_reading()  # type: ignore[attr-defined]

        for _ in range(30):
            assert len((await connection.answer()).body) == 1_000_000


@on_each_loop
async def test_a_connection_on_which_too_much_waits_is_not_read_from() -> None:
    application = Application()
    count = WAITING_BYTES // len(GET) + 1
    async with connected(application.server) as connection:
        connection.send(request_for("/wait") + GET * count)
        await until(lambda: not connection.transport.is_reading())
        connection.send(request_for("/echo", "Connection: close"))
        application.may_go.set()

        statuses = [(await connection.answer()).status for _ in range(count + 2)]

        assert set(statuses) == {200}
        assert await connection.rest() == b""


@on_each_loop
async def test_a_few_waiting_requests_stop_no_reading() -> None:
    application = Application()
    async with connected(application.server) as connection:
        connection.protocol.data_received(request_for("/wait") + GET * (WAITING_BYTES // len(GET) - 1))

        assert connection.transport.is_reading()


@on_each_loop
async def test_a_connection_with_many_requests_lets_others_have_their_turn() -> None:
    application = Application()
    turns: list[int] = []
    async with connected(application.server) as connection:
        await connection.ask(GET)
        connection.send(GET * 100)
        while application.begun < 101:
            turns.append(application.begun)
            await asyncio.sleep(0)

        assert len({*turns}) > 3
        for _ in range(100):
            assert (await connection.answer()).status == 200


# The worker's end.


@on_each_loop
async def test_an_idle_connection_is_closed_at_once_by_a_shutdown() -> None:
    async with connected(Application().server) as new, connected(Application().server) as used:
        await used.ask(GET)
        for connection in (new, used):
            connection.protocol.begin_shutdown()

            assert await connection.is_cut()


@on_each_loop
async def test_requests_in_flight_are_answered_at_a_shutdown_and_the_last_says_close() -> None:
    application = Application()
    async with connected(application.server) as connection:
        connection.protocol.data_received(request_for("/wait") + GET)
        await until(lambda: application.begun)
        connection.protocol.begin_shutdown()
        await let_run()
        assert not connection.transport.is_closing()
        application.may_go.set()

        first, last = await connection.answer(), await connection.answer()

        assert (first.body, first.headers.get("connection")) == (b'"waited"', None)
        assert (last.status, last.headers["connection"]) == (200, "close")
        assert await connection.rest() == b""


@pytest.mark.parametrize("before", [b"", GET], ids=["first", "second"])
@on_each_loop
async def test_a_request_that_has_begun_to_come_is_answered_at_a_shutdown(before: bytes) -> None:
    async with connected(Application().server) as connection:
        connection.protocol.data_received(before + GET[:10])
        answers: list[Answer] = [await connection.answer()] if before else []
        connection.protocol.begin_shutdown()
        connection.protocol.data_received(GET[10:])

        answers.append(await connection.answer())

        assert [answer.status for answer in answers] == [200] * len(answers)
        assert answers[-1].headers["connection"] == "close"
        assert await connection.rest() == b""


@on_each_loop
async def test_a_second_shutdown_changes_nothing() -> None:
    application = Application()
    async with connected(application.server) as connection:
        connection.protocol.data_received(request_for("/wait"))
        for _ in range(2):
            connection.protocol.begin_shutdown()
        application.may_go.set()

        assert (await connection.answer()).body == b'"waited"'


@on_each_loop
async def test_an_abort_stops_the_handler_and_cuts_the_connection() -> None:
    application = Application()
    async with connected(application.server) as busy, connected(application.server) as idle:
        busy.send(request_for("/wait"))
        await until(lambda: application.begun)

        for connection in (busy, idle):
            connection.protocol.abort()

            assert await connection.is_cut()
        await until(lambda: application.ended)
