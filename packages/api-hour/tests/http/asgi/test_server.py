"""What the engine gives an ASGI application, and what it makes of what the application sends."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import pytest
from event_loops import let_run, on_each_loop, until
from http_connection import Connection, connected

from api_hour.errors import StartError
from api_hour.http.asgi import AsgiServer
from api_hour.http.message.limits import Limits

GET = b"GET /a%20b?c=d HTTP/1.1\r\nHost: a\r\nX-Y: z\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n"


class Application:
    """An application that does for each request what a test wants."""

    def __init__(self, answer: Callable[[Any, Any, Any], Any]) -> None:
        self.answer = answer
        self.scopes: list[Any] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.scopes.append(scope)
        await self.answer(scope, receive, send)


def start(*headers: tuple[bytes, bytes], status: int = 200) -> dict[str, Any]:
    return {"type": "http.response.start", "status": status, "headers": headers}


def body(data: bytes = b"", *, more: bool = False) -> dict[str, Any]:
    return {"type": "http.response.body", "body": data, "more_body": more}


async def hello(_scope: Any, _receive: Any, send: Any) -> None:
    await send(start((b"content-type", b"text/plain")))
    await send(body(b"hello"))


def sends(*messages: dict[str, Any]) -> Callable[[Any, Any, Any], Any]:
    async def answer(_scope: Any, _receive: Any, send: Any) -> None:
        for message in messages:
            await send(message)

    return answer


async def raw_answer(connection: Connection, request: bytes) -> bytes:
    """Send a request that closes the connection and return all that comes, but the date."""
    connection.send(request.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1))
    lines = (await connection.rest()).split(b"\r\n")
    return b"\r\n".join(line for line in lines if not line.startswith(b"Date: "))


@on_each_loop
async def test_the_scope_is_what_the_specification_says() -> None:
    application = Application(hello)
    async with connected(AsgiServer(application)) as connection:
        await connection.ask(GET)
    assert application.scopes == [
        {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": "/a b",
            "raw_path": b"/a%20b",
            "query_string": b"c=d",
            "root_path": "",
            "headers": [(b"host", b"a"), (b"x-y", b"z")],
            "client": None,
            "server": None,
            "state": {},
        }
    ]


@on_each_loop
async def test_a_whole_answer_gets_its_length_and_leaves_the_connection_open() -> None:
    async with connected(AsgiServer(Application(hello))) as connection:
        for _ in range(2):
            answer = await connection.ask(GET)
            assert (answer.status, answer.body) == (200, b"hello")
            assert answer.headers["content-type"] == "text/plain"
            assert "connection" not in answer.headers
            assert "date" in answer.headers


ANSWERS: dict[str, tuple[list[dict[str, Any]], bytes]] = {
    "whole": ([start(), body(b"x")], b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\nConnection: close\r\n\r\nx"),
    "empty": ([start(status=201), body()], b"HTTP/1.1 201 Created\r\ncontent-length: 0\r\nConnection: close\r\n\r\n"),
    "in pieces": (
        [start(), body(b"x", more=True), body(b"", more=True), body(b"yz", more=True), body()],
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nConnection: close\r\n\r\n1\r\nx\r\n2\r\nyz\r\n0\r\n\r\n",
    ),
    "of known length": (
        [start((b"Content-Length", b"3")), body(b"x", more=True), body(b"yz")],
        b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\nConnection: close\r\n\r\nxyz",
    ),
    "without a body": (
        [start(status=204), body(b"never")],
        b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n",
    ),
    "not modified": (
        [start((b"content-length", b"5"), status=304), body()],
        b"HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\nConnection: close\r\n\r\n",
    ),
    "the server's own headers": (
        [start((b"transfer-encoding", b"chunked"), (b"connection", b"keep-alive"), (b"a", b"b")), body(b"x")],
        b"HTTP/1.1 200 OK\r\na: b\r\ncontent-length: 1\r\nConnection: close\r\n\r\nx",
    ),
    "a length where none may be": (
        [start((b"content-length", b"0"), status=204), body()],
        b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n",
    ),
    "no length of what is not modified": (
        [start((b"content-length", b"0"), status=304), body()],
        b"HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n",
    ),
    "nothing to show anew": (
        [start((b"content-length", b"1"), status=205), body(b"x")],
        b"HTTP/1.1 205 Reset Content\r\ncontent-length: 0\r\nConnection: close\r\n\r\n",
    ),
    "in pieces without a body": (
        [start((b"content-length", b"0"), status=204), body(b"x", more=True), body()],
        b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n",
    ),
    "the same length twice": (
        [start((b"content-length", b"1"), (b"content-length", b"1")), body(b"x")],
        b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\nConnection: close\r\n\r\nx",
    ),
    "lengths that differ": (
        [start((b"content-length", b"1"), (b"content-length", b"2"), (b"content-length", b"2")), body(b"x")],
        b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\nConnection: close\r\n\r\nx",
    ),
    "lengths that differ, in pieces": (
        [start((b"content-length", b"1"), (b"content-length", b"2")), body(b"xy", more=True), body()],
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nConnection: close\r\n\r\n2\r\nxy\r\n0\r\n\r\n",
    ),
    "no length at all": (
        [start((b"content-length", b"+1")), body(b"x")],
        b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\nConnection: close\r\n\r\nx",
    ),
    "an interim answer before": (
        [start((b"link", b"</a.css>"), (b"content-length", b"0"), status=103), start(), body(b"x")],
        (
            b"HTTP/1.1 103 Early Hints\r\nlink: </a.css>\r\n\r\n"
            b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\nConnection: close\r\n\r\nx"
        ),
    ),
    "an interim answer alone": (
        [start((b"content-length", b"0"), status=103), body()],
        b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n",
    ),
    "a change of protocol that was not asked for": (
        [start(status=101), body()],
        b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n",
    ),
    "a status without a name": (
        [start(status=299), body()],
        b"HTTP/1.1 299 \r\ncontent-length: 0\r\nConnection: close\r\n\r\n",
    ),
}


@pytest.mark.parametrize("name", ANSWERS)
@on_each_loop
async def test_what_an_application_sends_becomes(name: str) -> None:
    messages, expected = ANSWERS[name]
    async with connected(AsgiServer(Application(sends(*messages)))) as connection:
        assert await raw_answer(connection, GET) == expected


HEADS: dict[str, tuple[list[dict[str, Any]], bytes]] = {
    "whole": ([start(), body(b"x")], b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\nConnection: close\r\n\r\n"),
    "no body": ([start(), body()], b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"),
    "known": (
        [start((b"content-length", b"9")), body()],
        b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\nConnection: close\r\n\r\n",
    ),
    "pieces": (
        [start(), body(b"x", more=True), body(b"y")],
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nConnection: close\r\n\r\n",
    ),
}


@pytest.mark.parametrize("name", HEADS)
@on_each_loop
async def test_head_is_answered_without_a_body(name: str) -> None:
    messages, expected = HEADS[name]
    async with connected(AsgiServer(Application(sends(*messages)))) as connection:
        assert await raw_answer(connection, GET.replace(b"GET", b"HEAD")) == expected


@on_each_loop
async def test_an_answer_of_unknown_length_to_http_1_0_ends_with_the_connection() -> None:
    messages = [start(), body(b"x", more=True), body(b"y")]
    async with connected(AsgiServer(Application(sends(*messages)))) as connection:
        assert await raw_answer(connection, b"GET / HTTP/1.0\r\n\r\n") == (
            b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nxy"
        )


@on_each_loop
async def test_an_application_may_give_its_own_date_and_close_the_connection() -> None:
    messages = [start((b"date", b"never"), (b"connection", b"close")), body(b"x")]
    async with connected(AsgiServer(Application(sends(*messages)))) as connection:
        answer = await connection.ask(GET)

        assert (answer.headers["date"], answer.headers["connection"]) == ("never", "close")
        assert await connection.rest() == b""


FAULTS: dict[str, tuple[list[dict[str, Any]], str]] = {
    "nothing": ([], "RuntimeError: the application returned before its answer was whole"),
    "body first": (
        [body(b"x")],
        "RuntimeError: expected http.response.start and then http.response.body, got 'http.response.body'",
    ),
    "two starts": (
        [start(), start()],
        "RuntimeError: expected http.response.start and then http.response.body, got 'http.response.start'",
    ),
    "two lines": (
        [start((b"a", b"b\r\nc: d")), body()],
        "ValueError: response header a: expected no control character in its value, got b'\\r'",
    ),
    "a control character": (
        [start((b"set-cookie", b"a=\x01")), body()],
        "ValueError: response header set-cookie: expected no control character in its value, got b'\\x01'",
    ),
    "no name": (
        [start((b"a b", b"c")), body()],
        "ValueError: response header: expected a token (RFC 9110, 5.6.2) as its name, got b'a b'",
    ),
    "wrong length": (
        [start((b"content-length", b"2")), body(b"x")],
        "ValueError: response body: it has 1 bytes, its head says 2",
    ),
    "no status": ([start(status=600), body()], "ValueError: response status: expected 100 to 599, got 600"),
}


@pytest.mark.parametrize("name", FAULTS)
@on_each_loop
async def test_an_application_that_is_wrong_is_500_and_logged_once(name: str, caplog: pytest.LogCaptureFixture) -> None:
    messages, error = FAULTS[name]
    async with connected(AsgiServer(Application(sends(*messages)))) as connection:
        answer = await connection.ask(GET)

        assert (answer.status, answer.body) == (500, b"the server failed to answer\n")
        assert (await connection.ask(GET)).status == 500
    assert [record.getMessage() for record in caplog.records] == ["GET '/a b' failed"] * 2
    assert caplog.text.splitlines()[-1] == error


@pytest.mark.parametrize(
    "messages",
    [
        [start(), body(b"x", more=True)],
        [start((b"content-length", b"1")), body(b"x", more=True), body(b"y")],
        [start((b"content-length", b"3")), body(b"x", more=True), body(b"y")],
    ],
)
@on_each_loop
async def test_an_answer_that_is_not_whole_is_cut(
    messages: list[dict[str, Any]], caplog: pytest.LogCaptureFixture
) -> None:
    server = AsgiServer(Application(sends(*messages)))
    async with connected(server) as connection:
        connection.send(GET)
        await until(lambda: not server.connections)
    assert [record.levelno for record in caplog.records] == [logging.ERROR]


@on_each_loop
async def test_an_application_that_raises_after_its_answer_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def answer(scope: Any, receive: Any, send: Any) -> None:
        await hello(scope, receive, send)
        raise ZeroDivisionError

    async with connected(AsgiServer(Application(answer))) as connection:
        assert (await connection.ask(GET)).body == b"hello"
        assert (await connection.ask(GET)).body == b"hello"
    assert len(caplog.records) == 2


@on_each_loop
async def test_an_application_that_answers_a_client_that_has_gone_and_then_raises_is_no_error(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """So does Starlette, when the client goes in the middle of its body."""

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        await hello(scope, receive, send)
        raise ZeroDivisionError

    caplog.set_level(logging.INFO)
    async with connected(AsgiServer(Application(answer))) as connection:
        connection.send(POST + b"he")
        await let_run()
        connection.writer.transport.abort()
        await until(lambda: caplog.records)
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("INFO", "POST '/' failed after its answer; its client has gone")
    ]


@on_each_loop
async def test_a_body_is_received_in_parts_and_then_the_disconnect() -> None:
    received: list[Any] = []

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        received.extend([await receive(), await receive()])
        await hello(scope, receive, send)
        received.extend([await receive(), await receive()])

    async with connected(AsgiServer(Application(answer))) as connection:
        connection.send(POST + b"he")
        await let_run()
        connection.send(b"llo")
        assert (await connection.answer()).body == b"hello"
        await let_run()
    assert received == [
        {"type": "http.request", "body": b"he", "more_body": True},
        {"type": "http.request", "body": b"llo", "more_body": False},
        {"type": "http.disconnect"},
        {"type": "http.disconnect"},
    ]


@on_each_loop
async def test_an_application_learns_that_its_client_has_gone_and_cannot_send_any_more(
    caplog: pytest.LogCaptureFixture,
) -> None:
    seen: list[Any] = []

    async def answer(_scope: Any, receive: Any, send: Any) -> None:
        await receive()
        seen.append("waits")
        seen.append(await receive())
        await send(start())
        try:
            while True:
                await send(body(b"x" * 100_000, more=True))
        except OSError as error:
            seen.append(str(error))
            raise

    async with connected(AsgiServer(Application(answer))) as connection:
        connection.send(GET)
        await until(lambda: seen)
        connection.writer.transport.abort()
        await until(lambda: len(seen) == 3)
        await let_run()
    assert seen[1:] == [{"type": "http.disconnect"}, "the client closed the connection"]
    assert caplog.records == []


@on_each_loop
async def test_a_client_that_goes_in_the_middle_of_its_body_is_a_disconnect() -> None:
    received: list[Any] = []

    async def answer(_scope: Any, receive: Any, _send: Any) -> None:
        received.extend([await receive(), await receive()])

    async with connected(AsgiServer(Application(answer))) as connection:
        connection.send(POST + b"he")
        await until(lambda: len(received) == 0)
        await let_run()
        connection.writer.transport.abort()
        await until(lambda: received)
    assert received[1] == {"type": "http.disconnect"}


@on_each_loop
async def test_a_body_that_is_refused_is_answered_by_the_server_and_a_disconnect(
    caplog: pytest.LogCaptureFixture,
) -> None:
    received: list[Any] = []

    async def answer(_scope: Any, receive: Any, _send: Any) -> None:
        received.append(await receive())
        raise ConnectionError("what frameworks do")

    chunked = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    for data, status in ((b"x\r\n", 400), (b"ff\r\n", 413)):
        async with connected(AsgiServer(Application(answer), limits=Limits(body_bytes=100))) as connection:
            answered = await connection.ask(chunked + data)
            assert (answered.status, answered.headers["connection"]) == (status, "close")
            assert await connection.rest() == b""
    assert received == [{"type": "http.disconnect"}] * 2
    assert caplog.records == []


@on_each_loop
async def test_sending_waits_for_the_client() -> None:
    sent: list[int] = []

    async def answer(_scope: Any, _receive: Any, send: Any) -> None:
        await send(start())
        for number in range(100):
            await send(body(b"x" * 100_000, more=True))
            sent.append(number)
        await send(body())

    async with connected(AsgiServer(Application(answer))) as connection:
        connection.writer.transport.pause_reading()  # type: ignore[attr-defined]
        connection.send(GET)
        await let_run()
        assert len(sent) < 50
        connection.writer.transport.resume_reading()  # type: ignore[attr-defined]
        data = b""
        while not data.endswith(b"\r\n0\r\n\r\n"):
            data += await connection.reader.read(1 << 20)
        assert len(sent) == 100


@on_each_loop
async def test_a_request_that_takes_too_long_is_503(caplog: pytest.LogCaptureFixture) -> None:
    async def answer(_scope: Any, _receive: Any, _send: Any) -> None:
        await asyncio.Event().wait()

    server = AsgiServer(Application(answer), limits=Limits(request_timeout_s=5))
    async with connected(server) as connection:
        connection.send(GET)
        await let_run()
        connection.protocol.check_deadline(server.now_s + 6)

        assert (await connection.answer()).status == 503
    assert [record.getMessage() for record in caplog.records] == ["GET '/a b' was not answered in time"]


# Lifespan.


@on_each_loop
async def test_an_application_is_started_and_ended_and_its_state_is_given_to_requests() -> None:
    seen: list[str] = []

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            seen.append(f"request {scope['state']}")
            scope["state"]["own"] = True
            await hello(scope, receive, send)
            return
        for what in ("startup", "shutdown"):
            assert await receive() == {"type": f"lifespan.{what}"}
            seen.append(what)
            scope["state"]["database"] = "open"
            await send({"type": f"lifespan.{what}.complete"})

    server = AsgiServer(answer)
    await server.startup()
    async with connected(server) as connection:
        await connection.ask(GET)
        await connection.ask(GET)
    await server.shutdown()
    await server.shutdown()
    assert seen == ["startup", "request {'database': 'open'}", "request {'database': 'open'}", "shutdown"]


async def _raises(_scope: Any, _receive: Any, _send: Any) -> None:
    raise ValueError("only HTTP here")


async def _returns(_scope: Any, _receive: Any, _send: Any) -> None:
    pass


@pytest.mark.parametrize("answer", [_raises, _returns])
@on_each_loop
async def test_an_application_without_lifespan_is_fine(answer: Any) -> None:
    server = AsgiServer(answer)
    await server.startup()
    await server.shutdown()


@on_each_loop
async def test_a_startup_that_fails_raises_what_the_application_says() -> None:
    async def answer(_scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no database"})
        raise ZeroDivisionError

    with pytest.raises(StartError) as caught:
        await AsgiServer(answer).startup()

    assert str(caught.value) == "the application did not start: no database"


@on_each_loop
async def test_a_shutdown_that_fails_raises_what_the_application_says() -> None:
    async def answer(_scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.failed", "message": "cannot flush"})

    server = AsgiServer(answer)
    await server.startup()
    with pytest.raises(RuntimeError) as caught:
        await server.shutdown()

    assert str(caught.value) == "the application's shutdown failed: cannot flush"


@on_each_loop
async def test_an_application_that_ended_by_itself_is_not_waited_for() -> None:
    async def answer(_scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})

    server = AsgiServer(answer)
    await server.startup()
    await server.shutdown()
