"""The head of an ASGI application's answer, from its `http.response.start` to the bytes (RFC 9112, 4 to 6).

Pure: no clock, no socket.
"""

from functools import lru_cache
from http import HTTPStatus

from api_hour.http.asgi.lifespan import Message
from api_hour.http.message.request import Request
from api_hour.http.message.response import WITHOUT_BODY, WITHOUT_LENGTH, check_header, connection_line
from api_hour.http.wire.server_fields import SERVER_FIELDS, ServerFields, read_length

_STATUS_LINES = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus}


class Head:
    """The head of an answer, checked and completed.

    Args:
        start: the application's message.
        whole_bytes: the length of the body, if it is there as a whole; None if it comes in pieces.
        request: what is answered.

    Attributes:
        length_bytes: the length that it says; None when it says none.
        is_chunked: whether it says that the body comes in chunks.
        has_body: whether a body follows.
        closes: whether the application wants the connection closed.

    Raises:
        ValueError: there is no such status, or a header has a character that no header may have.
    """

    __slots__ = ("_date", "_lines", "_status", "closes", "has_body", "is_chunked", "length_bytes")

    def __init__(self, start: Message, whole_bytes: int | None, request: Request) -> None:
        self._status = status = start["status"]
        if not 100 <= status <= 599:
            raise ValueError(f"response status: expected 100 to 599, got {status!r}")
        self.has_body = status not in WITHOUT_BODY and request.method != "HEAD"
        self.length_bytes: int | None = None
        self.closes = self.is_chunked = False
        self._date: bytes | None = None
        self._lines: list[bytes] = []
        fields: ServerFields | None = None
        for name, value in start.get("headers", ()):
            line, own = _line(name, value)
            if not own:
                self._lines.append(line)
            elif own == b"content-length" and status == 200 and fields is None and self.length_bytes is None:
                self.length_bytes = read_length(value)  # the common case
            else:
                if fields is None:
                    fields = ServerFields(status)
                    fields.length_bytes = self.length_bytes
                fields.note(own, value)
        if fields is not None:
            self.length_bytes, self.closes, self._date = fields.length_bytes, fields.closes, fields.date
        if self.has_body and self.length_bytes == whole_bytes and whole_bytes is not None:
            self._lines.append(b"content-length: %d\r\n" % whole_bytes)
        elif status not in WITHOUT_LENGTH or self.length_bytes is not None:
            self._say_length(whole_bytes, request)

    def _say_length(self, whole_bytes: int | None, request: Request) -> None:
        """Say where the body ends; of an answer to HEAD without a body that is not known."""
        if self.length_bytes is None:
            if self._status == 205:
                self.length_bytes = 0
            elif whole_bytes or (whole_bytes == 0 and request.method != "HEAD"):
                self.length_bytes = whole_bytes
        if self.length_bytes is not None:
            self._lines.append(b"content-length: %d\r\n" % self.length_bytes)
        elif whole_bytes is None and not request.is_http_1_0:
            self.is_chunked = True
            self._lines.append(b"transfer-encoding: chunked\r\n")

    def is_event_stream(self) -> bool:
        """Tell whether the body is one of server-sent events."""
        return any(line.lower().startswith(b"content-type: text/event-stream") for line in self._lines)

    def encode(self, date: bytes, request: Request, *, keep_alive: bool) -> bytes:
        """Return the bytes of the head."""
        status_line = _STATUS_LINES.get(self._status) or b"HTTP/1.1 %d \r\n" % self._status
        if self._date is not None:
            date = b"date: %b\r\n" % self._date
        end = b"\r\n"
        if not keep_alive or request.is_http_1_0:
            end = connection_line(keep_alive=keep_alive, is_http_1_0=request.is_http_1_0) + end
        return b"".join((status_line, date, *self._lines, end))

    def encode_interim(self) -> bytes:
        """Return the bytes of an interim answer (RFC 9110, 15.2)."""
        status_line = _STATUS_LINES.get(self._status) or b"HTTP/1.1 %d \r\n" % self._status
        return b"".join((status_line, *self._lines, b"\r\n"))


@lru_cache(maxsize=1024)
def _line(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    """Return the line of a header, and its name in lower case if it is the server's."""
    check_header(name, value)
    lower = name.lower()
    return b"%b: %b\r\n" % (name, value), lower if lower in SERVER_FIELDS else b""
