"""Clients that send without end: what is kept of them is bounded, in number and in bytes, whatever they send."""

import asyncio
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from event_loops import let_run, on_each_loop, until
from http_connection import Connection, connected
from websocket_talks import HANDSHAKE, MakeServer, NativeSide, Side, masked, native, on_both

from api_hour.http.message.limits import Limits
from api_hour.http.websocket.inbox import HELD_BYTES, HELD_MESSAGES
from api_hour.http.websocket.websocket import FEED_BYTES

FRAMES = 20_000
BOUND_BYTES = 1_500_000  # the sockets' buffers, one read of each loop, and what is held of one connection

FLOODS = {
    "pings": masked(9),
    "large pings": masked(9, b"x" * 125),
    "empty messages": masked(1),
    "small messages": masked(2, b"x"),
    "large messages": masked(2, b"x" * 65535),
    "text of many bytes": masked(1, "😀".encode() * 1000),
    "empty fragments": masked(0, fin=False),
    "small fragments": masked(0, b"x", fin=False),
    "messages in fragments": masked(1, fin=False) + masked(0),
    "pings within a message": masked(0, fin=False) + masked(9),
}
IN_A_MESSAGE = ("empty fragments", "small fragments", "pings within a message")


@contextmanager
def bounded_memory() -> Iterator[None]:
    """Ask that what is allocated in the block is never more than BOUND_BYTES."""
    tracemalloc.start()
    try:
        yield
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes < BOUND_BYTES


