"""The end of a worker's connections: told, drained, retired, cut."""

import asyncio
from typing import cast

import pytest
from accepting import GET, GET_AND_CLOSE, LONG_S, Recorder, SlowServer, accepting, client_of
from event_loops import let_run, on_each_loop, until
from listening_sockets import listening

from api_hour.http import HttpServer, Router
from api_hour.worker.listeners import Listeners


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
