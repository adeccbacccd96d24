"""The life of one worker: the order of its hooks, and what is done when one of them raises."""

import asyncio
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from event_loops import TIMEOUT_S, let_run, on_each_loop, until
from issued import Issuer
from listening_sockets import backlog_of, listening

import api_hour
from api_hour.config.worker_options import WorkerOptions
from api_hour.engines import Engine
from api_hour.errors import ConfigError
from api_hour.http import HttpServer, Request, Router
from api_hour.worker.lifecycle import Ending, ListeningSocket, serve
from api_hour.worker.listeners.certificates import Certificate
from api_hour.worker.listeners.listeners import Listeners
from api_hour.worker.process import Worker

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
GET_AND_CLOSE = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
BACKLOG = 7

WHOLE_LIFE = [
    "pre_start",
    "connect first",
    "connect second",
    "start",
    "make_servers",
    "ready",
    "shutdown",
    "stop",
    "close second",
    "close first",
    "cleanup",
]
HOOKS = ("pre_start", "connect first", "start", "make_servers", "shutdown", "stop", "close second", "cleanup")


class Diary:
    """Writes down what happens; raises in the hook that a test names."""

    def __init__(self, raises_in: str = "") -> None:
        self.entries: list[str] = []
        self.raises_in = raises_in

    def note(self, entry: str) -> None:
        self.entries.append(entry)
        if entry == self.raises_in:
            raise RuntimeError(f"{entry} is broken")


class DiaryEngine(Engine):
    """An engine that keeps the diary."""

    def __init__(self, name: str, diary: Diary) -> None:
        self.name = name
        self.diary = diary

    async def connect(self) -> None:
        await asyncio.sleep(0)
        self.diary.note(f"connect {self.name}")

    async def close(self) -> None:
        await asyncio.sleep(0)
        self.diary.note(f"close {self.name}")


class App(api_hour.Container):
    """Every hook keeps the diary; one HTTP handler waits for the test."""

    def __init__(self, diary: Diary) -> None:
        super().__init__(config=None, worker=Worker(worker_id=1, pid=1), loop=asyncio.get_running_loop())
        self.diary = diary
        self.may_go = asyncio.Event()
        self.begun = 0
        self.engines["first"] = DiaryEngine("first", diary)
        self.engines["second"] = DiaryEngine("second", diary)
        router = Router()
        router.add("GET", "/", self.answer)
        self.servers["http"] = HttpServer(router, container=self)

    async def answer(self, _request: Request) -> str:
        self.begun += 1
        await self.may_go.wait()
        self.diary.note("answer")
        return "answered"

    async def pre_start(self) -> None:
        self.diary.note("pre_start")

    async def start(self) -> None:
        self.diary.note("start")

    def make_servers(self) -> Sequence[Any]:
        self.diary.note("make_servers")
        return [self.servers["http"]]

    async def shutdown(self) -> None:
        self.diary.note("shutdown")

    async def stop(self) -> None:
        self.diary.note("stop")

    async def cleanup(self) -> None:
        self.diary.note("cleanup")


class Life:
    """A Container that lives in a task of its own, as a worker would let it."""

    def __init__(
        self,
        container: App,
        sockets: Sequence[socket.socket],
        options: WorkerOptions,
        *,
        certificates: Sequence[Certificate | None],
    ) -> None:
        self.ending = Ending()
        self.is_ready = False
        self._container = container
        self.task = asyncio.create_task(
            serve(
                container,
                sockets,
                options,
                ending=self.ending,
                on_ready=self._on_ready,
                certificates=certificates,
            )
        )

    def _on_ready(self, listeners: Listeners) -> None:
        self.is_ready = True
        self.open_connections = listeners.open_connections
        self._container.diary.note("ready")

    async def ready(self) -> None:
        await until(lambda: self.is_ready or self.task.done())
        assert self.is_ready, self.task.exception()

    async def end(self) -> None:
        self.ending.stop()
        await self.task


