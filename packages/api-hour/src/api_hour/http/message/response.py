"""What a handler answers, and the bytes that it becomes (RFC 9112, section 4)."""

import re
from collections.abc import AsyncIterable, Sequence
from functools import lru_cache
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import msgspec

from api_hour.http.message.request import Request
from api_hour.http.wire.server_fields import SERVER_FIELDS, ServerFields

encode_json = msgspec.json.Encoder().encode

_STATUS_LINES = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode("ascii") for status in HTTPStatus}
WITHOUT_LENGTH = frozenset({204, 304, *range(100, 200)})  # RFC 9110, 8.6
WITHOUT_BODY = WITHOUT_LENGTH | {205}  # RFC 9110, 6.4.1 and 15.3.6

_HEADER_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, 5.6.2
_CONTROL_CHARACTER = re.compile(rb"[\0-\x08\x0a-\x1f\x7f]")  # RFC 9110, 5.5

_REDIRECTIONS = frozenset({301, 302, 303, 307, 308})
_URI_CHARACTERS = "!#$%&'()*+,/:;=?@[]~"  # RFC 3986, 2; quote() knows the unreserved ones

KEPT_BYTES = 65536  # of the last answer, which others may share
SMALL_JSON_BYTES = 4096  # the heads of smaller documents are kept, one for each length

Body = bytes | str | AsyncIterable[bytes]


class Response:
    """A response.

    Args:
        body: what to send; text is encoded as UTF-8. An asynchronous iterable of bytes is sent as it comes.
        status: the status code, from 200 to 599.
        content_type: value of the Content-Type header; None for none.
        headers: more headers, names and values. Content-Length and Transfer-Encoding are the server's and are left
            out; of Connection only `close` is heard.
        content_length: of an iterable whose length is known, in bytes; without it the body is sent in chunks.
    """

    __slots__ = ("body", "content_length", "content_type", "headers", "status")

    body: bytes | AsyncIterable[bytes]

    def __init__(
        self,
        body: Body = b"",
        *,
        status: int = 200,
        content_type: str | None = "text/plain; charset=utf-8",
        headers: Sequence[tuple[str, str]] = (),
        content_length: int | None = None,
    ) -> None:
        self.body = body.encode() if isinstance(body, str) else body
        self.status = status
        self.content_type = content_type
        self.headers = headers
        self.content_length = content_length

    @classmethod
    def json(cls, content: Any, *, status: int = 200, headers: Sequence[tuple[str, str]] = ()) -> "Response":
        """Return `content` as compact JSON."""
        return cls(encode_json(content), status=status, content_type="application/json", headers=headers)

    @classmethod
    def redirect(cls, location: str, *, status: int = 303, headers: Sequence[tuple[str, str]] = ()) -> "Response":
        """Send the client elsewhere (RFC 9110, 15.4).

        Args:
            location: a URI, or a path of this server; what a URI cannot have is encoded.
            status: 303 to GET it; 307, or 308 for ever, to repeat the request there; 301 and 302 leave that open.
            headers: more headers.

        Raises:
            ValueError: another status.
        """
        if status not in _REDIRECTIONS:
            raise ValueError(f"redirect: expected the status 301, 302, 303, 307 or 308, got {status!r}")
        target = quote(location, safe=_URI_CHARACTERS)
        return cls(status=status, content_type=None, headers=[("Location", target), *headers])


def to_response(answer: Any) -> Response:
    """Turn what a handler returned into a Response: a Response as it is, anything else as JSON."""
    return answer if isinstance(answer, Response) else Response.json(answer)


def has_body(status: int, method: str) -> bool:
    """Tell whether the answer with a status to a method has a body (RFC 9112, 6.3)."""
    return status not in WITHOUT_BODY and method != "HEAD"


def encode_response(response: Response, request: Request | None, *, date: bytes, keep_alive: bool) -> bytes:
    """Return the bytes of a response whose body is there as a whole.

    Args:
        response: what to send.
        request: what it answers; None when that could not be read. HEAD gets no body (RFC 9110, 9.3.2), and
            HTTP/1.0 is told that the connection stays open.
        date: the whole Date header line (RFC 9110, 6.6.1).
        keep_alive: whether the connection stays open after it.

    Raises:
        ValueError: a header has a character that no header may have.
    """
    if 100 <= response.status < 200:
        return _encode_interim_only(response, request, date=date, keep_alive=keep_alive)
    body = response.body
    assert isinstance(body, bytes)
    is_http_1_0 = request is not None and request.is_http_1_0
    head = encode_head(response, len(body), is_chunked=False, date=date, keep_alive=keep_alive, is_http_1_0=is_http_1_0)
    return head + body if has_body(response.status, "GET" if request is None else request.method) else head


def _encode_interim_only(response: Response, request: Request | None, *, date: bytes, keep_alive: bool) -> bytes:
    """Return an interim answer (RFC 9110, 15.2) and the final one that must follow, which has nothing to say."""
    final = encode_response(Response(status=204, content_type=None), request, date=date, keep_alive=keep_alive)
    if response.status == 101 or request is None or request.is_http_1_0:
        return final
    lines = [_header_line(name, value)[0] for name, value in response.headers]
    status_line = _STATUS_LINES.get(response.status) or b"HTTP/1.1 %d \r\n" % response.status
    return b"".join((status_line, *lines, b"\r\n", final))


