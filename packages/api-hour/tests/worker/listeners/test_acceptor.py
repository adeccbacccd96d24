"""Accepting connections one at a time, and what is done when it fails."""

import asyncio
import errno
import logging
import socket
from collections.abc import Callable
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from typing import Any

import pytest
from accepting import Recorder, accepting, client_of, shout
from event_loops import let_run, on_each_loop, until
from listening_sockets import listening

from api_hour.worker.listeners import acceptor as acceptor_module
from api_hour.worker.listeners.streams import StreamConnection

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


class PassingLoop:
    """The running loop; a subclass changes what it does otherwise."""

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio.get_running_loop(), name)


class HoldingLoop(PassingLoop):
    """The running loop, but what is to be done later waits for the test."""

    def __init__(self) -> None:
        self.held: list[Callable[[], object]] = []

    def call_later(self, _delay_s: float, callback: Callable[[], object]) -> None:
        self.held.append(callback)


class LosingLoop(PassingLoop):
    """The running loop, but no connection survives its acceptance."""

    async def connect_accepted_socket(self, *_arguments: object) -> None:
        raise ConnectionResetError(errno.ECONNRESET, "Connection reset by peer")


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
        with accepting(listener, lambda: StreamConnection(shout, asyncio.get_running_loop())):
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
    monkeypatch.setattr(acceptor_module, "ACCEPT_PAUSE_S", 0.01)
    made: list[Recorder] = []
    with listening() as [listener], accepting(Refusing(listener, TOO_MANY_FILES), lambda: Recorder(made)):
        async with client_of(listener):
            await until(lambda: made)

    assert [record.getMessage() for record in caplog.records] == [
        "cannot accept connections: [Errno 24] Too many open files; next try in 0.01 s"
    ]


@on_each_loop
async def test_a_worker_that_stops_does_not_try_again() -> None:
    made: list[Recorder] = []
    loop = HoldingLoop()
    with listening() as [listener], listener.dup() as same:
        with accepting(Refusing(same, TOO_MANY_FILES), lambda: Recorder(made), loop=loop):
            async with client_of(listener):
                await until(lambda: loop.held)
        [try_again] = loop.held
        try_again()
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
