"""One line for each request, however it ends."""

import asyncio
import json
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest
from event_loops import let_run, on_each_loop, until
from http_connection import connected

from api_hour.access_log import AccessLog, line_maker
from api_hour.http import HttpError, HttpServer, Limits, Proxy, Request, Response, Router, streams_body
from api_hour.http.exchange.request_log import RequestLog

GET = b"GET %b HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST %b HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n"


class Logged(HttpServer):
    """A server with an access log, and the lines of that."""

    def __init__(self, text: str = "json", **given: Any) -> None:
        self.lines: list[str] = []
        self.may_go = asyncio.Event()
        self.begun = 0
        log = AccessLog(line_maker(text), self.lines.append, worker_id=5)
        super().__init__(Router(), container=SimpleNamespace(worker=SimpleNamespace(access_log=log)), **given)
        for path, handler in (
            ("/text", self.text), ("/stream", self.stream), ("/cut", self.cut), ("/error", self.error),
            ("/bug", self.bug), ("/wait", self.wait), ("/body", self.body),
        ):  # fmt: skip
            self.router.add("GET", path, handler)
            self.router.add("POST", path, handler)

    def noted(self) -> list[tuple[Any, ...]]:
        """Return method, path, status, bytes, and whether it was aborted."""
        lines = map(json.loads, self.lines)
        return [
            (line["method"], line["path"], line["status"], line["response_bytes"], line["aborted"]) for line in lines
        ]

    async def text(self, _request: Request) -> Response:
        return Response("hello", headers=[("X-Part", "7")])

    async def stream(self, _request: Request) -> Response:
        return Response(self.pieces())

    async def cut(self, _request: Request) -> Response:
        return Response(self.pieces(fails=True))

    async def pieces(self, *, fails: bool = False) -> AsyncIterator[bytes]:
        yield b"one"
        if fails:
            raise RuntimeError("no more")
        yield b"two!"

    async def error(self, _request: Request) -> Response:
        raise HttpError(409, "not now")

    async def bug(self, _request: Request) -> Response:
        raise RuntimeError("a bug")

    async def wait(self, _request: Request) -> Response:
        self.begun += 1
        await self.may_go.wait()
        return Response("late")

    @streams_body
    async def body(self, request: Request) -> Response:
        return Response(b"".join([piece async for piece in request.stream()]))


def test_a_server_without_an_access_log_knows_nothing_of_it() -> None:
    async def run() -> RequestLog | None:
        async with connected(HttpServer(Router())) as client:
            return client.protocol.request_log

    assert asyncio.run(run()) is None


@on_each_loop
async def test_every_answer_is_a_line() -> None:
    server = Logged()
    async with connected(server) as client:
        assert client.protocol.request_log is not None
        heads = [GET % path for path in (b"/text", b"/nowhere", b"/error", b"/bug")]
        heads += [b"HEAD /text HTTP/1.1\r\nHost: a\r\n\r\n"]
        heads += [(POST % (path, 3)) + b"abc" for path in (b"/text", b"/body")]
        answers = [await client.ask(head) for head in heads]
        await let_run()

    sizes = [len(answer.body) for answer in answers]
    assert server.noted() == [
        ("GET", "/text", 200, 5, False),
        ("GET", "/nowhere", 404, sizes[1], False),
        ("GET", "/error", 409, sizes[2], False),
        ("GET", "/bug", 500, sizes[3], False),
        ("HEAD", "/text", 200, 0, False),
        ("POST", "/text", 200, 5, False),
        ("POST", "/body", 200, 3, False),
    ]


@on_each_loop
async def test_requests_in_one_piece_are_a_line_each() -> None:
    server = Logged("%(r)s %(s)s %(B)s")
    async with connected(server) as client:
        client.send((GET % b"/text") * 3 + b"GET /text HTTP/1.0\r\n\r\n")
        await client.rest()

    assert server.lines == ["GET /text HTTP/1.1 200 5"] * 3 + ["GET /text HTTP/1.0 200 5"]


@on_each_loop
async def test_the_bytes_of_a_stream_are_those_of_its_body() -> None:
    server = Logged()
    async with connected(server) as client:
        client.send(GET % b"/stream")
        await client.reader.readuntil(b"\r\n0\r\n\r\n")
        await until(lambda: server.lines)

    assert server.noted() == [("GET", "/stream", 200, 7, False)]


