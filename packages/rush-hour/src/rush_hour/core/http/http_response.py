"""HTTP/1.1 responses: bytes in, events out (RFC 9112, sections 4 and 6).

`ResponseReader` takes any split of the bytes and gives the same events. A response that came whole, with a head
seen before, needs no reader: `HeadCache` parses each distinct head once, and the injector compares lengths.

Refuses what cannot be understood beyond doubt, with a `MalformedResponse` that says what was expected and what came.
Pure: no socket, no clock.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal

from rush_hour.core.http.chunks import CHUNK_LINE_LIMIT_BYTES, Chunks, chunk_size
from rush_hour.core.http.malformed import MalformedResponse

HEAD_BEGIN = b"HTTP/1."
HEAD_END = b"\r\n\r\n"
HEAD_LIMIT_BYTES = 65536
HEAD_CACHE_LENGTH = 128  # a Date header makes a new head each second

_TEXT = rb"[^\x00-\x08\x0a-\x1f\x7f]"  # neither control characters nor ends of lines (RFC 9110, section 5.5)
_STATUS_LINE = re.compile(rb"HTTP/1\.([01]) ([1-9][0-9]{2})(?: " + _TEXT + rb"*)?")
_HEADER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(" + _TEXT + rb"*?)[ \t]*")
_HEAD_END = re.compile(rb"\n\r?\n")


class Framing(Enum):
    """Framings: ways to find the end of a body (RFC 9112, section 6.3)."""

    LENGTH = "by its length"
    CHUNKED = "by its last chunk"
    UNTIL_CLOSE = "by the end of the connection"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseHead:
    """Status line and what the headers say of the rest.

    Attributes:
        status: status code.
        framing: how the body ends.
        body_bytes: length of the body, -1 unless framed by length.
        keep_alive: whether another request may follow on the connection.
        headers: values by lower-case name.
    """

    status: int
    framing: Framing
    body_bytes: int
    keep_alive: bool
    headers: Mapping[bytes, list[bytes]] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class BodyChunk:
    """Part of the body, transfer coding removed."""

    data: bytes


@dataclass(frozen=True, slots=True)
class ResponseEnd:
    """The response is complete."""


Event = ResponseHead | BodyChunk | ResponseEnd
END = ResponseEnd()


def parse_head(raw: bytes, *, method: str) -> ResponseHead:
    """Parse a head.

    Args:
        raw: status line and headers, up to and with the empty line. Lines may end with LF alone (RFC 9112,
            section 2.2).
        method: of the request that is answered: the answer to HEAD has no body.

    Raises:
        MalformedResponse: it is not a head of HTTP/1.1 or HTTP/1.0.
    """
    status_line, *lines = [line.removesuffix(b"\r") for line in raw.split(b"\n")[:-2]]
    match = _STATUS_LINE.fullmatch(status_line)
    if match is None:
        raise MalformedResponse("status-line", f"expected 'HTTP/1.1 200 OK' or the like, got {status_line[:80]!r}")
    status, is_http_1_1 = int(match[2]), match[1] == b"1"
    headers: dict[bytes, list[bytes]] = {}
    for line in lines:
        header = _HEADER.fullmatch(line)
        if header is None:
            raise MalformedResponse("header", f"expected 'Name: value', got {line[:80]!r}")
        headers.setdefault(header[1].lower(), []).append(header[2])
    framing, body_bytes = _framing(status, headers, method)
    options = {option.strip().lower() for option in b",".join(headers.get(b"connection", [])).split(b",")}
    keep_alive = b"close" not in options and (is_http_1_1 or b"keep-alive" in options)
    return ResponseHead(
        status=status,
        framing=framing,
        body_bytes=body_bytes,
        keep_alive=keep_alive and framing is not Framing.UNTIL_CLOSE,
        headers=headers,
    )


def _framing(status: int, headers: dict[bytes, list[bytes]], method: str) -> tuple[Framing, int]:
    """Decide how the body ends, in the order of RFC 9112, section 6.3."""
    if method == "HEAD" or status < 200 or status in (204, 304):
        return Framing.LENGTH, 0
    lengths = {length.strip() for value in headers.get(b"content-length", []) for length in value.split(b",")}
    codings = [
        coding.strip().lower() for value in headers.get(b"transfer-encoding", []) for coding in value.split(b",")
    ]
    if codings and lengths:
        raise MalformedResponse("framing", "expected Content-Length or Transfer-Encoding, got both")
    if codings:
        if codings != [b"chunked"]:  # the only one that may be used unasked (RFC 9112, section 7.4)
            raise MalformedResponse("framing", f"expected no transfer coding but chunked, got {codings!r}")
        return Framing.CHUNKED, -1
    if not lengths:
        return Framing.UNTIL_CLOSE, -1
    length = lengths.pop()
    if lengths or not length.isdigit() or len(length) > 15:
        raise MalformedResponse("content-length", f"expected one number, got {[length, *lengths]!r}")
    return Framing.LENGTH, int(length)


class HeadCache:
    """Final heads by their bytes: servers repeat themselves, until the second in their Date header changes.

    An interim head (1xx) is never in it: a head that is found here is the head of an answer.

    Args:
        method: of the requests that are answered.
    """

    def __init__(self, method: str) -> None:
        self._method = method
        self._heads: dict[bytes, ResponseHead] = {}
        self.get: Callable[[bytes], ResponseHead | None] = self._heads.get

    def parse(self, raw: bytes) -> ResponseHead:
        """Return the head, parsed now or before.

        Raises:
            MalformedResponse: see `parse_head`.
        """
        head = self._heads.get(raw)
        if head is None:
            head = parse_head(raw, method=self._method)
            if head.status >= 200:
                if len(self._heads) >= HEAD_CACHE_LENGTH:
                    self._heads.clear()
                self._heads[raw] = head
        return head


class ResponseReader:
    """Reads the responses of one connection, one after the other.

    Args:
        heads: where parsed heads are kept.
        gives_body: whether there are events for the parts of bodies.
        only_one: whether what comes after the first response is left alone.

    `feed` returns the events of the bytes that came. Interim responses (1xx) give no events. Bytes after a
    `ResponseEnd` belong to the next response. Whatever the bytes are cut into, each is looked at once: the time is
    linear, and what is kept is an unfinished head or line.
    """

    def __init__(self, heads: HeadCache, *, gives_body: bool = True, only_one: bool = False) -> None:
        self._heads = heads
        self._gives_body = gives_body
        self._only_one = only_one
        self._buffer = b""
        self._at = 0  # what is before it in the buffer has been read
        self._missing_bytes = 0  # of the body or of the chunk
        self._state: Literal["head", "length", "until-close", "chunk-line", "chunk", "chunk-end", "trailer"] = "head"

    @property
    def is_between_responses(self) -> bool:
        """Whether every byte so far belongs to a complete response."""
        return self._state == "head" and not self._buffer

    def feed(self, data: bytes) -> list[Event]:
        """Return the events that `data` completes.

        Raises:
            MalformedResponse: the bytes are not HTTP/1.1; the reader must not be used again.
        """
        self._buffer = self._buffer + data if self._buffer else data
        self._at = 0
        events: list[Event] = []
        while self._at < len(self._buffer) and self._step(events):
            if self._only_one and events and events[-1] is END:
                break
        self._buffer = self._buffer[self._at :]
        return events

    def feed_eof(self) -> list[Event]:
        """Return the events that the end of the connection completes.

        Raises:
            MalformedResponse: it came in the middle of a response.
        """
        if self._state == "until-close":
            self._state = "head"
            return [END]
        if not self.is_between_responses:
            raise MalformedResponse("truncated", f"the connection ended in the middle of a response ({self._state})")
        return []

    def _step(self, events: list[Event]) -> bool:
        """Read one thing from the buffer; return False when more bytes are needed."""
        match self._state:
            case "head":
                return self._read_head(events)
            case "length" | "chunk":
                return self._read_counted(events)
            case "until-close":
                self._pass_body(events, len(self._buffer) - self._at)
                return True
            case "chunk-line":
                return self._read_chunks(events)
            case "chunk-end":
                return self._read_chunk_end()
            case "trailer":
                return self._read_trailer(events)

    def _take(self, length: int) -> bytes:
        taken = self._buffer[self._at : self._at + length]
        self._at += len(taken)
        return taken

    def _pass_body(self, events: list[Event], length: int) -> None:
        if self._gives_body:
            events.append(BodyChunk(self._take(length)))
        else:
            self._at += length

    def _take_line(self, limit_bytes: int) -> bytes | None:
        end = self._buffer.find(b"\r\n", self._at)
        length = (len(self._buffer) if end < 0 else end) - self._at
        if length > limit_bytes:
            raise MalformedResponse("line-too-long", f"expected a line of at most {limit_bytes} bytes")
        return None if end < 0 else self._take(length + 2)[:-2]

    def _read_head(self, events: list[Event]) -> bool:
        found = _HEAD_END.search(self._buffer, self._at)
        length = (len(self._buffer) if found is None else found.end()) - self._at
        if length > HEAD_LIMIT_BYTES + len(HEAD_END):
            raise MalformedResponse("head-too-large", f"expected a head of at most {HEAD_LIMIT_BYTES} bytes")
        if found is None:
            begin = self._buffer[self._at : self._at + 80]
            if not begin.startswith(HEAD_BEGIN[: len(begin)]):  # another protocol: no use in waiting
                raise MalformedResponse("status-line", f"expected 'HTTP/1.1 200 OK' or the like, got {begin!r}")
            return False
        head = self._heads.parse(self._take(length))
        if head.status == 101:
            raise MalformedResponse("upgrade", "the server switched protocols without being asked")
        if head.status < 200:
            return True
        events.append(head)
        if head.framing is Framing.CHUNKED:
            self._state = "chunk-line"
        elif head.framing is Framing.UNTIL_CLOSE:
            self._state = "until-close"
        elif head.body_bytes:
            self._state, self._missing_bytes = "length", head.body_bytes
        else:
            events.append(END)
        return True

    def _read_counted(self, events: list[Event]) -> bool:
        length = min(self._missing_bytes, len(self._buffer) - self._at)
        self._missing_bytes -= length
        self._pass_body(events, length)
        if self._missing_bytes == 0:
            if self._state == "chunk":
                self._state = "chunk-end"
            else:
                self._state = "head"
                events.append(END)
        return True

    def _read_chunks(self, events: list[Event]) -> bool:
        """Read all chunks that are whole, and the beginning of the next."""
        chunks = Chunks(self._buffer, self._at, gives_body=self._gives_body)
        chunks.read()
        self._at = chunks.at
        if chunks.parts:
            events.append(BodyChunk(b"".join(chunks.parts)))
        line = self._take_line(CHUNK_LINE_LIMIT_BYTES)
        if line is None:
            return False
        self._missing_bytes = chunk_size(line)
        self._state = "chunk" if self._missing_bytes else "trailer"
        return True

    def _read_chunk_end(self) -> bool:
        if len(self._buffer) - self._at < 2:
            return False
        ending = self._take(2)
        if ending != b"\r\n":
            raise MalformedResponse("chunk-end", f"expected an end of line after a chunk, got {ending!r}")
        self._state = "chunk-line"
        return True

    def _read_trailer(self, events: list[Event]) -> bool:
        line = self._take_line(HEAD_LIMIT_BYTES)
        if line is None:
            return False
        if line == b"":
            self._state = "head"
            events.append(END)
        elif _HEADER.fullmatch(line) is None:
            raise MalformedResponse("trailer", f"expected 'Name: value', got {line[:80]!r}")
        return True
