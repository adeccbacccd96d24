"""Requests answered by the handlers of a router."""

from collections.abc import Awaitable
from typing import Any

from api_hour.coalesce import Coalesced
from api_hour.http.exchange.answering import Answering
from api_hour.http.exchange.answers import fail, send_in_pieces, send_whole
from api_hour.http.exchange.exchange import Exchange
from api_hour.http.exchange.request_ids import enter
from api_hour.http.exchange.server_state import ServerState
from api_hour.http.message.errors import HttpError
from api_hour.http.message.request import Request
from api_hour.http.routing.layers import settle
from api_hour.http.routing.router import Router
from api_hour.http.routing.shared_answer import SharedAnswer


class RouterApplication:
    """Answers with what handlers return or raise: see `Application`.

    Args:
        router: the routes.
        server: what the connections of the server share.
    """

    def __init__(self, router: Router, server: ServerState) -> None:
        self._router = router
        self._server = server

    def knows_method(self, method: str) -> bool:
        """Tell whether a method is a standard one, or a route has it."""
        return self._router.knows(method)

    def streams_body(self, request: Request) -> bool:
        """Tell whether the handler reads the body itself, or there is none: then the answer needs no body."""
        try:
            return self._router.find(request).streams_body
        except HttpError:
            return True

    def begin(self, exchange: Exchange, request: Request) -> Answering | None:
        """Begin to answer a request with what its handler returns or raises; a plain function is over at once."""
        context = None
        try:
            route = self._router.find(request)
            handler = route.handler
            if route.is_coroutine_function:
                answer = handler(request)
            elif isinstance(handler, Coalesced):
                return SharedAnswer(handler, exchange, request)
            else:
                context = self._server.context.copy()
                if request.request_id is not None:
                    context.run(enter, request)
                answer = context.run(handler, request)
                if not hasattr(answer, "__await__"):
                    if send_whole(exchange, request, answer):
                        return None
                    answer = settle(answer)
        except BaseException as error:  # noqa: BLE001  # it is answered
            fail(exchange, request, error)
            return None
        return self._server.first_step.start(_respond(answer, exchange, request), context)


async def _respond(answering: Awaitable[Any], exchange: Exchange, request: Request) -> None:
    if request.request_id is not None:
        enter(request)
    try:
        answer = await answering
        if not send_whole(exchange, request, answer):
            await send_in_pieces(exchange, request, answer)
    except BaseException as error:  # noqa: BLE001  # it is answered
        fail(exchange, request, error)
