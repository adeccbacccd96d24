"""The service that the soak asks: Django, FastAPI and a router, whose answers a client can work out by itself.

One Container with three addresses: the ASGI applications over TCP, the same for nginx over a unix socket, and the
router over TCP. Every answer says which worker gave it.
"""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from contextlib import suppress
from itertools import count
from typing import Any

import django.conf
from django.core.asgi import get_asgi_application
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from fastapi import BackgroundTasks, FastAPI, WebSocket, WebSocketDisconnect
from fastapi.responses import StreamingResponse
from starlette.requests import Request as AsgiRequest
from starlette.responses import Response as AsgiResponse

import api_hour
from api_hour.http import HttpServer, Request, Response, Router, streams_body
from api_hour.http.asgi import AsgiServer
from api_hour.http.websocket_handler import WebSocket as NativeWebSocket
from api_hour.http.websocket_handler import websocket_handler

PID = os.getpid()
WORKER = {"X-Worker": str(PID)}
PIECE_BYTES = 1000
LOAD_S = 0.01  # of what many requests share
FOLLOW_UP_S = 3.0  # for the request that ends a background task


def content(size_bytes: int, seed: int) -> bytes:
    """Return bytes that a client can make itself."""
    return hashlib.shake_128(b"%d" % seed).digest(size_bytes)


def digest_of(body: bytes) -> dict[str, Any]:
    """Return what an upload is answered with."""
    return {"bytes": len(body), "sha256": hashlib.sha256(body).hexdigest(), "worker": PID}


class Shared:
    """One load for all who ask meanwhile."""

    def __init__(self) -> None:
        self._task: asyncio.Task[int] | None = None
        self._numbers = count()

    async def get(self) -> dict[str, Any]:
        """Wait for it, and say who asked."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._load())
        return {"number": await self._task, "worker": PID}

    async def _load(self) -> int:
        await asyncio.sleep(LOAD_S)
        return next(self._numbers)


# Django.

django.conf.settings.configure(
    ALLOWED_HOSTS=["*"],
    DATA_UPLOAD_MAX_MEMORY_SIZE=None,
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
    ROOT_URLCONF=__name__,
    SECRET_KEY="of a service that has none",  # noqa: S106
)


async def django_empty(_request: HttpRequest) -> HttpResponse:
    return HttpResponse(status=204)


async def django_text(_request: HttpRequest, number: int) -> HttpResponse:
    return HttpResponse(content(number % PIECE_BYTES, number), content_type="text/plain")


async def django_upload(request: HttpRequest) -> HttpResponse:
    return JsonResponse(digest_of(request.body))


urlpatterns = [
    path("django/empty", django_empty),
    path("django/text/<int:number>", django_text),
    path("django/upload", django_upload),
]
django_app = get_asgi_application()

# FastAPI.

fastapi_app = FastAPI()
shared = Shared()
in_background: dict[int, asyncio.Event] = {}
background_ids = count()
open_streams: set[int] = set()
stream_ids = count()


@fastapi_app.api_route("/bytes/{size_bytes}", methods=["GET", "HEAD"])
async def send_bytes(size_bytes: int) -> AsgiResponse:
    return AsgiResponse(content(size_bytes, size_bytes))


@fastapi_app.put("/upload")
async def upload(request: AsgiRequest) -> dict[str, Any]:
    return digest_of(await request.body())


@fastapi_app.put("/part")
async def read_part(request: AsgiRequest) -> dict[str, Any]:
    async for _piece in request.stream():
        break
    return {"worker": PID}


@fastapi_app.put("/ignore")
async def ignore(_request: AsgiRequest) -> dict[str, Any]:
    return {"worker": PID}


async def pieces(number: int, *, is_endless: bool = False) -> AsyncIterator[bytes]:
    stream_id = next(stream_ids)
    open_streams.add(stream_id)
    try:
        for seed in range(number):
            yield content(PIECE_BYTES, seed)
            await asyncio.sleep(0.001)
        if is_endless:
            await asyncio.Event().wait()
    finally:
        open_streams.discard(stream_id)


@fastapi_app.get("/stream/{number}")
async def stream(number: int) -> StreamingResponse:
    return StreamingResponse(pieces(number))


@fastapi_app.get("/quiet")
async def quiet() -> StreamingResponse:
    return StreamingResponse(pieces(1, is_endless=True))


@fastapi_app.get("/background")
async def background(tasks: BackgroundTasks) -> dict[str, Any]:
    task_id = next(background_ids)
    in_background[task_id] = asyncio.Event()
    tasks.add_task(wait_in_background, task_id)
    return {"id": task_id, "worker": PID}


async def wait_in_background(task_id: int) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(FOLLOW_UP_S):
            await in_background[task_id].wait()
    del in_background[task_id]


@fastapi_app.get("/background/{task_id}/end")
async def end_background(task_id: int) -> dict[str, Any]:
    is_running = task_id in in_background
    if is_running:
        in_background[task_id].set()
    return {"is_running": is_running, "worker": PID}


@fastapi_app.get("/flight")
async def flight() -> dict[str, Any]:
    return await shared.get()


@fastapi_app.get("/held")
async def held() -> dict[str, Any]:
    return {"streams": len(open_streams), "worker": PID}


@fastapi_app.websocket("/echo")
async def echo(websocket: WebSocket) -> None:
    await websocket.accept()
    with suppress(WebSocketDisconnect):
        while True:
            message = await websocket.receive()
            if message["type"] == "websocket.disconnect":
                return
            if message.get("text") is not None:
                await websocket.send_text(message["text"])
            else:
                await websocket.send_bytes(message["bytes"])


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Answer with Django or FastAPI, and say which worker it was."""

    async def send_signed(message: Any) -> None:
        if message["type"] in ("http.response.start", "websocket.accept"):
            message = {**message, "headers": [*message.get("headers", ()), (b"x-worker", b"%d" % PID)]}
        await send(message)

    app: Any = django_app if scope.get("path", "").startswith("/django/") else fastapi_app
    await app(scope, receive, send_signed)


