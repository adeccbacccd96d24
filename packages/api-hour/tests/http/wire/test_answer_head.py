"""The bytes of a response."""

from collections.abc import Sequence
from http import HTTPStatus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_hour.http import Request, Response
from api_hour.http.wire.answer_head import (
    RAW,
    AnswerHead,
    closes,
    encode_interim,
    encode_response,
    encode_switch,
    raw_line,
)

DATE = b"Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n"


def encode(response: Response, *, method: str = "GET", is_http_1_0: bool = False, keep_alive: bool = True) -> bytes:
    request = Request(method, b"/", [], container=None, is_http_1_0=is_http_1_0)
    return encode_response(response, request, date=DATE, keep_alive=keep_alive)


def test_a_response_has_status_date_type_length_own_headers_and_body() -> None:
    response = Response("né", status=201, headers=[("Location", "/agents/7"), ("X-A", "b")])

    assert encode(response) == (
        b"HTTP/1.1 201 Created\r\n" + DATE + b"Content-Type: text/plain; charset=utf-8\r\n"
        b"Content-Length: 3\r\nLocation: /agents/7\r\nX-A: b\r\n\r\nn\xc3\xa9"
    )


def test_a_response_without_content_type_has_none() -> None:
    assert encode(Response(b"x", content_type=None)) == (b"HTTP/1.1 200 OK\r\n" + DATE + b"Content-Length: 1\r\n\r\nx")


@pytest.mark.parametrize("status", [204, 304])
def test_a_status_without_a_body_has_neither_body_nor_length(status: int) -> None:
    head, _, body = encode(Response(b"never", status=status, content_type=None)).partition(b"\r\n\r\n")

    assert head == f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n".encode() + DATE.rstrip()
    assert body == b""


def test_what_is_reset_has_no_content() -> None:
    assert encode(Response(b"never", status=205, content_type=None)).endswith(b"\r\nContent-Length: 0\r\n\r\n")


SERVERS_OWN = [("Content-Length", "99"), ("Transfer-Encoding", "gzip"), ("Connection", "keep-alive, x"), ("X-A", "b")]


@pytest.mark.parametrize("status", [200, 204, 205, 304, 404])
def test_what_is_the_servers_to_say_is_left_out(status: int) -> None:
    said, left_out = (Response(b"x", status=status, headers=headers) for headers in (SERVERS_OWN, SERVERS_OWN[-1:]))

    assert encode(said) == encode(left_out)
    assert not closes(said)


def test_a_response_may_close_the_connection_and_have_a_date_of_its_own() -> None:
    response = Response(b"x", content_type=None, headers=[("connection", "x, Close"), ("date", "never")])

    assert closes(response)
    assert encode(response, keep_alive=False) == (
        b"HTTP/1.1 200 OK\r\ndate: never\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx"
    )


def test_an_interim_answer_is_followed_by_one_that_says_nothing() -> None:
    response = Response(status=103, headers=[("Link", "</a.css>")])
    final = encode(Response(status=204, content_type=None))

    assert encode(response) == b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n" + final
    assert encode(response, is_http_1_0=True) == encode(Response(status=204, content_type=None), is_http_1_0=True)
    assert encode(Response(status=101)) == final


def test_head_has_the_length_and_no_body() -> None:
    whole = encode(Response(b"hello"))

    assert encode(Response(b"hello"), method="HEAD") == whole.removesuffix(b"hello")


@pytest.mark.parametrize(
    ("is_http_1_0", "keep_alive", "line"),
    [
        (False, True, b""),
        (False, False, b"Connection: close\r\n"),
        (True, True, b"Connection: keep-alive\r\n"),
        (True, False, b"Connection: close\r\n"),
    ],
)
def test_the_connections_fate_is_said_where_it_is_not_the_default(
    is_http_1_0: bool, keep_alive: bool, line: bytes
) -> None:
    assert encode(Response(b"x", content_type=None), is_http_1_0=is_http_1_0, keep_alive=keep_alive) == (
        b"HTTP/1.1 200 OK\r\n" + DATE + b"Content-Length: 1\r\n" + line + b"\r\nx"
    )


def test_an_answer_to_what_could_not_be_read_has_a_body() -> None:
    assert encode_response(Response(b"x"), None, date=DATE, keep_alive=False).endswith(b"Connection: close\r\n\r\nx")