@on_each_loop
async def test_an_answer_that_breaks_off_is_aborted() -> None:
    server = Logged()
    async with connected(server) as client:
        client.send(GET % b"/cut")
        await until(lambda: server.lines)

    assert server.noted() == [("GET", "/cut", 200, 3, True)]


@on_each_loop
async def test_a_connection_that_is_lost_before_its_answer_is_499() -> None:
    server = Logged()
    async with connected(server) as client:
        client.send(GET % b"/wait")
        await until(lambda: server.begun)
        client.transport.abort()  # as after a reset
        await until(lambda: not server.connections)
        server.may_go.set()
        await until(lambda: server.lines)

    assert server.noted() == [("GET", "/wait", 499, 0, True)]


@on_each_loop
async def test_a_connection_that_is_lost_before_the_end_of_its_body_is_499() -> None:
    server = Logged()
    for path in (b"/text", b"/body"):
        async with connected(server) as client:
            client.send((POST % (path, 10)) + b"abc")
            await until(lambda: server.connections)
            await let_run()
            client.transport.abort()  # as after a reset
            await until(lambda: not server.connections)
            await let_run()

    assert server.noted() == [("POST", "/text", 499, 0, True), ("POST", "/body", 499, 0, True)]


@on_each_loop
async def test_a_connection_that_is_cut_is_499() -> None:
    server = Logged()
    async with connected(server) as client:
        client.send(GET % b"/wait")
        await until(lambda: server.begun)
        client.protocol.abort()
        await until(lambda: server.lines)

    assert server.noted() == [("GET", "/wait", 499, 0, True)]


@on_each_loop
async def test_what_is_refused_is_a_line_with_its_reason() -> None:
    server = Logged(limits=Limits(body_bytes=4))
    for data in (
        b"nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        POST % (b"/text", 5),
        b"POST /text HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n",
    ):
        async with connected(server) as client:
            client.send(data)
            await client.rest()

    lines = [json.loads(line) for line in server.lines]
    expected_line = "expected a request line: method, target and HTTP/1.1, with one space between them"
    assert [(line["method"], line["path"], line["status"], line["aborted"], line["error"]) for line in lines] == [
        (None, None, 400, False, f"Bad Request: {expected_line}"),
        (None, None, 400, False, "Bad Request: expected one Host header, got 0"),
        ("POST", "/text", 413, False, lines[2]["error"]),
        ("POST", "/text", 413, False, lines[2]["error"]),
    ]
    assert lines[2]["error"].endswith(
        ": the body is larger than 4 bytes; the limit is raised with --max-body, or Limits(body_bytes=...)"
    )


@on_each_loop
async def test_a_request_that_does_not_come_in_time_is_408(monkeypatch: pytest.MonkeyPatch) -> None:
    server = Logged(limits=Limits(head_timeout_s=0.01, body_timeout_s=0.01))
    for data in (b"GET / HT", (POST % (b"/text", 10)) + b"a"):
        async with connected(server) as client:
            client.send(data)
            await client.rest()

    assert [(method, path, status) for method, path, status, _, _ in server.noted()] == [
        (None, None, 408),
        ("POST", "/text", 408),
    ]


@on_each_loop
async def test_one_connection_too_many_is_503() -> None:
    server = Logged(limits=Limits(connections=1))
    async with connected(server), connected(server) as client:
        await client.rest()

    assert [status for _, _, status, _, _ in server.noted()] == [503]


@on_each_loop
async def test_the_headers_of_every_answer_can_be_asked_for() -> None:
    server = Logged("%({x-part}o)s %({content-length}o)s %({transfer-encoding}o)s %({connection}o)s")
    async with connected(server) as client:
        await client.ask(GET % b"/text")
        client.send(GET % b"/stream")
        await client.reader.readuntil(b"\r\n0\r\n\r\n")
        client.send(b"GET /text HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        await client.rest()

    assert server.lines == ["7 5 - -", "- - chunked -", "7 5 - close"]


@on_each_loop
async def test_the_client_is_the_one_whom_a_trusted_proxy_names() -> None:
    server = Logged("%(h)s", proxy=Proxy(headers="x-forwarded"))
    async with connected(server) as client:
        await client.ask(b"GET /text HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 192.0.2.7\r\n\r\n")
        await client.ask(GET % b"/text")
        client.send(b"nonsense\r\n\r\n")
        await client.rest()

    assert server.lines == ["192.0.2.7", "-", "-"]
