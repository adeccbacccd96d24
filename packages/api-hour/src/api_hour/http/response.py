"""What a handler answers, and the bytes that it becomes (RFC 9112, section 4)."""

import re
from collections.abc import Sequence
from functools import lru_cache
from http import HTTPStatus
from typing import Any

import msgspec

from api_hour.http.request import Request

_encode_json = msgspec.json.Encoder().encode

_STATUS_LINES = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode("ascii") for status in HTTPStatus}

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, 5.6.2
_NOT_IN_VALUE = re.compile(r"[\r\n\0]")


class Response:
    """A whole response.

    Args:
        body: what to send; text is encoded as UTF-8.
        status: the status code, from 200 to 599.
        content_type: value of the Content-Type header; None for none.
        headers: more headers, names and values; Content-Length, Connection and Date are the server's.
    """

    __slots__ = ("body", "content_type", "headers", "status")

    def __init__(
        self,
        body: bytes | str = b"",
        *,
        status: int = 200,
        content_type: str | None = "text/plain; charset=utf-8",
        headers: Sequence[tuple[str, str]] = (),
    ) -> None:
        self.body = body.encode() if isinstance(body, str) else body
        self.status = status
        self.content_type = content_type
        self.headers = headers

    @classmethod
    def json(cls, content: Any, *, status: int = 200, headers: Sequence[tuple[str, str]] = ()) -> "Response":
        """Return `content` as compact JSON."""
        return cls(_encode_json(content), status=status, content_type="application/json", headers=headers)


def to_response(answer: Any) -> Response:
    """Turn what a handler returned into a Response: a Response as it is, anything else as JSON."""
    return answer if type(answer) is Response else _to_response(answer)


def _to_response(answer: Any) -> Response:
    return answer if isinstance(answer, Response) else Response.json(answer)


def encode_response(response: Response, request: Request | None, *, date: bytes, keep_alive: bool) -> bytes:
    """Return the bytes of a response.

    Args:
        response: what to send.
        request: what it answers; None when that could not be read. HEAD gets no body (RFC 9110, 9.3.2), and
            HTTP/1.0 is told that the connection stays open.
        date: the whole Date header line (RFC 9110, 6.6.1).
        keep_alive: whether the connection stays open after it.

    Raises:
        ValueError: a header is more than one line.
    """
    body = response.body
    has_body = response.status not in (204, 304)
    parts = [_STATUS_LINES.get(response.status) or b"HTTP/1.1 %d \r\n" % response.status, date]
    if response.content_type is not None:
        parts.append(_header_line("Content-Type", response.content_type))
    if has_body:
        parts.append(b"Content-Length: %d\r\n" % len(body))
    for name, value in response.headers:
        parts.append(_header_line(name, value))
    if not keep_alive:
        parts.append(b"Connection: close\r\n")
    elif request is not None and request.is_http_1_0:
        parts.append(b"Connection: keep-alive\r\n")
    parts.append(b"\r\n")
    if has_body and (request is None or request.method != "HEAD"):
        parts.append(body)
    return b"".join(parts)


@lru_cache(maxsize=256)
def _header_line(name: str, value: str) -> bytes:
    if not _HEADER_NAME.fullmatch(name) or _NOT_IN_VALUE.search(value):
        raise ValueError(f"response header: expected a name and a value of one line, got {name!r}: {value!r}")
    return f"{name}: {value}\r\n".encode("latin-1")
