"""The HTTP/1.1 engine: `HttpServer(router)` is a handler that `Container.make_servers` may return.

router = Router()

@router.get("/agents")
async def agents(request: Request) -> list[dict[str, str]]:
    return await request.container.services["agents"].list()

`api_hour.http.forms` is imported by itself, because it needs the extra `forms`.
"""

from api_hour.http.conditional import Validators
from api_hour.http.conditional_response import conditional_response
from api_hour.http.cookies import set_cookie
from api_hour.http.errors import ClientGone, HttpError
from api_hour.http.event_stream import event_stream
from api_hour.http.files import file_response
from api_hour.http.gzip_middleware import Gzip
from api_hour.http.http_server import HttpServer
from api_hour.http.layers import Handler, Middleware, ResponseHandler
from api_hour.http.limits import Limits
from api_hour.http.proxy import Proxy
from api_hour.http.request import Request, streams_body
from api_hour.http.response import Response
from api_hour.http.router import Router
from api_hour.http.server_sent_event import ServerSentEvent
from api_hour.http.static import StaticFiles

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
