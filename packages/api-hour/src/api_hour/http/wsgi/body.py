"""The body of a request, as `wsgi.input` gives it: whole, or as it comes to a thread that waits for it.

A client that sends slowly keeps nobody busy: the application is called when the body is whole or, in threads, when
there is enough of it to be worth a thread.
"""

import io
import tempfile
from collections.abc import Callable
from typing import IO

from api_hour.http.message.body_stream import BodyStream
from api_hour.http.message.request import Request

IN_MEMORY_BYTES = 1024 * 1024  # of a body that is taken whole; what is larger goes to a temporary file
BEGINNING_BYTES = 64 * 1024  # of a body that is read as it comes, before a thread begins to read it


def is_large(request: Request) -> bool:
    """Tell whether the body of a request is, or may be, more than memory is spent on."""
    return request.is_chunked or (request.content_length or 0) > IN_MEMORY_BYTES


async def take_whole(incoming: BodyStream) -> tuple[IO[bytes], int]:
    """Return a file with the whole body, and its size in bytes.

    Raises:
        ClientGone: the client closed the connection before the end of the body.
        Refusal: the body is malformed, too large or too slow.
        OSError: there is no room for a temporary file.
    """
    file = tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES)  # noqa: SIM115  # who takes it closes it
    try:
        while piece := await incoming.read():
            file.write(piece)
        size_bytes = file.tell()
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return file, size_bytes


async def take_beginning(incoming: BodyStream, *, is_chunked: bool) -> bytes:
    """Return the beginning of a body, or all of it if it is short.

    Of one in chunks it is more: whole, it has a length, without which Django reads nothing.

    Raises:
        ClientGone, Refusal: as `take_whole`.
    """
    enough_bytes = IN_MEMORY_BYTES if is_chunked else BEGINNING_BYTES
    pieces: list[bytes] = []
    while sum(map(len, pieces)) < enough_bytes and (piece := await incoming.read()):
        pieces.append(piece)
    return b"".join(pieces)


class _Incoming(io.RawIOBase):
    """A body that is still coming."""

    def __init__(self, beginning: bytes, read_more: Callable[[], bytes]) -> None:
        self._left = memoryview(beginning)
        self._read_more = read_more

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # typeshed's Buffer is new in CPython 3.12
        left = self._left or memoryview(self._read_more())
        size_bytes = min(len(buffer), len(left))
        buffer[:size_bytes] = left[:size_bytes]
        self._left = left[size_bytes:]
        return size_bytes


def incoming_file(beginning: bytes, read_more: Callable[[], bytes]) -> IO[bytes]:
    """Return a file of a body that is still coming.

    Args:
        beginning: what has come of it.
        read_more: waits for more, and returns it; nothing at the end.
    """
    return io.BufferedReader(_Incoming(beginning, read_more), BEGINNING_BYTES)