@contextmanager
def living(
    container: App,
    listeners: Sequence[socket.socket],
    *,
    drain_timeout_s: float = TIMEOUT_S,
    graceful_timeout_s: float = TIMEOUT_S,
    certificates: Sequence[Certificate | None] = (),
) -> Iterator[Life]:
    """Start a life on copies of the sockets, as a worker inherits them."""
    with ExitStack() as stack:
        copies = [stack.enter_context(listener.dup()) for listener in listeners]
        options = WorkerOptions(backlog=BACKLOG, drain_timeout_s=drain_timeout_s, graceful_timeout_s=graceful_timeout_s)
        yield Life(container, copies, options, certificates=certificates)


async def exchange(listener: socket.socket, data: bytes, *, tls: ssl.SSLContext | None = None) -> bytes:
    """Send bytes on a new connection and return all that comes back until its end."""
    host, port = listener.getsockname()
    reader, writer = await asyncio.open_connection(host, port, ssl=tls)
    writer.write(data)
    try:
        return await reader.read()
    finally:
        writer.close()


# The order of a life.


@on_each_loop
async def test_the_hooks_run_in_order_with_the_engines_between_them() -> None:
    diary = Diary()
    with listening() as listeners, living(App(diary), listeners) as life:
        await life.ready()
        await life.end()

    assert diary.entries == WHOLE_LIFE


@on_each_loop
async def test_the_engines_are_up_before_the_first_connection_is_accepted_and_until_the_last_is_answered() -> None:
    diary = Diary()
    container = App(diary)
    container.may_go.set()
    with listening() as listeners:
        answer = asyncio.create_task(exchange(listeners[0], GET))  # the client waits before the worker is there
        with living(container, listeners) as life:
            await until(lambda: "answer" in diary.entries)
            await life.end()

        assert (await answer).startswith(b"HTTP/1.1 200 OK\r\n")
    position = WHOLE_LIFE.index("ready") + 1
    assert diary.entries == [*WHOLE_LIFE[:position], "answer", *WHOLE_LIFE[position:]]


@on_each_loop
async def test_requests_in_flight_are_answered_before_the_hooks_of_the_end() -> None:
    diary = Diary()
    container = App(diary)
    with listening() as listeners, living(container, listeners) as life:
        idle = asyncio.create_task(exchange(listeners[0], b""))
        answer = asyncio.create_task(exchange(listeners[0], GET))
        await until(lambda: container.begun and len(container.servers["http"].connections) == 2)
        life.ending.stop()
        assert await idle == b""  # the end has begun
        assert diary.entries[-1] == "ready"
        container.may_go.set()

        data = await answer
        await life.task

    assert data.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"\r\nConnection: close\r\n" in data
    assert diary.entries[-6:] == ["answer", "shutdown", "stop", "close second", "close first", "cleanup"]


@on_each_loop
async def test_a_request_that_takes_too_long_is_stopped_and_the_hooks_of_the_end_run() -> None:
    diary = Diary()
    container = App(diary)
    with listening() as listeners, living(container, listeners, graceful_timeout_s=0.0) as life:
        answer = asyncio.create_task(exchange(listeners[0], GET))
        await until(lambda: container.begun)

        await life.end()

        assert await answer == b""
    assert diary.entries == WHOLE_LIFE


@on_each_loop
async def test_a_worker_that_retires_answers_what_its_connections_ask_next_and_tells_them_to_go() -> None:
    diary = Diary()
    container = App(diary)
    container.may_go.set()
    with listening() as listeners, living(container, listeners) as life:
        await life.ready()
        reader, writer = await asyncio.open_connection(*listeners[0].getsockname())
        writer.write(GET)
        assert b"\r\nConnection: close\r\n" not in await reader.readuntil(b"answered")

        life.ending.retire()
        await let_run()
        assert not life.task.done()
        writer.write(GET)

        assert b"\r\nConnection: close\r\n" in await reader.read()
        writer.close()
        await life.task
    assert diary.entries[-5:] == WHOLE_LIFE[-5:]