async def send_all(connection: Connection, frame: bytes, *, limit_bytes: int = 4_000_000) -> int:
    """Send a frame over and over, as fast as the server reads; it may be gone. Return how many were sent."""
    number = max(1, 16384 // len(frame))
    pieces = min(FRAMES, limit_bytes // len(frame)) // number
    with suppress(OSError):
        for _ in range(pieces):
            connection.writer.write(frame * number)
            await connection.writer.drain()
    return pieces * number


async def flood(connection: Connection, frame: bytes) -> None:
    """Send a frame over and over, until all is sent or the server reads no more."""
    sending = asyncio.ensure_future(send_all(connection, frame))
    await until(lambda: sending.done() or not connection.transport.is_reading())
    for _ in range(20):  # it may have gone on
        await let_run()
        await until(lambda: sending.done() or not connection.transport.is_reading())
    sending.cancel()
    await asyncio.wait([sending])


async def receive_nothing(side: Side) -> None:
    await side.accept()
    assert await side.receive() == "first"
    await asyncio.Event().wait()


@on_both
@pytest.mark.parametrize("kind", FLOODS)
@on_each_loop
async def test_a_flood_that_nobody_receives_is_bounded(make_server: MakeServer, kind: str) -> None:
    server = make_server(receive_nothing, Limits(ping_interval_s=0))
    async with connected(server) as connection:
        connection.send(HANDSHAKE + masked(1, b"first"))
        await connection.reader.readuntil(b"\r\n\r\n")
        connection.writer.transport.pause_reading()  # type: ignore[attr-defined]
        if kind in IN_A_MESSAGE:
            connection.send(masked(2, fin=False))
        with bounded_memory():
            await flood(connection, FLOODS[kind])
        connection.protocol.abort()


@on_each_loop
async def test_pongs_come_when_the_client_reads_on() -> None:
    async def talk(side: Side) -> None:
        await side.accept()
        with suppress(OSError):
            await side.receive()

    async with connected(native(talk)) as connection:
        connection.send(HANDSHAKE)
        await connection.reader.readuntil(b"\r\n\r\n")
        client: Any = connection.writer.transport
        client.pause_reading()
        sending = asyncio.ensure_future(send_all(connection, masked(9, b"x" * 100), limit_bytes=4_000_000))
        await until(lambda: not connection.transport.is_reading())
        assert connection.transport.get_write_buffer_size() < 64 * 1024 + 2 * FEED_BYTES
        client.resume_reading()
        seen = 0
        while seen < 1000 or not sending.done():
            assert await connection.reader.readexactly(102) == b"\x8a\x64" + b"x" * 100
            seen += 1


@on_each_loop
async def test_between_many_small_frames_others_have_their_turn() -> None:
    async def talk(side: Side) -> None:
        await side.accept()
        with suppress(OSError):
            await side.receive()

    turns = 0
    pings = 20_000

    async def count_turns() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async with connected(native(talk)) as connection:
        connection.send(HANDSHAKE)
        await connection.reader.readuntil(b"\r\n\r\n")
        counting = asyncio.ensure_future(count_turns())
        connection.protocol.data_received(masked(9) * pings)
        assert await connection.reader.readexactly(2 * pings) == b"\x8a\x00" * pings
        counting.cancel()
    assert turns >= pings * 6 // FEED_BYTES


@on_each_loop
async def test_what_is_held_for_the_application_is_bounded_in_number_and_bytes_and_none_is_lost() -> None:
    go = asyncio.Event()
    received: list[str | bytes] = []
    held: list[tuple[int, int]] = []
    sizes = [0] * 3000 + [100_000] * 20 + [1] * 3000

    async def talk(side: Side) -> None:
        assert isinstance(side, NativeSide)
        await side.accept()
        await go.wait()
        while len(received) < len(sizes):
            websocket = side.websocket
            held.append((len(websocket._inbox.messages), websocket._inbox.held_bytes))
            received.append(await side.receive())

    async with connected(native(talk)) as connection:
        connection.send(HANDSHAKE)
        await connection.reader.readuntil(b"\r\n\r\n")
        connection.send(b"".join(masked(2, bytes(size)) for size in sizes))
        await until(lambda: not connection.transport.is_reading())
        go.set()
        await until(lambda: len(received) == len(sizes))
        assert (await connection.reader.readexactly(2))[0] == 0x88
    assert received == [bytes(size) for size in sizes]
    assert max(count for count, _ in held) < HELD_MESSAGES + FEED_BYTES // 6
    assert max(count_bytes for _, count_bytes in held) < HELD_BYTES + 100_000 + FEED_BYTES


@pytest.mark.parametrize("payload", [b"", b"x"], ids=["empty", "small"])
@on_each_loop
async def test_a_message_of_many_fragments_costs_its_bytes(payload: bytes) -> None:
    received: list[str | bytes] = []

    async def talk(side: Side) -> None:
        await side.accept()
        received.append(await side.receive())

    async with connected(native(talk)) as connection:
        connection.send(HANDSHAKE + masked(2, b"begin", fin=False))
        await connection.reader.readuntil(b"\r\n\r\n")
        with bounded_memory():
            number = await send_all(connection, masked(0, payload, fin=False))
            connection.send(masked(0, b"end"))
            await until(lambda: received)
    assert received == [b"begin" + number * payload + b"end"]


@on_both
@on_each_loop
async def test_a_close_is_seen_by_one_who_has_not_received_what_came_before_it(make_server: MakeServer) -> None:
    async def talk(side: Side) -> None:
        await side.accept()
        await side.receive()  # and then it returns, which closes

    server = make_server(talk)
    async with connected(server) as connection:
        connection.send(HANDSHAKE)
        await connection.reader.readuntil(b"\r\n\r\n")
        connection.send(masked(1, b"x") * 5000 + masked(8, b"\x03\xe8"))
        await until(lambda: not server.connections)


@on_both
@on_each_loop
async def test_after_the_close_all_is_read_and_nothing_kept(make_server: MakeServer) -> None:
    server = make_server(receive_nothing, Limits(ping_interval_s=0))
    async with connected(server) as connection:
        connection.send(HANDSHAKE + masked(1, b"first"))
        await connection.reader.readuntil(b"\r\n\r\n")
        connection.writer.transport.pause_reading()  # type: ignore[attr-defined]
        connection.send(masked(1, b"x") * 5000)
        await until(lambda: not connection.transport.is_reading())
        connection.protocol.begin_drain()
        await until(connection.transport.is_reading)
        with bounded_memory():
            for kind in ("large pings", "large messages", "empty messages"):
                await send_all(connection, FLOODS[kind], limit_bytes=2_000_000)
        assert connection.transport.get_write_buffer_size() < 64 * 1024 + 2 * FEED_BYTES
        connection.send(masked(8, b"\x03\xf4"))
        await until(lambda: connection.protocol.exchange.has_ended_answer)
        connection.protocol.abort()
