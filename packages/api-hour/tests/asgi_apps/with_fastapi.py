"""A FastAPI application."""

from typing import Any

from asgi_apps.seen import SEEN, fail, forever, note, pieces
from fastapi import BackgroundTasks, FastAPI, Request, WebSocket, WebSocketDisconnect
from fastapi.responses import StreamingResponse

application = FastAPI()


@application.get("/hello")
async def hello(request: Request) -> dict[str, Any]:
    return {"path": request.url.path, "query": dict(request.query_params)}


@application.post("/upload")
async def upload(request: Request) -> dict[str, int]:
    return {"size": sum([len(piece) async for piece in request.stream()])}


@application.get("/stream")
async def stream() -> StreamingResponse:
    return StreamingResponse(pieces())


@application.get("/forever")
async def endless() -> StreamingResponse:
    return StreamingResponse(forever())


@application.get("/background")
def background(tasks: BackgroundTasks) -> dict[str, str]:
    tasks.add_task(note)
    return {}


@application.get("/boom")
async def boom() -> None:
    fail()


@application.websocket("/talk")
async def talk(websocket: WebSocket) -> None:
    await websocket.accept()
    try:
        while True:
            await websocket.send_text((await websocket.receive_text()).upper())
    except WebSocketDisconnect as error:
        SEEN.append(f"closed {error.code}")
