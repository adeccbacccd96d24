"""Parts of an open file as the body of a response, in bounded memory.

Rule that must hold: a slow disk does not stop the event loop. Each piece is read in a thread, when the client has taken
the one before.
"""

import asyncio
import os
from collections.abc import Sequence

from api_hour.http.files.open_file import OpenFile
from api_hour.http.files.ranges import ByteRange

PIECE_BYTES = 256 * 1024


class FileBody:
    """A part of a file as a body: an asynchronous iterator of pieces, for one response.

    Args:
        file: closed at the end.
        parts: ranges of the file, and bytes to send between them.
    """

    __slots__ = ("_file", "_parts")

    def __init__(self, file: OpenFile, parts: Sequence[ByteRange | bytes]) -> None:
        self._file = file
        self._parts = [*reversed(parts)]

    def __aiter__(self) -> "FileBody":
        """Return itself: it is read once."""
        return self

    async def __anext__(self) -> bytes:
        """Return the next piece; the body of a file that became shorter ends before what its head says."""
        if not self._parts:
            raise StopAsyncIteration
        part = self._parts.pop()
        if isinstance(part, bytes):
            return part
        size_bytes = min(part.size_bytes, PIECE_BYTES)
        piece = await asyncio.to_thread(os.pread, self._file.descriptor, size_bytes, part.first)
        if not piece:
            self._parts.clear()
            raise StopAsyncIteration
        if len(piece) < part.size_bytes:
            self._parts.append(ByteRange(part.first + len(piece), part.last))
        return piece

    async def aclose(self) -> None:
        """Close the file."""
        self._file.close()
