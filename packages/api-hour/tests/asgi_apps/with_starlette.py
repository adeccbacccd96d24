"""A Starlette application."""

from asgi_apps.seen import SEEN, fail, forever, note, pieces
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect


async def hello(request: Request) -> JSONResponse:
    return JSONResponse({"path": request.url.path, "query": dict(request.query_params)})


async def upload(request: Request) -> JSONResponse:
    return JSONResponse({"size": sum([len(piece) async for piece in request.stream()])})


async def stream(_request: Request) -> StreamingResponse:
    return StreamingResponse(pieces())


async def endless(_request: Request) -> StreamingResponse:
    return StreamingResponse(forever())


async def background(_request: Request) -> JSONResponse:
    return JSONResponse({}, background=BackgroundTask(note))


async def boom(_request: Request) -> JSONResponse:
    fail()
    return JSONResponse({})


async def talk(websocket: WebSocket) -> None:
    await websocket.accept()
    try:
        while True:
            await websocket.send_text((await websocket.receive_text()).upper())
    except WebSocketDisconnect as error:
        SEEN.append(f"closed {error.code}")


application = Starlette(
    routes=[
        Route("/hello", hello),
        Route("/upload", upload, methods=["POST"]),
        Route("/stream", stream),
        Route("/forever", endless),
        Route("/background", background),
        Route("/boom", boom),
        WebSocketRoute("/talk", talk),
    ]
)
