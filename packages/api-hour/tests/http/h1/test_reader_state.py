"""The states of a reader, and that its table has each step that is made, and no other."""

import asyncio

from checked_reader import SEEN
from event_loops import on_each_loop, until
from http_connection import connected

from api_hour.http import HttpServer, Limits, Proxy, Request, Response, Router, streams_body
from api_hour.http.h1.reader_state import (
    ANSWER,
    BODY,
    DISCARDED_BODY,
    FOLLOWERS,
    HEAD,
    OVER,
    PROXY_HEADER,
    STREAMED_BODY,
    SUCCESSOR,
    TURN,
    State,
)
from api_hour.http.websocket_handler import WebSocket, websocket_handler

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST %b HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n"
UPGRADE = (
    b"GET /talk HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
)


def make_server() -> HttpServer:
    router = Router()

    async def answer(_request: Request) -> Response:
        return Response(b"")

    @streams_body
    async def unread(_request: Request) -> Response:
        return Response(b"")

    @streams_body
    async def read(request: Request) -> Response:
        return Response(b"".join([piece async for piece in request.stream()]))

    async def talk(_request: Request, websocket: WebSocket) -> None:
        websocket.accept()
        await websocket.wait_closed()

    router.add("GET", "/", answer)
    router.add("POST", "/", answer)
    router.add("POST", "/unread", unread)
    router.add("POST", "/read", read)
    router.add("GET", "/talk", streams_body(websocket_handler(talk)))
    return HttpServer(router, proxy=Proxy(trusted=("*",), protocol=True), limits=Limits(head_timeout_s=60.0))


def test_every_state_is_in_the_table_and_can_be_come_to_and_ended() -> None:
    assert set(FOLLOWERS) == set(State)
    assert set().union(*FOLLOWERS.values()) == set(State) - {PROXY_HEADER}
    assert all(OVER in followers for state, followers in FOLLOWERS.items() if state is not OVER)


@on_each_loop
async def test_a_connection_goes_through_all_its_states() -> None:
    SEEN.clear()
    async with connected(make_server()) as connection:
        protocol = connection.protocol
        assert protocol.reader.state is PROXY_HEADER
        connection.send(b"PROXY UNKNOWN\r\n" + GET)
        assert (await connection.answer()).status == 200
        connection.send(GET * 17)
        for _ in range(17):
            assert (await connection.answer()).status == 200
        for path, state in ((b"/", BODY), (b"/unread", DISCARDED_BODY), (b"/read", STREAMED_BODY)):
            connection.send(POST % path + b"he")
            await until(lambda state=state: protocol.reader.state is state)  # type: ignore[misc]
            connection.send(b"llo")
            assert (await connection.answer()).status == 200
            await until(lambda: protocol.reader.state is HEAD)
        connection.send(UPGRADE + b"Content-Length: 1\r\n\r\n")
        await connection.reader.readuntil(b"\r\n\r\n")
        assert protocol.reader.state is STREAMED_BODY
        connection.send(b"x")
        await until(lambda: protocol.reader.state is SUCCESSOR)
        protocol.abort()
        assert protocol.reader.state is OVER
        await asyncio.sleep(0)

    assert {
        (PROXY_HEADER, HEAD), (HEAD, ANSWER), (ANSWER, HEAD), (HEAD, TURN), (TURN, HEAD), (HEAD, BODY), (BODY, ANSWER),
        (HEAD, STREAMED_BODY), (STREAMED_BODY, ANSWER), (STREAMED_BODY, DISCARDED_BODY), (DISCARDED_BODY, HEAD),
        (STREAMED_BODY, SUCCESSOR), (SUCCESSOR, OVER),
    } <= SEEN  # fmt: skip
