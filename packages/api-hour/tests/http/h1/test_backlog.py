"""Requests that wait for their turn."""

import asyncio

from echo_application import GET, Application, request_for
from event_loops import let_run, on_each_loop, until
from http_connection import connected

from api_hour.http.h1.backlog import WAITING_BYTES


@on_each_loop
async def test_nothing_more_is_begun_for_a_client_that_does_not_read() -> None:
    application = Application()
    async with connected(application.server) as connection:
        connection.writer.transport.pause_reading()  # type: ignore[attr-defined]
        connection.send(request_for("/big") * 30)
        await until(lambda: connection.transport.get_write_buffer_size() > 0)
        await let_run()
        assert application.begun <= 2
        connection.writer.transport.resume_reading()  # type: ignore[attr-defined]

        for _ in range(30):
            assert len((await connection.answer()).body) == 1_000_000


@on_each_loop
async def test_a_connection_on_which_too_much_waits_is_not_read_from() -> None:
    application = Application()
    count = WAITING_BYTES // len(GET) + 1
    async with connected(application.server) as connection:
        connection.send(request_for("/wait") + GET * count)
        await until(lambda: not connection.transport.is_reading())
        connection.send(request_for("/echo", "Connection: close"))
        application.may_go.set()

        statuses = [(await connection.answer()).status for _ in range(count + 2)]

        assert set(statuses) == {200}
        assert await connection.rest() == b""


@on_each_loop
async def test_a_few_waiting_requests_stop_no_reading() -> None:
    application = Application()
    async with connected(application.server) as connection:
        connection.protocol.data_received(request_for("/wait") + GET * (WAITING_BYTES // len(GET) - 1))

        assert connection.transport.is_reading()


@on_each_loop
async def test_a_connection_with_many_requests_lets_others_have_their_turn() -> None:
    application = Application()
    turns: list[int] = []
    async with connected(application.server) as connection:
        await connection.ask(GET)
        connection.send(GET * 100)
        while application.begun < 101:
            turns.append(application.begun)
            await asyncio.sleep(0)

        assert len({*turns}) > 3
        for _ in range(100):
            assert (await connection.answer()).status == 200
