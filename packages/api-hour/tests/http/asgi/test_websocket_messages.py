"""The messages between ASGI applications and their WebSockets."""

import logging
import sys
from typing import Any

import pytest
from asgi_serving import serving
from asgi_websockets import ACCEPT, HANDSHAKE, Echo, talk
from event_loops import run_in_loop, until
from http_connection import connected
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import Close

from api_hour.http.asgi import AsgiServer


def test_text_and_bytes_come_back_and_the_close_is_told() -> None:
    echo = Echo()

    async def use(websocket: ClientConnection) -> None:
        for message in ("é", b"\x00\xff", "", b"", "x" * 200_000):
            await websocket.send(message)
            assert await websocket.recv() == message
        await websocket.send(["in ", "pieces"])
        assert await websocket.recv() == "in pieces"
        await (await websocket.ping())
        await websocket.close(4000, "enough")
        await until(lambda: echo.ended)

    talk(echo, use)
    assert echo.ended == [(4000, "enough")]


def test_the_scope_is_what_the_specification_says() -> None:
    echo = Echo()

    async def use(websocket: ClientConnection) -> None:
        pass

    talk(echo, use, subprotocols=["a", "b"])
    [scope] = echo.scopes
    assert {key: scope[key] for key in ("type", "scheme", "path", "subprotocols", "extensions")} == {
        "type": "websocket",
        "scheme": "ws",
        "path": "/talk",
        "subprotocols": ["a", "b"],
        "extensions": {"websocket.http.response": {}},
    }
    assert "method" not in scope


def test_a_subprotocol_and_headers_are_accepted() -> None:
    async def answer(_scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({**ACCEPT, "subprotocol": "b", "headers": [(b"x-y", b"z")]})
        await receive()

    async def use(websocket: ClientConnection) -> None:
        assert websocket.subprotocol == "b"
        assert websocket.response is not None
        assert websocket.response.headers["x-y"] == "z"

    talk(answer, use, subprotocols=["a", "b"])


@pytest.mark.parametrize(
    ("messages", "status", "body"),
    [
        ([{"type": "websocket.close"}], 403, b"the application refuses this WebSocket\n"),
        (
            [
                {"type": "websocket.http.response.start", "status": 401, "headers": [(b"x-y", b"z")]},
                {"type": "websocket.http.response.body", "body": b"who ", "more_body": True},
                {"type": "websocket.http.response.body", "body": b"are you?"},
            ],
            401,
            b"who are you?",
        ),
    ],
)
def test_a_handshake_can_be_refused(messages: list[dict[str, Any]], status: int, body: bytes) -> None:
    async def answer(_scope: Any, receive: Any, send: Any) -> None:
        await receive()
        for message in messages:
            await send(message)
        assert (await receive())["type"] == "websocket.disconnect"

    async def main() -> None:
        async with serving(answer) as (_, port):
            with pytest.raises(InvalidStatus) as caught:
                await connect(f"ws://127.0.0.1:{port}/", proxy=None)
            assert (caught.value.response.status_code, caught.value.response.body) == (status, body)

    run_in_loop(main())


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (HANDSHAKE.replace(b"Sec-WebSocket-Version: 13\r\n", b""), 400),
        (HANDSHAKE.replace(b"dGhl", b"x"), 400),
        (HANDSHAKE.replace(b"GET", b"PUT"), 405),
    ],
)
def test_a_handshake_that_is_none_is_refused_without_the_application(request_bytes: bytes, status: int) -> None:
    async def main() -> None:
        async with connected(AsgiServer(Echo())) as connection:
            answer = await connection.ask(request_bytes)
            assert answer.status == status

    run_in_loop(main())


def test_a_websocket_without_the_package_is_501(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        monkeypatch.setitem(sys.modules, "api_hour.http.websocket.websocket", None)
        async with connected(AsgiServer(Echo())) as connection:
            answer = await connection.ask(HANDSHAKE)
            assert answer.status == 501
            assert answer.body == b"WebSockets need the package websockets; install api-hour[websocket]\n"

    run_in_loop(main())


def test_an_application_closes_with_a_code() -> None:
    async def answer(_scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send(ACCEPT)
        await send({"type": "websocket.close", "code": 4001, "reason": "why"})

    async def use(websocket: ClientConnection) -> None:
        with pytest.raises(ConnectionClosed) as caught:
            await websocket.recv()
        assert caught.value.rcvd == Close(4001, "why")

    talk(answer, use)


def test_an_application_that_returns_closes_normally() -> None:
    async def answer(_scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send(ACCEPT)

    async def use(websocket: ClientConnection) -> None:
        with pytest.raises(ConnectionClosed) as caught:
            await websocket.recv()
        assert caught.value.rcvd == Close(1000, "")

    talk(answer, use)


def test_an_application_that_raises_closes_with_1011_and_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def answer(_scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send(ACCEPT)
        raise ZeroDivisionError

    async def use(websocket: ClientConnection) -> None:
        with pytest.raises(ConnectionClosed) as caught:
            await websocket.recv()
        assert caught.value.rcvd == Close(1011, "")

    talk(answer, use)
    errors = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert errors == ["WebSocket '/talk' failed"]


def test_an_application_that_raises_before_it_accepts_is_500(caplog: pytest.LogCaptureFixture) -> None:
    async def answer(scope: Any, _receive: Any, _send: Any) -> None:
        if scope["path"] == "/talk":
            raise ZeroDivisionError

    async def main() -> None:
        async with connected(AsgiServer(answer)) as connection:
            assert (await connection.ask(HANDSHAKE)).status == 500
        async with connected(AsgiServer(answer)) as connection:
            assert (await connection.ask(HANDSHAKE.replace(b"/talk", b"/"))).status == 500

    run_in_loop(main())
    assert len(caplog.records) == 2


@pytest.mark.parametrize(
    "message",
    [
        {"type": "websocket.send", "text": "too early"},
        {"type": "websocket.http.response.body", "body": b"too early"},
        {"type": "nonsense"},
    ],
)
def test_an_event_at_the_wrong_time_is_an_error(message: dict[str, Any]) -> None:
    seen: list[str] = []

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "websocket"  # it knows no lifespan
        await receive()
        with pytest.raises(RuntimeError) as caught:
            await send(message)
        seen.append(str(caught.value))
        await send(ACCEPT)
        with pytest.raises(RuntimeError):
            await send(ACCEPT)

    async def use(websocket: ClientConnection) -> None:
        await until(lambda: seen)

    talk(answer, use)
    assert seen == [f"expected the handshake to be accepted or refused, got {message['type']!r}"]
