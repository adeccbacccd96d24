"""Work that goes on after its answer, or after its connection, belongs to the worker until it is over."""

import asyncio
from typing import Any

import pytest
from accepting import LONG_S, accepting, client_of
from event_loops import let_run, on_each_loop, until
from first_pieces import FIRST, GET, START, part
from http_connection import connected
from listening_sockets import listening

from api_hour.http.asgi import AsgiServer
from api_hour.http.message.limits import Limits
from api_hour.stats import ServingStats


class AfterAnswer:
    """An ASGI application that goes on after its answer, until the test lets it end."""

    def __init__(self, *, in_pieces: bool = False, late: bool = False) -> None:
        self.in_pieces = in_pieces
        self.late = late
        self.begun = 0
        self.seen: list[str] = []
        self.may_end = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.begun += 1
        if self.late:
            await asyncio.sleep(0)
        await send(START)
        if self.in_pieces:
            await send(part(b"o", more=True))
        await send(part(FIRST, more=False))
        try:
            if scope["http_version"] == "1.1" and self.begun > 1:
                return
            message = await receive()
            await self.may_end.wait()
            self.seen.append(f"ended, {message['type']}")
        except asyncio.CancelledError:
            self.seen.append("cancelled")
            raise


each_answer = pytest.mark.parametrize(
    ("in_pieces", "late"), [(False, False), (False, True), (True, False), (True, True)]
)


@each_answer
@on_each_loop
async def test_an_answer_ends_with_its_last_message(in_pieces: bool, late: bool) -> None:
    application = AfterAnswer(in_pieces=in_pieces, late=late)
    server = AsgiServer(application, limits=Limits(request_timeout_s=1))
    server.state.stats = stats = ServingStats()
    async with connected(server) as connection:
        connection.send(GET)
        await until(lambda: stats.requests == 1)
        assert stats.in_flight == 0
        assert len(server.works) == 1

        connection.send(GET + GET)
        await until(lambda: stats.requests == 3)
        connection.protocol.check_deadline(server.now_s + 60)
        await let_run()
        assert application.seen == []

        application.may_end.set()
        await until(lambda: application.seen)
    await until(lambda: not server.works)
    assert application.seen == ["ended, http.disconnect"]


@each_answer
@on_each_loop
async def test_a_client_of_http_1_0_is_told_the_end_when_the_answer_has_ended(in_pieces: bool, late: bool) -> None:
    application = AfterAnswer(in_pieces=in_pieces, late=late)
    server = AsgiServer(application)
    async with connected(server) as connection:
        connection.send(b"GET / HTTP/1.0\r\n\r\n")
        assert (await connection.rest()).endswith(FIRST)
        assert application.seen == []
        application.may_end.set()
        await until(lambda: application.seen)


@on_each_loop
async def test_what_fails_after_its_answer_is_logged_and_the_connection_knows_nothing_of_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    may_fail = asyncio.Event()

    async def app(scope: Any, _receive: Any, send: Any) -> None:
        await send(START)
        await send(part(b"", more=False))
        if scope["path"] == "/fails":
            await may_fail.wait()
            raise ZeroDivisionError

    server = AsgiServer(app)
    async with connected(server) as connection:
        await connection.ask(GET.replace(b"/", b"/fails", 1))
        may_fail.set()
        await until(lambda: not server.works)
        assert (await connection.ask(GET)).status == 200
    assert [record.getMessage() for record in caplog.records] == ["GET '/fails' failed after its answer"]


@on_each_loop
async def test_messages_after_the_end_of_an_answer_do_not_reach_the_next_one() -> None:
    errors: list[str] = []
    go_on = asyncio.Event()

    async def app(scope: Any, _receive: Any, send: Any) -> None:
        await send(START)
        await send(part(scope["path"].encode(), more=False))
        if scope["path"] == "/first":
            await go_on.wait()
            for message in (START, part(b"never", more=False)):
                try:
                    await send(message)
                except (RuntimeError, OSError) as error:
                    errors.append(type(error).__name__)

    async with connected(AsgiServer(app)) as connection:
        assert (await connection.ask(GET.replace(b"/", b"/first", 1))).body == b"/first"
        go_on.set()
        assert (await connection.ask(GET)).body == b"/"
        await until(lambda: len(errors) == 2)
        assert (await connection.ask(GET)).body == b"/"


@on_each_loop
async def test_an_application_that_does_not_stream_is_not_troubled_by_a_client_that_has_gone() -> None:
    seen: list[str] = []
    go_on = asyncio.Event()

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        seen.append("begun")
        await go_on.wait()
        await send(START)
        await send(part(b"x" * 200_000, more=False))
        seen.append("background work")

    async with connected(AsgiServer(app)) as connection:
        connection.send(GET)
        await until(lambda: seen)
        connection.writer.transport.abort()
        await until(lambda: connection.protocol.exchange.is_lost)
        go_on.set()
        await until(lambda: len(seen) == 2)


@on_each_loop
async def test_a_drain_waits_for_what_goes_on_after_its_answer() -> None:
    application = AfterAnswer()
    with listening() as [listener], accepting(listener, AsgiServer(application)) as listeners:
        async with client_of(listener) as (reader, writer):
            writer.write(GET)
            await reader.readuntil(FIRST)
        draining = asyncio.ensure_future(listeners.drain(LONG_S))
        await let_run()
        assert not draining.done()
        application.may_end.set()
        await draining
    assert application.seen == ["ended, http.disconnect"]


@on_each_loop
async def test_what_is_not_over_in_time_is_cancelled(caplog: pytest.LogCaptureFixture) -> None:
    application = AfterAnswer()
    with listening() as [listener], accepting(listener, AsgiServer(application)) as listeners:
        async with client_of(listener) as (reader, writer):
            writer.write(GET)
            await reader.readuntil(FIRST)
        await until(lambda: listeners.open_connections() == 0)
        await listeners.drain(0.01)
    assert application.seen == ["cancelled"]
    assert [record.getMessage() for record in caplog.records] == [
        "1 requests were not finished in time, or what goes on after their answers: cancelled"
    ]
