"""Accepting connections, sharing them out, and letting them finish."""

import asyncio
import errno
import functools
import gc
import logging
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from event_loops import TIMEOUT_S, let_run, on_each_loop, until
from listening_sockets import listening

from api_hour.http import HttpServer, Request, Response, Router
from api_hour.worker import listeners as listeners_module
from api_hour.worker.listeners import Listeners, handlers_for, protocol_factory

LONG_S = TIMEOUT_S  # longer than a test waits

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
GET_AND_CLOSE = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
TOO_MANY_FILES = OSError(errno.EMFILE, "Too many open files")


class Refusing:
    """A listening socket whose `accept` fails a few times."""

    def __init__(self, listener: socket.socket, *errors: OSError) -> None:
        self.listener = listener
        self.errors = list(errors)

    def accept(self) -> tuple[socket.socket, Any]:
        if self.errors:
            raise self.errors.pop(0)
        return self.listener.accept()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.listener, name)


class Recorder(asyncio.Protocol):
    """A protocol that knows nothing of draining."""

    def __init__(self, made: "list[Recorder]") -> None:
        made.append(self)
        self.data = b""
        self.is_lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self.data += data

    def connection_lost(self, _error: Exception | None) -> None:
        self.is_lost = True


class LosingLoop:
    """The running loop, but no connection survives its acceptance."""

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio.get_running_loop(), name)

    async def connect_accepted_socket(self, *_arguments: object) -> None:
        raise ConnectionResetError(errno.ECONNRESET, "Connection reset by peer")


class SlowServer(HttpServer):
    """An HTTP server whose only handler waits for the test."""

    def __init__(self, body_bytes: int = 0) -> None:
        router = Router()
        router.add("GET", "/", self.wait)
        super().__init__(router)
        self.body_bytes = body_bytes
        self.may_go = asyncio.Event()
        self.begun = 0
        self.cancelled = 0

    async def wait(self, _request: Request) -> Response:
        self.begun += 1
        try:
            await self.may_go.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return Response(b"x" * self.body_bytes)


@contextmanager
def accepting(listener: Any, factory: Any, *, loop: Any = None) -> Iterator[Listeners]:
    """Accept from a listening socket, or from what looks like one, to the end of the block."""
    listeners = Listeners(loop or asyncio.get_running_loop())
    listeners.accept(listener, factory)
    try:
        yield listeners
    finally:
        listeners.close()


@asynccontextmanager
async def client_of(listener: socket.socket) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Connect to a listening socket; the client's end is closed at the end of the block."""
    reader, writer = await asyncio.open_connection(*listener.getsockname())
    try:
        yield reader, writer
    finally:
        writer.close()


# Which handler serves which address.


def test_one_handler_serves_every_address() -> None:
    assert list(handlers_for(["a"], 3)) == ["a", "a", "a"]


def test_each_of_several_handlers_serves_its_address() -> None:
    assert list(handlers_for(["a", "b"], 2)) == ["a", "b"]


@pytest.mark.parametrize(("handlers", "binds"), [([], 1), (["a", "b"], 1), (["a", "b"], 3)])
def test_another_number_of_handlers_is_refused(handlers: list[str], binds: int) -> None:
    with pytest.raises(ValueError) as caught:
        handlers_for(handlers, binds)

    assert str(caught.value) == (
        f"make_servers() returned {len(handlers)} handlers for {binds} --bind addresses; "
        "expected one for all of them, or one for each."
    )


