"""The HTTP/1.1 engine: `HttpServer(router)` is a handler that `Container.make_servers` may return.

router = Router()

@router.get("/agents")
async def agents(request: Request) -> list[dict[str, str]]:
    return await request.container.services["agents"].list()
"""

from api_hour.http.errors import HttpError
from api_hour.http.protocol import HttpServer, Limits
from api_hour.http.request import Request
from api_hour.http.response import Response
from api_hour.http.router import Router

__all__ = ["HttpError", "HttpServer", "Limits", "Request", "Response", "Router"]
