"""Connections whose worker ends."""

import pytest
from echo_application import GET, Application, request_for
from event_loops import let_run, on_each_loop, until
from http_connection import Answer, connected


@on_each_loop
async def test_an_idle_connection_is_closed_at_once_by_a_shutdown() -> None:
    async with connected(Application().server) as new, connected(Application().server) as used:
        await used.ask(GET)
        for connection in (new, used):
            connection.protocol.begin_shutdown()

            assert await connection.is_cut()


@on_each_loop
async def test_requests_in_flight_are_answered_at_a_shutdown_and_the_last_says_close() -> None:
    application = Application()
    async with connected(application.server) as connection:
        connection.protocol.data_received(request_for("/wait") + GET)
        await until(lambda: application.begun)
        connection.protocol.begin_shutdown()
        await let_run()
        assert not connection.transport.is_closing()
        application.may_go.set()

        first, last = await connection.answer(), await connection.answer()

        assert (first.body, first.headers.get("connection")) == (b'"waited"', None)
        assert (last.status, last.headers["connection"]) == (200, "close")
        assert await connection.rest() == b""


@pytest.mark.parametrize("before", [b"", GET], ids=["first", "second"])
@on_each_loop
async def test_a_request_that_has_begun_to_come_is_answered_at_a_shutdown(before: bytes) -> None:
    async with connected(Application().server) as connection:
        connection.protocol.data_received(before + GET[:10])
        answers: list[Answer] = [await connection.answer()] if before else []
        connection.protocol.begin_shutdown()
        connection.protocol.data_received(GET[10:])

        answers.append(await connection.answer())

        assert [answer.status for answer in answers] == [200] * len(answers)
        assert answers[-1].headers["connection"] == "close"
        assert await connection.rest() == b""


@on_each_loop
async def test_a_second_shutdown_changes_nothing() -> None:
    application = Application()
    async with connected(application.server) as connection:
        connection.protocol.data_received(request_for("/wait"))
        for _ in range(2):
            connection.protocol.begin_shutdown()
        application.may_go.set()

        assert (await connection.answer()).body == b'"waited"'


@on_each_loop
async def test_an_abort_stops_the_handler_and_cuts_the_connection() -> None:
    application = Application()
    async with connected(application.server) as busy, connected(application.server) as idle:
        busy.send(request_for("/wait"))
        await until(lambda: application.begun)

        for connection in (busy, idle):
            connection.protocol.abort()

            assert await connection.is_cut()
        await until(lambda: application.ended)
