"""Clients that are refused: their answer, and the line in the log."""

import json
import logging
from collections.abc import Callable
from http import HTTPStatus
from types import SimpleNamespace
from typing import Any

import pytest
from event_loops import let_run, on_each_loop, until
from http_connection import Connection, connected

from api_hour.access_log import AccessLog, line_maker
from api_hour.http import ClientGone, HttpServer, Limits, Request, Router, streams_body
from api_hour.http.asgi import AsgiServer
from api_hour.http.server import Server
from api_hour.log.limited import LINES

LIMITS = Limits(target_bytes=100, head_bytes=500, header_count=5, body_bytes=10)
GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
PHRASES = {status.value: status.phrase for status in HTTPStatus}  # CPython 3.13 has new ones
FAR_S = 1e9  # beyond every deadline
NOT_WHOLE = b"Bad Request: the client closed its end before the request was whole\n"


@streams_body
async def read(request: Request) -> int:
    return sum([len(piece) async for piece in request.stream()])


async def whole(request: Request) -> int:
    return len(request.body)


def native(handler: Any = whole, limits: Limits = LIMITS, **given: Any) -> HttpServer:
    router = Router()
    for method in ("GET", "POST", "LINK"):
        router.add(method, "/", handler)
    return HttpServer(router, limits=limits, **given)


def native_streaming(limits: Limits = LIMITS, **given: Any) -> HttpServer:
    return native(read, limits, **given)


async def app(scope: Any, receive: Any, send: Any) -> None:
    """An application that says the method, and the length of the body."""
    length = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise RuntimeError("the client has gone")
        length += len(message["body"])
        if not message["more_body"]:
            break
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": f"{scope['method']} {length}".encode()})


def asgi(limits: Limits = LIMITS, **given: Any) -> AsgiServer:
    return AsgiServer(app, limits=limits, **given)


SERVERS: dict[str, Callable[..., Server]] = {"native": native, "streaming": native_streaming, "ASGI": asgi}
on_each_server = pytest.mark.parametrize("server", SERVERS.values(), ids=SERVERS)


# HEAD.


