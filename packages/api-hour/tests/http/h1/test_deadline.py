"""Clients that send or read nothing are cut in time."""

import pytest
from echo_application import CHUNKED, FAR_S, GET, Application, request_for
from event_loops import let_run, on_each_loop, until
from http_connection import connected

from api_hour.http import Limits
from api_hour.http.exchange import server_state


@pytest.mark.parametrize(
    "beginning",
    [
        b"G",
        b"GET /echo HTTP/1.1\r\nHo",
        request_for("/echo", "Content-Length: 5", method="POST") + b"he",
        CHUNKED + b"5\r\nhe",
    ],
    ids=["method", "head", "body", "chunk"],
)
@pytest.mark.parametrize("before", [b"", GET], ids=["first", "second"])
@on_each_loop
async def test_a_request_that_does_not_come_in_time_is_408(before: bytes, beginning: bytes) -> None:
    application = Application(Limits(head_timeout_s=30, body_timeout_s=30, keep_alive_timeout_s=FAR_S))
    async with connected(application.server) as connection:
        connection.protocol.data_received(before + beginning)
        if before:
            assert (await connection.answer()).status == 200
        connection.protocol.check_deadline(application.server.now_s + 29)
        assert not connection.transport.is_closing()

        connection.protocol.check_deadline(application.server.now_s + 31)

        answer = await connection.answer()
        assert (answer.status, answer.headers["connection"]) == (408, "close")
        what = "body" if b"\r\n\r\n" in beginning else "request"
        assert answer.body.decode() == f"Request Timeout: the {what} did not come in time\n"
        assert await connection.rest() == b""


@on_each_loop
async def test_a_client_that_sends_nothing_is_cut_without_an_answer() -> None:
    application = Application(Limits(head_timeout_s=30, body_timeout_s=30))
    async with connected(application.server) as connection:
        connection.protocol.check_deadline(application.server.now_s + 29)
        assert not connection.transport.is_closing()

        connection.protocol.check_deadline(application.server.now_s + 31)

        assert await connection.is_cut()


@on_each_loop
async def test_a_connection_between_requests_is_cut_without_an_answer() -> None:
    application = Application(Limits(head_timeout_s=30, body_timeout_s=30, keep_alive_timeout_s=75))
    async with connected(application.server) as connection:
        await connection.ask(GET)
        await let_run()
        connection.protocol.check_deadline(application.server.now_s + 74)
        assert not connection.transport.is_closing()

        connection.protocol.check_deadline(application.server.now_s + 75)

        assert await connection.is_cut()


@pytest.mark.parametrize("path", ["/echo", "/nowhere"], ids=["read", "thrown away"])
@on_each_loop
async def test_a_connection_after_a_body_that_came_in_two_pieces_is_cut_without_an_answer(path: str) -> None:
    application = Application(Limits(keep_alive_timeout_s=75))
    async with connected(application.server) as connection:
        connection.protocol.data_received(request_for(path, "Content-Length: 5", method="POST") + b"he")
        await let_run()
        connection.protocol.data_received(b"llo")
        await connection.answer()
        await let_run()
        connection.protocol.check_deadline(application.server.now_s + 74)
        assert not connection.transport.is_closing()

        connection.protocol.check_deadline(application.server.now_s + 75)

        assert await connection.is_cut()


@on_each_loop
async def test_a_handler_may_take_as_long_as_it_needs() -> None:
    application = Application()
    async with connected(application.server) as connection:
        connection.send(request_for("/wait") + b"GET /echo HT")
        await until(lambda: application.begun)

        connection.protocol.check_deadline(FAR_S)

        application.may_go.set()
        assert (await connection.answer()).status == 200
        connection.send(b"TP/1.1\r\nHost: a\r\n\r\n")
        assert (await connection.answer()).status == 200


@on_each_loop
async def test_a_client_that_does_not_read_its_answer_is_cut() -> None:
    application = Application(Limits(write_timeout_s=60, keep_alive_timeout_s=1, head_timeout_s=1))
    async with connected(application.server) as connection:
        connection.writer.transport.pause_reading()  # type: ignore[attr-defined]
        connection.send(request_for("/big") * 10)
        await until(lambda: connection.transport.get_write_buffer_size() > 0)
        await let_run()
        connection.protocol.check_deadline(application.server.now_s + 59)
        assert not connection.transport.is_closing()

        connection.protocol.check_deadline(application.server.now_s + 60)

        await until(lambda: not application.server.connections)


@on_each_loop
async def test_a_client_that_does_not_read_the_last_answer_is_cut() -> None:
    application = Application()
    async with connected(application.server) as connection:
        connection.writer.transport.pause_reading()  # type: ignore[attr-defined]
        connection.send(request_for("/big", "Connection: close"))
        await until(connection.transport.is_closing)
        assert application.server.connections

        connection.protocol.check_deadline(FAR_S)

        await until(lambda: not application.server.connections)


@on_each_loop
async def test_the_servers_clock_looks_at_the_deadlines_and_rests_without_connections(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(server_state, "CLOCK_INTERVAL_S", 0.001)
    application = Application(Limits(head_timeout_s=0.001))
    for _ in range(2):  # it goes on after a rest
        async with connected(application.server) as connection:
            assert await connection.is_cut()
        await until(lambda: application.server.state._clock is None)
