"""The scope of an ASGI application, and the answers that its messages become."""

from typing import Any

import pytest
from asgi_application import GET, Application, body, hello, sends, start
from event_loops import on_each_loop
from http_connection import Connection, connected

from api_hour.http.asgi import AsgiServer


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
