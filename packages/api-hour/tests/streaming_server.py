"""A server with one handler, and requests for it."""

from collections.abc import Callable
from typing import Any

from api_hour.http import HttpServer, Limits, Request, Router

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


def server_of(handler: Callable[[Request], Any], *, limits: Limits | None = None, container: Any = None) -> HttpServer:
    router = Router()
    for method in ("GET", "POST", "PUT"):
        router.add(method, "/", handler)
    return HttpServer(router, limits=limits, container=container)
