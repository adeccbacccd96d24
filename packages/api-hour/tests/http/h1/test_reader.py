"""Refusals at the first byte that shows a fault; and no split of the bytes changes an answer."""

import asyncio
import re
from http import HTTPStatus

import pytest
from echo_application import CHUNKED, FAR_S, GET, SMALL, Application, chunks, request_for
from event_loops import let_run, on_each_loop, run_in_loop, until
from http_connection import connected
from hypothesis import given
from hypothesis import strategies as st

REQUEST_LINE = "expected a request line: method, target and HTTP/1.1, with one space between them"
TOO_LARGE = "the body is larger than 1000 bytes; the limit is raised with --max-body, or Limits(body_bytes=...)"

REFUSALS = {
    "no host": (b"GET / HTTP/1.1\r\n\r\n", 400, "expected one Host header, got 0"),
    "wrong host": (b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400, "the Host header is not a host and a port"),
    "two hosts": (request_for("/", "Host: b"), 400, "expected one Host header, got 2"),
    "two hosts, HTTP/1.0": (request_for("/", "Host: b", version="1.0"), 400, "expected one Host header, got 2"),
    "no HTTP": (b"\x16\x03\x01\x02\x00", 400, "a request begins with its method"),
    "no version": (b"GET / \r\n\r\n", 400, REQUEST_LINE),
    "space in name": (b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400, "Invalid header token"),
    "folded header": (request_for("/", "X: a\r\n b"), 400, "Unexpected whitespace after header value"),
    "bare line feed": (b"GET / HTTP/1.1\nHost: a\n\n", 400, "a line ends with a carriage return and a line feed"),
    "wild path": ("GET /é HTTP/1.1\r\nHost: a\r\n\r\n".encode(), 400, REQUEST_LINE),
    "two lengths": (
        request_for("/", "Content-Length: 1", "Content-Length: 2"),
        400,
        "Duplicate Content-Length",
    ),
    "signed length": (request_for("/", "Content-Length: +1"), 400, "Invalid character in Content-Length"),
    "length and chunks": (
        request_for("/", "Transfer-Encoding: chunked", "Content-Length: 1"),
        400,
        "Content-Length can't be present with Transfer-Encoding",
    ),
    "bad chunk": (CHUNKED + b"xyz\r\n", 400, "a chunk's size line is malformed or too long"),
    "long length": (request_for("/", "Content-Length: 1001"), 413, TOO_LARGE),
    "long chunk": (CHUNKED + chunks(1001), 413, TOO_LARGE),
    "many chunks": (CHUNKED + chunks(*[10] * 101), 413, TOO_LARGE),
    "long target": (request_for("/" + "a" * 100), 414, "the target is longer than 100 bytes"),
    "endless target": (b"GET /" + b"a" * 2000, 414, "the target is longer than 100 bytes"),
    "long head": (request_for("/", *["X: abcdefghij"] * 34), 431, "the head is larger than 500 bytes"),
    "long header": (request_for("/", "X: " + "a" * 600), 431, "the head is larger than 500 bytes"),
    "long trailer": (
        CHUNKED + chunks(1) + b"0\r\nX: " + b"a" * 600 + b"\r\n\r\n",
        431,
        "the trailers are larger than 500 bytes",
    ),
    "unknown method": (b"BREW / HTTP/1.1\r\nHost: a\r\n\r\n", 501, "this method is not known here"),
    "long method": (b"A" * 65, 501, "the method is longer than 64 bytes"),
    "HTTP/0.9": (b"GET /\r\n\r\n", 400, REQUEST_LINE),
    "HTTP/2.0": (request_for("/", version="2.0"), 505, "HTTP/2.0 is not spoken here, HTTP/1.1 is"),
    "HTTP/3.0": (request_for("/", version="3.0"), 505, "HTTP/3.0 is not spoken here, HTTP/1.1 is"),
}


@pytest.mark.parametrize("answered_before", [0, 1])
@pytest.mark.parametrize("name", REFUSALS)
@on_each_loop
async def test_what_cannot_be_understood_is_answered_with_an_error_and_the_end(name: str, answered_before: int) -> None:
    data, status, reason = REFUSALS[name]
    async with connected(Application(SMALL).server) as connection:
        for _ in range(answered_before):
            assert (await connection.ask(GET)).status == 200
        connection.send(data)

        answer = await connection.answer()

        assert (answer.status, answer.body.decode()) == (status, f"{HTTPStatus(status).phrase}: {reason}\n")
        assert answer.headers["connection"] == "close"
        assert await connection.rest() == b""


@on_each_loop
async def test_the_requests_before_one_that_is_refused_are_answered_first() -> None:
    application = Application()
    async with connected(application.server) as connection:
        connection.send(request_for("/wait") + GET + b"GET / HTTP/1.1\r\n\r\n" + GET)
        await until(lambda: application.begun)
        await let_run()
        application.may_go.set()

        answers = [await connection.answer() for _ in range(3)]

        assert [(answer.status, answer.headers.get("connection")) for answer in answers] == [
            (200, None),
            (200, None),
            (400, "close"),
        ]
        assert await connection.rest() == b""


