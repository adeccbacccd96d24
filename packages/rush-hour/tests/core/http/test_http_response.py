import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rush_hour.core.http.http_response import (
    END,
    HEAD_LIMIT_BYTES,
    BodyChunk,
    Event,
    Framing,
    HeadCache,
    ResponseHead,
    ResponseReader,
    parse_head,
)
from rush_hour.core.http.malformed import MalformedResponse

PLAIN = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n1\r\n!\r\n0\r\nX-Sum: 6\r\n\r\n"
EMPTY = b"HTTP/1.1 204 No Content\r\n\r\n"
INTERIM = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"


def read(*parts: bytes, method: str = "GET", eof: bool = False) -> list[Event]:
    """Feed parts, and return the events with neighbouring body chunks joined."""
    reader = ResponseReader(HeadCache(method))
    events: list[Event] = []
    for part in parts:
        events += reader.feed(part)
    if eof:
        events += reader.feed_eof()
    joined: list[Event] = []
    for event in events:
        if isinstance(event, BodyChunk) and joined and isinstance(joined[-1], BodyChunk):
            joined[-1] = BodyChunk(joined[-1].data + event.data)
        else:
            joined.append(event)
    return joined


def head(
    status: int = 200, framing: Framing = Framing.LENGTH, body_bytes: int = -1, *, keep: bool = True
) -> ResponseHead:
    return ResponseHead(status=status, framing=framing, body_bytes=body_bytes, keep_alive=keep)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (PLAIN, [head(body_bytes=5), BodyChunk(b"hello"), END]),
        (CHUNKED, [head(framing=Framing.CHUNKED), BodyChunk(b"hello!"), END]),
        (EMPTY, [head(204, body_bytes=0), END]),
        (INTERIM + PLAIN, [head(body_bytes=5), BodyChunk(b"hello"), END]),
        (PLAIN + EMPTY, [head(body_bytes=5), BodyChunk(b"hello"), END, head(204, body_bytes=0), END]),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", [head(304, body_bytes=0), END]),
        (b"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", [head(body_bytes=0), END]),
        (b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok", [head(body_bytes=2), BodyChunk(b"ok"), END]),
        (INTERIM + INTERIM + EMPTY, [head(204, body_bytes=0), END]),
    ],
    ids=["length", "chunked with extension and trailer", "204", "1xx", "two", "304", "no reason", "LF", "1xx twice"],
)
def test_any_split_of_the_bytes_gives_the_same_events(raw: bytes, expected: list[Event]) -> None:
    assert read(raw) == expected
    assert read(*(raw[i : i + 1] for i in range(len(raw)))) == expected
    for cut in range(len(raw)):
        assert read(raw[:cut], raw[cut:]) == expected


def test_the_answer_to_head_has_no_body() -> None:
    assert read(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", method="HEAD") == [head(body_bytes=0), END]


def test_a_body_without_length_ends_with_the_connection() -> None:
    expected = [head(framing=Framing.UNTIL_CLOSE, keep=False), BodyChunk(b"hello"), END]

    assert read(b"HTTP/1.1 200 OK\r\n\r\nhel", b"lo", eof=True) == expected


@pytest.mark.parametrize(
    ("lines", "keep_alive"),
    [
        (b"HTTP/1.1 200 OK\r\n", True),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\n", False),
        (b"HTTP/1.1 200 OK\r\nConnection: Foo, Close\r\n", False),
        (b"HTTP/1.0 200 OK\r\n", False),
        (b"HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\n", True),
    ],
)
def test_keep_alive_is_what_version_and_connection_header_say(lines: bytes, *, keep_alive: bool) -> None:
    assert parse_head(lines + b"Content-Length: 0\r\n\r\n", method="GET").keep_alive is keep_alive


@pytest.mark.parametrize(
    ("raw", "code", "message"),
    [
        (b"HTTP/2 200\r\n\r\n", "status-line", "expected 'HTTP/1.1 200 OK' or the like, got b'HTTP/2 200'"),
        (b"SSH-2.0-x\r\n\r\n", "status-line", "expected 'HTTP/1.1 200 OK' or the like, got b'SSH-2.0-x'"),
        (b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "header", "expected 'Name: value', got b'no colon'"),
        (b"HTTP/1.1 200 OK\r\nA : b\r\n\r\n", "header", "expected 'Name: value', got b'A : b'"),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            "content-length",
            "expected one number, got [b'",
        ),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "content-length", "expected one number, got [b'-1']"),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            "framing",
            "expected Content-Length or Transfer-Encoding, got both",
        ),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
            "framing",
            "expected no transfer coding but chunked, got [b'gzip', b'chunked']",
        ),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
            "chunk-size",
            "expected a size in hexadecimal, got b'xyz'",
        ),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc",
            "chunk-end",
            "expected an end of line after a chunk, got b'bc'",
        ),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nbad trailer\r\n",
            "trailer",
            "expected 'Name: value', got b'bad trailer'",
        ),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"0" * 5000,
            "line-too-long",
            "expected a line of at most 4096 bytes",
        ),
        (
            b"HTTP/1.1 200 OK\r\nA: " + b"x" * HEAD_LIMIT_BYTES,
            "head-too-large",
            "expected a head of at most 65536 bytes",
        ),
        (b"HTTP/1.1 101 Switching\r\n\r\n", "upgrade", "the server switched protocols without being asked"),
    ],
)
def test_each_malformation_is_named(raw: bytes, code: str, message: str) -> None:
    with pytest.raises(MalformedResponse) as caught:
        read(raw)

    assert caught.value.code == code
    assert str(caught.value).startswith(message)


