"""Responses: what a handler answers."""

from collections.abc import AsyncIterable, Sequence
from typing import Any
from urllib.parse import quote

import msgspec

encode_json = msgspec.json.Encoder().encode

_REDIRECTIONS = frozenset({301, 302, 303, 307, 308})
_URI_CHARACTERS = "!#$%&'()*+,/:;=?@[]~"  # RFC 3986, 2; quote() knows the unreserved ones

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
            status: 303 to GET it; 307, or 308 for good, to repeat the request there; 301 and 302 leave that open.
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
