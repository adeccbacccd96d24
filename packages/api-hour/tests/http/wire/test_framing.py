"""The end of a body."""

from http import HTTPStatus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_hour.http.message.errors import Refusal
from api_hour.http.message.limits import Limits
from api_hour.http.wire.framing import EXTENSIONS_BYTES, ChunkedFraming, LengthFraming, framing_for

LIMITS = Limits(body_bytes=1000, head_bytes=100)
RAISED_WITH = "the limit is raised with --max-body, or Limits(body_bytes=...)"


def fed(parts: list[bytes], limits: Limits = LIMITS) -> tuple[bytes, bytes | None]:
    """Feed parts to a chunked framing; return the body and what follows it."""
    framing = ChunkedFraming(limits)
    body = b""
    for number, part in enumerate(parts):
        pieces, rest = framing.feed(part)
        body += b"".join(pieces)
        if rest is not None:
            return body, rest + b"".join(parts[number + 1 :])
    return body, None


def test_a_body_of_known_length_ends_after_it() -> None:
    framing = LengthFraming(5, LIMITS)

    assert framing.feed(b"he") == ([b"he"], None)
    assert framing.missing_bytes() == 3
    assert framing.feed(b"lloGET") == ([b"llo"], b"GET")
    assert framing.missing_bytes() == 0


def test_which_framing_a_request_has() -> None:
    assert framing_for(None, LIMITS, is_chunked=False) is None
    assert framing_for(0, LIMITS, is_chunked=False) is None
    assert isinstance(framing_for(1, LIMITS, is_chunked=False), LengthFraming)
    assert isinstance(framing_for(None, LIMITS, is_chunked=True), ChunkedFraming)


def test_a_length_above_the_limit_is_refused() -> None:
    with pytest.raises(Refusal) as caught:
        framing_for(1001, LIMITS, is_chunked=False)

    assert (caught.value.status, str(caught.value)) == (
        413,
        f"{HTTPStatus(413).phrase}: the body is larger than 1000 bytes; {RAISED_WITH}",
    )


CHUNKS = b'3\r\nabc\r\nA;x;y=z;q="a;\\"b"\r\n0123456789\r\n00\r\nX: y\r\nZ:\r\n\r\n'


def test_chunks_are_joined_whatever_their_split() -> None:
    assert fed([CHUNKS + b"GET"]) == (b"abc0123456789", b"GET")
    assert fed([CHUNKS[i : i + 1] for i in range(len(CHUNKS))] + [b"GET"]) == (b"abc0123456789", b"GET")
    for cut in range(1, len(CHUNKS)):
        assert fed([CHUNKS[:cut], CHUNKS[cut:] + b"GET"]) == (b"abc0123456789", b"GET")


def test_what_is_missing_of_a_chunk_is_known() -> None:
    framing = ChunkedFraming(LIMITS)
    framing.feed(b"a\r\n123")

    assert framing.missing_bytes() == 7


