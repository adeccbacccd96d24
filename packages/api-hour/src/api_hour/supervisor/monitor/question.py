"""A request to the monitor: bytes in, method and path out.

Reads heads of HTTP/1.1 up to `HEAD_LIMIT_BYTES`; a body is never waited for. Pure.
"""

from dataclasses import dataclass

import httptools

HEAD_LIMIT_BYTES = 8192


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A request, as far as it matters; `path` is without a query."""

    method: str
    path: str
    accept: str = ""


class BadQuestion(Exception):
    """The bytes are no request."""


class QuestionReader:
    """Reads one request."""

    def __init__(self) -> None:
        self._parser = httptools.HttpRequestParser(self)
        self._url = b""
        self._accept: list[bytes] = []
        self._is_complete = False
        self._read_bytes = 0

    def feed(self, data: bytes) -> Question | None:
        """Take more bytes in; return the request when its head is complete.

        Raises:
            BadQuestion: it is no request, or too long.
        """
        self._read_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            pass  # another protocol is offered, and not taken (RFC 9110, section 7.8)
        except httptools.HttpParserError as error:
            if not self._is_complete:
                raise BadQuestion(str(error)) from error
        if self._is_complete:
            return Question(
                method=self._parser.get_method().decode(),
                path=self._url.partition(b"?")[0].decode("latin-1"),
                accept=b", ".join(self._accept).decode("latin-1"),
            )
        if self._read_bytes > HEAD_LIMIT_BYTES:
            raise BadQuestion(f"the head is longer than {HEAD_LIMIT_BYTES} bytes")
        return None

    # Called by the parser.

    def on_url(self, part: bytes) -> None:
        """Keep a part of the request's target."""
        self._url += part

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep what is accepted."""
        if name.lower() == b"accept":
            self._accept.append(value)

    def on_headers_complete(self) -> None:
        """The rest does not matter."""
        self._is_complete = True
