"""What is called before and after each request, however that ends."""

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

from event_loops import let_run, on_each_loop, until
from http_connection import connected

from api_hour.access_log import AccessLog, line_maker
from api_hour.http import HttpServer, Request, Response, Router
from api_hour.http.request_hooks import HookRequest, HookResponse, RequestHooks

GET = b"GET %b HTTP/1.1\r\nHost: a\r\n\r\n"


class Hooked(HttpServer):
    """A server with hooks that write down what they are called with."""

    def __init__(self, *, before: bool = True, after: bool = True, access_log: AccessLog | None = None) -> None:
        self.told: list[Any] = []
        self.may_go = asyncio.Event()
        self.begun: list[HookRequest] = []
        hooks = RequestHooks(self.before if before else None, self.after if after else None)
        worker = SimpleNamespace(request_hooks=hooks, access_log=access_log)
        super().__init__(Router(), container=SimpleNamespace(worker=worker))
        for method, path, handler in (
            ("GET", "/", self.index), ("POST", "/", self.index), ("GET", "/stream", self.stream),
            ("GET", "/wait", self.wait), ("GET", "/old", self.index),
        ):  # fmt: skip
            self.router.add(method, path, handler)

    def before(self, req: HookRequest) -> None:
        self.told.append(("before", req.method, req.uri))
        self.begun.append(req)

    def after(self, req: HookRequest, environ: dict[str, Any], resp: HookResponse | None) -> None:
        assert environ["REQUEST_METHOD"] == req.method
        assert not self.begun or req is self.begun[-1]  # so what a hook notes on it is there for the next
        self.told.append(("after", req.uri, resp and (resp.status, resp.sent)))

    async def index(self, _request: Request) -> Response:
        self.told.append("answered")
        return Response("hello")

    async def stream(self, _request: Request) -> Response:
        return Response(self.pieces())

    async def pieces(self) -> AsyncIterator[bytes]:
        yield b"one"
        yield b"two!"

    async def wait(self, _request: Request) -> Response:
        self.told.append("waits")
        await self.may_go.wait()
        return Response("late")


@on_each_loop
async def test_each_request_is_told_of_before_and_after_its_answer() -> None:
    server = Hooked()
    async with connected(server) as client:
        for path in (b"/?a=1", b"/nowhere"):
            await client.ask(GET % path)
        client.send(GET % b"/stream")
        await client.reader.readuntil(b"\r\n0\r\n\r\n")
        await until(lambda: server.told[-1][0] == "after")

    assert server.told == [
        ("before", "GET", "/?a=1"),
        "answered",
        ("after", "/?a=1", ("200 OK", 5)),
        ("before", "GET", "/nowhere"),
        ("after", "/nowhere", ("404 Not Found", server.told[4][2][1])),
        ("before", "GET", "/stream"),
        ("after", "/stream", ("200 OK", 7)),
    ]


@on_each_loop
async def test_one_without_an_answer_has_none() -> None:
    server = Hooked(before=False)
    async with connected(server) as client:
        client.send(GET % b"/wait")
        await until(lambda: server.told)
        client.transport.abort()
        await let_run()
        server.may_go.set()
        await until(lambda: len(server.told) > 1)

    assert server.told == ["waits", ("after", "/wait", None)]


@on_each_loop
async def test_a_request_that_is_refused_or_does_not_come_whole_is_not_told_of() -> None:
    server = Hooked()
    async with connected(server) as client:
        client.send(b"GET / HTTP/9\r\n\r\n")
        await client.rest()
    async with connected(server) as client:
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab")
        client.writer.write_eof()
        await client.rest()

    assert server.told == []


@on_each_loop
async def test_the_access_log_has_its_line_all_the_same() -> None:
    lines: list[str] = []
    server = Hooked(after=False, access_log=AccessLog(line_maker("%(r)s %(s)s"), lines.append))
    async with connected(server) as client:
        await client.ask(GET % b"/")

    assert server.told == [("before", "GET", "/"), "answered"]
    assert lines == ["GET / HTTP/1.1 200"]


def test_a_server_without_hooks_knows_nothing_of_them() -> None:
    async def run() -> tuple[object, object]:
        server = HttpServer(Router())
        async with connected(server) as client:
            return client.protocol.request_log, client.protocol.exchange._begin_answering.__func__  # type: ignore[attr-defined]

    request_log, begin = asyncio.run(run())

    assert request_log is None
    assert begin.__qualname__ == "RouterApplication.begin"  # type: ignore[attr-defined]


@on_each_loop
async def test_a_request_has_what_gunicorns_has() -> None:
    seen: list[tuple[HookRequest, HookResponse]] = []

    def after(req: HookRequest, environ: dict[str, Any], resp: HookResponse | None) -> None:
        assert resp is not None
        seen.append((req, resp))
        assert {name: environ[name] for name in ("PATH_INFO", "QUERY_STRING", "HTTP_X_A", "CONTENT_LENGTH")} == {
            "PATH_INFO": "/a b",
            "QUERY_STRING": "q=%20",
            "HTTP_X_A": "1,2",
            "CONTENT_LENGTH": "2",
        }

    hooks = RequestHooks(None, after)
    container = SimpleNamespace(worker=SimpleNamespace(request_hooks=hooks, access_log=None))
    async with connected(HttpServer(Router(), container=container)) as client:
        await client.ask(
            b"POST /a%20b?q=%20 HTTP/1.0\r\nHost: a\r\nx-a: 1\r\nx-a: 2\r\nContent-Length: 2\r\n"
            b"Connection: keep-alive\r\n\r\nab"
        )

    [(req, resp)] = seen
    assert (req.method, req.path, req.query, req.uri) == ("POST", "/a%20b", "q=%20", "/a%20b?q=%20")
    assert (req.version, req.fragment, req.scheme, req.remote_addr) == ((1, 0), "", "http", req.peer_addr)
    assert req.headers[:3] == [("HOST", "a"), ("X-A", "1"), ("X-A", "2")]
    assert (resp.status, resp.status_code, resp.headers_sent) == ("404 Not Found", 404, True)
    assert resp.response_length == resp.sent
    assert ("Content-Length", str(resp.sent)) in resp.headers


def test_an_answer_whose_head_has_no_words_or_no_length_is_shown_all_the_same() -> None:
    answer = HookResponse(404, b"HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 3)

    assert answer.status == "404 Not Found"
    assert answer.response_length is None
