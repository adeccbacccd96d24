"""What goes on after its answer, or after its connection, belongs to the worker until it is over."""

import asyncio
import gc
import logging
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvloop
from accepting import LONG_S, accepting, client_of
from event_loops import NewLoop, let_run, on_each_loop, until
from http_connection import Connection, connected
from listening_sockets import listening

from api_hour.coalesce import coalesce
from api_hour.http import HttpServer, Request, Response, Router, event_stream
from api_hour.http.asgi import AsgiServer
from api_hour.http.message.limits import Limits
from api_hour.http.transport.half_close import is_gone
from api_hour.stats import ServingStats

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
FIRST = b"<first piece>"
START = {"type": "http.response.start", "status": 200, "headers": []}


def part(data: bytes, *, more: bool) -> dict[str, Any]:
    return {"type": "http.response.body", "body": data, "more_body": more}


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


# The worker's end.


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


class Streams:
    """Answers that never end by themselves, natively and by ASGI."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.ended: list[str] = []
        router = Router()
        router.add("GET", "/", self.stream)
        router.add("GET", "/events", self.events)
        self.native = HttpServer(router)
        self.asgi = AsgiServer(self.app)

    async def pieces(self) -> AsyncIterator[bytes]:
        self.begun.append("stream")
        try:
            yield FIRST
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            self.ended.append("stream")

    async def stream(self, _request: Request) -> Response:
        return Response(self.pieces())

    async def event(self) -> AsyncIterator[str]:
        async for piece in self.pieces():
            yield piece.decode()

    async def events(self, request: Request) -> Response:
        return event_stream(request, self.event())

    async def app(self, scope: Any, receive: Any, send: Any) -> None:
        """Do as Starlette's StreamingResponse does."""
        kind = b"text/event-stream" if scope["path"] == "/events" else b"text/plain"

        async def stream() -> None:
            await send({**START, "headers": [(b"content-type", kind)]})
            async for piece in self.pieces():
                await send(part(piece, more=True))

        streaming = asyncio.ensure_future(stream())
        while (await receive())["type"] != "http.disconnect":
            pass
        streaming.cancel()
        await asyncio.wait([streaming])


each_server = pytest.mark.parametrize("kind", ["native", "asgi"])
each_path = pytest.mark.parametrize("path", ["/", "/events"])


@each_server
@each_path
@on_each_loop
async def test_a_stream_is_closed_when_its_client_resets(kind: str, path: str) -> None:
    streams = Streams()
    with listening() as [listener], accepting(listener, getattr(streams, kind)):
        async with client_of(listener) as (reader, writer):
            writer.write(GET.replace(b"/", path.encode(), 1))
            await reader.readuntil(FIRST)
            no_time = b"\1\0\0\0\0\0\0\0"
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, no_time)
            writer.transport.abort()
            await until(lambda: streams.ended)
        await until(lambda: not getattr(streams, kind).works)


@each_server
@on_each_loop
async def test_a_stream_is_closed_when_its_client_on_a_unix_socket_closes(kind: str) -> None:
    streams = Streams()
    async with connected(getattr(streams, kind)) as connection:
        connection.send(GET)
        await connection.reader.readuntil(FIRST)
        connection.writer.close()
        await until(lambda: streams.ended)
        await until(lambda: not getattr(streams, kind).works)


@on_each_loop
async def test_who_has_closed_one_direction_only_gets_the_stream() -> None:
    more = asyncio.Event()

    async def pieces() -> AsyncIterator[bytes]:
        yield b"first "
        await more.wait()
        yield b"last"

    async def handler(_request: Request) -> Response:
        return Response(pieces())

    router = Router()
    router.add("GET", "/", handler)
    server = HttpServer(router)
    async with connected(server) as connection:
        connection.send(GET)
        await connection.reader.readuntil(b"first ")
        connection.writer.write_eof()
        await until(lambda: connection.protocol.exchange.is_client_gone)
        connection.protocol.check_deadline(server.now_s)
        assert not is_gone(connection.transport)
        more.set()
        assert (await connection.rest()).endswith(b"4\r\nlast\r\n0\r\n\r\n")


