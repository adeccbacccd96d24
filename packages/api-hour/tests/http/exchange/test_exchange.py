"""The life of an exchange: its time, its place among others, and its worker's end."""

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace

import pytest
from event_loops import let_run, on_each_loop, until
from http_connection import connected
from streaming_server import GET, server_of

from api_hour.engines import EngineUnavailable
from api_hour.http import Limits, Request, Response
from api_hour.stats import ServingStats


@on_each_loop
async def test_a_request_that_takes_too_long_is_503(caplog: pytest.LogCaptureFixture) -> None:
    async def handler(_request: Request) -> None:
        await asyncio.Event().wait()

    server = server_of(handler, limits=Limits(request_timeout_s=5))
    async with connected(server) as connection:
        connection.send(GET)
        await let_run()
        connection.protocol.check_deadline(server.now_s + 6)

        answer = await connection.answer()

        assert (answer.status, answer.headers["retry-after"]) == (503, "1")
        assert answer.body == b"the answer took too long\n"
    assert [record.getMessage() for record in caplog.records] == ["GET '/' was not answered in time"]


@on_each_loop
async def test_an_engine_that_is_unavailable_is_503() -> None:
    async def handler(_request: Request) -> None:
        raise EngineUnavailable("the database does not answer")

    async with connected(server_of(handler)) as connection:
        answer = await connection.ask(GET)

        assert (answer.status, answer.headers["retry-after"]) == (503, "1")
        assert answer.body == b"try again\n"  # what we use is not for clients to know
        assert (await connection.ask(GET)).status == 503


@on_each_loop
async def test_requests_are_counted_while_they_are_answered_and_after() -> None:
    stats = ServingStats()
    container = SimpleNamespace(worker=SimpleNamespace(stats=stats))
    go = asyncio.Event()

    async def handler(request: Request) -> None:
        if request.query:
            await go.wait()

    async with connected(server_of(handler, container=container)) as connection:
        for _ in range(3):
            await connection.ask(GET)
        await let_run()
        assert (stats.requests, stats.in_flight) == (3, 0)
        connection.send(GET.replace(b"/ ", b"/?wait "))
        await until(lambda: stats.in_flight == 1)
        go.set()
        await connection.answer()
        await until(lambda: stats.in_flight == 0)
        connection.send(b"nonsense\r\n")
        assert (await connection.answer()).status == 400
    assert (stats.requests, stats.in_flight, sum(stats.latency_counts)) == (5, 0, 5)


@on_each_loop
async def test_one_connection_too_many_is_503() -> None:
    async def handler(_request: Request) -> str:
        return "ok"

    server = server_of(handler, limits=Limits(connections=2))
    async with connected(server) as first, connected(server) as second, connected(server) as third:
        answer = await third.answer()

        assert (answer.status, answer.headers["retry-after"], answer.headers["connection"]) == (503, "1", "close")
        assert await third.rest() == b""
        for connection in (first, second):
            assert (await connection.ask(GET)).status == 200


@on_each_loop
async def test_a_draining_connection_says_close_with_its_next_answer_and_is_open_until_then() -> None:
    async def handler(_request: Request) -> str:
        return "ok"

    async with connected(server_of(handler)) as connection:
        assert "connection" not in (await connection.ask(GET)).headers
        connection.protocol.begin_drain()
        await let_run()
        assert not connection.transport.is_closing()

        assert (await connection.ask(GET)).headers["connection"] == "close"
        assert await connection.rest() == b""


@on_each_loop
async def test_a_long_answer_is_told_that_its_worker_ends() -> None:
    async def pieces(request: Request) -> AsyncIterator[bytes]:
        yield b"begun"
        await request.wait_draining()
        yield f" draining {request.is_draining}".encode()

    async def handler(request: Request) -> Response:
        assert not request.is_draining
        return Response(pieces(request))

    async with connected(server_of(handler)) as connection:
        connection.send(GET)
        await connection.reader.readuntil(b"begun\r\n")
        connection.protocol.begin_drain()
        assert await connection.reader.readuntil(b"0\r\n\r\n") == b"e\r\n draining True\r\n0\r\n\r\n"
