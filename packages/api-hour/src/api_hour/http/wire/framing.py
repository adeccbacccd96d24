"""The framing of a request's body: bytes in, pieces of the body out (RFC 9112, sections 6 and 7).

A framing is fed until it says that the body is whole; it then gives back what belongs to the next request. It takes
any split of the bytes, and keeps no more than one line. Pure: no clock, no socket.
"""

import re
from collections.abc import Callable
from typing import Protocol

from api_hour.http.message.errors import Refusal
from api_hour.http.message.limits import Limits
from api_hour.http_token import TOKEN

Fed = tuple[list[bytes], bytes | None]

EXTENSIONS_BYTES = 16384  # of all chunks of a body together: they mean nothing here
_SIZE_LINE_BYTES = 1024

_TOKEN = TOKEN.encode() + b"+"  # what it took it keeps
_QUOTED = rb'"(?:[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t \x21-\x7e\x80-\xff])*"'
_BWS = rb"[ \t]*+"  # RFC 9110, 5.6.3: whitespace that is bad, and read
_SIZE_LINE = re.compile(  # RFC 9112, 7.1.1
    rb"([0-9A-Fa-f]{1,16})"
    rb"(?:"
    + _BWS
    + rb";"
    + _BWS
    + _TOKEN
    + rb"(?:"
    + _BWS
    + rb"="
    + _BWS
    + rb"(?:"
    + _TOKEN
    + rb"|"
    + _QUOTED
    + rb"))?)*"
)
_SIZE_BEGINNING = re.compile(rb"[0-9A-Fa-f]{1,16}(?:[ \t;][\t\x20-\x7e\x80-\xff]*)?\r?")
_NAME = re.compile(_TOKEN)
_VALUE = re.compile(rb"[\t\x20-\x7e\x80-\xff]*")


class Framing(Protocol):
    """The end of one body."""

    def feed(self, data: bytes) -> Fed:
        """Return the pieces of the body in `data`, and what follows the body: None while it has not ended.

        Raises:
            Refusal: the body is malformed, or larger than the limit.
        """

    def missing_bytes(self) -> int:
        """Return how much of the body is known to be still missing."""


class LengthFraming:
    """A body of known length."""

    __slots__ = ("_missing_bytes",)

    def __init__(self, length_bytes: int, limits: Limits) -> None:
        if length_bytes > limits.body_bytes:
            raise _too_large(limits)
        self._missing_bytes = length_bytes

    def feed(self, data: bytes) -> Fed:
        """Take the body up to its length."""
        missing_bytes = self._missing_bytes
        if len(data) < missing_bytes:
            self._missing_bytes -= len(data)
            return [data], None
        self._missing_bytes = 0
        return [data[:missing_bytes]], data[missing_bytes:]

    def missing_bytes(self) -> int:
        """Return the rest of the length."""
        return self._missing_bytes


