"""Answers that are compressed for clients that accept it."""

import gzip
import zlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from event_loops import on_each_loop, run_in_loop
from hypothesis import given
from hypothesis import strategies as st

from api_hour.http import Gzip, Request, Response, ServerSentEvent, event_stream, file_response
from api_hour.http.routing.gzip import INLINE_BYTES

TEXT = "never gonna give you up " * 100


def request(accept_encoding: str | None = "gzip", *, known: str | None = None) -> Request:
    headers = [(b"accept-encoding", accept_encoding.encode())] if accept_encoding is not None else []
    headers += [(b"if-none-match", known.encode())] if known is not None else []
    return Request("GET", b"/", headers, container=None)


async def through(response: Response, asked: Request | None = None, **options: Any) -> Response:
    async def answer(_request: Request) -> Response:
        return response

    return await Gzip(**options)(asked or request(), answer)


def compressed(response: Response, asked: Request | None = None) -> Response:
    answer = run_in_loop(through(response, asked))
    assert isinstance(answer, Response)
    return answer


@pytest.mark.parametrize("size", [2000, INLINE_BYTES, INLINE_BYTES + 1, 200_000])
def test_text_is_compressed_for_those_who_accept_it(size: int) -> None:
    body = (TEXT * 100)[:size].encode()

    answer = compressed(Response(body, status=201, headers=[("X-A", "b"), ("ETag", '"v1"')]))

    assert isinstance(answer.body, bytes)
    assert gzip.decompress(answer.body) == body
    assert len(answer.body) < size
    assert (answer.status, answer.content_type) == (201, "text/plain; charset=utf-8")
    assert answer.headers == [
        ("X-A", "b"),
        ("ETag", 'W/"v1"'),
        ("Vary", "Accept-Encoding"),
        ("Content-Encoding", "gzip"),
    ]


@pytest.mark.parametrize("accept_encoding", [None, "", "br", "gzip;q=0"])
def test_for_others_it_is_said_that_the_answer_varies(accept_encoding: str | None) -> None:
    answer = compressed(Response(TEXT, headers=[("ETag", '"v1"')]), request(accept_encoding))

    assert answer.body == TEXT.encode()
    assert answer.headers == [("ETag", '"v1"'), ("Vary", "Accept-Encoding")]


@pytest.mark.parametrize(
    "response",
    [
        Response("short"),
        Response(TEXT, content_type="image/png"),
        Response(TEXT, content_type=None),
        Response(TEXT, headers=[("Content-Encoding", "br")]),
        Response(TEXT, status=206, headers=[("content-range", "bytes 0-1/2")]),
        Response(TEXT, headers=[("Accept-Ranges", "bytes")]),
        Response(TEXT, headers=[("Cache-Control", "public, No-Transform")]),
    ],
)
def test_what_is_not_worth_it_or_must_not_be_changed_is_left_alone(response: Response) -> None:
    assert compressed(response) is response


@pytest.mark.parametrize(
    ("known", "headers"),
    [
        ('W/"v1"', [("ETag", 'W/"v1"'), ("Vary", "Accept-Encoding")]),
        ('"v1"', [("ETag", '"v1"'), ("Vary", "Accept-Encoding")]),
        (None, [("ETag", '"v1"'), ("Vary", "Accept-Encoding")]),
    ],
)
def test_rfc_9110_15_4_5_not_modified_says_what_the_answer_would_have_said(
    known: str | None, headers: Sequence[tuple[str, str]]
) -> None:
    response = Response(status=304, content_type=None, headers=[("ETag", '"v1"')])

    assert compressed(response, request(known=known)).headers == headers


@on_each_loop
async def test_each_piece_of_a_stream_can_be_read_when_it_comes() -> None:
    closed = []
    pieces = [b"first", bytes(INLINE_BYTES + 1), b"last"]

    async def body() -> AsyncIterator[bytes]:
        try:
            for piece in pieces:
                yield piece
        finally:
            closed.append(True)

    answer = await through(Response(body(), content_length=99_999))

    assert answer.content_length is None
    assert not isinstance(answer.body, bytes)
    unpacker = zlib.decompressobj(31)
    read = [unpacker.decompress(piece) async for piece in answer.body]
    assert read == [*pieces, b""]
    assert unpacker.eof
    assert closed == [True]


class Once:
    """A stream that is no generator."""

    def __init__(self) -> None:
        self.pieces = [b"once"]

    def __aiter__(self) -> "Once":
        return self

    async def __anext__(self) -> bytes:
        if not self.pieces:
            raise StopAsyncIteration
        return self.pieces.pop()


@on_each_loop
async def test_a_stream_need_not_be_a_generator() -> None:
    answer = await through(Response(Once()))

    assert not isinstance(answer.body, bytes)
    assert gzip.decompress(b"".join([piece async for piece in answer.body])) == b"once"


@on_each_loop
async def test_events_and_files_are_left_alone(tmp_path: Path) -> None:
    async def events() -> AsyncIterator[ServerSentEvent]:
        yield ServerSentEvent(data=TEXT)

    path = tmp_path / "a.txt"
    path.write_text(TEXT)
    for response in (event_stream(request(), events()), await file_response(request(), path)):
        assert await through(response) is response


@given(st.binary(), st.integers(1, 9))
def test_what_is_compressed_is_what_was_there(body: bytes, level: int) -> None:
    answer = run_in_loop(through(Response(body), minimum_bytes=0, level=level))

    assert gzip.decompress(answer.body) == body
