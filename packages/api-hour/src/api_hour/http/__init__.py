"""The HTTP/1.1 engine: `HttpServer(router)` is a handler that `Container.make_servers` may return.

router = Router()

@router.get("/agents")
async def agents(request: Request) -> list[dict[str, str]]:
    return await request.container.services["agents"].list()
"""

from api_hour.http.errors import ClientGone, HttpError
from api_hour.http.http_server import HttpServer
from api_hour.http.limits import Limits
from api_hour.http.proxy import Proxy
from api_hour.http.request import Request, streams_body
from api_hour.http.response import Response
from api_hour.http.router import Router

__all__ = ["ClientGone", "HttpError", "HttpServer", "Limits", "Proxy", "Request", "Response", "Router", "streams_body"]