async def shout(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer the first line in capitals."""
    writer.write((await reader.readline()).upper())
    writer.close()


class Shouter:
    """The same as an object, and as a method."""

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await shout(reader, writer)

    async def method(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await shout(reader, writer)


@pytest.mark.parametrize("handler", [shout, Shouter(), Shouter().method, functools.partial(shout)])
@on_each_loop
async def test_a_coroutine_function_is_given_streams(handler: Any) -> None:
    factory = protocol_factory(handler, asyncio.get_running_loop())
    with listening() as [listener], accepting(listener, factory):
        for word in (b"one\n", b"two\n"):
            async with client_of(listener) as (reader, writer):
                writer.write(word)

                assert await reader.read() == word.upper()


@pytest.mark.parametrize("handler", [Recorder, HttpServer(Router()), lambda: Recorder([])])
@on_each_loop
async def test_anything_else_is_a_protocol_factory(handler: Any) -> None:
    assert protocol_factory(handler, asyncio.get_running_loop()) is handler


# Accepting.


@on_each_loop
async def test_every_connection_gets_a_protocol_of_its_own() -> None:
    made: list[Recorder] = []
    with listening() as [listener], accepting(listener, lambda: Recorder(made)):
        async with AsyncExitStack() as clients:
            for number in range(20):
                _, writer = await clients.enter_async_context(client_of(listener))
                writer.write(b"%d" % number)

            await until(lambda: sorted(int(one.data or b"-1") for one in made) == list(range(20)))
            for connection in made:
                raw = connection.transport.get_extra_info("socket")
                assert raw.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1


@on_each_loop
async def test_connections_of_a_unix_socket_are_accepted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("a.sock")
        listener.listen()
        listener.setblocking(False)
        with accepting(listener, protocol_factory(shout, asyncio.get_running_loop())):
            reader, writer = await asyncio.open_unix_connection("a.sock")
            writer.write(b"hello\n")

            assert await reader.read() == b"HELLO\n"
            writer.close()


@on_each_loop
async def test_one_connection_is_accepted_for_each_turn_of_the_loop() -> None:
    """So workers that wait on the same socket share the connections that arrive together."""
    made: list[Recorder] = []
    accepted_at_turn: list[int] = []
    turn = 0

    def make_protocol() -> Recorder:
        accepted_at_turn.append(turn)
        return Recorder(made)

    with listening() as [listener], ExitStack() as clients:
        for _ in range(5):
            clients.enter_context(socket.create_connection(listener.getsockname()))
        with accepting(listener, make_protocol):
            while len(made) < 5:
                turn += 1
                await asyncio.sleep(0)

    assert len(set(accepted_at_turn)) == 5


@pytest.mark.parametrize("error", [BlockingIOError, InterruptedError, ConnectionAbortedError])
@on_each_loop
async def test_a_connection_that_another_worker_took_is_no_error(
    error: type[OSError], caplog: pytest.LogCaptureFixture
) -> None:
    made: list[Recorder] = []
    with listening() as [listener], accepting(Refusing(listener, error()), lambda: Recorder(made)):
        async with client_of(listener):
            await until(lambda: made)

    assert caplog.records == []


@on_each_loop
async def test_a_worker_out_of_descriptors_waits_and_tries_again(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listeners_module, "ACCEPT_PAUSE_S", 0.01)
    made: list[Recorder] = []
    with listening() as [listener], accepting(Refusing(listener, TOO_MANY_FILES), lambda: Recorder(made)):
        async with client_of(listener):
            await until(lambda: made)

    assert [record.getMessage() for record in caplog.records] == [
        "cannot accept connections: [Errno 24] Too many open files; next try in 0.01 s"
    ]


@on_each_loop
async def test_a_worker_that_stops_does_not_try_again(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listeners_module, "ACCEPT_PAUSE_S", 0.001)
    made: list[Recorder] = []
    pause_is_over = asyncio.Event()
    with listening() as [listener], listener.dup() as same:
        with accepting(Refusing(same, TOO_MANY_FILES), lambda: Recorder(made)):
            async with client_of(listener):
                await until(lambda: caplog.records)
                asyncio.get_running_loop().call_later(0.001, pause_is_over.set)  # after the worker's own timer
        await pause_is_over.wait()
        await let_run()

    assert made == []


@on_each_loop
async def test_another_failure_of_accept_is_not_swallowed() -> None:
    failures: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: failures.append(context))
    refusing = OSError(errno.EINVAL, "Invalid argument")
    with listening() as [listener], accepting(Refusing(listener, refusing), lambda: Recorder([])):
        async with client_of(listener):
            await until(lambda: failures)

    assert failures[0]["exception"] is refusing


@on_each_loop
async def test_a_connection_lost_while_it_is_accepted_is_closed(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="api_hour.worker")
    with listening() as [listener], accepting(listener, lambda: Recorder([]), loop=LosingLoop()):
        async with client_of(listener) as (reader, _):
            assert await reader.read() == b""

    assert [record.getMessage() for record in caplog.records] == [
        "a connection was lost while it was accepted: [Errno 104] Connection reset by peer"
    ]


@on_each_loop
async def test_nothing_is_accepted_once_the_worker_stops() -> None:
    made: list[Recorder] = []
    with listening() as [listener], listener.dup() as same:
        with accepting(same, lambda: Recorder(made)):
            pass
        async with client_of(listener):  # it waits for another worker
            await let_run()

    assert made == []


@on_each_loop
async def test_a_connection_that_is_over_is_forgotten() -> None:
    with listening() as [listener], accepting(listener, HttpServer(Router())) as listeners:
        for _ in range(5):
            async with client_of(listener) as (reader, writer):
                writer.write(GET_AND_CLOSE)
                await reader.read()
        await let_run()
        gc.collect()  # asyncio's own transports refer to themselves

        await until(lambda: len(listeners._connections) == 0)


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
            await until(lambda: listeners._accepting or made)
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
            await until(lambda: any(transport.is_closing() for transport in listeners._connections))
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
