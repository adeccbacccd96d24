"""Errors with which a handler answers, and those that it is told of its client."""

from collections.abc import Sequence
from http import HTTPStatus


class HttpError(Exception):
    """Raised by a handler to answer with an error status; `str(error)` is the body.

    Args:
        status: the status code, 400 or above.
        message: what is wrong and what to do, for the client to read.
        headers: more headers, names and values.
    """

    def __init__(self, status: int, message: str = "", *, headers: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__(message or HTTPStatus(status).phrase)
        self.status = status
        self.headers = headers


class Refusal(HttpError):
    """The request itself is at fault: after the answer the connection is closed (RFC 9112, 9.6).

    A handler that reads a body as it comes meets it in `Request.stream`, and need not catch it.

    Args:
        status: the status code.
        message: what is wrong.
        headers: more headers, names and values.
        setting: what would allow it: options, fields of Limits; empty when nothing would.
    """

    def __init__(
        self, status: int, message: str, *, headers: Sequence[tuple[str, str]] = (), setting: str = ""
    ) -> None:
        super().__init__(status, message, headers=headers)
        self.setting = setting

    def __str__(self) -> str:
        """Return the status in words, and what is wrong."""
        return f"{HTTPStatus(self.status).phrase}: {self.args[0]}"


NOT_WHOLE = Refusal(400, "the client closed its end before the request was whole")


class ClientGone(ConnectionError):
    """The client closed the connection before its request was read, or before it was answered."""


class WebSocketClosed(ConnectionError):
    """The WebSocket is closed.

    Args:
        code: the close code (RFC 6455, 7.4); 1006 when there was none.
        reason: what the other side says.
    """

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"the WebSocket is closed: {code} {reason}".rstrip())
        self.code = code
        self.reason = reason


class AnswerSent(Exception):
    """Raised by a handler that has sent its whole answer itself; no error handler gets it."""
