"""Limits, faults and ends of WebSockets, as ASGI applications see them."""

import asyncio
from typing import Any

import pytest
from asgi_websockets import ACCEPT, HANDSHAKE, Echo, talk
from event_loops import let_run, run_in_loop, until
from http_connection import connected
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from api_hour.http.asgi import AsgiServer
from api_hour.http.message.limits import Limits


def masked(opcode: int, data: bytes = b"", *, fin: bool = True) -> bytes:
    """Return a client's frame; its mask is zero."""
    assert len(data) < 126
    return bytes([opcode | (0x80 if fin else 0), 0x80 | len(data)]) + bytes(4) + data


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
