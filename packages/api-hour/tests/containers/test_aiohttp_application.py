"""An aiohttp application in a Container: its signals, and the end of its connections."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

import pytest
from accepting import GET, LONG_S, client_of
from aiohttp import WSMsgType, web
from event_loops import let_run, on_each_loop, until
from listening_sockets import listening

import api_hour
from api_hour.config.worker_options import WorkerOptions
from api_hour.containers.aiohttp_application import ACCESS_LOG, CONTAINER, AiohttpContainer, close_when_retiring
from api_hour.worker.lifecycle import Ending, ListeningSocket, serve
from api_hour.worker.worker import Worker


class Diary:
    """An application that writes down its signals; one handler waits for the test."""

    def __init__(self, raises_in: str = "") -> None:
        self.entries: list[str] = []
        self.raises_in = raises_in
        self.may_go = asyncio.Event()
        self.sockets: set[web.WebSocketResponse] = set()
        self.app = web.Application()
        for name in ("on_startup", "on_shutdown", "on_cleanup"):
            getattr(self.app, name).append(self._noter(name))
        self.app.on_shutdown.append(self._close_sockets)
        self.app.router.add_get("/", self.answer)
        self.app.router.add_get("/wait", self.wait)
        self.app.router.add_get("/ws", self.talk)

    def _noter(self, name: str) -> Any:
        async def note(_app: web.Application) -> None:
            self.entries.append(name)
            if name == self.raises_in:
                raise RuntimeError(f"{name} is broken")

        return note

    async def answer(self, request: web.Request) -> web.Response:
        return web.Response(text=str(request.config_dict[CONTAINER].worker.worker_id))

    async def wait(self, _request: web.Request) -> web.Response:
        self.entries.append("begun")
        try:
            await self.may_go.wait()
        except asyncio.CancelledError:
            self.entries.append("cancelled")
            raise
        return web.Response(text="waited")

    async def talk(self, request: web.Request) -> web.WebSocketResponse:
        talk = web.WebSocketResponse()
        await talk.prepare(request)
        self.sockets.add(talk)
        async for message in talk:
            if message.type is WSMsgType.TEXT:
                await talk.send_str(message.data)
        return talk

    async def _close_sockets(self, _app: web.Application) -> None:
        for talk in self.sockets:
            await talk.close(code=1001, message=b"the worker retires")


class OwnServer(api_hour.Container):
    """Serves the application itself, as Containers did."""

    def __init__(self, app: web.Application) -> None:
        super().__init__(config=None, worker=Worker(worker_id=1, pid=1), loop=asyncio.get_running_loop())
        app[CONTAINER] = self
        self.app = app
        close_when_retiring(app, self)

    async def make_servers(self, sockets: list[ListeningSocket]) -> dict[Any, Any]:  # type: ignore[override]
        runner = web.AppRunner(self.app, access_log=None)
        await runner.setup()
        assert runner.server is not None
        return {await self.loop.create_server(runner.server, sock=one.sock): runner.server for one in sockets}


def wrapped(app: web.Application) -> api_hour.Container:
    return AiohttpContainer(None, Worker(worker_id=1, pid=1), asyncio.get_running_loop(), app=app)


class Life:
    """A Container's life on one address."""

    def __init__(
        self, container: api_hour.Container, listener: Any, copy: Any, *, drain_s: float, timeout_s: float
    ) -> None:
        self.listener = listener
        self.ending = Ending()
        self.is_ready = False
        self.task = asyncio.create_task(
            serve(
                container,
                [copy],
                WorkerOptions(backlog=7, drain_timeout_s=drain_s, graceful_timeout_s=timeout_s),
                ending=self.ending,
                on_ready=self._on_ready,
            )
        )

    def _on_ready(self, _listeners: object) -> None:
        self.is_ready = True


@asynccontextmanager
async def living(
    container: api_hour.Container, *, drain_s: float = LONG_S, timeout_s: float = LONG_S
) -> AsyncIterator[Life]:
    with listening() as [listener], listener.dup() as copy:
        life = Life(container, listener, copy, drain_s=drain_s, timeout_s=timeout_s)
        await until(lambda: life.is_ready or life.task.done())
        try:
            yield life
        finally:
            life.ending.stop()
            await asyncio.wait([life.task])


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str = "/") -> tuple[bytes, bytes]:
    """Send a request and return the head and the body of its answer."""
    writer.write(GET.replace(b"/ ", path.encode() + b" ", 1))
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
    return head, await reader.readexactly(length)


