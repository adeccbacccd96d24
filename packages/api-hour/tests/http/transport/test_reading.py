"""A client that was held is read from again, whatever it sends and whatever its handler reads of it."""

import asyncio
from dataclasses import dataclass
from typing import Any, cast

import pytest
import uvloop
from event_loops import NewLoop, run_in_loop
from http_connection import Connection, connected
from hypothesis import given, settings
from hypothesis import strategies as st

from api_hour.http import HttpServer, Request, Router, streams_body
from api_hour.http.asgi import AsgiServer
from api_hour.http.message.limits import Limits
from api_hour.http.server import Server
from api_hour.http.transport.reading import BODY, EVERYTHING, WAITING, Reading

HABITS = ("all", "the first part", "nothing", "all, late", "the first part, late", "nothing, late")
GET = b"GET /next HTTP/1.1\r\nHost: a\r\n\r\n"


class Transport:
    """Notes whether it reads."""

    def __init__(self) -> None:
        self.reads = True
        self.closing = False

    def is_closing(self) -> bool:
        return self.closing

    def pause_reading(self) -> None:
        assert self.reads
        self.reads = False

    def resume_reading(self) -> None:
        assert not self.reads
        self.reads = True


def reading_of(transport: Transport) -> Reading:
    return Reading(cast("asyncio.Transport", transport))


def test_a_client_is_held_as_long_as_there_is_a_reason() -> None:
    transport = Transport()
    reading = reading_of(transport)
    reading.hold(WAITING)
    reading.hold(BODY)
    reading.hold(BODY)
    assert not transport.reads
    assert reading.let_go(BODY)
    assert not transport.reads
    assert not reading.let_go(BODY)
    assert reading.let_go(EVERYTHING)
    assert transport.reads


def test_a_connection_that_closes_is_left_alone() -> None:
    transport = Transport()
    reading = reading_of(transport)
    transport.closing = True
    reading.hold(WAITING)
    assert transport.reads
    reading.let_go(WAITING)


@given(st.lists(st.tuples(st.booleans(), st.sampled_from([1, 2, 4, 8]))))
def test_it_reads_if_and_only_if_nobody_holds_it(steps: list[tuple[bool, int]]) -> None:
    transport = Transport()
    reading = reading_of(transport)
    holds: set[int] = set()
    for is_hold, reason in steps:
        if is_hold:
            reading.hold(reason)
            holds.add(reason)
        else:
            assert reading.let_go(reason) == (reason in holds)
            holds.discard(reason)
        assert transport.reads == (not holds)


async def late() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def native_server(habit: str, limits: Limits, *, streams: bool) -> Server:
    async def answer(request: Request) -> str:
        if habit.endswith("late"):
            await late()
        if not habit.startswith("nothing"):
            async for _piece in request.stream():
                if habit.startswith("the first part"):
                    break
        return "read"

    async def index(_request: Request) -> str:
        return "next"

    router = Router()
    router.add("POST", "/", streams_body(answer) if streams else answer)
    router.add("GET", "/next", index)
    return HttpServer(router, limits=limits)


def asgi_server(habit: str, limits: Limits) -> Server:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["method"] == "POST":
            if habit.endswith("late"):
                await late()
            more = not habit.startswith("nothing")
            while more:
                more = (await receive()).get("more_body", False) and not habit.startswith("the first part")
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"read" if scope["method"] == "POST" else b"next"})

    return AsgiServer(app, limits=limits)


def post(size_bytes: int, chunk_bytes: int) -> bytes:
    head = b"POST / HTTP/1.1\r\nHost: a\r\n"
    if not chunk_bytes:
        return head + b"Content-Length: %d\r\n\r\n" % size_bytes + bytes(size_bytes)
    sizes = [chunk_bytes] * (size_bytes // chunk_bytes) + [size_bytes % chunk_bytes]
    chunks = [b"%x\r\n%b\r\n" % (size, bytes(size)) for size in sizes if size]
    return head + b"Transfer-Encoding: chunked\r\n\r\n" + b"".join(chunks) + b"0\r\n\r\n"


async def converse(server: Server, data: bytes, pieces: int, *, pipelined: bool) -> None:
    """Send a request and another one after it; all are answered, unless an answer says that it is the last."""
    async with connected(server) as connection:
        data += GET if pipelined else b""
        step = len(data) // pieces + 1
        sending = asyncio.ensure_future(_send(connection, [data[at : at + step] for at in range(0, len(data), step)]))
        answer = await connection.answer()
        assert answer.status == 200
        assert answer.body.strip(b'"') == b"read"
        if answer.headers.get("connection") != "close":
            await sending
            answer = await (connection.answer() if pipelined else connection.ask(GET))
            assert answer.body.strip(b'"') == b"next"
        sending.cancel()


async def _send(connection: Connection, pieces: list[bytes]) -> None:
    for piece in pieces:
        connection.send(piece)
        await connection.writer.drain()
        await asyncio.sleep(0)


SIZES = st.sampled_from([0, 1, 100, 65535, 65536, 65537, 100_000, 200_000, 262_144, 262_145, 400_000])


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """One way of sending a body."""

    size_bytes: int
    chunk_bytes: int
    buffer_bytes: int  # what the server lets wait
    pieces: int
    pipelined: bool  # the next request is sent with it


UPLOADS = st.builds(
    Upload,
    size_bytes=SIZES | st.integers(0, 300_000),
    chunk_bytes=st.sampled_from([0, 0, 1000, 70_000]),
    buffer_bytes=st.sampled_from([1, 1000, 65536, 10**6]),
    pieces=st.sampled_from([1, 1, 2, 3, 17]),
    pipelined=st.booleans(),
)


@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
@pytest.mark.parametrize("kind", ["native", "native, as it comes", "ASGI"])
@settings(max_examples=40, deadline=None)
@given(habit=st.sampled_from(HABITS), upload=UPLOADS)
def test_whatever_a_handler_reads_of_a_body_the_next_request_is_answered(
    kind: str, habit: str, upload: Upload, new_loop: NewLoop
) -> None:
    limits = Limits(buffer_bytes=upload.buffer_bytes)
    server = asgi_server(habit, limits) if kind == "ASGI" else native_server(habit, limits, streams="as it" in kind)
    data = post(upload.size_bytes, upload.chunk_bytes)
    run_in_loop(converse(server, data, upload.pieces, pipelined=upload.pipelined), new_loop)
