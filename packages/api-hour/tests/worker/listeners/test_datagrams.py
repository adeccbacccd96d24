"""Datagrams: read by one of those that share the socket, and nothing lost at the end of one."""

import asyncio
import socket
from contextlib import ExitStack
from typing import Any, cast

from accepting import LONG_S
from event_loops import on_each_loop, until
from listening_sockets import datagram_socket

from api_hour.worker.listeners.listeners import Listeners


class Echo(asyncio.DatagramProtocol):
    """Sends every datagram back."""

    def __init__(self) -> None:
        self.received: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, address: Any) -> None:
        self.received.append(data)
        self.transport.sendto(data, address)


class Slow(Echo):
    """Answers only when the test lets it, and ends when it has."""

    def __init__(self) -> None:
        super().__init__()
        self.may_go = asyncio.Event()
        self.is_ending = False

    def datagram_received(self, data: bytes, address: Any) -> None:
        self.received.append(data)
        self.answer = asyncio.create_task(self.send(data, address))

    async def send(self, data: bytes, address: Any) -> None:
        await self.may_go.wait()
        self.transport.sendto(data, address)
        if self.is_ending:
            self.transport.close()

    def begin_shutdown(self) -> None:
        self.is_ending = True


def client_of(listener: socket.socket, stack: ExitStack) -> socket.socket:
    client = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    client.setblocking(False)
    client.connect(listener.getsockname())
    return client


async def receive(client: socket.socket) -> bytes:
    """Return the next datagram, on any loop."""
    received: list[bytes] = []

    def has_come() -> bool:
        try:
            received.append(client.recv(65536))
        except BlockingIOError:
            return False
        return True

    await until(has_come)
    return received[0]


@on_each_loop
async def test_datagrams_are_answered() -> None:
    with ExitStack() as stack:
        listener = stack.enter_context(datagram_socket())
        listeners = Listeners(asyncio.get_running_loop())
        await listeners.serve(listener.dup(), Echo)
        client = client_of(listener, stack)

        for data in (b"one", b"x" * 60_000):
            client.send(data)
            assert await receive(client) == data

        assert listeners.open_connections() == 0
        await listeners.drain(LONG_S)


@on_each_loop
async def test_datagrams_that_wait_when_one_worker_ends_are_read_by_another() -> None:
    with ExitStack() as stack:
        listener = stack.enter_context(datagram_socket())
        first, second = (Listeners(asyncio.get_running_loop()) for _ in range(2))
        await first.serve(listener.dup(), Echo)
        await first.drain(LONG_S)
        client = client_of(listener, stack)
        client.send(b"it waits")

        await second.serve(listener.dup(), Echo)

        assert await receive(client) == b"it waits"
        await second.drain(LONG_S)


@on_each_loop
async def test_a_protocol_that_can_finish_its_answers_is_waited_for() -> None:
    slow = Slow()
    with ExitStack() as stack:
        listener = stack.enter_context(datagram_socket())
        listeners = Listeners(asyncio.get_running_loop())
        await listeners.serve(listener.dup(), lambda: slow)
        client = client_of(listener, stack)
        client.send(b"hello")
        await until(lambda: slow.received)
        retirement = asyncio.create_task(listeners.retire(drain_s=0.0, timeout_s=LONG_S))
        await until(lambda: slow.is_ending)
        assert not retirement.done()

        slow.may_go.set()

        assert await receive(client) == b"hello"
        await retirement


@on_each_loop
async def test_a_protocol_that_does_not_finish_in_time_is_cut(caplog: Any) -> None:
    slow = Slow()
    with datagram_socket() as listener:
        listeners = Listeners(asyncio.get_running_loop())
        await listeners.serve(listener.dup(), lambda: slow)

        await listeners.drain(0.0)

        assert slow.transport.is_closing()
    assert [record.getMessage() for record in caplog.records] == [
        "a datagram protocol was not finished in time: aborted"
    ]
