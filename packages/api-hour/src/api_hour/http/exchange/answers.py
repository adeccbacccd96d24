"""What becomes of what a handler returned or raised."""

import asyncio
import logging
from typing import Any

from api_hour.engines import EngineUnavailable
from api_hour.forking import ends_child
from api_hour.http.h1.connection import Connection
from api_hour.http.message.errors import NOT_WHOLE, ClientGone, HttpError
from api_hour.http.message.request import Request
from api_hour.http.message.response import Response, encode_json
from api_hour.http.routing.layers import RETRY_AFTER, AnswerSent, http_error_response, unavailable_response

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
    raise_if_destroyed(connection, error)
    if isinstance(error, HttpError):
        connection.fail(request, http_error_response(request, error))
    elif isinstance(error, AnswerSent) or ends_child(error, connection.loop):
        return
    elif _consists_of(error, ClientGone):
        LOG.debug("%s %r: %r", request.method, request.path, error)
        if connection.is_client_gone:  # it may have closed its own end only
            connection.fail(request, http_error_response(request, NOT_WHOLE))
    elif isinstance(error, EngineUnavailable):
        LOG.debug("%s %r: %s", request.method, request.path, error)  # the client is not told: it names what we use
        connection.fail(request, unavailable_response())
    elif connection.is_timed_out:
        LOG.warning("%s %r was not answered in time", request.method, request.path)
        connection.fail(request, Response("the answer took too long\n", status=503, headers=RETRY_AFTER))
    else:
        log_failure(request, error, is_client_gone=connection.is_lost)
        connection.fail(request, Response("the server failed to answer\n", status=500))


def raise_if_destroyed(connection: Connection, error: BaseException) -> None:
    """Raise again what closes a coroutine that its loop has left: nothing can be answered any more."""
    if isinstance(error, GeneratorExit) and not connection.loop.is_running():
        raise error


def log_failure(request: Request, error: BaseException, *, is_client_gone: bool, after: str = "") -> None:
    """Log what an application raised: nothing that it raises is silent.

    Args:
        request: what it was to answer.
        error: what it raised.
        is_client_gone: whether nobody waits for the answer, which then may be why.
        after: what it had done.
    """
    words = request.method, request.path, f" {after}" if after else ""
    if _consists_of(error, (ClientGone, asyncio.CancelledError) if is_client_gone else ClientGone):
        LOG.debug("%s %r%s: %r", *words, error)
    elif is_client_gone and isinstance(error, Exception):
        LOG.info("%s %r failed%s; its client has gone", *words, exc_info=error)
    else:
        LOG.error("%s %r failed%s", *words, exc_info=error)


def _consists_of(error: BaseException, kinds: type[BaseException] | tuple[type[BaseException], ...]) -> bool:
    """Tell whether an error, or each of a group, is of one of these kinds."""
    if isinstance(error, BaseExceptionGroup):
        return error.split(kinds)[1] is None
    return isinstance(error, kinds)
