"""Forms, whole and in pieces."""

import asyncio
from urllib.parse import parse_qsl, urlencode

import pytest
from event_loops import on_each_loop, run_in_loop
from http_connection import connected
from hypothesis import given
from hypothesis import strategies as st

from api_hour.http import HttpError, HttpServer, Request, Router, streams_body
from api_hour.http.message import forms as forms_module
from api_hour.http.message.body_stream import BodyStream
from api_hour.http.message.forms import MAX_FIELDS, TURN_BYTES, Form, FormFile, FormPiece, read_form, stream_form

FORM = (
    b'--b\r\nContent-Disposition: form-data; name="title"\r\n\r\nn\xc3\xa9\r\n'
    b'--b\r\nContent-Disposition: form-data; name="photo"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n'
    b"\x89PNG\r\n\x00\r\n"
    b'--b\r\nContent-Disposition: form-data; name="title"\r\n\r\n\r\n'
    b'--b\r\nContent-Disposition: form-data; name="raw"; filename="../b"\r\n\r\n\r\n'
    b"--b--\r\n"
)
WHOLE = Form(
    pairs=[("title", "né"), ("title", "")],
    files=[
        FormFile(name="photo", filename="a.png", content_type="image/png", content=b"\x89PNG\r\n\x00"),
        FormFile(name="raw", filename="../b", content_type="application/octet-stream", content=b""),
    ],
)
MULTIPART = "multipart/form-data; boundary=b"
CUT = "expected a body of multipart/form-data; Unexpected end of multipart stream (parser closed)"


class Source:
    """A body's source that is never asked to wait."""

    def want_body(self) -> None:
        pass

    def let_body_go(self) -> None:
        """Nothing is held."""

    def hold_body(self) -> None:
        pass


def request(content_type: str | None, body: bytes, *, in_pieces: int = 0) -> Request:
    headers = [(b"content-type", content_type.encode())] if content_type is not None else []
    request = Request("POST", b"/", headers, container=None)
    if in_pieces:
        request.incoming = BodyStream(Source(), 10**6)
        for start in range(0, len(body), in_pieces):
            request.incoming.feed([body[start : start + in_pieces]])
        request.incoming.end()
    else:
        request.body = body
    return request


def form(asked: Request) -> Form:
    read = run_in_loop(read_form(asked))
    assert isinstance(read, Form)
    return read


def refused(asked: Request) -> tuple[int, str]:
    with pytest.raises(HttpError) as caught:
        form(asked)
    return caught.value.status, str(caught.value)


def test_an_urlencoded_form_is_decoded() -> None:
    read = form(request("application/x-www-form-urlencoded; charset=utf-8", b"a=1&b=x+y%26%C3%A9&a=&c"))

    assert read == Form(pairs=[("a", "1"), ("b", "x y&é"), ("a", ""), ("c", "")], files=[])
    assert read.fields == {"a": "", "b": "x y&é", "c": ""}


@pytest.mark.parametrize(
    ("body", "pairs"),
    [
        (b"%", [("%", "")]),
        (b"%4=%zz&%%41=%2", [("%4", "%zz"), ("%A", "%2")]),
        (b"a=b=c&=d&&=&", [("a", "b=c"), ("", "d"), ("", "")]),
        (b"a;b=c", [("a;b", "c")]),
        (b"a=%C3%A9\xc3\xa9%c3\xa9%ff\xff", [("a", "ééé\ufffd\ufffd")]),
        (b"a=%2B+%20%2525%26%3D", [("a", "+  %25&=")]),
    ],
)
def test_an_odd_form_is_read_as_browsers_do(body: bytes, pairs: list[tuple[str, str]]) -> None:
    assert form(request("application/x-www-form-urlencoded", body)).pairs == pairs


