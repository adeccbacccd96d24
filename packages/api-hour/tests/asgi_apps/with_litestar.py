"""A Litestar application."""

from typing import Any

from asgi_apps.seen import SEEN, fail, forever, note, pieces
from litestar import Litestar, Request, WebSocket, get, post
from litestar.background_tasks import BackgroundTask
from litestar.exceptions import WebSocketDisconnect
from litestar.handlers import websocket
from litestar.response import Response, Stream


@get("/hello")
async def hello(request: Request[Any, Any, Any]) -> dict[str, Any]:
    return {"path": request.url.path, "query": dict(request.query_params)}


@post("/upload", status_code=200)
async def upload(request: Request[Any, Any, Any]) -> dict[str, int]:
    return {"size": sum([len(piece) async for piece in request.stream()])}


@get("/stream")
async def stream() -> Stream:
    return Stream(pieces())


@get("/forever")
async def endless() -> Stream:
    return Stream(forever())


@get("/background")
async def background() -> Response[dict[str, str]]:
    return Response({}, background=BackgroundTask(note))


@get("/boom")
async def boom() -> None:
    fail()


@websocket("/talk")
async def talk(socket: WebSocket[Any, Any, Any]) -> None:
    await socket.accept()
    try:
        while True:
            await socket.send_text((await socket.receive_text()).upper())
    except WebSocketDisconnect as error:
        SEEN.append(f"closed {error.code}")


application = Litestar([hello, upload, stream, endless, background, boom, talk])
