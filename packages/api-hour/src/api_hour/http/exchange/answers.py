"""Answers from what a handler returned or raised."""

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

from api_hour.engines import EngineUnavailable
from api_hour.http.exchange.exchange import Exchange
from api_hour.http.exchange.failure_answers import (
    failed_response,
    http_error_response,
    late_response,
    unavailable_response,
)
from api_hour.http.exchange.stream_scope import StreamScope
from api_hour.http.message.errors import NOT_WHOLE, AnswerSent, ClientGone, HttpError
from api_hour.http.message.request import Request
from api_hour.http.message.response import Response, encode_json
from api_hour.process.forking import ends_child

LOG = logging.getLogger("api_hour.http")


def send_whole(exchange: Exchange, request: Request, answer: Any) -> bool:
    """Send what a handler returned; False for a Response that comes in pieces, of which nothing is sent.

    Raises:
        TypeError, ValueError: it cannot be sent; nothing was.
    """
    if not isinstance(answer, Response):
        exchange.send_json(request, encode_json(answer))
    elif isinstance(answer.body, bytes):
        exchange.send(request, answer)
    else:
        return False
    return True


async def send_in_pieces(exchange: Exchange, request: Request, response: Response) -> None:
    """Send an answer piece by piece, as fast as the client reads.

    Raises:
        ValueError: its head cannot be sent, and nothing was; or its body has another length than it says.
        ClientGone: the client has closed the connection.
    """
    body = response.body
    assert not isinstance(body, bytes)
    pieces = aiter(body)
    try:
        if exchange.begin_response(request, response):
            await _send_pieces(exchange, pieces, has_known_end=response.content_length is not None)
    finally:
        if (aclose := getattr(pieces, "aclose", None)) is not None:
            await aclose()
    exchange.end_answer()


async def _send_pieces(exchange: Exchange, pieces: AsyncIterator[bytes], *, has_known_end: bool) -> None:
    if exchange.is_lost:
        raise ClientGone("the client closed the connection")
    with StreamScope(has_known_end=has_known_end) as scope:
        exchange.stream = scope
        try:
            async for piece in pieces:
                await exchange.send_piece(piece)
        finally:
            exchange.stream = None


def fail(exchange: Exchange, request: Request, error: BaseException) -> None:
    """Answer for a handler that raised, or was cancelled: by its own doing, by the time limit, or by abort()."""
    raise_if_destroyed(exchange, error)
    if isinstance(error, HttpError):
        exchange.fail(request, http_error_response(request, error))
    elif isinstance(error, AnswerSent) or ends_child(error, exchange.loop):
        return
    elif _consists_of(error, ClientGone):
        LOG.debug("%s %r: %r", request.method, request.path, error)
        if exchange.is_client_gone:  # it may have closed its own end only
            exchange.fail(request, http_error_response(request, NOT_WHOLE))
    elif isinstance(error, EngineUnavailable):
        LOG.debug("%s %r: %s", request.method, request.path, error)  # the client is not told: it names what we use
        exchange.fail(request, unavailable_response())
    elif exchange.is_timed_out:
        LOG.warning("%s %r was not answered in time", request.method, request.path)
        exchange.fail(request, late_response())
    else:
        log_failure(request, error, is_client_gone=exchange.is_lost)
        exchange.fail(request, failed_response())


def raise_if_destroyed(exchange: Exchange, error: BaseException) -> None:
    """Raise again what closes a coroutine that its loop has left: nothing can be answered any more."""
    if isinstance(error, GeneratorExit) and not exchange.loop.is_running():
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
    extra = None if request.request_id is None else {"request_id": request.request_id}  # others' contexts know no id
    if _consists_of(error, (ClientGone, asyncio.CancelledError) if is_client_gone else ClientGone):
        LOG.debug("%s %r%s: %r", *words, error, extra=extra)
    elif is_client_gone and isinstance(error, Exception):
        LOG.info("%s %r failed%s; its client has gone", *words, exc_info=error, extra=extra)
    else:
        LOG.error("%s %r failed%s", *words, exc_info=error, extra=extra)


def _consists_of(error: BaseException, kinds: type[BaseException] | tuple[type[BaseException], ...]) -> bool:
    """Tell whether an error, or each of a group, is of one of these kinds."""
    if isinstance(error, BaseExceptionGroup):
        return error.split(kinds)[1] is None
    return isinstance(error, kinds)
