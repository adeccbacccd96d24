"""The rules of PEP 3333 that are a server's to keep, as the standard library's validator checks them."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from wsgi_serving import GET, asking, in_each_way

from api_hour.http.message.limits import Limits

TEXT = [("Content-Type", "text/plain")]
FORM = b"POST /form?a=b HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
LARGE = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2000000\r\n\r\n" + bytes(2_000_000)
REQUESTS = [GET, GET.replace(b"GET", b"HEAD"), b"GET / HTTP/1.0\r\n\r\n", FORM, CHUNKED, LARGE]


def whole(environ: dict[str, Any], start_response: Any) -> Any:
    body = environ["wsgi.input"].read(10_000_000)
    environ["wsgi.errors"].write("")
    environ["wsgi.errors"].flush()
    start_response("200 OK", [*TEXT, ("Content-Length", str(len(body)))])
    return [body]


def in_pieces(environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
    start_response("200 OK", TEXT)
    body = environ["wsgi.input"]
    yield b""
    yield body.readline(3)
    yield from body
    yield b"end"


def written(_environ: dict[str, Any], start_response: Any) -> Any:
    start_response("200 OK", TEXT)(b"written")
    return []


def of_a_file(environ: dict[str, Any], start_response: Any) -> Any:
    start_response("200 OK", TEXT)
    return environ["wsgi.file_wrapper"](Path(__file__).open("rb"))


def of_what_can_be_read(environ: dict[str, Any], start_response: Any) -> Any:
    start_response("200 OK", TEXT)
    return environ["wsgi.file_wrapper"](io.BytesIO(b"hello"))


def empty(_environ: dict[str, Any], start_response: Any) -> Any:
    start_response("204 No Content", [])
    return []


@pytest.mark.parametrize("request_bytes", REQUESTS, ids=[data[:24].decode() for data in REQUESTS])
@pytest.mark.parametrize("app", [whole, in_pieces, written, of_a_file, of_what_can_be_read, empty])
@in_each_way
async def test_they_are_kept(app: Any, request_bytes: bytes, threads: int, caplog: pytest.LogCaptureFixture) -> None:
    limits = Limits(body_bytes=4_000_000)
    async with asking(app, threads, limits=limits, checked=True) as connection:
        connection.send(request_bytes.replace(b"HTTP/1.1\r\n", b"HTTP/1.1\r\nConnection: close\r\n"))
        answer = await connection.rest()
    assert answer.startswith((b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 204 No Content\r\n"))
    assert caplog.text == ""
