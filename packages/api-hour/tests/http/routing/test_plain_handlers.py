"""Handlers that are plain functions: over at once, without coroutine or task."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextvars import ContextVar
from typing import Any

import pytest
from event_loops import on_each_loop
from http_connection import connected

from api_hour.http import HttpServer, Request, Response, ResponseHandler, Router
from api_hour.http.message.errors import HttpError

WHO: ContextVar[str] = ContextVar("WHO", default="nobody")
GET = b"GET %b HTTP/1.1\r\nHost: a\r\n\r\n"


def document(request: Request) -> dict[str, Any]:
    return {"name": request.path_parameters.get("name"), "task": asyncio.current_task() is not None}


def text(_request: Request) -> Response:
    return Response("made by hand", status=201)


def pieces(_request: Request) -> Response:
    async def numbers() -> AsyncIterator[bytes]:
        yield b"1"
        await asyncio.sleep(0)
        yield b"2"

    return Response(numbers(), content_length=2)


def refused(_request: Request) -> None:
    raise HttpError(418, "short")


def bug(_request: Request) -> None:
    raise ZeroDivisionError("on purpose")


def cancelled(_request: Request) -> None:
    raise asyncio.CancelledError


def unsendable(_request: Request) -> object:
    return object()


def introduced(request: Request) -> str:
    known = WHO.get()
    WHO.set(request.path)
    return known


def waiting(request: Request) -> Awaitable[str]:
    """Do something before, as a decorator without `async` does."""
    WHO.set(request.path)

    async def later() -> str:
        await asyncio.sleep(0)
        return f"{WHO.get()} {asyncio.current_task() is not None}"

    return later()


def router(**options: Any) -> Router:
    router = Router(**options)
    for handler in (text, pieces, refused, bug, cancelled, unsendable, introduced, waiting):
        router.add("GET", f"/{handler.__name__}", handler)
    router.add("GET", "/documents/{name}", document)
    return router


@on_each_loop
async def test_what_a_plain_function_returns_is_sent() -> None:
    async with connected(HttpServer(router())) as client:
        assert (await client.ask(GET % b"/documents/a")).body == b'{"name":"a","task":false}'
        answer = await client.ask(GET % b"/text")
        assert (answer.status, answer.body) == (201, b"made by hand")
        assert (await client.ask(GET % b"/pieces")).body == b"12"
        assert (await client.ask(b"HEAD /text HTTP/1.1\r\nHost: a\r\n\r\n")).headers["content-length"] == "12"


@on_each_loop
async def test_what_a_plain_function_raises_is_answered(caplog: pytest.LogCaptureFixture) -> None:
    async with connected(HttpServer(router())) as client:
        answer = await client.ask(GET % b"/refused")
        assert (answer.status, answer.body) == (418, b"short\n")
        for path in (b"/bug", b"/cancelled", b"/unsendable"):
            assert (await client.ask(GET % path)).status == 500
        assert (await client.ask(GET % b"/text")).status == 201

    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == [
        "GET '/bug' failed",
        "GET '/cancelled' failed",
        "GET '/unsendable' failed",
    ]


@on_each_loop
async def test_a_plain_function_has_a_context_of_its_own() -> None:
    async with connected(HttpServer(router())) as client:
        assert [(await client.ask(GET % b"/introduced")).body for _ in range(2)] == [b'"nobody"', b'"nobody"']
    assert WHO.get() == "nobody"


@on_each_loop
async def test_what_a_plain_function_returns_may_be_awaited() -> None:
    async with connected(HttpServer(router())) as client:
        assert [(await client.ask(GET % b"/waiting")).body for _ in range(6)] == [b'"/waiting True"'] * 6
        assert (await client.ask(GET % b"/introduced")).body == b'"nobody"'


@on_each_loop
async def test_a_plain_function_costs_no_task(monkeypatch: pytest.MonkeyPatch) -> None:
    async with connected(HttpServer(router())) as client:
        server_tasks: list[object] = []
        first_step = client.protocol._server.first_step
        monkeypatch.setattr(first_step, "start", server_tasks.append)
        for _ in range(3):
            assert (await client.ask(GET % b"/text")).status == 201

    assert server_tasks == []


@on_each_loop
async def test_middleware_and_error_handlers_lie_around_plain_functions() -> None:
    async def mark(request: Request, answer: ResponseHandler) -> Response:
        response = await answer(request)
        response.headers = [*response.headers, ("X-Seen", str(response.status))]
        return response

    def plainly(_request: Request, error: ZeroDivisionError) -> Response:
        return Response(str(error), status=409)

    plain = router(middleware=[mark], error_handlers={ZeroDivisionError: plainly})
    async with connected(HttpServer(plain)) as client:
        seen = {
            path: (await client.ask(GET % path)).headers.get("x-seen")
            for path in (b"/documents/a", b"/text", b"/pieces", b"/refused", b"/bug", b"/waiting")
        }

    assert list(seen.values()) == ["200", "201", "200", "418", "409", "200"]
