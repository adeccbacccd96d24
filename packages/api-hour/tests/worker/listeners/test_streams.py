"""A coroutine function that handles a connection, until the end of either."""

import asyncio
import logging
from typing import Any

import pytest
from accepting import LONG_S, accepting, client_of
from event_loops import let_run, on_each_loop, until
from listening_sockets import listening

from api_hour.worker.listeners.streams import StreamConnection, StreamHandler


def factory_of(handler: StreamHandler) -> Any:
    return lambda: StreamConnection(handler, asyncio.get_running_loop())


@on_each_loop
async def test_a_handler_answers_what_it_has_read_and_then_reads_the_end() -> None:
    may_go = asyncio.Event()
    read: list[bytes] = []

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async for line in reader:
            read.append(line)
            await may_go.wait()
            writer.write(line)
        writer.write(b"goodbye\n")

    with listening() as [listener], accepting(listener, factory_of(echo)) as listeners:
        async with client_of(listener) as (reader, writer):
            writer.write(b"one\n")
            await until(lambda: read)
            [(connection, _)] = listeners._connections.protocols()
            assert isinstance(connection, StreamConnection)
            drain = asyncio.create_task(listeners.drain(LONG_S))
            await until(lambda: connection._is_ending)
            writer.write(b"two\n")  # too late: it is not read
            await let_run()
            may_go.set()

            assert await reader.read() == b"one\ngoodbye\n"
            await drain
    assert read == [b"one\n"]


@on_each_loop
async def test_a_connection_whose_handler_has_returned_is_closed_at_the_end() -> None:
    returned: list[asyncio.StreamWriter] = []  # kept: a writer that is forgotten is closed by some Pythons

    async def greet(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"hello\n")
        returned.append(writer)

    with listening() as [listener], accepting(listener, factory_of(greet)) as listeners:
        async with client_of(listener) as (reader, _):
            assert await reader.readline() == b"hello\n"
            await until(lambda: returned)
            assert listeners.open_connections() == 1

            await listeners.drain(LONG_S)

            assert await reader.read() == b""


@on_each_loop
async def test_a_handler_that_does_not_end_is_cancelled(caplog: pytest.LogCaptureFixture) -> None:
    calls: list[str] = []

    async def tick(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        calls.append("begun")
        try:
            while not writer.is_closing():
                writer.write(b"tick\n")
                await asyncio.sleep(0.001)
        finally:
            calls.append("ended")

    with listening() as [listener], accepting(listener, factory_of(tick)) as listeners:
        async with client_of(listener) as (reader, _):
            await until(lambda: calls)

            await listeners.drain(0.0)

            await until(lambda: calls == ["begun", "ended"])
            with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
                await reader.readexactly(1_000_000)
    assert [record.getMessage() for record in caplog.records] == ["1 connections were not finished in time: aborted"]


@on_each_loop
async def test_a_handler_that_never_reads_is_told_when_its_worker_retires() -> None:
    async def tick(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"tick\n")
        await retiring.wait()
        writer.write(b"goodbye\n")
        writer.close()

    with listening() as [listener], accepting(listener, factory_of(tick)) as listeners:
        retiring = listeners._retiring
        async with client_of(listener) as (reader, _):
            assert await reader.readline() == b"tick\n"

            await listeners.retire(drain_s=LONG_S, timeout_s=LONG_S)

            assert await reader.read() == b"goodbye\n"


@on_each_loop
async def test_a_handler_that_fails_is_logged_and_its_connection_closed(caplog: pytest.LogCaptureFixture) -> None:
    async def fail(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        raise ZeroDivisionError("no good")

    with listening() as [listener], accepting(listener, factory_of(fail)):
        async with client_of(listener) as (reader, _):
            assert await reader.read() == b""
    [record] = caplog.records
    assert record.levelno == logging.ERROR
    assert record.getMessage() == f"{fail!r} failed; its connection is closed"


@on_each_loop
async def test_a_client_that_goes_away_is_no_error_of_the_handler(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="api_hour.worker")

    async def lose(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()
        raise ConnectionResetError("it went away")

    with listening() as [listener], accepting(listener, factory_of(lose)):
        async with client_of(listener) as (reader, _):
            assert await reader.read() == b""
    assert [record.getMessage() for record in caplog.records] == ["a client went away: it went away"]
