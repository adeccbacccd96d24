"""Many tasks on one WebSocket: everybody who waits is told, whether the client reads, closes, or is gone."""

import asyncio
import socket
import ssl
import struct
from collections import Counter
from pathlib import Path
from typing import Any, cast

import pytest
from event_loops import let_run, on_each_loop, until
from http_connection import connected
from issued import Issuer
from websocket_talks import HANDSHAKE, MakeServer, NativeSide, Side, listening, masked, native, on_both

from api_hour.http.message.limits import Limits

SENDERS = 20
MESSAGE_BYTES = 1_000_000
AT_ONCE = struct.pack("ii", 1, 0)  # by a reset


class Senders:
    """A conversation in which many tasks send at once; each notes how that ended."""

    def __init__(self) -> None:
        self.begun = 0
        self.ends: Counter[str] = Counter()

    async def __call__(self, side: Side) -> None:
        await side.accept()
        await asyncio.gather(*(self.send(side, number) for number in range(SENDERS)))

    async def send(self, side: Side, number: int) -> None:
        self.begun += 1
        try:
            await side.send(bytes([number]) * MESSAGE_BYTES)
        except OSError:
            self.ends["failed"] += 1
        else:
            self.ends["sent"] += 1

    def wait(self) -> Any:
        return until(lambda: self.ends.total() == SENDERS)


