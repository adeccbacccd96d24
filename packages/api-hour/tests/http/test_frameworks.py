"""A real application of each ASGI framework, served by the engine: the same things are asked of all."""

import asyncio

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from asgi_serving import serving
from event_loops import run_in_loop, until
from websockets.asyncio.client import connect as websocket_connect
from websockets.exceptions import ConnectionClosed

PIECES = [f"piece {number}\n".encode() for number in range(5)]


@dataclass(slots=True)
class Seen:
    """What an application notes."""

    events: list[str] = field(default_factory=list)


def starlette_application(seen: Seen) -> Any:
    from starlette.applications import Starlette
    from starlette.background import BackgroundTask
    from starlette.requests import Request
    from starlette.responses import JSONResponse, StreamingResponse
    from starlette.routing import Route, WebSocketRoute
    from starlette.websockets import WebSocket, WebSocketDisconnect

    async def hello(request: Request) -> JSONResponse:
        return JSONResponse({"path": request.url.path, "query": dict(request.query_params)})

    async def upload(request: Request) -> JSONResponse:
        size = 0
        async for piece in request.stream():
            size += len(piece)
        return JSONResponse({"size": size})

    async def stream(_request: Request) -> StreamingResponse:
        async def pieces() -> AsyncIterator[bytes]:
            for piece in PIECES:
                yield piece
                await asyncio.sleep(0)

        return StreamingResponse(pieces())

    async def background(_request: Request) -> JSONResponse:
        return JSONResponse({}, background=BackgroundTask(seen.events.append, "background"))

    async def forever(_request: Request) -> StreamingResponse:
        async def pieces() -> AsyncIterator[bytes]:
            try:
                while True:
                    yield b"x"
                    await asyncio.sleep(0.01)
            finally:
                seen.events.append("disconnected")

        return StreamingResponse(pieces())

    async def talk(websocket: WebSocket) -> None:
        await websocket.accept()
        try:
            while True:
                await websocket.send_text((await websocket.receive_text()).upper())
        except WebSocketDisconnect as error:
            seen.events.append(f"closed {error.code}")

    async def boom(_request: Request) -> None:
        raise ZeroDivisionError("on purpose")

    routes = [
        Route("/hello", hello),
        Route("/upload", upload, methods=["POST"]),
        Route("/stream", stream),
        Route("/background", background),
        Route("/forever", forever),
        Route("/boom", boom),
        WebSocketRoute("/talk", talk),
    ]
    return Starlette(routes=routes)


def fastapi_application(seen: Seen) -> Any:
    from fastapi import BackgroundTasks, FastAPI, Request, WebSocket, WebSocketDisconnect
    from fastapi.responses import StreamingResponse

    app = FastAPI()

    @app.get("/hello")
    async def hello(request: Request) -> dict[str, Any]:
        return {"path": request.url.path, "query": dict(request.query_params)}

    @app.post("/upload")
    async def upload(request: Request) -> dict[str, int]:
        return {"size": sum([len(piece) async for piece in request.stream()])}

    @app.get("/stream")
    async def stream() -> StreamingResponse:
        async def pieces() -> AsyncIterator[bytes]:
            for piece in PIECES:
                yield piece

        return StreamingResponse(pieces())

    @app.get("/background")
    def background(tasks: BackgroundTasks) -> dict[str, str]:
        tasks.add_task(seen.events.append, "background")
        return {}

    @app.get("/forever")
    async def forever() -> StreamingResponse:
        async def pieces() -> AsyncIterator[bytes]:
            try:
                while True:
                    yield b"x"
                    await asyncio.sleep(0.01)
            finally:
                seen.events.append("disconnected")

        return StreamingResponse(pieces())

    @app.get("/boom")
    async def boom() -> None:
        raise ZeroDivisionError("on purpose")

    @app.websocket("/talk")
    async def talk(websocket: WebSocket) -> None:
        await websocket.accept()
        try:
            while True:
                await websocket.send_text((await websocket.receive_text()).upper())
        except WebSocketDisconnect as error:
            seen.events.append(f"closed {error.code}")

    return app


