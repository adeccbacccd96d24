"""`wsgi.file_wrapper` (PEP 3333): a file as the body of an answer; where it can, the kernel sends it."""

import io
import os
import stat
from typing import Any, NamedTuple


class FilePart(NamedTuple):
    """A part of an open file.

    Attributes:
        descriptor: the file's.
        first: where it begins.
        size_bytes: how long it is.
    """

    descriptor: int
    first: int
    size_bytes: int


class FileWrapper:
    """A file, and how it is read.

    Args:
        file: has `read`, and perhaps `fileno` and `close`.
        piece_bytes: how much of it is read at a time, where the kernel does not send it.
    """

    def __init__(self, file: Any, piece_bytes: int = 64 * 1024) -> None:
        self._file = file
        self._piece_bytes = piece_bytes

    def __iter__(self) -> "FileWrapper":
        """Return itself: it is read once."""
        return self

    def __next__(self) -> bytes:
        """Return the next piece."""
        piece: bytes = self._file.read(self._piece_bytes)
        if not piece:
            raise StopIteration
        return piece

    def close(self) -> None:
        """Close the file, if it can be closed."""
        if (close := getattr(self._file, "close", None)) is not None:
            close()

    def read(self, size_bytes: int) -> bytes:
        """Read so many bytes of it."""
        content: bytes = self._file.read(size_bytes)
        return content

    def rest(self) -> FilePart | None:
        """Return what is left of a regular file; None for what can only be read, such as one that is decompressed."""
        source = getattr(self._file, "file", self._file)  # of what tempfile makes
        if not isinstance(getattr(source, "raw", source), io.FileIO):
            return None
        try:
            descriptor, first = source.fileno(), source.tell()
            state = os.fstat(descriptor)
        except (OSError, ValueError):
            return None
        if not stat.S_ISREG(state.st_mode):
            return None
        return FilePart(descriptor, first, max(0, state.st_size - first))
