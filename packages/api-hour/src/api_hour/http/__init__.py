"""The HTTP/1.1 engine: `HttpServer(router)` is a handler that `Container.make_servers` may return.

router = Router()

@router.get("/agents")
async def agents(request: Request) -> list[dict[str, str]]:
    return await request.container.services["agents"].list()

`api_hour.http.forms` is imported by itself, because it needs the extra `forms`.
"""

from api_hour.http.events.event import ServerSentEvent
from api_hour.http.events.stream import event_stream
from api_hour.http.files.response import file_response
from api_hour.http.files.static import StaticFiles
from api_hour.http.message.conditional import Validators
from api_hour.http.message.conditional_response import conditional_response
from api_hour.http.message.cookies import set_cookie
from api_hour.http.message.errors import ClientGone, HttpError
from api_hour.http.message.handler import Handler, Middleware, ResponseHandler
from api_hour.http.message.limits import Limits
from api_hour.http.message.request import Request, streams_body
from api_hour.http.message.response import Response
from api_hour.http.routing.gzip import Gzip
from api_hour.http.routing.router import Router
from api_hour.http.routing.server import HttpServer
from api_hour.http.wire.proxy import Proxy

__all__ = [
    "ClientGone",
    "Gzip",
    "Handler",
    "HttpError",
    "HttpServer",
    "Limits",
    "Middleware",
    "Proxy",
    "Request",
    "Response",
    "ResponseHandler",
    "Router",
    "ServerSentEvent",
    "StaticFiles",
    "Validators",
    "conditional_response",
    "event_stream",
    "file_response",
    "set_cookie",
    "streams_body",
]