@on_each_loop
async def test_idle_connections_are_closed_when_the_time_to_drain_is_over() -> None:
    with listening() as listeners, living(App(Diary()), listeners, drain_timeout_s=0.0) as life:
        await life.ready()
        reader, writer = await asyncio.open_connection(*listeners[0].getsockname())
        await until(lambda: life.open_connections() == 1)

        life.ending.retire()

        assert await reader.read() == b""
        writer.close()
        await life.task


@on_each_loop
async def test_a_stop_cuts_a_retirement_short() -> None:
    with listening() as listeners, living(App(Diary()), listeners) as life:
        await life.ready()
        reader, writer = await asyncio.open_connection(*listeners[0].getsockname())
        await until(lambda: life.open_connections() == 1)
        life.ending.retire()
        await let_run()
        assert not life.task.done()

        life.ending.stop()

        assert await reader.read() == b""
        writer.close()
        await life.task


@on_each_loop
async def test_the_stop_of_a_container_written_for_earlier_versions_is_called() -> None:
    closed: list[str] = []

    class Legacy(App):
        async def stop(self) -> None:
            closed.append("engine of its own")
            await super().stop()

    with listening() as listeners, living(Legacy(Diary()), listeners) as life:
        await life.ready()
        await life.end()

    assert closed == ["engine of its own"]


# Hooks that raise.


@pytest.mark.parametrize("hook", HOOKS)
@on_each_loop
async def test_a_hook_that_raises_ends_the_life_with_the_engines_closed_and_cleaned_up(hook: str) -> None:
    diary = Diary(raises_in=hook)
    with listening() as listeners, living(App(diary), listeners) as life:
        life.ending.stop()

        with pytest.raises(RuntimeError) as caught:
            await life.task

    assert str(caught.value) == f"{hook} is broken"
    before = WHOLE_LIFE[: WHOLE_LIFE.index(hook) + 1]
    end = ["close second", "close first", "cleanup"]
    assert diary.entries == before + [entry for entry in end if entry not in before]


@on_each_loop
async def test_a_life_that_is_cancelled_before_it_serves_is_cleaned_up() -> None:
    diary = Diary()

    class Stuck(App):
        async def start(self) -> None:
            await super().start()
            await asyncio.Event().wait()

    with listening() as listeners, living(Stuck(diary), listeners) as life:
        await until(lambda: "start" in diary.entries)
        life.task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await life.task

    assert diary.entries == ["pre_start", "connect first", "connect second", "start", *WHOLE_LIFE[-3:]]


# Both forms of make_servers.


