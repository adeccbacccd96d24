"""What becomes of what a handler returned or raised."""

import logging
from typing import Any

from api_hour.engines import EngineUnavailable
from api_hour.http.connection import Connection
from api_hour.http.errors import NOT_WHOLE, ClientGone, HttpError
from api_hour.http.layers import RETRY_AFTER, AnswerSent, http_error_response, unavailable_response
from api_hour.http.request import Request
from api_hour.http.response import Response, encode_json

LOG = logging.getLogger("api_hour.http")


def send_whole(connection: Connection, request: Request, answer: Any) -> bool:
    """Send what a handler returned; False for a Response that comes in pieces, of which nothing is sent.

    Raises:
        TypeError, ValueError: it cannot be sent; nothing was.
    """
    if not isinstance(answer, Response):
        connection.send_json(request, encode_json(answer))
    elif isinstance(answer.body, bytes):
        connection.send(request, answer)
    else:
        return False
    return True


def fail(connection: Connection, request: Request, error: BaseException) -> None:
    """Answer for a handler that raised, or was cancelled: by its own doing, by the time limit, or by abort()."""
    if isinstance(error, HttpError):
        connection.fail(request, http_error_response(request, error))
    elif isinstance(error, AnswerSent):
        return
    elif isinstance(error, ClientGone):
        LOG.debug("%s %r: %s", request.method, request.path, error)
        connection.fail(request, http_error_response(request, NOT_WHOLE))  # it may have closed its own end only
    elif isinstance(error, EngineUnavailable):
        LOG.debug("%s %r: %s", request.method, request.path, error)  # the client is not told: it names what we use
        connection.fail(request, unavailable_response())
    elif connection.is_timed_out:
        LOG.warning("%s %r was not answered in time", request.method, request.path)
        connection.fail(request, Response("the answer took too long\n", status=503, headers=RETRY_AFTER))
    elif not connection.is_lost:
        LOG.error("%s %r failed", request.method, request.path, exc_info=error)
        connection.fail(request, Response("the server failed to answer\n", status=500))