@pytest.mark.parametrize("make", [wrapped, OwnServer])
@on_each_loop
async def test_a_retiring_worker_tells_each_client_with_its_next_answer(make: Any) -> None:
    diary = Diary()
    async with living(make(diary.app)) as life, client_of(life.listener) as client:
        head, body = await ask(*client)
        assert body == b"1"
        assert b"Connection: close" not in head

        life.ending.retire()
        await let_run()
        head, body = await ask(*client)

        assert body == b"1"
        assert b"\r\nConnection: close\r\n" in head
        assert await client[0].read() == b""
        await life.task


@pytest.mark.parametrize("make", [wrapped, OwnServer])
@on_each_loop
async def test_what_is_idle_is_closed_and_what_has_begun_is_answered_when_the_daemon_stops(make: Any) -> None:
    diary = Diary()
    async with living(make(diary.app)) as life, client_of(life.listener) as idle, client_of(life.listener) as busy:
        await ask(*idle)
        answer = asyncio.create_task(ask(*busy, "/wait"))
        await until(lambda: "begun" in diary.entries)

        life.ending.stop()
        assert await idle[0].read() == b""
        assert not life.task.done()
        diary.may_go.set()

        head, body = await answer
        assert body == b"waited"
        assert b"\r\nConnection: close\r\n" in head
        await life.task


@pytest.mark.parametrize("make", [wrapped, OwnServer])
@on_each_loop
async def test_what_takes_too_long_is_cancelled(make: Any, caplog: pytest.LogCaptureFixture) -> None:
    diary = Diary()
    async with living(make(diary.app), timeout_s=0.0) as life, client_of(life.listener) as (reader, writer):
        writer.write(GET.replace(b"/", b"/wait", 1))
        await until(lambda: "begun" in diary.entries)

        life.ending.stop()

        assert await reader.read() == b""
        await life.task
        await until(lambda: "cancelled" in diary.entries)
    assert "1 connections were not finished in time: aborted" in [record.getMessage() for record in caplog.records]


@on_each_loop
async def test_the_signals_run_before_the_first_connection_and_after_the_last() -> None:
    diary = Diary()
    async with living(wrapped(diary.app)) as life, client_of(life.listener) as client:
        assert diary.entries == ["on_startup"]
        answer = asyncio.create_task(ask(*client, "/wait"))
        await until(lambda: "begun" in diary.entries)

        life.ending.retire()
        await until(lambda: diary.entries == ["on_startup", "begun", "on_shutdown"])
        diary.may_go.set()

        await answer
        await life.task
    assert diary.entries == ["on_startup", "begun", "on_shutdown", "on_cleanup"]


@on_each_loop
async def test_a_websocket_is_told_as_soon_as_the_worker_retires() -> None:
    diary = Diary()
    async with living(wrapped(diary.app)) as life, client_of(life.listener) as (reader, writer):
        writer.write(
            b"GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 Switching Protocols\r\n")
        await until(lambda: diary.sockets)

        life.ending.retire()

        assert await reader.readexactly(4) == b"\x88\x14\x03\xe9"  # close, 20 bytes, 1001: going away
        assert await reader.readexactly(18) == b"the worker retires"
        writer.write(b"\x88\x82\0\0\0\0\x03\xe9")  # masked with nothing
        with suppress(ConnectionResetError):  # aiohttp may have closed before this came
            assert await reader.read() == b""
        await life.task


@pytest.mark.parametrize(
    ("hook", "entries"),
    [
        ("on_startup", ["on_startup"]),  # aiohttp then ends the contexts of `cleanup_ctx` only
        ("on_shutdown", ["on_startup", "on_shutdown", "on_cleanup"]),
        ("on_cleanup", ["on_startup", "on_shutdown", "on_cleanup"]),
    ],
)
@on_each_loop
async def test_a_signal_that_raises_ends_the_life_and_the_application_is_cleaned_up(
    hook: str, entries: list[str]
) -> None:
    diary = Diary(raises_in=hook)
    async with living(wrapped(diary.app)) as life:
        life.ending.stop()
        with pytest.raises(RuntimeError) as caught:
            await life.task

    assert str(caught.value) == f"{hook} is broken"
    assert diary.entries == entries


@contextmanager
def access_log_level(level: int) -> Iterator[None]:
    ACCESS_LOG.setLevel(level)
    try:
        yield
    finally:
        ACCESS_LOG.setLevel(logging.NOTSET)


@pytest.mark.parametrize(("level", "lines"), [(logging.NOTSET, 0), (logging.INFO, 1)])
@on_each_loop
async def test_requests_are_logged_only_if_asked_for(level: int, lines: int, caplog: pytest.LogCaptureFixture) -> None:
    with access_log_level(level):
        async with living(wrapped(Diary().app)) as life, client_of(life.listener) as client:
            await ask(*client)
            await let_run()

    assert len([record for record in caplog.records if record.name == "aiohttp.access"]) == lines