@pytest.mark.parametrize(
    ("data", "status", "message"),
    [
        *(
            (data, 400, "a chunk's size line is malformed or too long")
            for data in (
                b"\r\n", b"x\r\n", b" 1\r\n", b"1 \r\n", b"+1\r\n", b"-1\r\n", b"0x1\r\n", b"1_0\r\n", b"1\n",
                b"12345678901234567\r\n", b"1;\r\n", b"1;=\r\n", b"1; \r\n", b"1;x= \r\n", b"1;x=\r\n",
                b"1;x \r\n", b"1;x y\r\n", b"1;\x0bx\r\n", b"1;x\x0c=y\r\n", b"1\t\r\n", b"1;x=y z\r\n",
                b'1;x="y\r\n', b"1;x=\x01\r\n", b"1;x\ry\r\n", b"1;" + b"x" * 1100,
            )
        ),
        (b"1\r\nab\r\n", 400, "a chunk is longer than it says"),
        (b"1\r\na\n", 400, "a chunk is longer than it says"),
        (b"3e9\r\n", 413, f"the body is larger than 1000 bytes; {RAISED_WITH}"),
        *(
            (b"0\r\n" + data, 400, "a trailer is malformed")
            for data in (b"X\r\n", b"X : y\r\n", b" X: y\r\n", b": y\r\n", b"X: \x00\r\n", b"X: a\rb\r\n")
        ),
        (b"0\r\nX: " + b"y" * 100, 431, "the trailers are larger than 100 bytes"),
        (b"0\r\n" + b"X: y\r\n" * 17, 431, "the trailers are larger than 100 bytes"),
        (
            (b"1;" + b"x" * 1000 + b"\r\na\r\n") * 17,
            400,
            f"the chunks' extensions are longer than {EXTENSIONS_BYTES} bytes",
        ),
    ],
)  # fmt: skip
def test_malformed_chunks_are_refused_whatever_their_split(data: bytes, status: int, message: str) -> None:
    for parts in ([data], [data[i : i + 1] for i in range(len(data))]):
        with pytest.raises(Refusal) as caught:
            fed(parts)

        assert (caught.value.status, caught.value.args[0]) == (status, message)


@pytest.mark.parametrize(
    "extensions",
    [b" ;x", b"\t;\tx", b"; x = y", b' ; x\t=\t"y z" ;a', b';x = "\\" ;" ; y', b";x=y ;z", b" \t ; \t x \t = \t y"],
)
def test_whitespace_around_the_signs_of_extensions_is_read(extensions: bytes) -> None:
    stream = b"1%b\r\na\r\n0%b\r\n\r\nnext" % (extensions, extensions)

    assert fed([stream]) == (b"a", b"next")
    assert fed([stream[i : i + 1] for i in range(len(stream))]) == (b"a", b"next")


@pytest.mark.parametrize(
    ("before", "wrong"),
    [
        *(
            (b"0\r\n", wrong)
            for wrong in (b" ", b"X ", b"X\r", b"X\n", b"X: \x00", b"X: a\ra", b"X: a\n", b":", b"\ra", b"\n")
        ),
        *((b"0\r\nY: z\r\n", wrong) for wrong in (b" ", b"X(", b"\xe9", b"\r\r")),
        *(
            (b"", wrong)
            for wrong in (b"x", b"1x", b"1\n", b"1;a\x00", b"1\ra", b"-", b" ", b"\r", b"12345678901234567")
        ),
        *((b"1\r\na", wrong) for wrong in (b"b", b"\n", b"\rb")),
    ],
)
def test_what_is_malformed_is_refused_at_the_byte_that_shows_it(before: bytes, wrong: bytes) -> None:
    framing = ChunkedFraming(LIMITS)
    right = before + wrong[:-1]
    for position in range(len(right)):
        assert framing.feed(right[position : position + 1])[1] is None
    with pytest.raises(Refusal) as caught:
        framing.feed(wrong[-1:])

    assert caught.value.status == 400


@given(data=st.data(), trailers=st.binary(max_size=130).map(lambda text: b"X: y\r\nZ" + text))
def test_a_refusal_of_trailers_does_not_depend_on_their_split(data: st.DataObject, trailers: bytes) -> None:
    def outcome(parts: list[bytes]) -> object:
        try:
            return fed(parts)
        except Refusal as refusal:
            return refusal.status

    stream = b"0\r\n" + trailers + b"\r\n\r\n"
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=10).map(sorted))
    parts = [stream[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]

    assert outcome(parts) == outcome([stream])


@given(data=st.data(), pieces=st.lists(st.binary(min_size=1, max_size=50), max_size=8))
def test_any_body_in_any_chunks_in_any_split_is_given_back(data: st.DataObject, pieces: list[bytes]) -> None:
    stream = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\nnext"
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=10).map(sorted))
    parts = [stream[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]

    assert fed(parts) == (b"".join(pieces), b"next")
