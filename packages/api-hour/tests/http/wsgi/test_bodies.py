"""The body of a request, as a WSGI application reads it."""

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from event_loops import let_run, on_each_loop, until
from wsgi_serving import CLOSING, GET, all_of, asking, in_another_thread, in_each_way

from api_hour.http.message.limits import Limits

LARGE = bytes(range(256)) * 8192  # 2 MB
ROOM = Limits(body_bytes=4 * 1024 * 1024)


def echo(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    body = environ["wsgi.input"].read()
    start_response("200 OK", [("Content-Type", "text/plain"), ("X-Length", environ.get("CONTENT_LENGTH", "none"))])
    return [body]


def post(body: bytes, *headers: bytes) -> bytes:
    lines = [b"POST / HTTP/1.1", b"Host: a", b"Content-Length: %d" % len(body), *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def chunks(*pieces: bytes) -> bytes:
    head = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head + b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


@pytest.mark.parametrize("body", [b"", b"hello", LARGE], ids=len)
@in_each_way
async def test_a_body_is_read_whole(body: bytes, threads: int) -> None:
    async with asking(echo, threads, limits=ROOM) as connection:
        for _ in range(2):
            answer = await connection.ask(post(body))
            assert (answer.body, answer.headers["x-length"]) == (body, str(len(body)))


@pytest.mark.parametrize("body", [b"hello", LARGE], ids=len)
@in_each_way
async def test_a_body_in_chunks_is_read_whole(body: bytes, threads: int) -> None:
    async with asking(echo, threads, limits=ROOM) as connection:
        for _ in range(2):
            answer = await connection.ask(chunks(*(body[at : at + 60_000] for at in range(0, len(body), 60_000))))
            assert answer.body == body


@in_each_way
async def test_a_body_in_chunks_that_has_come_has_a_length(threads: int) -> None:
    async with asking(echo, threads) as connection:
        assert (await connection.ask(chunks(b"hell", b"o"))).headers["x-length"] == "5"


@in_each_way
async def test_a_request_without_a_body_reads_none(threads: int) -> None:
    async with asking(echo, threads) as connection:
        answer = await connection.ask(GET)
        assert (answer.body, answer.headers["x-length"]) == (b"", "none")


@in_each_way
async def test_a_body_can_be_read_in_every_way_of_a_file(threads: int) -> None:
    def app(environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain")])
        body = environ["wsgi.input"]
        parts = [body.read(2), body.readline(), *body.readlines(4), next(iter(body)), body.read(), body.read()]
        yield repr(parts).encode()

    async with asking(app, threads, checked=False) as connection:
        answer = await all_of(connection, post(b"abc\nde\nfg\nhi\njk", b"Connection: close"))
    assert repr([b"ab", b"c\n", b"de\n", b"fg\n", b"hi\n", b"jk", b""]).encode() in answer


@in_each_way
async def test_the_application_is_not_called_before_a_small_body_is_whole(threads: int) -> None:
    calls = []

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        calls.append(environ["PATH_INFO"])
        return echo(environ, start_response)

    async with asking(app, threads) as connection:
        connection.send(post(b"hello")[:-2])
        await let_run()
        assert calls == []
        assert (await connection.ask(b"lo")).body == b"hello"


@in_each_way
async def test_a_body_that_is_too_large_is_refused_before_it_comes(threads: int) -> None:
    async with asking(echo, threads, limits=Limits(body_bytes=3)) as connection:
        assert (await connection.ask(post(b"hello"))).status == 413
    async with asking(echo, threads, limits=Limits(body_bytes=3)) as connection:
        assert (await connection.ask(chunks(b"hello"))).status == 413


@in_each_way
async def test_a_body_that_is_malformed_is_refused(threads: int, caplog: pytest.LogCaptureFixture) -> None:
    async with asking(echo, threads) as connection:
        assert (await connection.ask(chunks(b"hello").replace(b"5\r\n", b"x\r\n"))).status == 400
    assert "failed" not in caplog.text


@in_each_way
async def test_who_waits_to_send_a_body_is_told_to(threads: int) -> None:
    async with asking(echo, threads) as connection:
        connection.send(post(b"hello", b"Expect: 100-continue")[:-5])
        assert await connection.reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        assert (await connection.ask(b"hello")).body == b"hello"


@on_each_loop
async def test_in_threads_who_waits_to_send_a_body_may_be_refused_without_it() -> None:
    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("403 Forbidden", [])
        return [b"no"]

    async with asking(app, 2) as connection:
        assert (await connection.ask(post(b"hello", b"Expect: 100-continue")[:-5])).status == 403


@on_each_loop
async def test_in_threads_a_large_body_is_read_as_it_comes_and_no_faster() -> None:
    first, may_go_on = threading.Event(), threading.Event()

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        body = environ["wsgi.input"]
        beginning = body.read(10)
        first.set()
        may_go_on.wait(10)
        start_response("200 OK", [])
        return [b"%d" % len(beginning + body.read())]

    async with asking(app, 2, limits=Limits(body_bytes=64 * 1024 * 1024)) as connection:
        whole = post(bytes(32 * 1024 * 1024))
        connection.send(whole)
        assert await in_another_thread(first.wait, 10)
        await until(lambda: not connection.transport.is_reading())
        may_go_on.set()
        assert (await connection.answer()).body == b"%d" % (32 * 1024 * 1024)


@on_each_loop
async def test_in_threads_a_client_that_goes_while_its_body_is_read_is_told(caplog: pytest.LogCaptureFixture) -> None:
    raised: list[BaseException] = []

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        try:
            environ["wsgi.input"].read()
        except OSError as error:
            raised.append(error)
        start_response("200 OK", [])
        return [b""]

    async with asking(app, 2, limits=ROOM) as connection:
        connection.send(post(LARGE)[:-5])
        connection.writer.close()
        await until(lambda: raised)
    assert [str(error) for error in raised] == ["the client closed the connection before the end of its body"]


@in_each_way
async def test_a_body_that_nobody_reads_is_no_matter(threads: int) -> None:
    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        return [b"x"]

    async with asking(app, threads) as connection:
        for _ in range(2):
            assert (await connection.ask(post(b"hello"))).body == b"x"
            assert (await connection.ask(chunks(b"hello"))).body == b"x"


@in_each_way
async def test_an_application_may_ask_for_more_than_comes(threads: int) -> None:
    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        body = environ["wsgi.input"]
        start_response("200 OK", [])
        return [body.read(1000), body.read(1000), body.read()]

    async with asking(app, threads, limits=ROOM) as connection:
        assert (await connection.ask(post(b"hello"))).body == b"hello"
        assert (await connection.ask(CLOSING)).body == b""
        await asyncio.sleep(0)
