"""A Quart application."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from asgi_apps.seen import SEEN, fail, forever, note, pieces
from quart import Quart, request, websocket

application = Quart("asgi_apps", root_path=str(Path(__file__).parent))


@application.get("/hello")
async def hello() -> dict[str, Any]:
    return {"path": request.path, "query": dict(request.args)}


@application.post("/upload")
async def upload() -> dict[str, int]:
    return {"size": sum([len(piece) async for piece in request.body])}


@application.get("/stream")
async def stream() -> AsyncIterator[bytes]:
    return pieces()


@application.get("/forever")
async def endless() -> AsyncIterator[bytes]:
    return forever()


@application.get("/background")
async def background() -> dict[str, str]:
    application.add_background_task(note)
    return {}


@application.get("/boom")
async def boom() -> str:
    fail()
    return ""


@application.websocket("/talk")
async def talk() -> None:
    try:
        while True:
            await websocket.send((await websocket.receive()).upper())
    except asyncio.CancelledError:
        SEEN.append("closed 1000")
        raise