@pytest.mark.parametrize(
    "data",
    [
        request_for("/echo?" + "a" * 94),
        request_for("/echo", *["X: abcdefghij"] * 31),
        request_for("/echo", "Content-Length: 1000", method="POST") + b"x" * 1000,
        CHUNKED + chunks(*[10] * 100) + b"0\r\n\r\n",
    ],
    ids=["target", "head", "body", "chunks"],
)
@on_each_loop
async def test_what_is_just_within_the_limits_is_answered(data: bytes) -> None:
    async with connected(Application(SMALL).server) as whole, connected(Application(SMALL).server) as split:
        for _ in range(2):  # each request has limits of its own
            assert (await whole.ask(data)).status == 200
        for position in range(len(data)):
            split.protocol.data_received(data[position : position + 1])
        assert (await split.answer()).status == 200


ENDLESS = {
    "value": (b"GET / HTTP/1.1\r\nX: ", b"aa", 431),
    "name": (b"GET / HTTP/1.1\r\n", b"aa", 431),
    "method": (b"", b"aa", 501),
    "target": (b"GET /", b"aa", 414),
    "trailer": (CHUNKED + b"0\r\nX: ", b"aa", 431),
    "trailers": (CHUNKED + b"0\r\n", b"X:\r\n", 431),
    "chunk size": (CHUNKED, b"00", 400),
    "chunk extension": (CHUNKED + b"1;", b"aa", 400),
    "chunk extensions": (CHUNKED, b"1;" + b"a" * 500 + b"\r\nx\r\n", 400),
    "blank lines": (b"", b"\r\n", 400),
}


@pytest.mark.parametrize("name", ENDLESS)
@on_each_loop
async def test_what_never_ends_is_refused_before_it_fills_the_memory(name: str) -> None:
    beginning, endless, status = ENDLESS[name]
    async with connected(Application(SMALL).server) as connection:
        connection.protocol.data_received(beginning)
        for _ in range(1000):
            connection.protocol.data_received(endless)

        answer = await connection.answer()

        assert (answer.status, answer.headers["connection"]) == (status, "close")


@on_each_loop
async def test_what_a_refused_client_still_sends_is_thrown_away_for_a_while() -> None:
    """A reset because of unread bytes could destroy the answer on its way."""
    async with connected(Application().server) as connection:
        connection.send(b"nonsense\r\n")
        assert (await connection.answer()).status == 400
        assert await connection.rest() == b""
        connection.send(b"x" * 100_000)
        await connection.writer.drain()
        await until(lambda: connection.writer.transport.get_write_buffer_size() == 0)
        assert not connection.transport.is_closing()

        connection.protocol.check_deadline(FAR_S)

        await until(lambda: not connection.protocol._server.connections)


STATUS_LINE = re.compile(rb"HTTP/1\.1 (\d{3}) [A-Z]")

WHOLE_REQUESTS = st.sampled_from(
    [
        GET,
        b"\r\n" + GET,
        request_for("/echo?a=1&b=%20", "X-A: b", "Cookie:   c  "),
        request_for("/echo", method="HEAD"),
        request_for("/echo", method="OPTIONS"),
        request_for("/nowhere"),
        request_for("/boom", method="DELETE"),
        request_for("/teapot"),
        request_for("/slow/1"),
        request_for("/slow/7"),
        request_for("/echo", "Connection: keep-alive", version="1.0"),
        request_for("/echo", "Content-Length: 5", method="POST") + b"hello",
        request_for("/echo", "Content-Length: 0", method="PUT"),
        CHUNKED + chunks(3, 1, 10) + b"0\r\n\r\n",
        CHUNKED + chunks(2) + b"0\r\nX-Trailer: a\r\n\r\n",
    ]
)

LAST_REQUESTS = st.sampled_from(
    [
        request_for("/echo", "Connection: close"),
        request_for("/slow/3", version="1.0"),
        *(data for name, (data, _, _) in REFUSALS.items() if name not in ("unknown method", "no HTTP")),
    ]
)


@given(first=st.lists(WHOLE_REQUESTS, max_size=6), last=LAST_REQUESTS, data=st.data())
def test_any_split_of_the_bytes_gives_the_same_answers(first: list[bytes], last: bytes, data: st.DataObject) -> None:
    stream = b"".join(first) + last
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=20).map(sorted), label="cuts")
    pauses = data.draw(st.lists(st.integers(0, 5), min_size=len(cuts) + 1, max_size=len(cuts) + 1), label="pauses")
    parts = [stream[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]

    whole = run_in_loop(answers_to([stream], [0]))
    split = run_in_loop(answers_to(parts, pauses))

    assert split == whole
    assert len(STATUS_LINE.findall(whole)) == len(first) + 1


def test_a_split_at_every_byte_gives_the_same_answers() -> None:
    stream = (
        CHUNKED + chunks(3, 1) + b"0\r\nX: y\r\n\r\n" + GET + request_for("/slow/9") + request_for("/", version="2.0")
    )

    whole = run_in_loop(answers_to([stream], [0]))

    assert STATUS_LINE.findall(whole) == [b"200", b"200", b"200", b"505"]
    for position in range(len(stream)):
        assert run_in_loop(answers_to([stream[:position], stream[position:]], [3, 0])) == whole


async def answers_to(parts: list[bytes], pauses: list[int]) -> bytes:
    """Give a server the parts, each after some turns of the loop, and return all it answers but the dates."""
    async with connected(Application(SMALL).server) as connection:
        for part, pause in zip(parts, pauses, strict=True):
            for _ in range(pause):
                await asyncio.sleep(0)
            if not connection.transport.is_closing():
                connection.protocol.data_received(part)
        data = await connection.rest()
    return re.sub(rb"Date: .*\r\n", b"", data)