@each_server
@on_each_loop
async def test_events_end_when_the_worker_retires_and_their_answer_is_whole(kind: str) -> None:
    streams = Streams()
    async with connected(getattr(streams, kind)) as connection:
        connection.send(GET.replace(b"/", b"/events", 1))
        await connection.reader.readuntil(FIRST)
        connection.protocol.begin_drain()
        await connection.reader.readuntil(b"\r\n0\r\n\r\n")
    assert streams.ended == ["stream"]


@each_server
@on_each_loop
async def test_a_stream_that_may_go_on_for_ever_is_closed_in_the_second_half_of_the_time(
    kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    streams = Streams()
    with listening() as [listener], accepting(listener, getattr(streams, kind)) as listeners:
        async with client_of(listener) as (reader, writer):
            writer.write(GET)
            await reader.readuntil(FIRST)
            await listeners.drain(0.05)
    assert streams.ended == ["stream"]
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


@on_each_loop
async def test_a_stream_of_known_length_is_not_ended() -> None:
    more = asyncio.Event()

    async def pieces() -> AsyncIterator[bytes]:
        yield FIRST
        await more.wait()
        yield b"y"

    async def handler(_request: Request) -> Response:
        return Response(pieces(), content_length=len(FIRST) + 1)

    router = Router()
    router.add("GET", "/", handler)
    async with connected(HttpServer(router)) as connection:
        connection.send(GET)
        await connection.reader.readuntil(FIRST)
        connection.protocol.end_stream()
        await let_run()
        more.set()
        assert await connection.reader.readexactly(1) == b"y"


# Many who wait for one client.


@pytest.mark.parametrize("reads", [True, False])
@on_each_loop
async def test_all_who_wait_for_a_client_to_read_go_on_when_it_reads_or_is_gone(reads: bool) -> None:
    outcomes: list[str] = []
    begun: list[int] = []

    async def write(connection: Any) -> None:
        begun.append(1)
        try:
            await connection.send_piece(bytes(300_000))
            outcomes.append("sent")
        except ConnectionError:
            outcomes.append("gone")

    async def app(_scope: Any, _receive: Any, _send: Any) -> None:
        server.connections.copy().pop().begin_answer(b"", length_bytes=None, is_chunked=False, keep_alive=False)
        await asyncio.gather(*(write(connection) for connection in server.connections for _ in range(20)))

    server = AsgiServer(app)
    async with connected(server) as connection:
        connection.writer.transport.pause_reading()  # type: ignore[attr-defined]
        connection.send(GET)
        await until(lambda: len(begun) == 20)
        await let_run()
        assert len(outcomes) < 20
        if reads:
            connection.writer.transport.resume_reading()  # type: ignore[attr-defined]
            left = 20 * 300_000
            while left:
                left -= len(await connection.reader.read(1 << 20))
        else:
            connection.writer.transport.abort()
        await until(lambda: len(outcomes) == 20)
    assert ("gone" in outcomes) == (not reads)


# What is raised.


class Own(BaseException):
    """An exception of an application's that is no Exception."""


RAISED: dict[str, Callable[[], BaseException]] = {
    "exit": lambda: SystemExit(5),
    "interrupt": KeyboardInterrupt,
    "generator": GeneratorExit,
    "own": Own,
    "group": lambda: BaseExceptionGroup("two", [SystemExit(1), ValueError()]),
    "cancelled": asyncio.CancelledError,
    "error": ZeroDivisionError,
}


class Raising:
    """Servers whose handlers raise."""

    def __init__(self, error: Callable[[], BaseException]) -> None:
        self.error = error
        router = Router()
        router.add("GET", "/at-once", self.at_once)
        router.add("GET", "/late", self.late)
        router.add("GET", "/plain", self.plain)
        router.add("GET", "/stream", self.stream)
        router.add("GET", "/events", self.events)
        router.add("GET", "/shared", coalesce(self.late))
        router.add("GET", "/fine", self.fine)
        self.native = HttpServer(router)
        layered = Router(middleware=[self.middleware])
        layered.add("GET", "/at-once", self.at_once)
        layered.add("GET", "/late", self.late)
        layered.add("GET", "/fine", self.fine)
        self.layered = HttpServer(layered)
        self.asgi = AsgiServer(self.app)

    async def at_once(self, _request: Request) -> None:
        raise self.error()

    async def late(self, _request: Request) -> bytes:
        await asyncio.sleep(0)
        raise self.error()

    def plain(self, _request: Request) -> None:
        raise self.error()

    async def pieces(self) -> AsyncIterator[Any]:
        await asyncio.sleep(0)
        for error in (self.error(),):
            raise error
        yield b""

    async def stream(self, _request: Request) -> Response:
        return Response(self.pieces())

    async def events(self, request: Request) -> Response:
        return event_stream(request, self.pieces())

    async def fine(self, _request: Request) -> str:
        await asyncio.sleep(0.01)
        return "fine"

    async def middleware(self, request: Request, answer: Any) -> Any:
        return await answer(request)

    async def app(self, scope: Any, _receive: Any, send: Any) -> None:
        if scope["path"] == "/fine":
            await asyncio.sleep(0.01)
            await send(START)
            await send(part(b'"fine"', more=False))
            return
        if scope["path"] == "/late":
            await asyncio.sleep(0)
        if scope["path"] == "/stream":
            await send(START)
            await send(part(b"x", more=True))
        raise self.error()


WAYS = [
    *(f"native /{path}" for path in ("at-once", "late", "plain", "stream", "events", "shared")),
    *(f"layered /{path}" for path in ("at-once", "late")),
    *(f"asgi /{path}" for path in ("at-once", "late", "stream")),
]


@asynccontextmanager
async def beside(connection: Connection) -> AsyncIterator[None]:
    """Have another request answered meanwhile."""
    connection.send(GET.replace(b"/", b"/fine", 1))
    yield
    assert (await connection.answer()).body == b'"fine"'


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", RAISED)
@on_each_loop
async def test_nothing_that_is_raised_is_silent_or_ends_another_request(
    way: str, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    kind, path = way.split(" ")
    raising = Raising(RAISED[name])
    server: Any = getattr(raising, kind)
    async with connected(server) as connection, connected(server) as other, beside(other):
        connection.send(GET.replace(b"/", path.encode(), 1))
        if path in ("/stream", "/events"):  # its answer has begun
            await connection.rest()
        else:
            assert (await connection.answer()).status == 500
    [record] = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert record.getMessage() == f"GET {path!r} failed"
    assert record.exc_info is not None
    assert type(record.exc_info[1]) is type(RAISED[name]())


@pytest.mark.parametrize("kind", ["native", "asgi"])
@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def test_a_request_that_its_loop_has_left_is_not_answered(
    kind: str, new_loop: NewLoop, caplog: pytest.LogCaptureFixture
) -> None:
    begun: list[int] = []

    async def handler(_request: Request) -> None:
        begun.append(1)
        await asyncio.Event().wait()

    async def app(_scope: Any, _receive: Any, _send: Any) -> None:
        begun.append(1)
        await asyncio.Event().wait()

    router = Router()
    router.add("GET", "/", handler)
    server = HttpServer(router) if kind == "native" else AsgiServer(app)
    ours, theirs = socket.socketpair()
    loop = new_loop()

    async def ask() -> None:
        ours.setblocking(False)
        transport = (await loop.connect_accepted_socket(server, ours))[0]
        theirs.sendall(GET)
        await until(lambda: begun)
        for task in server.works:
            task._log_destroy_pending = False  # type: ignore[attr-defined]
        transport.abort()
        await let_run()

    with theirs:
        loop.run_until_complete(ask())
        loop.close()
        server.works.clear()
        gc.collect()
    assert caplog.records == []
