"""WebSockets of ASGI applications, with the client of the websockets package and with raw frames."""

import asyncio
import logging
import sys
from collections.abc import Callable
from typing import Any

import pytest
from asgi_serving import serving
from event_loops import let_run, run_in_loop, until
from http_connection import connected
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import Close

from api_hour.http.asgi import AsgiServer
from api_hour.http.message.limits import Limits

HANDSHAKE = (
    b"GET /talk?a=b HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
ACCEPT = {"type": "websocket.accept"}

Answer = Callable[[Any, Any, Any], Any]


def masked(opcode: int, data: bytes = b"", *, fin: bool = True) -> bytes:
    """Return a client's frame; its mask is zero."""
    assert len(data) < 126
    return bytes([opcode | (0x80 if fin else 0), 0x80 | len(data)]) + bytes(4) + data


class Echo:
    """Sends back what it receives, and notes how it ends."""

    def __init__(self) -> None:
        self.scopes: list[Any] = []
        self.ended: list[tuple[int, str]] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            raise ValueError("none here")
        self.scopes.append(scope)
        assert await receive() == {"type": "websocket.connect"}
        await send(ACCEPT)
        while (message := await receive())["type"] == "websocket.receive":
            await send({**message, "type": "websocket.send"})
        self.ended.append((message["code"], message["reason"]))


def talk(app: Any, use: Callable[[ClientConnection], Any], *, limits: Limits | None = None, **options: Any) -> Any:
    """Serve an application and use one WebSocket of it."""

    async def main() -> None:
        async with (
            serving(app, limits=limits) as (_, port),
            connect(f"ws://127.0.0.1:{port}/talk", proxy=None, **options) as websocket,
        ):
            await use(websocket)

    run_in_loop(main())


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
        monkeypatch.setitem(sys.modules, "api_hour.http.websocket", None)
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


def test_a_message_above_the_limit_closes_with_1009() -> None:
    echo = Echo()

    async def use(websocket: ClientConnection) -> None:
        await websocket.send("x" * 1001)
        with pytest.raises(ConnectionClosed) as caught:
            await websocket.recv()
        assert caught.value.rcvd is not None
        assert caught.value.rcvd.code == 1009

    talk(echo, use, limits=Limits(message_bytes=1000))
    assert [code for code, _ in echo.ended] == [1009]


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        (masked(1, b"\xff"), 1007),
        (masked(1, b"\xc3", fin=False) + masked(0, b"\x28"), 1007),
        (bytes([0x81, 1]) + b"x", 1002),
        (masked(3), 1002),
        (masked(0, b"x"), 1002),
        (masked(8, b"\x03\xe8bye"), 1000),
    ],
)
def test_a_fault_closes_with_its_code(frames: bytes, code: int) -> None:
    echo = Echo()

    async def main() -> None:
        server = AsgiServer(echo)
        async with connected(server) as connection:
            connection.send(HANDSHAKE + frames)
            await connection.reader.readuntil(b"\r\n\r\n")
            head = await connection.reader.readexactly(4)
            assert (head[0], int.from_bytes(head[2:4])) == (0x88, code)
            await until(lambda: echo.ended)
            connection.writer.close()
            await until(lambda: not server.connections)

    run_in_loop(main())
    assert [ended for ended, _ in echo.ended] == [code]


def test_messages_that_come_with_the_handshake_are_not_lost() -> None:
    async def main() -> None:
        async with connected(AsgiServer(Echo())) as connection:
            connection.send(HANDSHAKE + masked(1, b"a", fin=False) + masked(9, b"ping") + masked(0, b"b"))
            await connection.reader.readuntil(b"\r\n\r\n")
            assert await connection.reader.readexactly(6) == b"\x8a\x04ping"
            assert await connection.reader.readexactly(4) == b"\x81\x02ab"

    run_in_loop(main())


