"""Handlers of a router that speak over a WebSocket; they need the extra `websocket`.

Rule that must hold: a WebSocket ends with its handler. When it returns, the WebSocket is closed with 1000; when it
raises, whatever that is, with 1011; a client that closes first, or is gone, ends it by `WebSocketClosed`, which need
not be caught, alone or in the group of a TaskGroup.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, NoReturn, cast

from api_hour.http.exchange.answers import fail
from api_hour.http.exchange.exchange import Exchange
from api_hour.http.message.errors import AnswerSent
from api_hour.http.message.handler import Handler
from api_hour.http.message.request import Request
from api_hour.http.websocket.failure import close_after, is_destroyed
from api_hour.http.websocket.websocket import WebSocket, WebSocketClosed

__all__ = ["WebSocket", "WebSocketClosed", "websocket_handler"]


def websocket_handler(handler: Callable[[Request, WebSocket], Awaitable[Any]]) -> Handler:
    """Decorate `async def handler(request, websocket)`, which is then a handler of GET.

    It calls `websocket.accept()`, or raises HttpError before that to refuse. A request that asks for no WebSocket is
    answered with 426, a malformed handshake with 400.
    """

    async def answer(request: Request) -> NoReturn:
        exchange = cast("Exchange", request.connection)
        websocket = WebSocket(exchange, request)
        try:
            await _talk(handler, request, websocket, exchange)
        finally:
            exchange.on_gone = exchange.on_drain = None
        raise AnswerSent

    return answer


async def _talk(
    handler: Callable[[Request, WebSocket], Awaitable[Any]],
    request: Request,
    websocket: WebSocket,
    exchange: Exchange,
) -> None:
    task = asyncio.current_task()
    try:
        await handler(request, websocket)
    except BaseException as error:
        if is_destroyed(error, task):
            raise
        if websocket.is_accepted:
            await close_after(websocket, request, error)
        elif isinstance(error, Exception | asyncio.CancelledError):
            raise  # it is answered like any other request
        else:
            fail(exchange, request, error)
        return
    if not websocket.is_accepted:
        raise RuntimeError("the handler returned before it accepted or refused the WebSocket")
    await websocket.close()