def test_an_answer_cut_short_is_an_error_and_silence_is_not() -> None:
    reader = ResponseReader(HeadCache("GET"))
    assert reader.is_between_responses
    assert reader.feed_eof() == []

    reader.feed(PLAIN[:-1])

    with pytest.raises(MalformedResponse) as caught:
        reader.feed_eof()
    assert str(caught.value) == "the connection ended in the middle of a response (length)"


def test_a_head_is_parsed_once_and_the_cache_is_bounded() -> None:
    heads = HeadCache("GET")
    raw = PLAIN[:-5]

    assert heads.get(raw) is None
    parsed = heads.parse(raw)

    assert heads.get(raw) is parsed
    assert heads.parse(raw) is parsed
    for number in range(3000):
        heads.parse(b"HTTP/1.1 200 OK\r\nX: %d\r\n\r\n" % number)
    assert heads.get(raw) is None


def test_an_interim_head_is_never_found_where_answers_are_looked_for() -> None:
    heads = HeadCache("GET")
    reader = ResponseReader(heads)

    for raw in (INTERIM, b"HTTP/1.1 100 Continue\r\n\r\n"):
        assert reader.feed(raw) == []
        assert heads.parse(raw).status < 200
        assert heads.get(raw) is None
    assert reader.is_between_responses


def test_a_body_that_nobody_wants_is_read_all_the_same() -> None:
    reader = ResponseReader(HeadCache("GET"), gives_body=False)

    assert reader.feed(PLAIN) == [head(body_bytes=5), END]
    assert reader.feed(CHUNKED) == [head(framing=Framing.CHUNKED), END]


header_names = st.sampled_from([b"Server", b"Date", b"X-Thing", b"Vary"])
header_values = st.binary(max_size=20).map(lambda raw: raw.hex().encode())


@st.composite
def responses(draw: st.DrawFn) -> bytes:
    status = draw(st.sampled_from([200, 201, 204, 301, 304, 404, 500]))
    lines = [b"HTTP/1.1 %d Some Reason" % status]
    lines += [
        name + b": " + value for name, value in draw(st.lists(st.tuples(header_names, header_values), max_size=4))
    ]
    body = draw(st.binary(max_size=300))
    if status in {204, 304}:
        body = b""
    elif draw(st.booleans()):
        lines.append(b"Transfer-Encoding: chunked")
        pieces = [body[i : i + 50] for i in range(0, len(body), 50)]
        body = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
    else:
        lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join([*lines, b"", b""]) + body


@given(responses(), st.data())
def test_h11_reads_the_same_status_and_body(raw: bytes, data: st.DataObject) -> None:
    cut = data.draw(st.integers(min_value=0, max_value=len(raw)))
    judge = h11.Connection(h11.CLIENT)
    judge.send(h11.Request(method="GET", target="/", headers=[("Host", "x")]))
    judge.receive_data(raw)
    theirs = judge.next_event()
    assert isinstance(theirs, h11.Response)
    body = b""
    while isinstance(event := judge.next_event(), h11.Data):
        body += event.data

    ours = read(raw[:cut], raw[cut:])

    assert isinstance(ours[0], ResponseHead)
    assert ours[0].status == theirs.status_code
    assert b"".join(event.data for event in ours if isinstance(event, BodyChunk)) == bytes(body)
    assert ours[-1] is END