class ChunkedFraming:
    """A body in chunks. Extensions and trailers are checked and thrown away (RFC 9112, 7.1)."""

    __slots__ = (
        "_body_bytes", "_extensions_bytes", "_is_over", "_limits", "_line", "_missing_bytes", "_read",
        "_trailer_bytes",
    )  # fmt: skip

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._read: Callable[[bytes, int, list[bytes]], int | None] = self._read_size
        self._is_over = False
        self._line = b""  # what came of a line that is not whole
        self._missing_bytes = 0
        self._body_bytes = 0
        self._extensions_bytes = 0
        self._trailer_bytes = 0

    def feed(self, data: bytes) -> Fed:
        """Take chunks up to the blank line after the last."""
        pieces: list[bytes] = []
        data, self._line = self._line + data, b""
        position = 0
        while position < len(data):
            next_position = self._read(data, position, pieces)
            if next_position is None:
                self._line = data[position:]
                break
            position = next_position
            if self._is_over:
                return pieces, data[position:]
        return pieces, None

    def missing_bytes(self) -> int:
        """Return the rest of the chunk."""
        return self._missing_bytes

    # Each reads one thing at a position and returns the position after it; None when it is not whole.

    def _read_size(self, data: bytes, position: int, _pieces: list[bytes]) -> int | None:
        end = data.find(b"\r\n", position, position + _SIZE_LINE_BYTES)
        if end < 0 and len(data) - position < _SIZE_LINE_BYTES and _SIZE_BEGINNING.fullmatch(data, position):
            return None
        line = _SIZE_LINE.fullmatch(data, position, max(end, position))
        if line is None:
            raise Refusal(400, "a chunk's size line is malformed or too long")
        size_bytes = int(line[1], 16)
        self._body_bytes += size_bytes
        self._extensions_bytes += end - line.end(1)
        if self._body_bytes > self._limits.body_bytes:
            raise _too_large(self._limits)
        if self._extensions_bytes > EXTENSIONS_BYTES:
            raise Refusal(400, f"the chunks' extensions are longer than {EXTENSIONS_BYTES} bytes")
        self._missing_bytes = size_bytes
        self._read = self._read_data if size_bytes else self._read_trailer
        return end + 2

    def _read_data(self, data: bytes, position: int, pieces: list[bytes]) -> int:
        piece = data[position : position + self._missing_bytes]
        pieces.append(piece)
        self._missing_bytes -= len(piece)
        if not self._missing_bytes:
            self._read = self._read_data_end
        return position + len(piece)

    def _read_data_end(self, data: bytes, position: int, _pieces: list[bytes]) -> int | None:
        end = data[position : position + 2]
        if end == b"\r":
            return None
        if end != b"\r\n":
            raise Refusal(400, "a chunk is longer than it says")
        self._read = self._read_size
        return position + 2

    def _read_trailer(self, data: bytes, position: int, _pieces: list[bytes]) -> int | None:
        """Read the blank line, or the beginning of a trailer's name."""
        if data[position] != 0x0D:
            self._read = self._read_name
            return self._take_trailer(_NAME.match(data, position), position)
        self._is_over = (after := self._read_line_end(data, position)) is not None
        return after

    def _read_name(self, data: bytes, position: int, _pieces: list[bytes]) -> int | None:
        """Read the rest of a trailer's name, and the colon."""
        if data[position] == 0x3A:
            self._read = self._read_value
            return self._count_trailer(position, position + 1)
        return self._take_trailer(_NAME.match(data, position), position)

    def _read_value(self, data: bytes, position: int, _pieces: list[bytes]) -> int | None:
        """Read a part of a trailer's value, or the end of its line."""
        if data[position] != 0x0D:
            value = _VALUE.match(data, position)
            return self._take_trailer(value if value and value.end() > position else None, position)
        after = self._read_line_end(data, position)
        if after is not None:
            self._read = self._read_trailer
        return after

    def _read_line_end(self, data: bytes, position: int) -> int | None:
        end = data[position : position + 2]
        if end == b"\r":
            return None
        return self._count_trailer(position, position + 2) if end == b"\r\n" else self._take_trailer(None, position)

    def _take_trailer(self, right: re.Match[bytes] | None, position: int) -> int:
        """Return the position after what is right; nothing is when it is malformed, at the first byte that shows it."""
        if right is None:
            raise Refusal(400, "a trailer is malformed")
        return self._count_trailer(position, right.end())

    def _count_trailer(self, begin: int, end: int) -> int:
        self._trailer_bytes += end - begin
        limit_bytes = self._limits.head_bytes
        if self._trailer_bytes > limit_bytes:
            raise Refusal(
                431,
                f"the trailers are larger than {limit_bytes} bytes",
                setting="--max-head, or Limits(head_bytes=...)",
            )
        return end


def _too_large(limits: Limits) -> Refusal:
    """The client is told what to ask for, and whoever runs the server how to allow it."""
    raised_by = "--max-body, or Limits(body_bytes=...)"
    return Refusal(413, f"the body is larger than {limits.body_bytes} bytes; the limit is raised with {raised_by}")


def framing_for(content_length: int | None, limits: Limits, *, is_chunked: bool) -> Framing | None:
    """Return the framing of a request's body; None when it has none (RFC 9112, 6.3).

    Raises:
        Refusal: the body is larger than the limit.
    """
    if is_chunked:
        return ChunkedFraming(limits)
    return LengthFraming(content_length, limits) if content_length else None
