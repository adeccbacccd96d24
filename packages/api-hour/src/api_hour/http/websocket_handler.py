"""Handlers of a router that speak over a WebSocket; they need the extra `websocket`.

Rule that must hold: a WebSocket ends with its handler. When it returns, the WebSocket is closed with 1000; when it
raises, with 1011; a client that closes first, or is gone, ends it by `WebSocketClosed`, which need not be caught.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, NoReturn, cast

from api_hour.http.layers import AnswerSent, Handler
from api_hour.http.protocol import HttpProtocol
from api_hour.http.request import Request
from api_hour.http.websocket import WebSocket, WebSocketClosed

__all__ = ["WebSocket", "WebSocketClosed", "websocket_handler"]

LOG = logging.getLogger("api_hour.http")

INTERNAL_ERROR = 1011


def websocket_handler(handler: Callable[[Request, WebSocket], Awaitable[Any]]) -> Handler:
    """Decorate `async def handler(request, websocket)`, which is then a handler of GET.

    It calls `websocket.accept()`, or raises HttpError before that to refuse. A request that asks for no WebSocket is
    answered with 426, a malformed handshake with 400.
    """

    async def answer(request: Request) -> NoReturn:
        connection = cast("HttpProtocol", request.connection)
        websocket = WebSocket(connection, request)
        try:
            await _talk(handler, request, websocket, connection)
        finally:
            connection.on_gone = connection.on_drain = None
        raise AnswerSent

    return answer


async def _talk(
    handler: Callable[[Request, WebSocket], Awaitable[Any]],
    request: Request,
    websocket: WebSocket,
    connection: HttpProtocol,
) -> None:
    try:
        await handler(request, websocket)
    except WebSocketClosed:
        await websocket.close()
    except (Exception, asyncio.CancelledError):
        if not connection.has_begun_answer:
            raise  # it is answered like any other request
        if not connection.is_lost:
            LOG.exception("WebSocket %r failed", request.path)
        await websocket.close(INTERNAL_ERROR)
    else:
        if not connection.has_begun_answer:
            raise RuntimeError("the handler returned before it accepted or refused the WebSocket")
        await websocket.close()
