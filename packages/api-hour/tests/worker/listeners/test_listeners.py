"""The end of a worker's connections: told, drained, retired, cut."""

import asyncio
from typing import cast

import pytest
from accepting import GET, GET_AND_CLOSE, LONG_S, Recorder, SlowServer, accepting, client_of
from event_loops import let_run, on_each_loop, until
from listening_sockets import listening

from api_hour.http import HttpServer, Router
from api_hour.worker.listeners.listeners import Listeners


@on_each_loop
async def test_a_connection_that_is_over_is_forgotten() -> None:
    with listening() as [listener], accepting(listener, HttpServer(Router())) as listeners:
        for _ in range(5):
            async with client_of(listener) as (reader, writer):
                writer.write(GET_AND_CLOSE)
                await reader.read()

        await until(lambda: listeners.open_connections() == 0)


# Draining.


@on_each_loop
async def test_a_drain_without_connections_ends_at_once() -> None:
    await Listeners(asyncio.get_running_loop()).drain(LONG_S)


@on_each_loop
async def test_a_protocol_that_knows_no_drain_is_closed() -> None:
    made: list[Recorder] = []
    with listening() as [listener], accepting(listener, lambda: Recorder(made)) as listeners:
        async with client_of(listener) as (reader, _):
            await until(lambda: made)
            listeners.close()

            await listeners.drain(LONG_S)

            assert made[0].is_lost
            assert await reader.read() == b""


@on_each_loop
async def test_a_connection_that_is_just_being_accepted_is_drained_too() -> None:
    made: list[Recorder] = []
    with listening() as [listener], accepting(listener, lambda: Recorder(made)) as listeners:
        async with client_of(listener):
            await until(listeners.open_connections)
            listeners.close()

            await listeners.drain(LONG_S)

    assert [one.is_lost for one in made] == [True]


@on_each_loop
async def test_a_drain_waits_for_requests_in_flight_and_closes_what_is_idle() -> None:
    server = SlowServer()
    with listening() as [listener], accepting(listener, server) as listeners:
        async with client_of(listener) as (idle, _), client_of(listener) as (busy, writer):
            writer.write(GET)
            await until(lambda: server.begun)
            listeners.close()
            drain = asyncio.create_task(listeners.drain(LONG_S))

            assert await idle.read() == b""
            assert not drain.done()
            server.may_go.set()
            assert (await busy.read()).startswith(b"HTTP/1.1 200 OK\r\n")
            await drain


@on_each_loop
async def test_a_drain_waits_until_all_of_an_answer_is_sent() -> None:
    server = SlowServer(body_bytes=20_000_000)
    server.may_go.set()
    with listening() as [listener], accepting(listener, server) as listeners:
        async with client_of(listener) as (reader, writer):
            cast("asyncio.ReadTransport", writer.transport).pause_reading()
            writer.write(GET_AND_CLOSE)
            await until(lambda: any(transport.is_closing() for transport in listeners._connections.transports()))
            listeners.close()
            drain = asyncio.create_task(listeners.drain(LONG_S))
            await let_run()
            assert not drain.done()
            cast("asyncio.ReadTransport", writer.transport).resume_reading()

            assert len((await reader.read()).partition(b"\r\n\r\n")[2]) == 20_000_000
            await drain


@on_each_loop
async def test_what_is_not_finished_in_time_is_aborted(caplog: pytest.LogCaptureFixture) -> None:
    server = SlowServer()
    made: list[Recorder] = []
    with listening(2) as (http, raw), accepting(http, server) as listeners:
        listeners.accept(raw, lambda: Recorder(made))
        async with client_of(http) as (reader, writer), client_of(raw) as (_, raw_writer):
            cast("asyncio.ReadTransport", raw_writer.transport).pause_reading()
            writer.write(GET)
            await until(lambda: server.begun and made)
            made[0].transport.write(b"x" * 50_000_000)
            listeners.close()

            await listeners.drain(0.0)

            await until(lambda: made[0].is_lost and server.cancelled)
            assert await reader.read() == b""
    assert caplog.records[0].getMessage() == "2 connections were not finished in time: aborted"


# Retiring.


@on_each_loop
async def test_a_retiring_worker_waits_for_the_next_request_of_each_client_and_answers_that_it_is_the_last() -> None:
    server = SlowServer()
    server.may_go.set()
    with listening() as [listener], accepting(listener, server) as listeners:
        async with client_of(listener) as (reader, writer):
            writer.write(GET)
            assert b"Connection: close" not in await reader.readuntil(b"\r\n\r\n")
            retirement = asyncio.create_task(listeners.retire(drain_s=LONG_S, timeout_s=LONG_S))
            await let_run()
            assert not retirement.done()

            writer.write(GET)

            assert b"\r\nConnection: close\r\n" in await reader.read()
            await retirement


