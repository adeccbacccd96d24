"""The response parser held against h11 and httptools on generated and mutated responses.

Wherever all agree that a response is well-formed, they must have read the same. We may refuse what they let pass, for
reasons that are listed; we may not let pass what both refuse.
"""

import h11
import httptools
from hypothesis import given, settings
from hypothesis import strategies as st

from rush_hour.core.http.http_response import BodyChunk, HeadCache, ResponseHead, ResponseReader
from rush_hour.core.http.malformed import MalformedResponse

Parsed = tuple[int, bytes]  # status and body

names = st.sampled_from([b"Server", b"X-A", b"Content-Type", b"Date", b"Set-Cookie"])
values = st.binary(max_size=12).map(lambda value: bytes(32 + byte % 94 for byte in value).strip())


@st.composite
def responses(draw: st.DrawFn) -> bytes:
    status = draw(st.sampled_from([200, 201, 204, 304, 404, 500, 503]))
    lines = [b"HTTP/1.1 %d %s" % (status, draw(st.sampled_from([b"OK", b"", b"Some Reason"])))]
    lines += [name + b": " + value for name, value in draw(st.lists(st.tuples(names, values), max_size=4))]
    body = draw(st.binary(max_size=60))
    if status in (204, 304):
        return b"\r\n".join([*lines, b"", b""])
    if draw(st.booleans()):
        return b"\r\n".join([*lines, b"Content-Length: %d" % len(body), b"", b""]) + body
    size = draw(st.integers(min_value=1, max_value=20))
    chunks = [body[at : at + size] for at in range(0, len(body), size)]
    encoded = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
    return b"\r\n".join([*lines, b"Transfer-Encoding: chunked", b"", b""]) + encoded + b"0\r\n\r\n"


@st.composite
def mutations(draw: st.DrawFn) -> bytes:
    """A response with a few bytes taken out, put in or changed."""
    raw = bytearray(draw(responses()))
    for _ in range(draw(st.integers(min_value=1, max_value=3))):
        at = draw(st.integers(min_value=0, max_value=max(0, len(raw) - 1)))
        match draw(st.sampled_from(["drop", "insert", "change"])):
            case "drop":
                del raw[at : at + 1]
            case "insert":
                raw[at:at] = draw(st.sampled_from([b"\r", b"\n", b" ", b"\t", b"0", b":", b",", b"\0", b";"]))
            case _:
                raw[at : at + 1] = draw(st.binary(min_size=1, max_size=1))
    return bytes(raw)


def ours(raw: bytes) -> Parsed | None:
    """Return what we read; None where we refuse, or need more bytes."""
    reader = ResponseReader(HeadCache("GET"))
    try:
        events = [*reader.feed(raw), *reader.feed_eof()]
    except MalformedResponse:
        return None
    heads = [event for event in events if isinstance(event, ResponseHead)]
    if len(heads) != 1:
        return None
    return heads[0].status, b"".join(event.data for event in events if isinstance(event, BodyChunk))


def of_h11(raw: bytes) -> Parsed | None:
    connection = h11.Connection(h11.CLIENT)
    connection.send(h11.Request(method="GET", target="/", headers=[("Host", "x")]))
    connection.send(h11.EndOfMessage())
    connection.receive_data(raw)
    connection.receive_data(b"")
    status, body = 0, b""
    try:
        while True:
            event = connection.next_event()
            if isinstance(event, h11.Response):
                status = event.status_code
            elif isinstance(event, h11.Data):
                body += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                return (status, body) if not connection.trailing_data[0] else None
            elif event is h11.NEED_DATA or event is h11.PAUSED or isinstance(event, h11.ConnectionClosed):
                return None
    except h11.RemoteProtocolError:
        return None


class Collector:
    """What httptools calls back."""

    def __init__(self) -> None:
        self.body = b""
        self.complete = 0

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.complete += 1


def of_httptools(raw: bytes) -> Parsed | None:
    collector = Collector()
    parser = httptools.HttpResponseParser(collector)
    try:
        parser.feed_data(raw)
    except (httptools.HttpParserError, httptools.HttpParserUpgrade):
        return None
    return (parser.get_status_code(), collector.body) if collector.complete == 1 else None


@settings(max_examples=300)
@given(responses())
def test_all_read_the_same_in_a_well_formed_response(raw: bytes) -> None:
    assert ours(raw) == of_h11(raw) == of_httptools(raw)
    assert ours(raw) is not None


@settings(max_examples=2000)
@given(mutations())
def test_what_we_let_pass_of_a_damaged_response_another_parser_reads_the_same_way(raw: bytes) -> None:
    read = ours(raw)

    if read is not None:
        assert read in {of_h11(raw), of_httptools(raw)}
