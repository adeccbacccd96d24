"""The head of an answer: fields that an application gives, checked and completed, to bytes (RFC 9112, sections 4 to 6).

Rule that must hold: whoever answers, a router's handler or an ASGI application, what the server owns in a head is
decided here alone: where the body ends, whether the connection goes on, and the date.
"""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from http import HTTPStatus
from typing import Any, NamedTuple, TypeVar

from api_hour.http.message.request import Request
from api_hour.http.message.response import Response
from api_hour.http.wire.first_lines import without_date
from api_hour.http.wire.server_fields import SERVER_FIELDS, ServerFields, read_length
from api_hour.http_token import TOKEN

Text = TypeVar("Text", bytes, str)
Line = tuple[bytes, bytes]  # a header's line, and its name in lower case if it is the server's, else nothing

WITHOUT_LENGTH = frozenset({204, 304, *range(100, 200)})  # RFC 9110, 8.6
WITHOUT_BODY = WITHOUT_LENGTH | {205}  # RFC 9110, 6.4.1 and 15.3.6

_STATUS_LINES = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode("ascii") for status in HTTPStatus}
_HEADER_NAME = re.compile(TOKEN.encode())
_CONTROL_CHARACTER = re.compile(rb"[\0-\x08\x0a-\x1f\x7f]")  # RFC 9110, 5.5


class Spelling(NamedTuple):
    """The form of a head's lines.

    Args:
        line_of: makes the line of a name and a value.
        length, chunked: the server's own lines.
        length_at: before which of the other lines they are; None for behind them.
    """

    line_of: Callable[[Any, Any], Line]
    length: bytes
    chunked: bytes
    length_at: int | None


class AnswerHead:
    """The head of an answer.

    Args:
        status: the status code.
        fields: names and values; those that are the server's are heard, or left out.
        spelling: how lines are written.
        whole_bytes: the length of the body, if it is there as a whole; None if it comes in pieces.
        request: what is answered; None when it could not be read.
        length_bytes: what is known of the body's length; None to hear what the fields say.
        first_line: the status line, if it has words of its own.

    Attributes:
        length_bytes: the length that it says; None when it says none.
        is_chunked: whether it says that the body comes in chunks.
        has_body: whether a body follows.
        closes: whether the application wants the connection closed.

    Raises:
        ValueError: there is no such status, or a header has a character that no header may have.
    """

    __slots__ = ("_date_line", "_first_line", "_lines", "closes", "has_body", "is_chunked", "length_bytes", "status")

    def __init__(  # noqa: PLR0917  # keywords would cost a dictionary for each answer
        self,
        status: int,
        fields: Iterable[tuple[Any, Any]],
        spelling: Spelling,
        whole_bytes: int | None,
        request: Request | None,
        length_bytes: int | None = None,
        first_line: bytes | None = None,
    ) -> None:
        if not 100 <= status <= 599:
            raise ValueError(f"response status: expected 100 to 599, got {status!r}")
        self.status = status
        self.has_body = status not in WITHOUT_BODY and (request is None or request.method != "HEAD")
        self.closes = self.is_chunked = False
        self._date_line: bytes | None = None
        self._first_line = first_line or _STATUS_LINES.get(status) or status_line(status)
        lines: list[bytes] = []
        self._lines = lines
        said: ServerFields | None = None
        line_of = spelling.line_of
        for name, value in fields:
            line, own = line_of(name, value)
            if not own:
                lines.append(line)
            elif own == b"content-length" and status == 200 and said is None and length_bytes is None:
                length_bytes = read_length(line[16:-2])  # the common case
            else:
                said = said or ServerFields(status, length_bytes)
                self._note(said, line, own)
        if said is not None:
            length_bytes, self.closes = said.length_bytes, said.closes
        self.length_bytes = length_bytes
        if self.has_body and length_bytes == whole_bytes and length_bytes is not None:
            at = spelling.length_at
            lines.insert(len(lines) if at is None else at, spelling.length % length_bytes)
        else:
            self._say_length(spelling, whole_bytes, request)

    def _note(self, said: ServerFields, line: bytes, own: bytes) -> None:
        """Hear what is said in one of the server's own fields."""
        said.note(own, line[len(own) + 2 : -2])
        if own == b"date" and self._date_line is None:
            self._date_line = line

    def _say_length(self, spelling: Spelling, whole_bytes: int | None, request: Request | None) -> None:
        """Say where the body ends; of an answer to HEAD without a body that is not known."""
        at = len(self._lines) if spelling.length_at is None else spelling.length_at
        if self.length_bytes is None and self.status not in WITHOUT_LENGTH:
            if self.status == 205:
                self.length_bytes = 0
            elif whole_bytes or (whole_bytes == 0 and self.has_body):
                self.length_bytes = whole_bytes
            else:
                self.is_chunked = whole_bytes is None and (request is None or not request.is_http_1_0)
        if self.length_bytes is not None:
            self._lines.insert(at, spelling.length % self.length_bytes)
        elif self.is_chunked:
            self._lines.insert(at, spelling.chunked)

    def is_event_stream(self) -> bool:
        """Tell whether the body is one of server-sent events."""
        return any(line.lower().startswith(b"content-type: text/event-stream") for line in self._lines)

    def encode(self, date: bytes, request: Request | None, *, keep_alive: bool) -> bytes:
        """Return the bytes of the head.

        Args:
            date: the lines of every answer, the Date header's first (RFC 9110, 6.6.1), unless the fields have one.
            request: what is answered; HTTP/1.0 is told that the connection stays open.
            keep_alive: whether the connection stays open after it.
        """
        end = b"\r\n"
        if not keep_alive:  # RFC 9112, 9.3: only what is not the default is said
            end = b"Connection: close\r\n\r\n"
        elif request is not None and request.is_http_1_0:
            end = b"Connection: keep-alive\r\n\r\n"
        if self._date_line is not None:
            date = self._date_line + without_date(date)
        return b"".join((self._first_line, date, *self._lines, end))