def encode_head(
    response: Response,
    content_length: int | None,
    *,
    is_chunked: bool,
    date: bytes,
    keep_alive: bool,
    is_http_1_0: bool,
) -> bytes:
    """Return the head of a response.

    Args:
        response: what to send.
        content_length: the length of its body; None when that is not known before its end.
        is_chunked: whether the body comes in chunks.
        date: the whole Date header line.
        keep_alive: whether the connection stays open after it.
        is_http_1_0: whether the client speaks HTTP/1.0.

    Raises:
        ValueError: a header has a character that no header may have; or the status is not a final one.
    """
    status = response.status
    if not 200 <= status <= 599:
        raise ValueError(f"response status: expected 200 to 599, got {status!r}")
    parts = [_STATUS_LINES.get(status) or b"HTTP/1.1 %d \r\n" % status, date]
    if response.content_type is not None:
        parts.append(_header_line("Content-Type", response.content_type)[0])
    if status not in WITHOUT_LENGTH:
        if content_length is not None:
            parts.append(b"Content-Length: %d\r\n" % (0 if status in WITHOUT_BODY else content_length))
        elif is_chunked:
            parts.append(b"Transfer-Encoding: chunked\r\n")
    for name, value in response.headers:
        line, field = _header_line(name, value)
        if field == b"date":
            parts[1] = line
        parts.append(line if not field else b"")
    parts.append(connection_line(keep_alive=keep_alive, is_http_1_0=is_http_1_0))
    parts.append(b"\r\n")
    return b"".join(parts)


def connection_line(*, keep_alive: bool, is_http_1_0: bool) -> bytes:
    """Return the Connection header, which says only what is not the default (RFC 9112, 9.3)."""
    if keep_alive:
        return b"Connection: keep-alive\r\n" if is_http_1_0 else b""
    return b"Connection: close\r\n"


def closes(response: Response) -> bool:
    """Tell whether a response says that the connection is to be closed after it."""
    fields: ServerFields | None = None
    for name, value in response.headers:
        line, field = _header_line(name, value)
        if field:
            fields = fields or ServerFields(response.status)
            fields.note(field, line.partition(b": ")[2].removesuffix(b"\r\n"))
    return fields is not None and fields.closes


def check_header(name: bytes, value: bytes) -> None:
    """Refuse a header that would be more than one line, or that others could read in another way.

    Raises:
        ValueError: which header, and what is wrong with it.
    """
    if not _HEADER_NAME.fullmatch(name):
        raise ValueError(f"response header: expected a token (RFC 9110, 5.6.2) as its name, got {name!r}")
    if found := _CONTROL_CHARACTER.search(value):
        named = f"response header {name.decode()}"
        raise ValueError(f"{named}: expected no control character in its value, got {found[0]!r}")


@lru_cache(maxsize=256)
def _header_line(name: str, value: str) -> tuple[bytes, bytes]:
    """Return the line of a header, and its name in lower case if it is the server's."""
    raw_name, raw_value = name.encode("utf-8"), value.encode("latin-1")
    check_header(raw_name, raw_value)
    lower = raw_name.lower()
    return b"%b: %b\r\n" % (raw_name, raw_value), lower if lower in SERVER_FIELDS else b""


class ResponseHeads:
    """The beginnings of the common heads, made once for each Date.

    Args:
        date: the whole Date header line.
    """

    __slots__ = ("_beginnings", "_json_heads", "_last", "_last_body", "_last_key", "date")

    def __init__(self, date: bytes) -> None:
        self.date = date
        self._beginnings: dict[tuple[int, str | None], bytes] = {}
        self._json_heads: dict[int, bytes] = {}  # by the document's length
        self._last = self._last_body = b""
        self._last_key: tuple[int, str | None] | None = None

    def json(self, document: bytes) -> bytes:
        """Return the bytes of a JSON document with status 200, on a connection that stays open."""
        head = self._json_heads.get(len(document))
        if head is None:
            head = b"%b%d\r\n\r\n" % (self._beginning(200, "application/json"), len(document))
            if len(document) < SMALL_JSON_BYTES:
                self._json_heads[len(document)] = head
        return head + document

    def whole(self, response: Response, body: bytes) -> bytes:
        """Return the bytes of a response with a body and no headers of its own, on a connection that stays open.

        Those of the last body are kept: whoever shares it is sent the same bytes.
        """
        key = response.status, response.content_type
        if body is self._last_body and key == self._last_key:
            return self._last
        data = b"%b%d\r\n\r\n%b" % (self._beginning(*key), len(body), body)
        if len(body) <= KEPT_BYTES:
            self._last, self._last_key, self._last_body = data, key, body
        return data

    def _beginning(self, status: int, content_type: str | None) -> bytes:
        """Return a head up to the length of its body."""
        key = status, content_type
        beginning = self._beginnings.get(key)
        if beginning is None:
            response = Response(status=status, content_type=content_type)
            head = encode_head(response, 0, is_chunked=False, date=self.date, keep_alive=True, is_http_1_0=False)
            beginning = self._beginnings[key] = head.removesuffix(b"0\r\n\r\n")
        return beginning
