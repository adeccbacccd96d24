"""How a handler answers with an error."""

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