def status_line(status: int) -> bytes:
    """Return the first line of an answer."""
    return _STATUS_LINES.get(status) or b"HTTP/1.1 %d \r\n" % status


def response_head(response: Response, whole_bytes: int | None, request: Request | None) -> AnswerHead:
    """Return the head of a response: what it knows of its body's length is said, whatever its headers say.

    Args:
        response: what to send.
        whole_bytes: the length of the body, if it is there as a whole.
        request: what it answers; None when that could not be read.
    """
    status = response.status
    if not 200 <= status <= 599:
        raise ValueError(f"response status: expected 200 to 599, got {status!r}")
    length_bytes = response.content_length if whole_bytes is None else whole_bytes
    if status in WITHOUT_BODY:
        length_bytes = None
    if response.content_type is None:
        return AnswerHead(status, response.headers, TEXT, whole_bytes, request, length_bytes)
    fields = [("Content-Type", response.content_type), *response.headers]
    return AnswerHead(status, fields, TEXT_BEHIND_TYPE, whole_bytes, request, length_bytes)


def closes(response: Response) -> bool:
    """Tell whether a response says that the connection is to be closed after it."""
    return AnswerHead(200, response.headers, TEXT, None, None).closes


def encode_response(response: Response, request: Request | None, *, date: bytes, keep_alive: bool) -> bytes:
    """Return the bytes of a response whose body is there as a whole.

    Args:
        response: what to send.
        request: what it answers; None when that could not be read. HEAD gets no body (RFC 9110, 9.3.2).
        date: the whole Date header line (RFC 9110, 6.6.1).
        keep_alive: whether the connection stays open after it.

    Raises:
        ValueError: a header has a character that no header may have.
    """
    if 100 <= response.status < 200:
        return _encode_interim_only(response, request, date=date, keep_alive=keep_alive)
    body = response.body
    assert isinstance(body, bytes)
    head = response_head(response, len(body), request)
    data = head.encode(date, request, keep_alive=keep_alive)
    return data + body if head.has_body else data