def litestar_application(seen: Seen) -> Any:
    from litestar import Litestar, Request, WebSocket, get, post
    from litestar.background_tasks import BackgroundTask
    from litestar.exceptions import WebSocketDisconnect
    from litestar.handlers import websocket as websocket_route
    from litestar.response import Response, Stream

    @get("/hello")
    async def hello(request: Request[Any, Any, Any]) -> dict[str, Any]:
        return {"path": request.url.path, "query": dict(request.query_params)}

    @post("/upload", status_code=200)
    async def upload(request: Request[Any, Any, Any]) -> dict[str, int]:
        return {"size": sum([len(piece) async for piece in request.stream()])}

    @get("/stream")
    async def stream() -> Stream:
        async def pieces() -> AsyncIterator[bytes]:
            for piece in PIECES:
                yield piece

        return Stream(pieces())

    async def note() -> None:
        seen.events.append("background")

    @get("/background")
    async def background() -> Response[dict[str, str]]:
        return Response({}, background=BackgroundTask(note))

    @get("/forever")
    async def forever() -> Stream:
        async def pieces() -> AsyncIterator[bytes]:
            try:
                while True:
                    yield b"x"
                    await asyncio.sleep(0.01)
            finally:
                seen.events.append("disconnected")

        return Stream(pieces())

    @get("/boom")
    async def boom() -> None:
        raise ZeroDivisionError("on purpose")

    @websocket_route("/talk")
    async def talk(socket: WebSocket[Any, Any, Any]) -> None:
        await socket.accept()
        try:
            while True:
                await socket.send_text((await socket.receive_text()).upper())
        except WebSocketDisconnect as error:
            seen.events.append(f"closed {error.code}")

    return Litestar([hello, upload, stream, background, forever, boom, talk])


def quart_application(seen: Seen) -> Any:
    from quart import Quart, request, websocket

    app = Quart("quart_application")

    @app.get("/hello")
    async def hello() -> dict[str, Any]:
        return {"path": request.path, "query": dict(request.args)}

    @app.post("/upload")
    async def upload() -> dict[str, int]:
        size = 0
        async for piece in request.body:
            size += len(piece)
        return {"size": size}

    @app.get("/stream")
    async def stream() -> AsyncIterator[bytes]:
        async def pieces() -> AsyncIterator[bytes]:
            for piece in PIECES:
                yield piece

        return pieces()

    @app.get("/background")
    async def background() -> dict[str, str]:
        async def note() -> None:
            seen.events.append("background")

        app.add_background_task(note)
        return {}

    @app.get("/forever")
    async def forever() -> AsyncIterator[bytes]:
        async def pieces() -> AsyncIterator[bytes]:
            try:
                while True:
                    yield b"x"
                    await asyncio.sleep(0.01)
            finally:
                seen.events.append("disconnected")

        return pieces()

    @app.get("/boom")
    async def boom() -> None:
        raise ZeroDivisionError("on purpose")

    @app.websocket("/talk")
    async def talk() -> None:
        try:
            while True:
                await websocket.send((await websocket.receive()).upper())
        except asyncio.CancelledError:
            seen.events.append("closed 1000")
            raise

    return app


def django_application(seen: Seen) -> Any:
    import django
    from django.conf import settings
    from django.core.asgi import get_asgi_application
    from django.http import HttpRequest, JsonResponse, StreamingHttpResponse
    from django.urls import path

    async def hello(request: HttpRequest) -> JsonResponse:
        return JsonResponse({"path": request.path, "query": request.GET.dict()})

    def upload(request: HttpRequest) -> JsonResponse:
        return JsonResponse({"size": len(request.read())})

    async def stream(_request: HttpRequest) -> StreamingHttpResponse:
        async def pieces() -> AsyncIterator[bytes]:
            for piece in PIECES:
                yield piece

        return StreamingHttpResponse(pieces())

    async def forever(_request: HttpRequest) -> StreamingHttpResponse:
        async def pieces() -> AsyncIterator[bytes]:
            try:
                while True:
                    yield b"x"
                    await asyncio.sleep(0.01)
            finally:
                seen.events.append("disconnected")

        return StreamingHttpResponse(pieces())

    async def boom(_request: HttpRequest) -> None:
        raise ZeroDivisionError("on purpose")

    if not settings.configured:
        settings.configure(ALLOWED_HOSTS=["*"], SECRET_KEY="x", LOGGING_CONFIG=None, MIDDLEWARE=[])  # noqa: S106
        django.setup()
    settings.ROOT_URLCONF = tuple(
        path(view.__name__, view)
        for view in (hello, upload, stream, forever, boom)  # type: ignore[arg-type]
    )
    return get_asgi_application()