def test_a_status_without_a_name_is_sent_as_its_number() -> None:
    assert encode(Response(status=299)).startswith(b"HTTP/1.1 299 \r\n")


@pytest.mark.parametrize("character", [chr(code) for code in (*range(9), *range(10, 32), 127)])
def test_a_control_character_in_a_header_is_refused(character: str) -> None:
    with pytest.raises(ValueError) as caught:
        encode(Response(headers=[("X-A", f"a{character}Set-Cookie: b")]))

    assert str(caught.value) == (
        f"response header X-A: expected no control character in its value, got {character.encode()!r}"
    )


@pytest.mark.parametrize("name", ["X-A: b\r\nX-C", "X A", "X-A:", "", "é"])
def test_a_headers_name_is_a_token(name: str) -> None:
    with pytest.raises(ValueError) as caught:
        encode(Response(headers=[(name, "b")]))

    assert str(caught.value) == (
        f"response header: expected a token (RFC 9110, 5.6.2) as its name, got {name.encode()!r}"
    )


def test_a_content_type_of_more_than_one_line_is_refused() -> None:
    with pytest.raises(ValueError) as caught:
        encode(Response(content_type="a\r\nX: b"))

    assert str(caught.value) == ("response header Content-Type: expected no control character in its value, got b'\\r'")


def test_a_header_beyond_latin_1_is_refused() -> None:
    with pytest.raises(ValueError, match="latin-1"):
        encode(Response(headers=[("X-A", "\u2713")]))


HEADERS = st.lists(st.tuples(st.just("X-A") | st.text(), st.text()), max_size=3)


@given(headers=HEADERS, body=st.binary())
def test_no_header_can_add_a_line_or_change_the_body(headers: Sequence[tuple[str, str]], body: bytes) -> None:
    try:
        data = encode(Response(body, headers=headers))
    except ValueError:
        return  # refused
    head, _, sent_body = data.partition(b"\r\n\r\n")
    assert head.count(b"\r\n") == head.count(b"\n") == head.count(b"\r") == 3 + len(headers)
    assert sent_body == body


def raw_head(
    *fields: tuple[bytes, bytes], status: int = 200, whole_bytes: int | None = 1, method: str = "GET"
) -> bytes:
    request = Request(method, b"/", [], container=None)
    return AnswerHead(status, fields, RAW, whole_bytes, request).encode(DATE, request, keep_alive=True)


@pytest.mark.parametrize("status", [200, 204, 205, 299, 304, 404])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_head_is_the_same_whether_it_is_given_as_text_or_as_bytes(status: int, method: str) -> None:
    text = encode(Response(b"x", status=status, content_type=None, headers=[("x-a", "b")]), method=method)
    raw = raw_head((b"x-a", b"b"), status=status, method=method)

    assert sorted(raw.lower().split(b"\r\n")) == sorted(text.removesuffix(b"x").lower().split(b"\r\n"))


def test_a_length_that_is_given_as_bytes_is_said_where_the_body_is_not_known() -> None:
    assert raw_head((b"content-length", b"7"), whole_bytes=None).endswith(b"\r\ncontent-length: 7\r\n\r\n")
    assert raw_head(whole_bytes=None).endswith(b"\r\ntransfer-encoding: chunked\r\n\r\n")


@pytest.mark.parametrize("status", [99, 600])
def test_there_is_no_such_status(status: int) -> None:
    with pytest.raises(ValueError) as caught:
        raw_head(status=status)

    assert str(caught.value) == f"response status: expected 100 to 599, got {status}"


def test_an_interim_answer_has_only_the_applications_fields() -> None:
    fields = [(b"link", b"</a.css>"), (b"content-length", b"0")]

    assert encode_interim(103, fields, raw_line) == b"HTTP/1.1 103 Early Hints\r\nlink: </a.css>\r\n\r\n"
    with pytest.raises(ValueError, match="expected 100 to 599, got 99"):
        encode_interim(99, fields, raw_line)


def test_a_change_of_protocol_names_it() -> None:
    assert encode_switch(b"websocket", [(b"X-A", b"b")], date=DATE) == (
        b"HTTP/1.1 101 Switching Protocols\r\n" + DATE + b"Upgrade: websocket\r\nConnection: Upgrade\r\nX-A: b\r\n\r\n"
    )