def _encode_interim_only(response: Response, request: Request | None, *, date: bytes, keep_alive: bool) -> bytes:
    """Return an interim answer (RFC 9110, 15.2) and the final one that must follow, which has nothing to say."""
    final = encode_response(Response(status=204, content_type=None), request, date=date, keep_alive=keep_alive)
    if response.status == 101 or request is None or request.is_http_1_0:
        return final
    return encode_interim(response.status, response.headers, text_line) + final


def encode_interim(status: int, fields: Iterable[tuple[Text, Text]], line_of: Callable[[Text, Text], Line]) -> bytes:
    """Return the bytes of an interim answer (RFC 9110, 15.2); nothing in it is the server's to say."""
    if not 100 <= status < 200:
        raise ValueError(f"response status: expected 100 to 599, got {status!r}")
    lines: list[Line] = [line_of(name, value) for name, value in fields]
    return b"".join((status_line(status), *(line for line, own in lines if not own), b"\r\n"))


def encode_switch(protocol: bytes, fields: Iterable[tuple[bytes, bytes]], *, date: bytes) -> bytes:
    """Return the head of an answer that changes the protocol (RFC 9110, 15.2.2)."""
    lines = [raw_line(name, value)[0] for name, value in fields]
    return b"".join((status_line(101), date, b"Upgrade: %b\r\nConnection: Upgrade\r\n" % protocol, *lines, b"\r\n"))


@lru_cache(maxsize=1024)
def raw_line(name: bytes, value: bytes) -> Line:
    """Return the line of a header that is given as bytes.

    Raises:
        ValueError: it would be more than one line, or others could read it in another way.
    """
    if not _HEADER_NAME.fullmatch(name):
        raise ValueError(f"response header: expected a token (RFC 9110, 5.6.2) as its name, got {name!r}")
    if found := _CONTROL_CHARACTER.search(value):
        named = f"response header {name.decode()}"
        raise ValueError(f"{named}: expected no control character in its value, got {found[0]!r}")
    lower = name.lower()
    return b"%b: %b\r\n" % (name, value), lower if lower in SERVER_FIELDS else b""


@lru_cache(maxsize=256)
def text_line(name: str, value: str) -> Line:
    """Return the line of a header that is given as text; of one that says where the body ends, nothing.

    Raises:
        ValueError: as `raw_line`, or a character is beyond latin-1.
    """
    line, own = raw_line.__wrapped__(name.encode("utf-8"), value.encode("latin-1"))
    return (b"", b"") if own in (b"content-length", b"transfer-encoding") else (line, own)


@lru_cache(maxsize=1024)
def native_line(name: object, value: object) -> Line:
    """Return the line of a header that is given as PEP 3333 says: as text of latin-1.

    Raises:
        ValueError: as `raw_line`, or a character is beyond latin-1.
        TypeError: it is no text.
    """
    if not (isinstance(name, str) and isinstance(value, str)):
        raise TypeError(f"response header: expected str for name and value (PEP 3333), got {name!r} and {value!r}")
    return raw_line.__wrapped__(name.encode("utf-8"), value.encode("latin-1"))


TEXT = Spelling(text_line, b"Content-Length: %d\r\n", b"Transfer-Encoding: chunked\r\n", length_at=0)
TEXT_BEHIND_TYPE = TEXT._replace(length_at=1)
RAW = Spelling(  # as ASGI applications write
    raw_line, b"content-length: %d\r\n", b"transfer-encoding: chunked\r\n", length_at=None
)
NATIVE = Spelling(  # as WSGI applications write
    native_line, b"Content-Length: %d\r\n", b"Transfer-Encoding: chunked\r\n", length_at=None
)