APPLICATIONS: dict[str, Callable[[Seen], Any]] = {
    "django": django_application,
    "fastapi": fastapi_application,
    "litestar": litestar_application,
    "quart": quart_application,
    "starlette": starlette_application,
}


@pytest.fixture(params=APPLICATIONS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def with_client(name: str, seen: Seen, use: Callable[[httpx.AsyncClient, int], Any]) -> Any:
    async with (
        serving(APPLICATIONS[name](seen)) as (_, port),
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=None) as client,
    ):
        return await use(client, port)


def test_a_request_is_answered(name: str) -> None:
    async def use(client: httpx.AsyncClient, _port: int) -> None:
        for number in range(3):
            answer = await client.get("/hello", params={"a": f"é{number}"})
            assert (answer.status_code, answer.json()) == (200, {"path": "/hello", "query": {"a": f"é{number}"}})

    run_in_loop(with_client(name, Seen(), use))


def test_an_upload_is_read_as_it_comes(name: str) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(50):
            yield b"x" * 10_000

    async def use(client: httpx.AsyncClient, _port: int) -> None:
        for content in (pieces(), b"x" * 500_000):
            answer = await client.post("/upload", content=content)
            assert (answer.status_code, answer.json()) == (200, {"size": 500_000})

    run_in_loop(with_client(name, Seen(), use))


def test_an_answer_is_streamed(name: str) -> None:
    async def use(client: httpx.AsyncClient, _port: int) -> None:
        async with client.stream("GET", "/stream") as answer:
            assert answer.headers["transfer-encoding"] == "chunked"
            assert b"".join([piece async for piece in answer.aiter_bytes()]) == b"".join(PIECES)

    run_in_loop(with_client(name, Seen(), use))


def test_an_application_learns_that_its_client_has_gone(name: str) -> None:
    seen = Seen()

    async def use(client: httpx.AsyncClient, _port: int) -> None:
        async with client.stream("GET", "/forever") as answer:
            assert await anext(answer.aiter_raw())
        await until(lambda: seen.events == ["disconnected"])

    run_in_loop(with_client(name, seen, use))


def test_a_background_task_runs_after_the_answer(name: str) -> None:
    if name == "django":
        pytest.skip("Django has none")
    seen = Seen()

    async def use(client: httpx.AsyncClient, _port: int) -> None:
        assert (await client.get("/background")).status_code == 200
        await until(lambda: seen.events == ["background"])

    run_in_loop(with_client(name, seen, use))


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_an_application_that_raises_is_answered_with_500(name: str) -> None:
    async def use(client: httpx.AsyncClient, _port: int) -> None:
        assert (await client.get("/boom")).status_code == 500
        assert (await client.get("/hello")).status_code == 200

    run_in_loop(with_client(name, Seen(), use))


def test_a_websocket_talks_and_closes(name: str) -> None:
    if name == "django":
        pytest.skip("Django has none without channels")
    seen = Seen()

    async def use(_client: httpx.AsyncClient, port: int) -> None:
        async with websocket_connect(f"ws://127.0.0.1:{port}/talk", proxy=None) as websocket:
            for word in ("hello", "é", "x" * 100_000):
                await websocket.send(word)
                assert await websocket.recv() == word.upper()
        await until(lambda: seen.events == ["closed 1000"])

    run_in_loop(with_client(name, seen, use))


def test_a_websocket_is_told_that_its_worker_ends(name: str) -> None:
    if name == "django":
        pytest.skip("Django has none without channels")
    seen = Seen()

    async def main() -> None:
        async with serving(APPLICATIONS[name](seen)) as (server, port):
            async with websocket_connect(f"ws://127.0.0.1:{port}/talk", proxy=None) as websocket:
                await websocket.send("hello")
                assert await websocket.recv() == "HELLO"
                for connection in [*server.connections]:
                    connection.begin_drain()
                with pytest.raises(ConnectionClosed) as caught:
                    await websocket.recv()
            assert caught.value.rcvd is not None
            assert caught.value.rcvd.code == 1012
            await until(lambda: not server.connections)

    run_in_loop(main())