@on_each_loop
async def test_a_retiring_worker_accepts_nothing_and_says_so() -> None:
    retiring = asyncio.Event()
    listeners = Listeners(asyncio.get_running_loop(), retiring=retiring)
    made: list[Recorder] = []
    with listening() as [listener], listener.dup() as same:
        listeners.accept(same, lambda: Recorder(made))
        await listeners.retire(drain_s=LONG_S, timeout_s=LONG_S)
        async with client_of(listener):
            await let_run()

    assert retiring.is_set()
    assert made == []


@on_each_loop
async def test_what_is_idle_is_closed_when_the_drain_is_over() -> None:
    made: list[Recorder] = []
    with listening(2) as (http, raw), accepting(http, HttpServer(Router())) as listeners:
        listeners.accept(raw, lambda: Recorder(made))
        async with client_of(http) as (idle, _), client_of(raw) as (plain, _):
            await until(lambda: made and listeners.open_connections() == 2)

            await listeners.retire(drain_s=0.05, timeout_s=LONG_S)

            assert (await idle.read(), await plain.read()) == (b"", b"")


@on_each_loop
async def test_a_plain_protocol_is_left_alone_until_the_drain_is_over() -> None:
    made: list[Recorder] = []
    with listening() as [listener], accepting(listener, lambda: Recorder(made)) as listeners:
        async with client_of(listener) as (reader, writer):
            await until(lambda: made)
            retirement = asyncio.create_task(listeners.retire(drain_s=LONG_S, timeout_s=LONG_S))
            await let_run()
            writer.write(b"goes on")
            await until(lambda: made[0].data)
            made[0].transport.write(b"as before")
            assert await reader.readexactly(9) == b"as before"
            writer.close()

            await retirement


@on_each_loop
async def test_a_retirement_that_is_cut_short_by_a_stop_closes_what_is_idle_at_once() -> None:
    with listening() as [listener], accepting(listener, HttpServer(Router())) as listeners:
        async with client_of(listener) as (idle, _):
            await until(listeners.open_connections)
            retirement = asyncio.create_task(listeners.retire(drain_s=LONG_S, timeout_s=LONG_S))
            await let_run()
            retirement.cancel()
            await asyncio.wait([retirement])

            await listeners.drain(LONG_S)

            assert await idle.read() == b""


# Servers that a Container started itself.


@on_each_loop
async def test_connections_that_a_handler_lists_are_drained_whoever_accepted_them() -> None:
    server = SlowServer()
    listeners = Listeners(asyncio.get_running_loop())
    with listening() as [listener]:
        own = await asyncio.get_running_loop().create_server(server, sock=listener.dup())
        listeners.leave_to({own: server})
        async with client_of(listener) as (idle, _), client_of(listener) as (busy, writer):
            writer.write(GET)
            await until(lambda: server.begun and listeners.open_connections() == 2)
            drain = asyncio.create_task(listeners.drain(LONG_S))
            assert await idle.read() == b""
            server.may_go.set()

            assert b"\r\nConnection: close\r\n" in await busy.read()
            await drain


@on_each_loop
async def test_connections_that_a_handler_lists_are_told_and_cut_too(caplog: pytest.LogCaptureFixture) -> None:
    server = SlowServer()
    listeners = Listeners(asyncio.get_running_loop())
    with listening() as [listener]:
        own = await asyncio.get_running_loop().create_server(server, sock=listener.dup())
        listeners.leave_to({own: server})
        async with client_of(listener) as (reader, writer):
            writer.write(GET)
            await until(lambda: server.begun)

            await listeners.retire(drain_s=0.0, timeout_s=0.0)

            await until(lambda: server.cancelled)
            assert await reader.read() == b""
    assert caplog.records[0].getMessage() == "1 connections were not finished in time: aborted"


class Unruly:
    """A handler whose shutdown fails."""

    def __call__(self) -> asyncio.Protocol:
        return asyncio.Protocol()

    async def shutdown(self, timeout: float) -> None:  # noqa: ASYNC109  # aiohttp's own signature
        raise ZeroDivisionError(f"not within {timeout}")


@on_each_loop
async def test_a_shutdown_that_fails_is_logged_and_the_rest_ends(caplog: pytest.LogCaptureFixture) -> None:
    unruly = Unruly()
    listeners = Listeners(asyncio.get_running_loop())
    with listening() as [listener]:
        own = await asyncio.get_running_loop().create_server(unruly, sock=listener.dup())
        listeners.leave_to({own: unruly})

        await listeners.drain(LONG_S)

    assert [record.getMessage() for record in caplog.records] == [f"{unruly!r} could not be shut down"]
