"""Middleware and error handlers around the handlers of a router, over a real connection."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from event_loops import on_each_loop, run_in_loop
from http_connection import Answer, connected

from api_hour.engines import EngineUnavailable
from api_hour.http import HttpServer, Request, Response, ResponseHandler, Router, streams_body
from api_hour.http.message.errors import ClientGone, HttpError


class Marking:
    """Middleware that says in a header that it was there, and what it saw."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.seen: list[str] = []

    async def __call__(self, request: Request, answer: ResponseHandler) -> Response:
        self.seen.append(request.method)
        response = await answer(request)
        assert isinstance(response, Response)
        response.headers = [*response.headers, (f"X-{self.name}", str(response.status))]
        return response


async def hello(_request: Request) -> dict[str, str]:
    return {"hello": "world"}


async def lookup(_request: Request) -> None:
    raise KeyError("seven")


async def teapot(_request: Request) -> None:
    raise HttpError(418, "short")


async def down(_request: Request) -> None:
    raise EngineUnavailable("the database is away")


async def boom(_request: Request) -> None:
    raise ZeroDivisionError("on purpose")


async def on_lookup(request: Request, error: LookupError) -> Response:
    return Response(f"no {error.args[0]} at {request.path}", status=404)


def server(router: Router) -> HttpServer:
    for handler in (hello, lookup, teapot, down, boom):
        router.add("GET", f"/{handler.__name__}", handler)
    return HttpServer(router)


async def ask(router: Router, path: str, *, method: str = "GET") -> Answer:
    async with connected(server(router)) as connection:
        return await connection.ask(f"{method} {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())


@on_each_loop
async def test_middleware_lies_around_a_handler_the_first_outermost() -> None:
    answer = await ask(Router(middleware=[Marking("Outer"), Marking("Inner")]), "/hello")

    assert answer.body == b'{"hello":"world"}'
    assert [name for name in answer.headers if name.startswith("x-")] == ["x-inner", "x-outer"]


@pytest.mark.parametrize(
    ("method", "path", "status", "body"),
    [
        ("GET", "/teapot", 418, b"short\n"),
        ("GET", "/down", 503, b"try again\n"),
        ("GET", "/nowhere", 404, b"nothing is at /nowhere\n"),
        ("PUT", "/hello", 405, b"PUT is not possible here; possible: GET, HEAD, OPTIONS\n"),
        ("OPTIONS", "/hello", 204, b""),
    ],
)
def test_middleware_sees_errors_as_responses(method: str, path: str, status: int, body: bytes) -> None:
    answer = run_in_loop(ask(Router(middleware=[Marking("A")]), path, method=method))

    assert (answer.status, answer.body) == (status, body)
    assert answer.headers["x-a"] == str(status)


@on_each_loop
async def test_middleware_may_answer_itself_or_raise() -> None:
    async def refuse(_request: Request, _answer: ResponseHandler) -> Any:
        raise HttpError(401, "who are you?")

    async def short(_request: Request, _answer: ResponseHandler) -> Any:
        return {"cached": True}

    assert (await ask(Router(middleware=[Marking("A"), refuse]), "/hello")).headers["x-a"] == "401"
    assert (await ask(Router(middleware=[Marking("A"), short]), "/hello")).body == b'{"cached":true}'


@on_each_loop
async def test_an_error_handler_answers_its_class_and_those_below() -> None:
    marking = Marking("A")
    router = Router(middleware=[marking], error_handlers={LookupError: on_lookup})

    answer = await ask(router, "/lookup")

    assert (answer.status, answer.body) == (404, b"no seven at /lookup")
    assert answer.headers["x-a"] == "404"


@on_each_loop
async def test_the_nearest_class_counts() -> None:
    async def on_any(_request: Request, error: Exception) -> dict[str, str]:
        return {"any": str(error)}

    async def on_http(_request: Request, error: HttpError) -> Response:
        return Response.json({"status": error.status}, status=error.status, headers=error.headers)

    answers = {
        path: await ask(Router(error_handlers={Exception: on_any, HttpError: on_http}), path)
        for path in ("/boom", "/teapot", "/down", "/nowhere")
    }

    assert answers["/boom"].body == b'{"any":"on purpose"}'
    assert (answers["/teapot"].status, answers["/teapot"].body) == (418, b'{"status":418}')
    assert answers["/down"].status == 503
    assert (answers["/nowhere"].status, answers["/nowhere"].body) == (404, b'{"status":404}')


def test_an_error_without_a_handler_is_logged_and_500(caplog: pytest.LogCaptureFixture) -> None:
    answer = run_in_loop(ask(Router(middleware=[Marking("A")], error_handlers={LookupError: on_lookup}), "/boom"))

    assert (answer.status, answer.body) == (500, b"the server failed to answer\n")
    assert [record.getMessage() for record in caplog.records] == ["GET '/boom' failed"]


@on_each_loop
async def test_a_client_that_is_gone_is_nobodys_error() -> None:
    seen: list[Exception] = []

    async def on_any(_request: Request, error: Exception) -> None:
        seen.append(error)

    async def gone(_request: Request) -> None:
        raise ClientGone("gone")

    router = Router(error_handlers={Exception: on_any})
    router.add("GET", "/gone", gone)
    async with connected(HttpServer(router)) as connection:
        connection.send(b"GET /gone HTTP/1.1\r\nHost: a\r\n\r\n")
        assert await connection.is_cut()
    assert seen == []


@on_each_loop
async def test_a_handler_behind_middleware_still_reads_its_body_as_it_comes() -> None:
    read = asyncio.Event()

    @streams_body
    async def upload(request: Request) -> int:
        pieces: AsyncIterator[bytes] = request.stream()
        assert await anext(pieces) == b"12345"
        read.set()
        return 5 + sum([len(piece) async for piece in pieces])

    router = Router(middleware=[Marking("A")])
    router.add("POST", "/upload", upload)
    async with connected(HttpServer(router)) as connection:
        connection.send(b"POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345")
        await read.wait()
        connection.send(b"67890")
        assert (await connection.answer()).body == b"10"


@on_each_loop
async def test_a_malformed_body_that_a_handler_reads_is_refused_and_closes() -> None:
    @streams_body
    async def upload(request: Request) -> int:
        return sum([len(piece) async for piece in request.stream()])

    router = Router(middleware=[Marking("A")])
    router.add("POST", "/upload", upload)
    async with connected(HttpServer(router)) as connection:
        answer = await connection.ask(b"POST /upload HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n")
        assert (answer.status, answer.headers["connection"], answer.headers["x-a"]) == (400, "close", "400")


@on_each_loop
async def test_an_unknown_path_is_refused_before_its_body_has_come() -> None:
    async with connected(server(Router(middleware=[Marking("A")]))) as connection:
        connection.send(b"POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n")
        assert (await connection.answer()).status == 404


def test_a_router_without_layers_adds_nothing_to_a_handler() -> None:
    router = Router()
    router.add("GET", "/hello", hello)

    assert router.find(Request("GET", b"/hello", [], container=None)).handler is hello