def contexts(tmp_path: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    issuer = Issuer(tmp_path)
    files = issuer.issue("server")
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(files.cert, files.key)
    return server, issuer.client_context()


def reset(client: socket.socket) -> None:
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
    client.close()


async def open_talk(
    port: int, context: ssl.SSLContext | None = None
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Shake hands, and read nothing."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, limit=1024)
    writer.write(HANDSHAKE)
    await reader.readuntil(b"\r\n\r\n")
    return reader, writer


@on_both
@pytest.mark.parametrize("has_tls", [False, True])
@on_each_loop
async def test_all_who_send_go_on_when_the_client_reads(make_server: MakeServer, has_tls: bool, tmp_path: Path) -> None:
    server_context, client_context = contexts(tmp_path) if has_tls else (None, None)
    senders = Senders()
    async with listening(make_server(senders), server_context) as port:
        reader, writer = await open_talk(port, client_context)
        await until(lambda: senders.begun == SENDERS)
        await let_run()
        assert senders.ends.total() < SENDERS
        seen = []
        for _ in range(SENDERS):
            head = await reader.readexactly(10)
            assert (head[0], int.from_bytes(head[2:])) == (0x82, MESSAGE_BYTES)
            message = await reader.readexactly(MESSAGE_BYTES)
            assert message == message[:1] * MESSAGE_BYTES
            seen.append(message[0])
        assert seen == list(range(SENDERS))
        await senders.wait()
        writer.close()
    assert senders.ends == {"sent": SENDERS}


@on_both
@pytest.mark.parametrize("has_tls", [False, True])
@pytest.mark.parametrize("how", ["reset", "close"])
@on_each_loop
async def test_all_who_send_are_told_when_the_client_goes_without_reading(
    make_server: MakeServer, how: str, has_tls: bool, tmp_path: Path
) -> None:
    server_context, client_context = contexts(tmp_path) if has_tls else (None, None)
    senders = Senders()
    async with listening(make_server(senders), server_context) as port:
        _reader, writer = await open_talk(port, client_context)
        await until(lambda: senders.begun == SENDERS)
        if how == "reset":
            connection = cast("socket.socket", writer.get_extra_info("socket"))
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
        writer.transport.abort()
        await senders.wait()
    assert senders.ends["failed"] > SENDERS // 2


@on_both
@on_each_loop
async def test_one_who_sends_without_end_is_told_that_the_client_is_gone_although_nobody_else_has_a_turn(
    make_server: MakeServer,
) -> None:
    client = socket.socket()
    client.setblocking(False)
    errors: list[OSError] = []

    async def talk(side: Side) -> None:
        await side.accept()
        await side.receive()
        reset(client)
        try:
            while True:
                await side.send("x")
        except OSError as error:
            errors.append(error)

    loop = asyncio.get_running_loop()
    async with listening(make_server(talk)) as port:
        await loop.sock_connect(client, ("127.0.0.1", port))
        await loop.sock_sendall(client, HANDSHAKE + masked(1, b"go"))
        await until(lambda: errors)


@on_both
@on_each_loop
async def test_all_who_send_are_told_when_the_worker_ends_and_the_client_does_not_read(make_server: MakeServer) -> None:
    senders = Senders()
    async with connected(make_server(senders)) as connection:
        connection.writer.transport.pause_reading()  # type: ignore[attr-defined]
        connection.send(HANDSHAKE)
        await until(lambda: senders.begun == SENDERS)
        connection.protocol.begin_drain()
        await senders.wait()
    assert senders.ends["failed"] > SENDERS // 2


@on_each_loop
async def test_one_who_sends_and_is_cancelled_holds_up_nobody() -> None:
    tasks: list[asyncio.Task[None]] = []

    async def talk(side: Side) -> None:
        await side.accept()
        async with asyncio.TaskGroup() as group:
            tasks.extend(group.create_task(side.send(bytes([number]) * MESSAGE_BYTES)) for number in range(4))

    async with connected(native(talk)) as connection:
        connection.send(HANDSHAKE)
        await connection.reader.readuntil(b"\r\n\r\n")
        await until(lambda: len(tasks) == 4)
        await let_run()
        tasks[0].cancel()  # has sent and waits for the reader
        tasks[2].cancel()  # waits for its turn
        for number in (0, 1, 3):
            assert (await connection.reader.readexactly(10 + MESSAGE_BYTES))[10] == number
        assert (await connection.reader.readexactly(2))[0] == 0x88


@on_both
@on_each_loop
async def test_several_tasks_receive_and_each_is_told_of_the_end(make_server: MakeServer) -> None:
    received: list[str | bytes] = []
    codes: list[int] = []

    async def receive(side: Side) -> None:
        try:
            while True:
                received.append(await side.receive())
        except OSError as error:
            codes.append(error.code)  # type: ignore[attr-defined]

    async def talk(side: Side) -> None:
        await side.accept()
        await asyncio.gather(*(receive(side) for _ in range(3)))

    async with connected(make_server(talk)) as connection:
        connection.send(HANDSHAKE)
        await connection.reader.readuntil(b"\r\n\r\n")
        for number in range(10):
            connection.send(masked(2, bytes([number])))
        await until(lambda: len(received) == 10)
        connection.send(masked(8, b"\x03\xe8"))
        await until(lambda: len(codes) == 3)
    assert received == [bytes([number]) for number in range(10)]
    assert codes == [1000] * 3


@on_each_loop
async def test_one_who_receives_and_is_cancelled_loses_no_message() -> None:
    received: list[str | bytes] = []
    waits = asyncio.Event()

    async def talk(side: Side) -> None:
        await side.accept()
        first = asyncio.ensure_future(side.receive())
        second = asyncio.ensure_future(side.receive())
        await let_run()
        first.cancel()
        waits.set()
        received.append(await second)
        await asyncio.wait([first])

    async with connected(native(talk)) as connection:
        connection.send(HANDSHAKE)
        await waits.wait()
        connection.send(masked(1, b"a"))
        await until(lambda: received)
    assert received == ["a"]


@pytest.mark.parametrize("how", ["close", "half-close", "reset", "drain"])
@on_each_loop
async def test_a_handler_that_neither_sends_nor_receives_waits_for_the_close(how: str) -> None:
    codes: list[int] = []

    async def talk(side: Side) -> None:
        assert isinstance(side, NativeSide)
        await side.accept()
        waiting = [asyncio.ensure_future(side.websocket.wait_closed()) for _ in range(2)]
        codes.extend([closed.code for closed in await asyncio.gather(*waiting)])

    async with connected(native(talk)) as connection:
        connection.send(HANDSHAKE)
        await connection.reader.readuntil(b"\r\n\r\n")
        if how == "close":
            connection.send(masked(8, b"\x0f\xa0"))
        elif how == "half-close":
            connection.writer.write_eof()
        elif how == "reset":
            connection.writer.transport.abort()
        else:
            connection.protocol.begin_drain()
        await until(lambda: codes)
    assert codes == [{"close": 4000, "drain": 1012}.get(how, 1006)] * 2


@on_each_loop
async def test_a_client_that_goes_before_it_is_accepted_is_an_end_for_the_handler() -> None:
    codes: list[int] = []
    waits, go = asyncio.Event(), asyncio.Event()

    async def talk(side: Side) -> None:
        waits.set()
        await go.wait()
        await side.accept()
        try:
            await side.receive()
        except OSError as error:
            codes.append(error.code)  # type: ignore[attr-defined]
            with pytest.raises(OSError, match="1006"):
                await side.send("too late")

    async with connected(native(talk)) as connection:
        connection.send(HANDSHAKE)
        await waits.wait()
        connection.writer.transport.abort()
        await until(lambda: connection.protocol.exchange.is_client_gone)
        go.set()
        await until(lambda: codes)
    assert codes == [1006]


@on_each_loop
async def test_the_time_of_a_request_is_no_limit_for_a_websocket() -> None:
    async def talk(side: Side) -> None:
        await side.accept()
        await side.send(await side.receive())

    server = native(talk, Limits(request_timeout_s=5, ping_interval_s=0))
    async with connected(server) as connection:
        connection.send(HANDSHAKE)
        await connection.reader.readuntil(b"\r\n\r\n")
        connection.protocol.check_deadline(server.now_s + 6)
        await let_run()
        connection.send(masked(1, b"still here"))
        assert await connection.reader.readexactly(12) == b"\x81\x0astill here"