async def say_streams(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer over streams."""
    await reader.readline()
    writer.write(b"streams")
    writer.close()


class SayProtocol(asyncio.Protocol):
    """Answers as a protocol."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert hasattr(transport, "write")
        transport.write(b"protocol")
        transport.close()


@on_each_loop
async def test_each_handler_serves_its_address() -> None:
    class Several(App):
        def make_servers(self) -> Sequence[Any]:
            return [SayProtocol, say_streams]

    with listening(2) as listeners, living(Several(Diary()), listeners) as life:
        await life.ready()

        assert await exchange(listeners[0], b"") == b"protocol"
        assert await exchange(listeners[1], b"\n") == b"streams"
        await life.end()


@on_each_loop
async def test_one_handler_serves_every_address() -> None:
    container = App(Diary())
    container.may_go.set()
    with listening(3) as listeners, living(container, listeners) as life:
        await life.ready()

        for listener in listeners:
            data = await exchange(listener, b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            assert data.startswith(b"HTTP/1.1 200 OK\r\n")
        await life.end()


@on_each_loop
async def test_a_wrong_number_of_handlers_ends_the_life() -> None:
    diary = Diary()

    class Several(App):
        def make_servers(self) -> Sequence[Any]:
            return [SayProtocol, SayProtocol]

    with listening(3) as listeners, living(Several(diary), listeners) as life, pytest.raises(ConfigError) as caught:
        await life.task

    assert str(caught.value) == (
        "make_servers() returned 2 handlers for 3 --bind addresses; expected one for all of them, or one for each."
    )
    assert diary.entries[-3:] == WHOLE_LIFE[-3:]


class Drained:
    """A protocol factory that asks to be shut down, as aiohttp's does."""

    def __init__(self, note: Callable[[str], None]) -> None:
        self.note = note

    def __call__(self) -> asyncio.BaseProtocol:
        return SayProtocol()

    async def shutdown(self, timeout: float) -> None:  # noqa: ASYNC109  # aiohttp's own signature
        self.note(f"handler.shutdown {timeout}")


class OwnServers(App):
    """Starts its servers itself, the first with a handler that knows how to end."""

    async def make_servers(self, sockets: Sequence[ListeningSocket]) -> dict[Any, Any]:  # type: ignore[override]
        first = Drained(self.diary.note)
        return {
            await self.loop.create_server(first, sock=sockets[0].sock): first,
            await asyncio.start_server(say_streams, sock=sockets[1].sock): say_streams,
        }


@on_each_loop
async def test_a_container_may_start_its_servers_itself() -> None:
    diary = Diary()
    with listening(2) as listeners, living(OwnServers(diary), listeners) as life:
        await life.ready()

        assert await exchange(listeners[0], b"") == b"protocol"
        assert await exchange(listeners[1], b"\n") == b"streams"
        await life.end()

    assert diary.entries[-6:] == [f"handler.shutdown {TIMEOUT_S}", "shutdown", "stop", *WHOLE_LIFE[-3:]]


@on_each_loop
async def test_the_backlog_is_kept_though_the_container_starts_its_servers_itself() -> None:
    with listening(2) as listeners, living(OwnServers(Diary()), listeners) as life:
        await life.ready()

        assert [backlog_of(listener) for listener in listeners] == [BACKLOG, BACKLOG]
        await life.end()


@on_each_loop
async def test_servers_that_the_container_started_accept_nothing_after_the_end() -> None:
    with listening(2) as listeners, living(OwnServers(Diary()), listeners) as life:
        await life.ready()
        await life.end()

        client = asyncio.create_task(exchange(listeners[0], b""))  # it waits for another worker
        await let_run()
        assert not client.done()
        client.cancel()


# Certificates.


class OwnTls(App):
    """Starts its own servers, and gives them the certificates of their addresses if `takes_ssl`."""

    takes_ssl = True

    async def make_servers(self, sockets: Sequence[ListeningSocket]) -> dict[Any, Any]:  # type: ignore[override]
        handler = self.servers["http"]
        self.made = [
            await self.loop.create_server(handler, sock=each.sock, ssl=each.ssl if self.takes_ssl else None)
            for each in sockets
        ]
        return dict.fromkeys(self.made, handler)


@on_each_loop
async def test_a_container_that_starts_its_own_servers_is_given_the_certificates(tmp_path: Path) -> None:
    issuer = Issuer(tmp_path)
    app = OwnTls(Diary())
    app.may_go.set()
    certificates = [None, Certificate(issuer.issue("a"))]
    with listening(2) as listeners, living(app, listeners, certificates=certificates) as life:
        await life.ready()

        assert (await exchange(listeners[0], GET_AND_CLOSE)).startswith(b"HTTP/1.1 200 OK\r\n")
        tls = issuer.client_context()
        assert (await exchange(listeners[1], GET_AND_CLOSE, tls=tls)).startswith(b"HTTP/1.1 200 OK\r\n")
        await life.end()


@on_each_loop
async def test_own_servers_that_would_serve_in_plain_text_are_refused(tmp_path: Path) -> None:
    app = OwnTls(Diary())
    app.takes_ssl = False
    certificate = Certificate(Issuer(tmp_path).issue("a"))
    with listening() as listeners, living(app, listeners, certificates=[certificate]) as life:
        host, port = listeners[0].getsockname()
        with pytest.raises(ConfigError) as caught:
            await life.task

        for server in app.made:
            assert not server.is_serving()
    assert str(caught.value) == (
        f"make_servers(), for {host}:{port}: the address has a certificate, and nobody asked for it; "
        "start its server with create_server(..., ssl=socket.ssl)."
    )
