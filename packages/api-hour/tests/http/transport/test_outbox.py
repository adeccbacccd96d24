"""Answers of one turn of the loop go out together, in order, and none waits for long."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from event_loops import on_each_loop
from http_connection import Connection, connected

from api_hour.http import HttpServer, Request, Response, Router
from api_hour.http.transport import outbox
from api_hour.http.transport.writer import HELD_BYTES

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
WAIT_S = 0.25  # longer than a busy machine keeps this process waiting
BLOCKED_S = 1.2 * WAIT_S


@pytest.fixture(autouse=True)
def longer_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let answers wait so long that only a handler which blocks makes them go out before the turn's end."""
    monkeypatch.setattr(outbox, "WAIT_S", WAIT_S)


class Service:
    """Notes what happens, in order: a request, or an answer going out."""

    def __init__(self) -> None:
        self.events: list[str] = []
        router = Router()
        router.add("GET", "/", self.index)
        router.add("GET", "/big", self.big)
        router.add("GET", "/blocks", self.blocks)
        router.add("GET", "/pieces", self.pieces)
        self.server = HttpServer(router)

    async def index(self, _request: Request) -> Response:
        self.events.append("request")
        return Response("small")

    async def big(self, _request: Request) -> Response:
        self.events.append("request")
        return Response(b"x" * (HELD_BYTES + 1))

    async def blocks(self, _request: Request) -> Response:
        self.events.append("request")
        time.sleep(BLOCKED_S)  # noqa: ASYNC251  # that is the question
        return Response("late")

    async def pieces(self, _request: Request) -> Response:
        async def body() -> AsyncIterator[bytes]:
            for piece in (b"one", b"y" * (HELD_BYTES + 1), b"two"):
                self.events.append("piece")
                yield piece

        return Response(body())

    def watch(self, client: Connection) -> None:
        """Note what is written."""
        transport = client.transport

        class Watched:
            """The transport, but for one method."""

            def __getattr__(self, name: str) -> object:
                return getattr(transport, name)

            def write(_, data: bytes) -> None:  # noqa: N805  # self is the service's
                self.events.append("answer")
                transport.write(data)

        client.protocol.writer.transport = Watched()  # type: ignore[assignment]


async def clients_of(stack: AsyncExitStack, service: Service, count: int) -> list[Connection]:
    clients = [await stack.enter_async_context(connected(service.server)) for _ in range(count)]
    for client in clients:
        service.watch(client)
    return clients


def receive_at_once(clients: list[Connection], data: bytes) -> None:
    """Have all that the clients sent received in one turn of the loop."""

    def receive() -> None:
        for client in clients:
            client.protocol.data_received(data)

    asyncio.get_running_loop().call_soon(receive)


@on_each_loop
async def test_answers_of_one_turn_go_out_together() -> None:
    service = Service()
    async with AsyncExitStack() as stack:
        clients = await clients_of(stack, service, 3)
        receive_at_once(clients, GET)
        for client in clients:
            assert (await client.answer()).body == b"small"
    assert service.events == ["request"] * 3 + ["answer"] * 3


@on_each_loop
async def test_pipelined_answers_are_one_write() -> None:
    service = Service()
    async with AsyncExitStack() as stack:
        [client] = await clients_of(stack, service, 1)
        receive_at_once([client], GET * 5)
        for _ in range(5):
            assert (await client.answer()).body == b"small"
    assert service.events == ["request"] * 5 + ["answer"]


@on_each_loop
async def test_a_big_answer_goes_out_at_once_after_what_waits() -> None:
    service = Service()
    async with AsyncExitStack() as stack:
        clients = await clients_of(stack, service, 2)
        receive_at_once(clients, GET + GET.replace(b"/", b"/big", 1))
        for client in clients:
            assert (await client.answer()).body == b"small"
            assert len((await client.answer()).body) == HELD_BYTES + 1
    assert service.events == ["request", "request", "answer", "answer"] * 2


@on_each_loop
async def test_nobody_waits_for_more_than_one_handler_that_blocks() -> None:
    service = Service()
    async with AsyncExitStack() as stack:
        clients = await clients_of(stack, service, 4)
        receive_at_once(clients, GET.replace(b"/", b"/blocks", 1))
        for client in clients:
            assert (await client.answer()).body == b"late"
    assert service.events == ["request", "request", "answer", "answer"] * 2


@on_each_loop
async def test_the_pieces_of_a_stream_come_in_order() -> None:
    service = Service()
    async with AsyncExitStack() as stack:
        [client] = await clients_of(stack, service, 1)
        client.send(GET.replace(b"/", b"/pieces", 1))
        head, _, start = (await client.reader.readuntil(b"one\r\n")).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 OK\r\n")
        rest = start + await client.reader.readuntil(b"0\r\n\r\n")
        size = HELD_BYTES + 1
        assert rest == b"3\r\none\r\n%x\r\n%b\r\n3\r\ntwo\r\n0\r\n\r\n" % (size, b"y" * size)
    assert service.events == ["piece", "answer", "piece", "answer", "piece", "answer", "answer"]


@on_each_loop
async def test_a_client_that_closes_its_end_right_after_its_request_is_answered() -> None:
    service = Service()
    async with AsyncExitStack() as stack:
        [client] = await clients_of(stack, service, 1)
        client.send(GET)
        client.writer.write_eof()
        assert (await client.rest()).endswith(b"small")