@given(body=st.text("abC0129%+&=;é ", max_size=60), turn_bytes=st.integers(3, 20))
def test_a_form_is_read_in_turns_of_any_size_as_the_standard_library_does(body: str, turn_bytes: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(forms_module, "TURN_BYTES", turn_bytes)
        read = form(request("application/x-www-form-urlencoded", body.encode()))

    assert read.pairs == parse_qsl(body, keep_blank_values=True)


def part(headers: bytes = b"", content: bytes = b"") -> bytes:
    return b'--b\r\nContent-Disposition: form-data; name="a"' + headers + b"\r\n\r\n" + content + b"\r\n"


LARGE_BYTES = 900_000
LARGE = {
    "percent signs": ("application/x-www-form-urlencoded", b"%" * LARGE_BYTES),
    "escapes": ("application/x-www-form-urlencoded", b"a=" + b"%41" * (LARGE_BYTES // 3)),
    "names": ("application/x-www-form-urlencoded", b"&".join([b"%41" * 300] * 999)),
    "parts": (MULTIPART, part(content=b"x" * 800) * 999 + b"--b--\r\n"),
    "parameters": (MULTIPART, part(headers=b";a=b" * 220) * 950 + b"--b--\r\n"),
    "beginnings of a boundary": (MULTIPART, part(content=b"\r\n--" * (LARGE_BYTES // 4)) + b"--b--\r\n"),
}


@pytest.mark.parametrize("name", LARGE)
def test_a_large_form_lets_the_loop_do_other_things(name: str) -> None:
    turns = 0

    async def count_turns() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    async def read() -> None:
        counting = asyncio.create_task(count_turns())
        await read_form(request(*LARGE[name]))
        counting.cancel()

    run_in_loop(read())

    assert turns >= len(LARGE[name][1]) // TURN_BYTES - 1


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        (b"\r\nX: y" * 1000, "the form is too large; Maximum segment header count exceeded"),
        (b"\r\nX: " + b"y" * 100_000, "the form is too large; Maximum segment header length exceeded"),
    ],
)
def test_the_headers_of_a_part_are_limited(headers: bytes, message: str) -> None:
    assert refused(request(MULTIPART, part(headers=headers) + b"--b--\r\n")) == (413, message)


@pytest.mark.parametrize("in_pieces", [0, 1, 7, 10_000])
def test_rfc_7578_a_multipart_form_has_fields_and_files(in_pieces: int) -> None:
    assert form(request(MULTIPART, FORM, in_pieces=in_pieces)) == WHOLE


@pytest.mark.parametrize(
    ("content_type", "kind"),
    [(None, ""), ("text/plain", "text/plain"), ("multipart/mixed; boundary=b", "multipart/mixed")],
)
def test_a_body_that_is_no_form_is_415(content_type: str | None, kind: str) -> None:
    assert refused(request(content_type, b"a=1")) == (
        415,
        f"expected a body of application/x-www-form-urlencoded or multipart/form-data, got {kind!r}",
    )


@pytest.mark.parametrize(
    ("content_type", "body", "message"),
    [
        ("multipart/form-data", FORM, "expected a boundary with multipart/form-data"),
        (MULTIPART, b"", CUT),
        (MULTIPART, FORM[:-8], CUT),
        (
            MULTIPART,
            b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n\xff\r\n--b--\r\n',
            "expected UTF-8 in the field 'a'; 'utf-8' codec can't decode byte 0xff in position 0: invalid start byte",
        ),
    ],
)
def test_a_malformed_form_is_400(content_type: str, body: bytes, message: str) -> None:
    assert refused(request(content_type, body)) == (400, message)


def test_a_form_with_too_many_fields_is_413() -> None:
    field = b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n'

    assert refused(request("application/x-www-form-urlencoded", b"&" * MAX_FIELDS)) == (
        413,
        f"the form is too large; it has more than {MAX_FIELDS} fields",
    )
    assert refused(request(MULTIPART, field * (MAX_FIELDS + 1) + b"--b--\r\n"))[0] == 413


@on_each_loop
async def test_a_large_file_is_read_in_pieces() -> None:
    @streams_body
    async def upload(request: Request) -> dict[str, int]:
        sizes: dict[str, int] = {}
        async for piece in stream_form(request):
            sizes[piece.name] = sizes.get(piece.name, 0) + len(piece.data)
        return sizes

    router = Router()
    router.add("POST", "/", upload)
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
    body = head + bytes(500_000) + b"\r\n--b--\r\n"
    async with connected(HttpServer(router)) as connection:
        answer = await connection.ask(
            f"POST / HTTP/1.1\r\nHost: a\r\nContent-Type: {MULTIPART}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
    assert answer.body == b'{"file":500000}'


@on_each_loop
async def test_pieces_end_with_an_empty_one_for_each_field() -> None:
    pieces = [piece async for piece in stream_form(request(MULTIPART, FORM))]

    assert [piece.name for piece in pieces if not piece.data] == ["title", "photo", "title", "raw"]
    assert pieces[0] == FormPiece(name="title", filename=None, content_type="text/plain", data="né".encode())


@on_each_loop
async def test_an_urlencoded_form_has_no_pieces() -> None:
    with pytest.raises(HttpError) as caught:
        await anext(stream_form(request("application/x-www-form-urlencoded", b"a=1")))

    assert (caught.value.status, str(caught.value)) == (
        415,
        "expected a body of multipart/form-data, got 'application/x-www-form-urlencoded'",
    )


@given(st.lists(st.tuples(st.text(min_size=1), st.text())))
def test_an_urlencoded_form_comes_back_as_it_was_sent(pairs: list[tuple[str, str]]) -> None:
    body = urlencode(pairs).encode()

    assert form(request("application/x-www-form-urlencoded", body)).pairs == pairs


@given(st.binary(max_size=300) | st.just(FORM), st.integers(1, 50))
def test_how_a_form_is_split_changes_nothing(body: bytes, in_pieces: int) -> None:
    def outcome(asked: Request) -> Form | int:
        try:
            return form(asked)
        except HttpError as error:
            return error.status

    assert outcome(request(MULTIPART, body)) == outcome(request(MULTIPART, body, in_pieces=in_pieces))
