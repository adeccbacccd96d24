"""Chunked bodies, read at the speed of the socket (RFC 9112, section 7.1).

A server that writes a large body in small pieces sends hundreds of thousands of chunks of one size. Chunk by chunk
they cost the interpreter a hundred times what a compiled parser needs, and that would be charged to the server. So a
run of chunks of one size is checked by columns: the bytes of its size lines and line ends stand at a constant
distance, and a slice with that step has them all.

Pure: no socket, no clock.
"""

import re

from rush_hour.core.http.malformed import MalformedResponse

CHUNK_LINE_LIMIT_BYTES = 4096
SIZES_LENGTH = 1024  # size lines that are remembered
RUN_AT_LEAST = 8  # chunks: a shorter run is not worth the look

_LINE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\x00-\x08\x0a-\x1f\x7f]*)?")
_sizes: dict[bytes, int] = {}


def chunk_size(line: bytes) -> int:
    """Return the size that a chunk's first line says.

    Args:
        line: without its end.

    Raises:
        MalformedResponse: it says none.
    """
    size = _sizes.get(line)
    if size is None:
        match = _LINE.fullmatch(line)
        if match is None:
            raise MalformedResponse("chunk-size", f"expected a size in hexadecimal, got {line[:80]!r}")
        size = int(match[1], 16)
        if len(_sizes) >= SIZES_LENGTH:
            _sizes.clear()
        _sizes[line] = size
    return size


class Chunks:
    """The chunks that are whole in a buffer.

    Args:
        buffer: the bytes.
        at: where a chunk begins.
        gives_body: whether to collect what is in the chunks.

    Attributes:
        at: where the first chunk begins that is not whole, or is the last of the body.
        parts: what was in the chunks before that.
    """

    __slots__ = ("_buffer", "_gives_body", "at", "parts")

    def __init__(self, buffer: bytes, at: int, *, gives_body: bool) -> None:
        self._buffer = buffer
        self._gives_body = gives_body
        self.at = at
        self.parts: list[bytes] = []

    def read(self) -> None:
        """Read on to the first chunk that is not whole, or is the last of the body.

        Raises:
            MalformedResponse: something is no chunk.
        """
        buffer, size_of = self._buffer, _sizes.get
        length, at, before = len(buffer), self.at, b""
        while (line_end := buffer.find(b"\r\n", at, at + CHUNK_LINE_LIMIT_BYTES)) > 0:
            line = buffer[at:line_end]
            size = size_of(line)
            if size is None:
                size = chunk_size(line)
            begin = line_end + 2
            end = begin + size
            if size == 0 or end + 2 > length:
                break
            if line == before and buffer.startswith(line, at + RUN_AT_LEAST * (end + 2 - at)):
                at = self._run(at, line, size)
                continue
            if not buffer.startswith(b"\r\n", end):
                ending = buffer[end : end + 2]
                raise MalformedResponse("chunk-end", f"expected an end of line after a chunk, got {ending!r}")
            if self._gives_body:
                self.parts.append(buffer[begin:end])
            at, before = end + 2, line
        self.at = at

    def _run(self, at: int, line: bytes, size: int) -> int:
        """Return the end of the run of chunks with one size line that begins at `at`: at least the first is whole.

        Raises:
            MalformedResponse: the first is no chunk.
        """
        buffer = self._buffer
        step = len(line) + size + 4
        count = (len(buffer) - at) // step
        for offset, byte in (*enumerate(line), (len(line), 13), (len(line) + 1, 10), (step - 2, 13), (step - 1, 10)):
            column = buffer[at + offset : at + offset + (count - 1) * step + 1 : step]
            count -= len(column.lstrip(bytes((byte,))))
            if count == 0:
                ending = buffer[at + step - 2 : at + step]
                raise MalformedResponse("chunk-end", f"expected an end of line after a chunk, got {ending!r}")
        end = at + count * step
        if self._gives_body:
            first = at + len(line) + 2
            self.parts += [buffer[begin : begin + size] for begin in range(first, end, step)]
        return end
