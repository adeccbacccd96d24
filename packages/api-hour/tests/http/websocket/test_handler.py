"""Handlers of a router that speak over a WebSocket, with the client of the websockets package."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from event_loops import run_in_loop, until
from http_connection import connected
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from api_hour.http import HttpError, HttpServer, Request, Response, ResponseHandler, Router
from api_hour.http.websocket_handler import WebSocket, websocket_handler


class Talks:
    """Handlers, and what was seen of them."""

    def __init__(self, router: Router | None = None) -> None:
        self.ended: list[str] = []
        self.router = router or Router()
        for handler in (self.echo, self.refuse, self.fail, self.forget, self.leave):
            self.router.add("GET", f"/{handler.__name__}/{{name}}", websocket_handler(handler))

    async def echo(self, request: Request, websocket: WebSocket) -> None:
        websocket.accept()
        name = request.path_parameters["name"]
        try:
            while True:
                await websocket.send(f"{name}: {await websocket.receive()!r}")
        finally:
            self.ended.append(name)

    async def refuse(self, _request: Request, _websocket: WebSocket) -> None:
        raise HttpError(403, "not for you")

    async def fail(self, _request: Request, websocket: WebSocket) -> None:
        websocket.accept()
        await websocket.receive()
        raise ZeroDivisionError("on purpose")

    async def forget(self, _request: Request, _websocket: WebSocket) -> None:
        pass

    async def leave(self, _request: Request, websocket: WebSocket) -> None:
        websocket.accept()
        await websocket.send("bye")


def use(talks: Talks, path: str, client: Callable[[ClientConnection], Awaitable[Any]]) -> None:
    async def main() -> None:
        listening = await asyncio.get_running_loop().create_server(HttpServer(talks.router), "127.0.0.1", 0)
        port = listening.sockets[0].getsockname()[1]
        try:
            async with connect(f"ws://127.0.0.1:{port}{path}", proxy=None) as connection:
                await client(connection)
            await until(lambda: talks.ended or not path.startswith("/echo"))
        finally:
            listening.close()
            await listening.wait_closed()

    run_in_loop(main())


async def nothing(_connection: ClientConnection) -> None:
    pass


def test_messages_go_both_ways_and_the_handler_ends_with_its_client() -> None:
    async def client(connection: ClientConnection) -> None:
        for message in ("é", b"\x00"):
            await connection.send(message)
            assert await connection.recv() == f"a: {message!r}"

    talks = Talks()
    use(talks, "/echo/a", client)
    assert talks.ended == ["a"]


def test_a_handler_that_returns_closes_the_websocket() -> None:
    async def client(connection: ClientConnection) -> None:
        assert await connection.recv() == "bye"
        with pytest.raises(ConnectionClosed) as caught:
            await connection.recv()
        assert caught.value.rcvd is not None
        assert caught.value.rcvd.code == 1000

    use(Talks(), "/leave/a", client)


def test_a_handler_that_fails_closes_with_1011_and_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def client(connection: ClientConnection) -> None:
        await connection.send("x")
        with pytest.raises(ConnectionClosed) as caught:
            await connection.recv()
        assert caught.value.rcvd is not None
        assert caught.value.rcvd.code == 1011

    use(Talks(), "/fail/a", client)
    assert [record.getMessage() for record in caplog.records if record.name == "api_hour.http"] == [
        "WebSocket '/fail/a' failed"
    ]


@pytest.mark.parametrize(("path", "status", "body"), [("/refuse/a", 403, b"not for you\n"), ("/nowhere", 404, None)])
def test_a_handshake_may_be_refused(path: str, status: int, body: bytes | None) -> None:
    with pytest.raises(InvalidStatus) as caught:
        use(Talks(), path, nothing)

    assert caught.value.response.status_code == status
    assert body is None or caught.value.response.body == body


def test_a_handler_must_accept_or_refuse(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(InvalidStatus) as caught:
        use(Talks(), "/forget/a", nothing)

    assert caught.value.response.status_code == 500
    [record] = [record for record in caplog.records if record.name == "api_hour.http"]
    assert record.exc_info is not None
    assert str(record.exc_info[1]) == "the handler returned before it accepted or refused the WebSocket"


def test_middleware_lies_around_websockets_and_no_error_handler_gets_their_end() -> None:
    seen: list[str] = []

    async def note(request: Request, answer: ResponseHandler) -> Response:
        seen.append(request.path)
        return await answer(request)

    async def on_any(_request: Request, error: Exception) -> None:
        seen.append(repr(error))

    async def client(connection: ClientConnection) -> None:
        await connection.send("x")
        assert await connection.recv() == "a: 'x'"

    use(Talks(Router(middleware=[note], error_handlers={Exception: on_any})), "/echo/a", client)
    assert seen == ["/echo/a"]


def test_a_request_for_no_websocket_is_426() -> None:
    async def main() -> None:
        async with connected(HttpServer(Talks().router)) as connection:
            answer = await connection.ask(b"GET /echo/a HTTP/1.1\r\nHost: a\r\n\r\n")
            assert (answer.status, answer.headers["upgrade"]) == (426, "websocket")

    run_in_loop(main())
