"""What a WSGI application answers, and the bytes that become of it."""

import io
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from wsgi_serving import CLOSING, GET, all_of, answering, asking, in_each_way

TEXT = [("Content-Type", "text/plain")]


class Closing:
    """An iterable that says when it was closed."""

    def __init__(self, *pieces: bytes, fails_with: Exception | None = None) -> None:
        self.pieces = pieces
        self.fails_with = fails_with
        self.closed = 0

    def __iter__(self) -> Iterator[bytes]:
        yield from self.pieces
        if self.fails_with is not None:
            raise self.fails_with

    def close(self) -> None:
        self.closed += 1


def returning(given: Any, *, headers: list[tuple[str, str]] = TEXT) -> Any:
    def app(environ: Any, start_response: Any) -> Any:
        start_response("200 OK", headers)
        return given

    return app


WHOLE = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"
CHUNKED = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    b"4\r\nhell\r\n1\r\no\r\n0\r\n\r\n"
)


@pytest.mark.parametrize("given", [[b"hello"], (b"hello",), [b"hell", b"o"], [b"", b"hello", b""]])
@in_each_way
async def test_a_list_is_a_whole_answer(given: Any, threads: int) -> None:
    async with asking(returning(given), threads) as connection:
        assert await all_of(connection) == WHOLE


@in_each_way
async def test_pieces_are_sent_as_they_come(threads: int) -> None:
    body = Closing(b"", b"hell", b"", b"o")
    async with asking(returning(body), threads, checked=True) as connection:
        assert await all_of(connection) == CHUNKED
    assert body.closed == 1


@in_each_way
async def test_pieces_whose_length_is_said_are_sent_without_chunks(threads: int) -> None:
    body = Closing(b"hell", b"o")
    async with asking(returning(body, headers=[*TEXT, ("content-length", "5")]), threads) as connection:
        assert await all_of(connection) == WHOLE
    assert body.closed == 1


@in_each_way
async def test_a_piece_that_is_all_is_sent_with_its_head(threads: int) -> None:
    body = Closing(b"hello")
    async with asking(returning(body, headers=[*TEXT, ("Content-Length", "5")]), threads) as connection:
        assert await all_of(connection) == WHOLE
    assert body.closed == 1


@in_each_way
async def test_an_answer_without_a_body_is_empty(threads: int) -> None:
    given: Any
    for given in ([], Closing(), Closing(b"")):
        async with asking(returning(given), threads) as connection:
            answer = await connection.ask(GET)
            assert (answer.headers["content-length"], answer.body) == ("0", b"")


@in_each_way
async def test_a_connection_serves_one_request_after_the_other(threads: int) -> None:
    async with asking(returning([b"hello"]), threads) as connection:
        for _ in range(3):
            assert (await connection.ask(GET)).body == b"hello"
        connection.send(GET * 3)
        for _ in range(3):
            assert (await connection.answer()).body == b"hello"


@in_each_way
async def test_a_client_of_http_1_0_gets_no_chunks(threads: int) -> None:
    async with asking(returning(Closing(b"hell", b"o")), threads) as connection:
        answer = await all_of(connection, b"GET / HTTP/1.0\r\n\r\n")
    assert answer == b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\nhello"


@in_each_way
async def test_head_gets_what_get_would_but_the_body(threads: int) -> None:
    for given in ([b"hello"], Closing(b"hello")):
        app = returning(given, headers=[*TEXT, ("Content-Length", "5")])
        async with asking(app, threads) as connection:
            assert await all_of(connection, CLOSING.replace(b"GET", b"HEAD")) == WHOLE.removesuffix(b"hello")


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
@in_each_way
async def test_a_status_without_a_body_has_none(status: str, threads: int) -> None:
    async with asking(answering(b"never", status=status, headers=(("Content-Length", "5"),)), threads) as connection:
        answer = await connection.ask(GET)
        assert (answer.status, answer.body) == (int(status[:3]), b"")
        assert (await connection.ask(GET)).status == int(status[:3])


@in_each_way
async def test_the_words_of_a_status_are_the_application_s(threads: int) -> None:
    for status, line in (("200 Fine, thanks", b"200 Fine, thanks"), ("299 Odd", b"299 Odd"), ("404", b"404 ")):
        async with asking(answering(b"x", status=status), threads) as connection:
            assert (await all_of(connection)).startswith(b"HTTP/1.1 " + line + b"\r\n")