def test_a_client_that_goes_is_a_disconnect_with_1006() -> None:
    echo = Echo()

    async def main() -> None:
        async with connected(AsgiServer(echo)) as connection:
            connection.send(HANDSHAKE)
            await connection.reader.readuntil(b"\r\n\r\n")
            connection.writer.transport.abort()
            await until(lambda: echo.ended)

    run_in_loop(main())
    assert echo.ended == [(1006, "")]


def test_a_client_whose_messages_are_not_received_is_not_read_from() -> None:
    go = asyncio.Event()
    received: list[Any] = []

    async def answer(_scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send(ACCEPT)
        await go.wait()
        while (message := await receive())["type"] == "websocket.receive":
            received.append(message)

    async def main() -> None:
        async with connected(AsgiServer(answer)) as connection:
            connection.send(HANDSHAKE)
            await connection.reader.readuntil(b"\r\n\r\n")
            connection.send(masked(1, b"x" * 100) * 100)
            await until(lambda: not connection.transport.is_reading())
            go.set()
            await until(lambda: len(received) == 100)
            assert connection.transport.is_reading()

    run_in_loop(main())


def test_sending_waits_for_the_client() -> None:
    sent: list[int] = []

    async def answer(_scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send(ACCEPT)
        for number in range(100):
            await send({"type": "websocket.send", "bytes": b"x" * 100_000})
            sent.append(number)

    async def main() -> None:
        async with connected(AsgiServer(answer)) as connection:
            connection.writer.transport.pause_reading()  # type: ignore[attr-defined]
            connection.send(HANDSHAKE)
            await until(lambda: sent)
            await let_run()
            assert len(sent) < 50
            connection.writer.transport.abort()

    run_in_loop(main())


def test_a_silent_client_is_pinged_and_cut_when_it_does_not_answer() -> None:
    echo = Echo()

    async def main() -> None:
        server = AsgiServer(echo, limits=Limits(ping_interval_s=20, close_timeout_s=10))
        async with connected(server) as connection:
            connection.send(HANDSHAKE)
            await connection.reader.readuntil(b"\r\n\r\n")
            connection.protocol.check_deadline(server.now_s + 19)
            connection.protocol.check_deadline(server.now_s + 20)
            assert await connection.reader.readexactly(2) == b"\x89\x00"
            connection.send(masked(10))
            await let_run()
            connection.protocol.check_deadline(server.now_s + 40)
            assert await connection.reader.readexactly(2) == b"\x89\x00"
            connection.protocol.check_deadline(server.now_s + 60)
            assert (await connection.rest())[2:] == b"\x03\xf3no answer to a ping"

    run_in_loop(main())
    assert echo.ended == [(1011, "no answer to a ping")]


def test_a_client_that_does_not_close_its_side_is_cut() -> None:
    async def answer(_scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send(ACCEPT)

    async def main() -> None:
        server = AsgiServer(answer, limits=Limits(close_timeout_s=10))
        async with connected(server) as connection:
            connection.send(HANDSHAKE)
            await connection.reader.readuntil(b"\r\n\r\n")
            assert await connection.reader.readexactly(4) == b"\x88\x02\x03\xe8"
            await let_run()
            assert server.connections
            connection.protocol.check_deadline(server.now_s + 11)
            await until(lambda: not server.connections)

    run_in_loop(main())


@pytest.mark.parametrize(("how", "code"), [("begin_drain", 1012), ("begin_shutdown", 1012)])
def test_the_worker_that_ends_says_so_early(how: str, code: int) -> None:
    echo = Echo()

    async def main() -> None:
        server = AsgiServer(echo)
        async with connected(server) as connection:
            connection.send(HANDSHAKE)
            await connection.reader.readuntil(b"\r\n\r\n")
            getattr(connection.protocol, how)()
            assert await connection.reader.readexactly(4) == b"\x88\x02" + code.to_bytes(2)
            await until(lambda: echo.ended)
            connection.send(masked(8, code.to_bytes(2)))
            await until(lambda: not server.connections)

    run_in_loop(main())
    assert echo.ended == [(code, "")]
