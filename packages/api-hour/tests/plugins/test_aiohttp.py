"""Answers, router and environment for Containers that serve with aiohttp, as those written for 0.8 use them."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, Self

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from event_loops import on_each_loop

from api_hour.plugins.aiohttp import HTML, JSON, Router, env_middleware_factory

pytestmark = pytest.mark.filterwarnings("ignore::aiohttp.web.NotAppKeyWarning")  # keys that are text are 0.8's

ROUTER_WARNING = "router argument is deprecated"


class Pool:
    """A pool, its connection and its cursor in one, as aiopg's, aiomysql's and aioredis's are used."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.closed = False

    def __await__(self) -> Any:
        yield from asyncio.sleep(0).__await__()
        return self

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        self.done.append("released")

    def acquire(self) -> "Pool":
        self.done.append("acquired")
        return self

    def cursor(self) -> "Pool":
        return self

    async def execute(self, query: str) -> None:
        self.done.append(query)

    async def begin(self) -> None:
        self.done.append("begin")

    async def commit(self) -> None:
        self.done.append("commit")

    async def rollback(self) -> None:
        self.done.append("rollback")

    def close(self) -> None:
        self.done.append("close")

    async def wait_closed(self) -> None:
        self.done.append("closed")


def answer_of(data: Any) -> bytes:
    body = JSON(data).body
    assert isinstance(body, bytes)
    return body


def test_a_document_is_compact_and_what_json_has_no_form_for_is_a_text() -> None:
    assert answer_of({"foo": "bar"}) == b'{"foo":"bar"}'
    assert answer_of([date(2026, 1, 2), Decimal("1.50")]) == b'["2026-01-02","1.50"]'


def test_answers_have_what_they_are_given() -> None:
    document = JSON([], status=201, reason="Made", headers={"X-A": "1"})
    page = HTML("<p>é")

    assert (document.status, document.reason, document.headers["X-A"]) == (201, "Made", "1")
    assert document.headers["Content-Type"] == "application/json"
    assert (page.status, page.body, page.headers["Content-Type"]) == (200, "<p>é".encode(), "text/html")
    assert isinstance(page, web.HTTPException)
    assert bool(document)


@asynccontextmanager
async def served(container: Any, routes: Any, *, router: Router | None = None) -> AsyncIterator[TestClient[Any, Any]]:
    if router is None:
        app = web.Application(middlewares=[env_middleware_factory])
    else:
        with pytest.warns(DeprecationWarning, match=ROUTER_WARNING):
            app = web.Application(router=router, middlewares=[env_middleware_factory])
    app["ah_container"] = container
    routes(app.router)
    async with TestClient(TestServer(app)) as client:
        yield client


@on_each_loop
async def test_an_answer_may_be_returned_and_raised() -> None:
    async def returns(_request: web.Request) -> web.StreamResponse:
        return JSON({"a": 1}, status=202)

    async def raises(_request: web.Request) -> web.StreamResponse:
        raise HTML("<p>", status=403)

    def routes(router: Any) -> None:
        router.add_route("GET", "/returns", returns)
        router.add_route("GET", "/raises", raises)

    async with served(SimpleNamespace(env_config={}, engines={}), routes) as client:
        async with client.get("/returns") as answer:
            assert (answer.status, await answer.json()) == (202, {"a": 1})
        async with client.get("/raises") as answer:
            assert (answer.status, await answer.text(), answer.content_type) == (403, "<p>", "text/html")


@on_each_loop
async def test_a_route_gets_what_it_is_configured_to_have_in_its_environment() -> None:
    pools = {name: Pool() for name in ("pg", "mysql", "redis")}
    container = SimpleNamespace(engines={**pools, "pg": asyncio.ensure_future(asyncio.sleep(0, pools["pg"]))})
    seen: dict[str, Any] = {}

    async def handle(request: web.Request) -> web.StreamResponse:
        seen.update(request["env"])
        return JSON({})

    router = Router(container)

    def routes(added: Any) -> None:
        added.add_route("POST", "/", handle, name="all", env_config=["pg", "mysql", "redis", "json", "other"])
        added.add_route("GET", "/plain", handle, name="plain")
        added.add_get("/unnamed", handle)

    async with served(container, routes, router=router) as client:
        async with client.post("/", json={"a": 1}, headers={"Request_ID": "7"}) as answer:
            assert answer.status == 200
        everything = dict(seen)
        seen.clear()
        async with client.get("/plain") as answer:
            assert answer.status == 200
        plain = dict(seen)
        async with client.get("/unnamed") as answer:
            assert answer.status == 200
        async with client.get("/nowhere") as answer:
            assert answer.status == 404

    assert (everything["container"], everything["id"], everything["name"]) == (container, "7", "all")
    assert everything["json"] == {"a": 1}
    assert everything["pg"] == {"engine": pools["pg"], "cursor": pools["pg"]}
    assert everything["mysql"] == dict.fromkeys(("engine", "connection", "cursor"), pools["mysql"])
    assert everything["redis"] == {"engine": pools["redis"], "connection": pools["redis"]}
    assert pools["pg"].done == ["acquired", "BEGIN", "COMMIT", "released", "released"]
    assert pools["mysql"].done == ["acquired", "begin", "commit", "released", "released"]
    assert pools["redis"].done == ["acquired", "close", "closed"]
    assert plain == {"container": container, "id": None, "name": "plain", "config": []}
    assert container.env_config["all"] == ["pg", "mysql", "redis", "json", "other"]


@on_each_loop
async def test_a_transaction_is_rolled_back_when_its_handler_raises_and_a_body_that_is_no_json_is_400() -> None:
    pools = {name: Pool() for name in ("pg", "mysql")}
    container = SimpleNamespace(engines=pools)

    async def handle(_request: web.Request) -> web.StreamResponse:
        raise JSON("no", status=409)

    router = Router(container)

    def routes(added: Any) -> None:
        added.add_route("POST", "/", handle, name="all", env_config=["pg", "mysql", "json"])

    async with served(container, routes, router=router) as client:
        async with client.post("/", json={}) as answer:
            assert (answer.status, await answer.json()) == (409, "no")
        async with client.post("/", data=b"{") as answer:
            assert (answer.status, await answer.json()) == (400, "The payload must be of json format")

    assert pools["pg"].done[:4] == ["acquired", "BEGIN", "ROLLBACK", "released"]
    assert pools["mysql"].done[:4] == ["acquired", "begin", "rollback", "released"]


@on_each_loop
async def test_the_middleware_may_be_called_as_middlewares_once_were(caplog: pytest.LogCaptureFixture) -> None:
    async def handle(request: web.Request) -> web.StreamResponse:
        return JSON(request["env"]["name"])

    caplog.set_level(logging.DEBUG, "api_hour.plugins.aiohttp")
    app = web.Application()
    app["ah_container"] = SimpleNamespace(engines={}, env_config={"index": []})
    app.router.add_route("GET", "/", await env_middleware_factory(app, handle), name="index")
    async with TestClient(TestServer(app)) as client, client.get("/") as answer:
        assert await answer.json() == "index"
    assert "GET /: route 'index' with []" in caplog.messages
