"""The handler for `Container.make_servers` that answers HTTP with the handlers of a router."""

import asyncio
import logging
from typing import Any

from api_hour.engines import EngineUnavailable
from api_hour.http.errors import ClientGone, HttpError
from api_hour.http.layers import RETRY_AFTER, AnswerSent, http_error_response, unavailable_response
from api_hour.http.limits import Limits
from api_hour.http.protocol import HttpProtocol
from api_hour.http.proxy import Proxy
from api_hour.http.request import Request
from api_hour.http.response import Response, encode_json
from api_hour.http.router import Router
from api_hour.http.server import Server

LOG = logging.getLogger("api_hour.http")


class HttpServer(Server):
    """A protocol factory that answers HTTP with the handlers of a router.

    Args:
        router: the routes.
        container: given to handlers as `request.container`.
        limits: what a client may ask for.
        proxy: what proxies before this server are believed; None when there are none.
    """

    def __init__(
        self, router: Router, *, container: Any = None, limits: Limits | None = None, proxy: Proxy | None = None
    ) -> None:
        super().__init__(container=container, limits=limits, proxy=proxy)
        self.router = router

    def streams_body(self, request: Request) -> bool:
        """Tell whether the handler reads the body itself, or there is none: then the answer needs no body."""
        try:
            return getattr(self.router.find(request), "streams_body", False)
        except HttpError:
            return True

    async def respond(self, connection: HttpProtocol, request: Request) -> None:
        """Answer a request with what its handler returns or raises."""
        try:
            answer = await self.router.find(request)(request)
            if not isinstance(answer, Response):
                connection.send_json(request, encode_json(answer))
            elif isinstance(answer.body, bytes):
                connection.send(request, answer)
            else:
                await connection.send_stream(request, answer)
        except HttpError as error:
            connection.fail(request, http_error_response(request, error))
        except AnswerSent:
            return
        except ClientGone as error:
            LOG.debug("%s %r: %s", request.method, request.path, error)
        except EngineUnavailable as error:
            LOG.debug("%s %r: %s", request.method, request.path, error)  # the client is not told: it names what we use
            connection.fail(request, unavailable_response())
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001  # it is logged, once
            _fail(connection, request, error)


def _fail(connection: HttpProtocol, request: Request, error: BaseException) -> None:
    """Answer for a handler that raised, or was cancelled: by its own doing, by the time limit, or by abort()."""
    if connection.is_timed_out:
        LOG.warning("%s %r was not answered in time", request.method, request.path)
        connection.fail(request, Response("the answer took too long\n", status=503, headers=RETRY_AFTER))
    elif not connection.is_lost:
        LOG.error("%s %r failed", request.method, request.path, exc_info=error)
        connection.fail(request, Response("the server failed to answer\n", status=500))