# The router.

router = Router()
native_shared = Shared()


@router.get("/bytes/{size_bytes:int}")
async def native_bytes(request: Request) -> Response:
    size_bytes = request.path_parameters["size_bytes"]
    return Response(content(size_bytes, size_bytes), headers=[*WORKER.items()])


@router.put("/upload")
async def native_upload(request: Request) -> dict[str, Any]:
    return digest_of(request.body)


@router.put("/stream-upload")
@streams_body
async def native_stream_upload(request: Request) -> dict[str, Any]:
    return digest_of(b"".join([piece async for piece in request.stream()]))


@router.put("/ignore")
@streams_body
async def native_ignore(_request: Request) -> dict[str, Any]:
    return {"worker": PID}


@router.get("/stream/{number:int}")
async def native_stream(request: Request) -> Response:
    return Response(pieces(request.path_parameters["number"]), headers=[*WORKER.items()])


@router.get("/quiet")
async def native_quiet(_request: Request) -> Response:
    return Response(pieces(1, is_endless=True), headers=[*WORKER.items()])


@router.get("/flight")
async def native_flight(_request: Request) -> dict[str, Any]:
    return await native_shared.get()


@router.get("/echo")
@websocket_handler
async def native_echo(_request: Request, websocket: NativeWebSocket) -> None:
    websocket.accept(headers=[(b"x-worker", b"%d" % PID)])
    while True:
        await websocket.send(await websocket.receive())


class Container(api_hour.Container):
    """Two ASGI servers and a router."""

    def make_servers(self) -> list[Any]:
        """Return the handlers of the addresses, in the order of --bind."""
        return [
            AsgiServer(application, container=self),
            AsgiServer(application, container=self),
            HttpServer(router, container=self),
        ]
