"""A server that shows what it was asked, for the requirements of RFC 9110 and RFC 9112."""

from http_connection import Connection

from api_hour.http import HttpServer, Limits, Request, Response, Router, streams_body

H = b"Host: a\r\n"
GET = b"GET / HTTP/1.1\r\n" + H + b"\r\n"
POST = b"POST / HTTP/1.1\r\n" + H
LIMITS = Limits(target_bytes=100, head_bytes=1000, header_count=10, body_bytes=100)


def router() -> Router:
    routes = Router()

    async def handler(request: Request) -> Response:
        return Response(request.body, headers=[("X-Host", request.headers.get("host", "none"))])

    @streams_body
    async def unread(_request: Request) -> Response:
        return Response(b"")

    for method in ("GET", "POST"):
        routes.add(method, "/", handler)
        routes.add(method, "/unread", unread)
    return routes


def server() -> HttpServer:
    return HttpServer(router(), limits=LIMITS)


async def head_of(connection: Connection, request: bytes) -> dict[str, str]:
    return (await connection.ask(request)).headers
