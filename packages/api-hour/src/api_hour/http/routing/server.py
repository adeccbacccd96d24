"""The handler for `Container.make_servers` that answers HTTP with the handlers of a router."""

from collections.abc import Awaitable
from typing import Any

from api_hour.coalesce import Coalesced
from api_hour.http.exchange.answering import Answering
from api_hour.http.exchange.answers import fail, send_whole
from api_hour.http.h1.protocol import HttpProtocol
from api_hour.http.message.errors import HttpError
from api_hour.http.message.limits import Limits
from api_hour.http.message.request import Request
from api_hour.http.routing.layers import settle
from api_hour.http.routing.router import Router
from api_hour.http.routing.shared_answer import SharedAnswer
from api_hour.http.server import Server
from api_hour.http.wire.proxy import Proxy


class HttpServer(Server):
    """A protocol factory that answers HTTP with the handlers of a router.

    Args:
        router: the routes.
        container: given to handlers as `request.container`.
        limits: what a client may ask for; by default what the daemon's options say.
        proxy: what proxies before this server are believed; by default what the daemon's options say.
    """

    def __init__(
        self, router: Router, *, container: Any = None, limits: Limits | None = None, proxy: Proxy | None = None
    ) -> None:
        super().__init__(container=container, limits=limits, proxy=proxy)
        self.router = router

    def knows_method(self, method: str) -> bool:
        """Tell whether a method is a standard one, or a route has it."""
        return self.router.knows(method)

    def streams_body(self, request: Request) -> bool:
        """Tell whether the handler reads the body itself, or there is none: then the answer needs no body."""
        try:
            return self.router.find(request).streams_body
        except HttpError:
            return True

    def begin(self, connection: HttpProtocol, request: Request) -> Answering | None:
        """Begin to answer a request with what its handler returns or raises; a plain function is over at once."""
        context = None
        try:
            route = self.router.find(request)
            handler = route.handler
            if route.is_coroutine_function:
                answer = handler(request)
            elif isinstance(handler, Coalesced):
                return SharedAnswer(handler, connection, request)
            else:
                context = self.context.copy()
                answer = context.run(handler, request)
                if not hasattr(answer, "__await__"):
                    if send_whole(connection, request, answer):
                        return None
                    answer = settle(answer)
        except BaseException as error:  # noqa: BLE001  # it is answered
            fail(connection, request, error)
            return None
        return self.first_step.start(_respond(answer, connection, request), context)


async def _respond(answering: Awaitable[Any], connection: HttpProtocol, request: Request) -> None:
    try:
        answer = await answering
        if not send_whole(connection, request, answer):
            await connection.send_stream(request, answer)
    except BaseException as error:  # noqa: BLE001  # it is answered
        fail(connection, request, error)
