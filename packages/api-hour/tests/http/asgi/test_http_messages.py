"""Applications that are wrong, bodies that they receive, and clients that go."""

import asyncio
import logging
from typing import Any

import pytest
from asgi_application import GET, Application, body, hello, sends, start
from event_loops import let_run, on_each_loop, until
from http_connection import connected

from api_hour.http.asgi import AsgiServer
from api_hour.http.message.limits import Limits

POST = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n"

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