@in_each_way
async def test_what_is_written_comes_before_what_is_returned(threads: int) -> None:
    def app(environ: Any, start_response: Any) -> list[bytes]:
        write = start_response("200 OK", TEXT)
        write(b"hell")
        write(b"")
        return [b"o"]

    async with asking(app, threads, checked=True) as connection:
        assert await all_of(connection) == CHUNKED


@in_each_way
async def test_a_generator_may_say_its_status_when_it_is_first_asked(threads: int) -> None:
    def app(environ: Any, start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", TEXT)
        yield b"hell"
        yield b"o"

    async with asking(app, threads) as connection:
        assert await all_of(connection) == CHUNKED


@in_each_way
async def test_early_hints_come_before_the_answer(threads: int) -> None:
    def app(environ: Any, start_response: Any) -> list[bytes]:
        environ["wsgi.early_hints"]([("Link", "</a.css>; rel=preload")])
        return returning([b"hello"])(environ, start_response)  # type: ignore[no-any-return]

    async with asking(app, threads) as connection:
        hints = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n"
        assert await all_of(connection) == hints + WHOLE


# What goes wrong.


def two_heads(environ: Any, start_response: Any) -> Any:
    start_response("200 OK", TEXT)
    start_response("200 OK", TEXT)
    return [b"never"]


def no_head(environ: Any, start_response: Any) -> Any:
    return [b"never"]


def raising(environ: Any, start_response: Any) -> Any:
    start_response("200 OK", TEXT)
    raise ZeroDivisionError


def writing_text(environ: Any, start_response: Any) -> Any:
    start_response("200 OK", TEXT)("text")


@pytest.mark.parametrize(
    ("app", "said"),
    [
        (raising, "ZeroDivisionError"),
        (two_heads, "start_response() was called before; again it needs exc_info (PEP 3333)"),
        (no_head, "the application gave a body before it called start_response() (PEP 3333)"),
        (writing_text, "write(): expected bytes, got 'text'"),
        (returning(["text"]), "response body: expected pieces of bytes, got 'text'"),
        (returning(Closing("text")), "response body: expected pieces of bytes, got 'text'"),  # type: ignore[arg-type]
        (returning(None), "'NoneType' object is not iterable"),
        (answering(b"x", status="fine"), "expected a status from 200 to 599, such as '200 OK', got 'fine'"),
        (answering(b"x", status="101 Switching Protocols"), "expected a status from 200 to 599"),
        (answering(b"x", status="200 OK\r\nX: y"), "expected a status from 200 to 599"),
        (answering(b"x", headers=(("A B", "c"),)), "response header: expected a token (RFC 9110, 5.6.2) as its name"),
        (answering(b"x", headers=(("A", "b\r\nc: d"),)), "expected no control character in its value"),
        (answering(b"x", headers=(("A", 7),)), "response header: expected str for name and value"),  # type: ignore[arg-type]
        (answering(b"x", headers=(("A", "€"),)), "'latin-1' codec can't encode character"),
    ],
)
@in_each_way
async def test_an_application_that_is_wrong_is_answered_for_and_logged(
    app: Any, said: str, threads: int, caplog: pytest.LogCaptureFixture
) -> None:
    async with asking(app, threads) as connection:
        answer = await connection.ask(GET)
        assert (answer.status, answer.body) == (500, b"the server failed to answer\n")
        assert (await connection.ask(GET)).status == 500
    assert said in caplog.text
    assert {record.levelno for record in caplog.records} == {logging.ERROR}


@in_each_way
async def test_what_is_returned_is_closed_when_its_pieces_fail(threads: int, caplog: pytest.LogCaptureFixture) -> None:
    body = Closing(fails_with=ZeroDivisionError("before"))
    async with asking(returning(body), threads) as connection:
        assert (await connection.ask(GET)).status == 500
    assert body.closed == 1
    assert "ZeroDivisionError: before" in caplog.text


@in_each_way
async def test_an_answer_that_has_begun_is_cut_when_it_fails(threads: int, caplog: pytest.LogCaptureFixture) -> None:
    body = Closing(b"hell", fails_with=ZeroDivisionError("after"))
    async with asking(returning(body), threads) as connection:
        connection.send(GET)
        came = await connection.rest()
    assert came.endswith(b"4\r\nhell\r\n")
    assert body.closed == 1
    assert "ZeroDivisionError: after" in caplog.text


@in_each_way
async def test_an_error_may_replace_a_head_that_was_not_sent(threads: int) -> None:
    def app(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", TEXT)
        try:
            1 / 0  # noqa: B018  # it raises
        except ZeroDivisionError as error:
            start_response("503 Service Unavailable", TEXT, (type(error), error, error.__traceback__))
        return [b"sorry"]

    async with asking(app, threads) as connection:
        answer = await connection.ask(GET)
        assert (answer.status, answer.body) == (503, b"sorry")


@in_each_way
async def test_an_error_after_the_head_is_raised_again(threads: int, caplog: pytest.LogCaptureFixture) -> None:
    def app(environ: Any, start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", TEXT)
        yield b"hell"
        try:
            1 / 0  # noqa: B018  # it raises
        except ZeroDivisionError as error:
            start_response("500 No", TEXT, (type(error), error, error.__traceback__))
        yield b"never"

    async with asking(app, threads) as connection:
        connection.send(GET)
        assert (await connection.rest()).endswith(b"4\r\nhell\r\n")
    assert "ZeroDivisionError: division by zero" in caplog.text


@in_each_way
async def test_a_body_that_is_longer_than_it_says_is_cut_to_that(
    threads: int, caplog: pytest.LogCaptureFixture
) -> None:
    app = returning(Closing(b"hello", b"more"), headers=[*TEXT, ("Content-Length", "5")])
    async with asking(app, threads) as connection:
        assert await all_of(connection) == WHOLE
    assert "response body: it is longer than its head says" in caplog.text


@in_each_way
async def test_a_body_that_is_shorter_than_it_says_cuts_the_connection(
    threads: int, caplog: pytest.LogCaptureFixture
) -> None:
    app = returning(Closing(b"he", b"ll"), headers=[*TEXT, ("Content-Length", "5")])
    async with asking(app, threads) as connection:
        connection.send(GET)
        assert (await connection.rest()).endswith(b"\r\n\r\nhell")
    assert "response body: it is 1 bytes shorter than its head says" in caplog.text


@in_each_way
async def test_what_fails_after_the_answer_is_logged_and_costs_nothing(
    threads: int, caplog: pytest.LogCaptureFixture
) -> None:
    class Failing(Closing):
        def close(self) -> None:
            raise ZeroDivisionError("in close")

    app = returning(Failing(b"hello"), headers=[*TEXT, ("Content-Length", "5")])
    async with asking(app, threads) as connection:
        for _ in range(2):
            assert (await connection.ask(GET)).body == b"hello"
    assert caplog.text.count("ZeroDivisionError: in close") == 2


# Files.


@pytest.mark.parametrize("size_bytes", [0, 5, 64 * 1024, 64 * 1024 + 1, 3_000_000])
@in_each_way
async def test_a_file_is_sent_whole(size_bytes: int, threads: int, tmp_path: Path) -> None:
    content = bytes(range(251)) * (size_bytes // 251 + 1)
    path = tmp_path / "file"
    path.write_bytes(content[:size_bytes])
    files = []

    def app(environ: Any, start_response: Any) -> Any:
        start_response("200 OK", TEXT)
        files.append(path.open("rb"))
        return environ["wsgi.file_wrapper"](files[-1], 8192)

    async with asking(app, threads) as connection:
        for _ in range(2):
            answer = await connection.ask(GET)
            assert answer.headers["content-length"] == str(size_bytes)
            assert answer.body == content[:size_bytes]
    assert [file.closed for file in files] == [True, True]


@in_each_way
async def test_a_file_is_sent_from_where_it_is_and_as_far_as_the_head_says(threads: int, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(1000) + b"x" * 200_000 + bytes(1000))

    def app(environ: Any, start_response: Any) -> Any:
        start_response("200 OK", [*TEXT, ("Content-Length", "200000")])
        file = path.open("rb")
        file.seek(1000)
        return environ["wsgi.file_wrapper"](file)

    async with asking(app, threads) as connection:
        for _ in range(2):
            assert (await connection.ask(GET)).body == b"x" * 200_000


@in_each_way
async def test_what_can_only_be_read_is_sent_in_pieces(threads: int) -> None:
    def app(environ: Any, start_response: Any) -> Any:
        start_response("200 OK", TEXT)
        return environ["wsgi.file_wrapper"](io.BytesIO(b"hello"), 4)

    async with asking(app, threads) as connection:
        assert await all_of(connection) == CHUNKED
