"""One call of a WSGI application, as PEP 3333 describes it. It knows neither threads nor connections.

Rule that must hold: `close()` of what the application returned is called once, whatever happened before.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from types import TracebackType
from typing import Any

from api_hour.http.wire.answer_head import status_line
from api_hour.http.wsgi.file_wrapper import FilePart, FileWrapper

Environ = dict[str, Any]
ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]
Write = Callable[[bytes], object]
WsgiApp = Callable[[Environ, Callable[..., Write]], Iterable[bytes]]

SMALL_FILE_BYTES = 64 * 1024  # of a file that is read at once and sent with its head

_STATUS = re.compile(r"([0-9]{3})(?: [\t \x21-\x7e\x80-\xff]*)?")  # RFC 9112, 4


class Call(ABC):
    """One call. What it sends goes out as a subclass says.

    Args:
        environ: what the application is given.

    Attributes:
        environ: as above.
        status: the status code; 0 until the application has said it.
        first_line: the status line, if its words are the application's own.
        fields: names and values of the headers.
        has_begun: whether the head was sent; then it cannot be changed any more.
        first_piece: the first piece of a body that comes in pieces.
        file: what is to be sent of a file, if that is the body.
        has_more: whether something is to be done when the whole body is known.
        left_bytes: how much of the body may still come, when its head was sent; None for anything.
        is_too_long: whether there was more of it than its head says, which is not sent.
    """

    __slots__ = (
        "_given", "_pieces", "environ", "fields", "file", "first_line", "first_piece", "has_begun",
        "has_more", "is_too_long", "left_bytes", "status",
    )  # fmt: skip

    def __init__(self, environ: Environ) -> None:
        environ["wsgi.early_hints"] = self.send_early_hints
        self.environ = environ
        self.status = 0
        self.first_line: bytes | None = None
        self.fields: list[tuple[str, str]] = []
        self.has_begun = False
        self.left_bytes: int | None = None
        self.is_too_long = False
        self.first_piece = b""
        self.file: FilePart | None = None
        self.has_more = False
        self._given: Any = None
        self._pieces: Iterator[bytes] = iter(())

    # What the application calls.

    def start_response(self, status: str, headers: list[tuple[str, str]], exc_info: ExcInfo | None = None) -> Write:
        """Take the head of the answer; it is sent with the first piece of the body."""
        if exc_info is not None:
            try:
                if self.has_begun:
                    raise exc_info[1].with_traceback(exc_info[2])
            finally:
                exc_info = None  # it refers to this frame
        elif self.status:
            raise AssertionError("start_response() was called before; again it needs exc_info (PEP 3333)")
        self.status, self.first_line = _read_status(status)
        self.fields = headers
        return self._write

    def _write(self, data: bytes) -> None:
        if type(data) is not bytes:
            raise TypeError(f"write(): expected bytes, got {data!r}")
        if data:
            self.send_written(data)

    @abstractmethod
    def send_written(self, data: bytes) -> None:
        """Send what the application gives to `write()`, after the head."""

    @abstractmethod
    def send_early_hints(self, headers: Iterable[tuple[str, str]]) -> None:
        """Send early hints (RFC 8297), unless the answer has begun: `wsgi.early_hints`, as Gunicorn has it."""

    # What is done with it.

    def begin(self, app: WsgiApp) -> bytes | None:
        """Call the application, as far as the first piece of its body.

        Returns:
            The body, if it is there as a whole; None if `first_piece` or `file` is the beginning.

        Raises:
            Exception: what the application raises, or what is wrong with what it gives.
        """
        given: Any = app(self.environ, self.start_response)
        self._given = given
        kind = type(given)
        if kind is list or kind is tuple:
            body = given[0] if len(given) == 1 else b"".join(given)
            return self._as_whole(_checked(body))
        self.has_more = True
        self._pieces = iter(given)
        if kind is FileWrapper and (rest := given.rest()) is not None:
            return self._begin_file(given, rest)
        for piece in self._pieces:
            if piece:
                return self._as_whole(_checked(piece), is_whole=self.said_length() == len(piece))
        return self._as_whole(b"")

    def _begin_file(self, file: FileWrapper, rest: FilePart) -> bytes | None:
        """Return all of a file that is small; else say which part of it is to be sent."""
        said_bytes = self.said_length()
        size_bytes = rest.size_bytes if said_bytes is None else min(said_bytes, rest.size_bytes)
        self._pieces = iter(())  # more of the file is not for the client
        if size_bytes <= SMALL_FILE_BYTES:
            return self._as_whole(file.read(size_bytes))
        if said_bytes is None:
            self.fields = [*self.fields, ("Content-Length", str(size_bytes))]
        self.file = rest._replace(size_bytes=size_bytes)
        return self._as_whole(b"", is_whole=False)

    def _as_whole(self, body: bytes, *, is_whole: bool = True) -> bytes | None:
        """Return a body if it is the whole; else keep it as the first piece."""
        if not self.status:
            raise AssertionError("the application gave a body before it called start_response() (PEP 3333)")
        if is_whole and not self.has_begun:
            return body
        self.first_piece = body
        return None

    def said_length(self) -> int | None:
        """Return the length of the body that the application says; None for none."""
        for name, value in self.fields:
            if len(name) == 14 and name.lower() == "content-length" and value.isdecimal():
                return int(value)
        return None

    @property
    def has_known_end(self) -> bool:
        """Whether the head, which was sent, says how long the body is."""
        return self.left_bytes is not None

    def fitted(self, piece: bytes) -> bytes:
        """Return as much of a piece as the body may have, and count it."""
        if self.left_bytes is not None:
            if len(piece) > self.left_bytes:
                self.is_too_long = True
                piece = piece[: self.left_bytes]
            self.left_bytes -= len(piece)
        return piece

    def next_piece(self) -> bytes | None:
        """Return the next piece of the body that is not empty; None at its end, also at that which its head says.

        Raises:
            Exception: what the application raises.
        """
        if self.is_too_long:
            return None
        for piece in self._pieces:
            if piece:
                return _checked(piece)
        return None

    def finish(self) -> None:
        """Let the application come to its end after the whole body is known.

        Raises:
            ValueError: there is more of it than its head says.
            Exception: what the application raises.
        """
        try:
            self.is_too_long = self.next_piece() is not None or self.is_too_long
        finally:
            self.close()

    def close(self) -> None:
        """Call `close()` of what the application returned, if it has one; once.

        Raises:
            ValueError: there was more of the body than its head says.
            Exception: what `close()` raises.
        """
        given, self._given = self._given, None
        self._pieces = iter(())
        if (close := getattr(given, "close", None)) is not None:
            close()
        if self.is_too_long:
            raise ValueError("response body: it is longer than its head says; the rest was not sent")


def _checked(piece: Any) -> bytes:
    if type(piece) is not bytes:
        raise TypeError(f"response body: expected pieces of bytes, got {piece!r}")
    return piece


@lru_cache(maxsize=256)
def _read_status(status: str) -> tuple[int, bytes | None]:
    """Return the code of a status, and its line unless that is the common one.

    Raises:
        ValueError: it is no status of an answer.
    """
    found = _STATUS.fullmatch(status)
    if found is None or not 200 <= int(found[1]) <= 599:
        raise ValueError(f"start_response(): expected a status from 200 to 599, such as '200 OK', got {status!r}")
    code = int(found[1])
    line = f"HTTP/1.1 {status}{'' if ' ' in status else ' '}\r\n".encode("latin-1")
    return code, None if line == status_line(code) else line