HEAD = b"HEAD / HTTP/1.1\r\nHost: a\r\n"
REFUSED_HEADS = {
    "line": (b"HEAD / HTTP/1.1 x\r\n", 400),
    "stray line feed": (b"HEAD / HTTP/1.1\n", 400),
    "version": (b"HEAD / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
    "host": (b"HEAD / HTTP/1.1\r\nHost: [:1]\r\n\r\n", 400),
    "field": (HEAD + b"X : y\r\n\r\n", 400),
    "target": (b"HEAD /" + b"a" * 200, 414),
    "size": (HEAD + b"X: " + b"a" * 600, 431),
    "fields": (HEAD + b"X: y\r\n" * 6 + b"\r\n", 431),
    "length": (HEAD + b"Content-Length: 11\r\n\r\n", 413),
    "chunk": (HEAD + b"Transfer-Encoding: chunked\r\n\r\nff\r\n", 413),
    "coding": (HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n", 501),
    "trailer": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX ", 400),
}


async def answer_to_head(connection: Connection) -> int:
    """Return the status of the answer, which has no content, and is the last."""
    head, _, content = (await connection.rest()).partition(b"\r\n\r\n")
    assert content == b""
    assert b"\r\nConnection: close" in head
    return int(head[9:12])


@pytest.mark.parametrize("step", [1, 1000])
@pytest.mark.parametrize("name", REFUSED_HEADS)
@on_each_server
@on_each_loop
async def test_a_refusal_of_head_has_no_content(server: Callable[[], Server], name: str, step: int) -> None:
    data, status = REFUSED_HEADS[name]
    async with connected(server()) as connection:
        for position in range(0, len(data), step):
            connection.protocol.data_received(data[position : position + step])

        assert await answer_to_head(connection) == status


@pytest.mark.parametrize("data", [b"HEAD / HTTP/1.1\r\n", HEAD + b"Content-Length: 5\r\n\r\nx"])
@on_each_server
@on_each_loop
async def test_nor_has_that_of_one_that_does_not_come_in_time(server: Callable[[], Server], data: bytes) -> None:
    async with connected(server()) as connection:
        connection.send(data)
        await until(lambda: connection.protocol.reader.backlog.data or connection.protocol.reader.body)
        connection.protocol.check_deadline(FAR_S)

        assert await answer_to_head(connection) == 408


@pytest.mark.parametrize("data", [b"HEAD / HTTP/1.1\r\n", HEAD + b"Content-Length: 5\r\n\r\nx"])
@on_each_server
@on_each_loop
async def test_nor_has_that_of_one_that_will_not_be_whole(server: Callable[[], Server], data: bytes) -> None:
    async with connected(server()) as connection:
        connection.send(data)
        connection.writer.write_eof()

        assert await answer_to_head(connection) == 400


@on_each_loop
async def test_nor_has_that_of_a_connection_too_many_whose_method_nobody_has_seen() -> None:
    server = native(limits=Limits(connections=1))
    async with connected(server), connected(server) as connection:
        connection.send(HEAD + b"\r\n")

        assert await answer_to_head(connection) == 503


@on_each_loop
async def test_what_only_begins_like_head_gets_the_content() -> None:
    async with connected(native()) as connection:
        assert (await connection.ask(b"HEADX / HTTP/1.1 x\r\n")).body.startswith(b"Bad Request: ")


# A client that closes its end, and reads.


@pytest.mark.parametrize(
    "begins_with", [b"Content-Length: 5\r\n\r\nhell", b"Transfer-Encoding: chunked\r\n\r\n5\r\nhe"]
)
@on_each_server
@on_each_loop
async def test_a_body_that_will_not_be_whole_is_400(
    server: Callable[[], Server], begins_with: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    for answered_before in (0, 1, 33):
        async with connected(server()) as connection:
            connection.send(GET * answered_before + b"POST / HTTP/1.1\r\nHost: a\r\n" + begins_with)
            connection.writer.write_eof()
            for _ in range(answered_before):
                assert (await connection.answer()).status == 200

            answer = await connection.answer()

            assert (answer.status, answer.body, answer.headers["connection"]) == (400, NOT_WHOLE, "close")
            assert await connection.rest() == b""
    assert [record for record in caplog.records if record.levelno > logging.INFO] == []


@on_each_server
@on_each_loop
async def test_one_that_comes_to_its_end_meanwhile_is_400_too(server: Callable[[], Server]) -> None:
    async with connected(server()) as connection:
        connection.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhell")
        await until(lambda: connection.protocol.reader.body)
        await let_run()
        connection.writer.write_eof()

        assert (await connection.answer()).body == NOT_WHOLE


@on_each_loop
async def test_a_handler_may_answer_itself_when_the_rest_of_a_body_will_not_come() -> None:
    @streams_body
    async def forgiving(request: Request) -> str:
        try:
            async for _ in request.stream():
                pass
        except ClientGone:
            return "enough"
        return "all"

    async with connected(native(forgiving)) as connection:
        connection.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhell")
        connection.writer.write_eof()

        assert (await connection.answer()).body == b'"enough"'


# The log.


LOGGED = {
    "413": (
        b"POST /upload?a=b HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n",
        (
            f"refused POST '/upload': 413 {PHRASES[413]}: the body is larger than 10 bytes; "
            "the limit is raised with --max-body, or Limits(body_bytes=...)"
        ),
    ),
    "431": (
        b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 6 + b"\r\n",
        (
            f"refused a request: 431 {PHRASES[431]}: there are more than 5 headers; "
            "the limit is raised with --max-headers, or Limits(header_count=...)"
        ),
    ),
    "431 of a head": (
        b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 600,
        (
            f"refused a request: 431 {PHRASES[431]}: the head is larger than 500 bytes; "
            "the limit is raised with --max-head, or Limits(head_bytes=...)"
        ),
    ),
    "414": (
        b"GET /" + b"a" * 200,
        (
            f"refused a request: 414 {PHRASES[414]}: the target is longer than 100 bytes; "
            "the limit is raised with --max-url, or Limits(target_bytes=...)"
        ),
    ),
    "501": (
        b"CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n",
        "refused a request: 501 Not Implemented: this server is no proxy",
    ),
    "400": (
        b"GET / HTTP/1.1\r\n\r\n",
        "refused a request: 400 Bad Request: expected one Host header, got 0",
    ),
}


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "api_hour.http"]


@pytest.mark.parametrize("name", LOGGED)
@on_each_server
@on_each_loop
async def test_a_refusal_is_one_line_with_what_would_allow_it(
    server: Callable[[], Server], name: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="api_hour")
    data, message = LOGGED[name]
    async with connected(server()) as connection:
        connection.send(data)
        await connection.rest()

    assert said(caplog) == [message]
    assert caplog.records[0].levelno == logging.INFO


@pytest.mark.parametrize("server", [native_streaming, asgi])
@on_each_loop
async def test_so_is_that_of_a_body_that_is_read_as_it_comes(
    server: Callable[[], Server], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="api_hour")
    async with connected(server()) as connection:
        connection.send(
            b"POST /?a=b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n".replace(b"?a=b", b"")
        )
        answer = await connection.answer()

    expected = (
        f"413 {PHRASES[413]}: the body is larger than 10 bytes; "
        "the limit is raised with --max-body, or Limits(body_bytes=...)"
    )
    assert said(caplog) == [f"refused POST '/': {expected}"]
    assert answer.body.decode() == expected.partition(" ")[2] + "\n"


@on_each_loop
async def test_lines_are_limited_in_number_and_the_rest_is_counted(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="api_hour")
    server = native()
    for _ in range(LINES + 3):
        async with connected(server) as connection:
            assert (await connection.ask(b"nonsense\r\n")).status == 400
    server.state.refusals.say_left_out()

    assert len(said(caplog)) == LINES + 1
    assert said(caplog)[-1] == "3 more refusals in a minute were left out here"


@on_each_loop
async def test_the_access_log_has_the_length_of_what_was_sent() -> None:
    lines: list[str] = []
    access_log = AccessLog(line_maker("json"), lines.append)
    container = SimpleNamespace(worker=SimpleNamespace(access_log=access_log))
    server = native(container=container)
    for data in (HEAD + b"Content-Length: 11\r\n\r\n", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nx"):
        async with connected(server) as connection:
            connection.send(data)
            connection.writer.write_eof()
            await connection.rest()

    found = [json.loads(line) for line in lines]
    assert [(line["method"], line["status"], line["response_bytes"]) for line in found] == [
        ("HEAD", 413, 0),
        ("POST", 400, len(NOT_WHOLE)),
    ]


# Methods.


@pytest.mark.parametrize(
    "method", ["PROPFIND", "BREW", "get", "M-SEARCH", "SOURCE", "PRI", "SETUP", "a", "!#$%&'*+.^_`|~-", "A" * 64]
)
@on_each_loop
async def test_any_token_reaches_an_application(method: str) -> None:
    async with connected(asgi()) as connection:
        for _ in range(2):
            connection.send(f"{method} / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nxy".encode())
            assert (await connection.answer()).body == f"{method} 2".encode()
        assert (await connection.ask(GET)).body == b"GET 0"


@pytest.mark.parametrize("method", ["PROPFIND", "BREW", "get", "Post", "SEARCH", "GETX", "A" * 64])
@on_each_loop
async def test_where_methods_must_be_known_another_token_is_501(method: str) -> None:
    for target in ("/", "/nowhere", "*"):
        async with connected(native()) as connection:
            answer = await connection.ask(f"{method} {target} HTTP/1.1\r\nHost: a\r\n\r\n".encode())

            assert (answer.status, answer.body) == (501, b"Not Implemented: this method is not known here\n")


@pytest.mark.parametrize(("method", "status"), [("LINK", 200), ("TRACE", 405), ("DELETE", 405), ("HEAD", 200)])
@on_each_loop
async def test_a_standard_method_and_that_of_a_route_are_known(method: str, status: int) -> None:
    async with connected(native()) as connection:
        answer = await connection.ask(f"{method} / HTTP/1.1\r\nHost: a\r\n\r\n".encode())

        assert answer.status == status
        assert status == 200 or answer.headers["allow"] == "GET, HEAD, LINK, OPTIONS, POST"


@pytest.mark.parametrize("target", ["*", "http://a", "https://a:1"])
@on_each_server
@on_each_loop
async def test_options_of_the_server_as_a_whole_is_answered(server: Callable[[], Server], target: str) -> None:
    async with connected(server()) as connection:
        for body in ("", "Content-Length: 2\r\n\r\nxy"):
            answer = await connection.ask(
                f"OPTIONS {target} HTTP/1.1\r\nHost: a\r\n{body or chr(13) + chr(10)}".encode()
            )

            assert (answer.status, answer.body) == (204, b"")
            assert answer.headers.get("allow") == (None if server is asgi else "GET, HEAD, LINK, OPTIONS, POST")


@on_each_loop
async def test_a_websocket_cannot_be_asked_for_over_http_1_0() -> None:
    scopes: list[str] = []

    async def note(scope: Any, _receive: Any, send: Any) -> None:
        scopes.append(scope["type"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"ok"})

    async with connected(AsgiServer(note)) as connection:
        handshake = (
            b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
        )
        connection.send(b"GET / HTTP/1.0\r\nHost: a\r\nConnection: Upgrade, keep-alive\r\n" + handshake + b"\r\n")
        first = await connection.answer()
        connection.send(b"GET / HTTP/1.0\r\nHost: a\r\nConnection: Upgrade\r\n" + handshake + b"\r\n")

        assert (first.status, (await connection.answer()).status) == (200, 200)
    assert scopes == ["http", "http"]
