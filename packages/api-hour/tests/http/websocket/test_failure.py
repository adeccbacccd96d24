"""Whatever a handler or an application raises is logged, answered, and takes nobody else with it."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from event_loops import on_each_loop, until
from http_connection import connected
from websocket_talks import HANDSHAKE, AsgiSide, MakeServer, Side, asgi, masked, on_both

from api_hour.http.message.limits import Limits


class OwnError(BaseException):
    pass


async def cancelled_inside() -> None:
    other = asyncio.ensure_future(asyncio.sleep(60))
    other.cancel()
    await other


def raising(error: BaseException) -> Callable[[], Any]:
    async def fail() -> None:
        raise error

    return fail


FAILURES: dict[str, Callable[[], Any]] = {
    "ZeroDivisionError": raising(ZeroDivisionError("why")),
    "SystemExit": raising(SystemExit(3)),
    "KeyboardInterrupt": raising(KeyboardInterrupt()),
    "GeneratorExit": raising(GeneratorExit()),
    "OwnError": raising(OwnError()),
    "ExceptionGroup": raising(ExceptionGroup("some", [ValueError()])),
    "BaseExceptionGroup": raising(BaseExceptionGroup("some", [SystemExit(), ConnectionResetError()])),
    "CancelledError": cancelled_inside,
    "ConnectionResetError": raising(ConnectionResetError("of its own")),
}
on_each_failure = pytest.mark.parametrize("name", FAILURES)


def logged(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str, bool]]:
    records = [record for record in caplog.records if record.name == "api_hour.http"]
    return [(record.levelname, record.getMessage(), bool(record.exc_info)) for record in records]


@on_both
@on_each_failure
@on_each_loop
async def test_what_is_raised_after_the_accept_is_logged_and_closes_with_1011(
    make_server: MakeServer, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def talk(side: Side) -> None:
        await side.accept()
        await side.receive()
        await FAILURES[name]()

    server = make_server(talk)
    for _ in range(2):  # the second shows that the first took nobody with it
        async with connected(server) as connection:
            connection.send(HANDSHAKE + masked(1, b"go"))
            await connection.reader.readuntil(b"\r\n\r\n")
            assert await connection.reader.readexactly(4) == b"\x88\x02\x03\xf3"
            connection.send(masked(8, b"\x03\xf3"))
            await connection.rest()
    assert logged(caplog) == [("ERROR", "WebSocket '/talk' failed", True)] * 2
    assert name in caplog.text


@on_both
@on_each_failure
@on_each_loop
async def test_what_is_raised_before_the_accept_is_logged_and_answered_with_500(
    make_server: MakeServer, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def talk(_side: Side) -> None:
        await asyncio.sleep(0)
        await FAILURES[name]()

    async with connected(make_server(talk)) as connection:
        assert (await connection.ask(HANDSHAKE)).status == 500
    [(level, message, has_traceback)] = logged(caplog)
    assert (level, has_traceback) == ("ERROR", True)
    assert "'/talk' failed" in message
    assert name in caplog.text


@on_both
@on_each_loop
async def test_what_is_raised_when_told_of_the_close_is_logged(
    make_server: MakeServer, caplog: pytest.LogCaptureFixture
) -> None:
    async def talk(side: Side) -> None:
        await side.accept()
        try:
            await side.receive()
        except OSError:
            raise ZeroDivisionError("in the cleanup") from None

    caplog.set_level(logging.INFO)
    async with connected(make_server(talk)) as connection:
        connection.send(HANDSHAKE + masked(8, b"\x03\xe8"))
        await connection.reader.readuntil(b"\r\n\r\n")
        assert await connection.rest() == b"\x88\x02\x03\xe8"
    assert logged(caplog) == [("INFO", "WebSocket '/talk' failed, after its close", True)]


@on_both
@pytest.mark.parametrize("how", ["close", "gone", "drain"])
@on_each_loop
async def test_the_end_of_several_tasks_is_no_failure(
    make_server: MakeServer, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def receive(side: Side) -> None:
        while True:
            await side.receive()

    async def talk(side: Side) -> None:
        await side.accept()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(receive(side))
            tasks.create_task(receive(side))

    server = make_server(talk)
    async with connected(server) as connection:
        connection.send(HANDSHAKE)
        await connection.reader.readuntil(b"\r\n\r\n")
        if how == "drain":
            connection.protocol.begin_drain()
            assert await connection.reader.readexactly(4) == b"\x88\x02\x03\xf4"
        if how != "gone":
            connection.send(masked(8, b"\x03\xe8"))
        connection.writer.close()
        await until(lambda: not server.connections)
    assert logged(caplog) == []


@pytest.mark.parametrize("how", ["it closes", "close", "gone", "drain"])
@pytest.mark.parametrize("kind", ["websocket.send", "websocket.close"])
@on_each_loop
async def test_an_application_that_sends_after_the_close_gets_an_os_error(how: str, kind: str) -> None:
    seen: list[Any] = []

    async def talk(side: Side) -> None:
        assert isinstance(side, AsgiSide)
        await side.accept()
        if how == "it closes":
            await side.send_event({"type": "websocket.close", "code": 4001})
        seen.append(await side.receive_event())
        seen.append(await side.receive_event())
        with pytest.raises(OSError, match="the WebSocket is closed"):
            await side.send_event({"type": kind, "text": "x"})
        seen.append(kind)

    async with connected(asgi(talk)) as connection:
        connection.send(HANDSHAKE)
        await connection.reader.readuntil(b"\r\n\r\n")
        if how == "close":
            connection.send(masked(8, b"\x03\xe8"))
        elif how == "gone":
            connection.writer.transport.abort()
        elif how == "drain":
            connection.protocol.begin_drain()
        await until(lambda: len(seen) == 3)
    code = {"it closes": 4001, "close": 1000, "gone": 1006, "drain": 1012}[how]
    assert seen == [{"type": "websocket.disconnect", "code": code, "reason": ""}] * 2 + [kind]


@on_each_loop
async def test_an_application_whose_client_goes_before_the_accept_is_told() -> None:
    seen: list[Any] = []

    async def talk(side: Side) -> None:
        assert isinstance(side, AsgiSide)
        seen.append(await side.receive_event())
        seen.append(await side.receive_event())
        with pytest.raises(OSError, match="before the WebSocket was accepted"):
            await side.send_event({"type": "websocket.accept"})
        seen.append("told")

    async with connected(asgi(talk)) as connection:
        connection.send(HANDSHAKE)
        await until(lambda: seen)
        connection.writer.transport.abort()
        await until(lambda: len(seen) == 3)
    assert seen == [{"type": "websocket.connect"}, {"type": "websocket.disconnect", "code": 1006, "reason": ""}, "told"]


@on_both
@on_each_loop
async def test_an_accept_that_comes_too_late_is_answered_with_503(make_server: MakeServer) -> None:
    begun = asyncio.Event()

    async def talk(_side: Side) -> None:
        begun.set()
        await asyncio.Event().wait()

    server = make_server(talk, Limits(request_timeout_s=5))
    async with connected(server) as connection:
        connection.send(HANDSHAKE)
        await begun.wait()
        connection.protocol.check_deadline(server.now_s + 6)
        assert (await connection.answer()).status == 503


@on_both
@on_each_loop
async def test_a_handler_that_sleeps_on_does_not_keep_the_connection(make_server: MakeServer) -> None:
    async def talk(side: Side) -> None:
        await side.accept()
        await asyncio.Event().wait()

    server = make_server(talk)
    async with connected(server) as connection:
        connection.send(HANDSHAKE + masked(8, b"\x03\xe8"))
        await connection.reader.readuntil(b"\r\n\r\n")
        assert await connection.rest() == b"\x88\x02\x03\xe8"
        connection.writer.close()
        await until(lambda: not server.connections)
        [work] = server.works
        work.cancel()
        await until(lambda: not server.works)


@on_both
@on_each_loop
async def test_a_client_that_closes_its_side_only_is_seen_although_it_reads_nothing(make_server: MakeServer) -> None:
    async def talk(side: Side) -> None:
        await side.accept()
        with suppress(OSError):
            while True:
                await side.send(bytes(100_000))

    server = make_server(talk, Limits(close_timeout_s=10))
    async with connected(server) as connection:
        connection.writer.transport.pause_reading()  # type: ignore[attr-defined]
        connection.send(HANDSHAKE)
        await until(lambda: not connection.protocol.exchange.can_write)
        connection.protocol.begin_drain()
        await until(lambda: server.works == set() or connection.transport.is_reading())
        connection.send(masked(8, b"\x03\xf4"))
        await until(lambda: not server.works)
