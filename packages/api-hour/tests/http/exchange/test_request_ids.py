"""Ids of requests: who chooses them, and all the places where they are found again."""

import json
import re
from typing import Any

import httpx
import pytest
from event_loops import on_each_loop
from websockets.asyncio.client import connect

import api_hour
from api_hour.http import HttpServer, Request, Response, Router
from api_hour.http.asgi import AsgiServer
from api_hour.log.context import REQUEST_ID

NEW = re.compile(r"[0-9a-f]{32}")


class Container(api_hour.Container):
    """Answers in each way that a router knows; each answer has the id that is known where it is made."""

    def make_servers(self) -> list[Any]:
        router = Router()
        router.add("GET", "/plain", self.plain)
        router.add("GET", "/json", self.json)
        router.add("GET", "/pieces", self.pieces)
        router.add("GET", "/own", lambda _request: Response("own", headers=[("x-request-id", "own")]))
        router.add("GET", "/fails", self.fails)
        return [HttpServer(router, container=self)]

    def plain(self, request: Request) -> Response:
        return Response(json.dumps([request.request_id, REQUEST_ID.get(), request.headers["x-request-id"]]))

    async def json(self, request: Request) -> list[str | None]:
        return [request.request_id, REQUEST_ID.get(), request.headers["x-request-id"]]

    async def pieces(self, request: Request) -> Response:
        async def body() -> Any:
            yield json.dumps([request.request_id, REQUEST_ID.get()]).encode()

        return Response(body())

    async def fails(self, _request: Request) -> None:
        raise LookupError("nothing")


async def ask(server: Any, path: str, *sent: str) -> httpx.Response:
    async with httpx.AsyncClient() as client:
        return await client.get(f"{server.url}{path}", headers=[("X-Request-ID", value) for value in sent])


@on_each_loop
@pytest.mark.parametrize("path", ["/plain", "/json", "/pieces"])
async def test_an_id_of_a_trusted_proxy_is_the_request_s_and_the_answer_s(path: str) -> None:
    async with api_hour.serve(Container, request_id_header="X-Request-ID") as server:
        answer = await ask(server, path, "proxy/7")

    assert answer.headers.get_list("X-Request-ID") == ["proxy/7"]
    assert set(answer.json()) == {"proxy/7"}


@on_each_loop
@pytest.mark.parametrize("sent", [(), ("",), ("a b",), ("x" * 201,), ("1", "2")], ids=str)
async def test_a_request_without_a_good_id_gets_a_new_one(sent: tuple[str, ...]) -> None:
    async with api_hour.serve(Container, request_id_header="X-Request-ID") as server:
        answers = [await ask(server, "/json", *sent) for _ in range(2)]

    first, second = (answer.headers["X-Request-ID"] for answer in answers)
    assert first != second
    assert NEW.fullmatch(first)
    assert [set(answer.json()) for answer in answers] == [{first}, {second}]


@on_each_loop
async def test_nobody_else_chooses_an_id() -> None:
    options: dict[str, Any] = {"request_id_header": "X-Request-ID", "trusted_proxies": ("192.0.2.1",)}
    async with api_hour.serve(Container, **options) as server:
        answer = await ask(server, "/json", "forged")

    assert NEW.fullmatch(answer.headers["X-Request-ID"])
    assert set(answer.json()) == {answer.headers["X-Request-ID"]}


@on_each_loop
async def test_an_answer_that_has_an_id_already_keeps_it() -> None:
    async with api_hour.serve(Container, request_id_header="X-Request-ID") as server:
        answer = await ask(server, "/own", "7")

    assert answer.headers.get_list("X-Request-ID") == ["own"]


@on_each_loop
async def test_without_the_option_requests_have_no_ids() -> None:
    async with api_hour.serve(Container) as server:
        answer = await ask(server, "/json", "7")

    assert "X-Request-ID" not in answer.headers
    assert answer.json() == [None, None, "7"]


async def asgi(scope: Any, receive: Any, send: Any) -> None:
    """Answer with what is known of the id; one that fails says so before."""
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    sent = dict(scope["headers"])[b"x-request-id"].decode()
    known = json.dumps([sent, REQUEST_ID.get()])
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "text": known})
        await send({"type": "websocket.close"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": known.encode(), "more_body": scope["path"] == "/pieces"})
    if scope["path"] == "/pieces":
        await send({"type": "http.response.body", "body": b""})


@on_each_loop
@pytest.mark.parametrize("path", ["/", "/pieces"])
async def test_asgi_applications_find_the_id_in_their_scope(path: str) -> None:
    async with api_hour.serve(asgi, request_id_header="X-Request-ID") as server:
        answer = await ask(server, path)

    assert NEW.fullmatch(answer.headers["X-Request-ID"])
    assert set(answer.json()) == {answer.headers["X-Request-ID"]}


@on_each_loop
async def test_websockets_have_an_id() -> None:
    async with api_hour.serve(asgi, request_id_header="X-Request-ID") as server:
        url = server.url.replace("http:", "ws:")
        async with connect(url, additional_headers={"X-Request-ID": "7"}) as socket:
            assert socket.response is not None
            assert socket.response.headers["X-Request-ID"] == "7"
            assert json.loads(await socket.recv()) == ["7", "7"]


def wsgi(environ: dict[str, Any], start_response: Any) -> Any:
    """Answer with what is known of the id."""
    headers = [("Content-Type", "text/plain")]
    start_response("200 OK", headers)
    known = json.dumps([environ["HTTP_X_REQUEST_ID"], REQUEST_ID.get()]).encode()
    return [known] if environ["PATH_INFO"] == "/" else iter([known[:5], known[5:]])


@on_each_loop
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("path", ["/", "/pieces"])
async def test_wsgi_applications_find_the_id_in_their_environ(path: str, threads: int) -> None:
    async with api_hour.serve(wsgi, request_id_header="X-Request-ID", threads=threads) as server:
        answers = [await ask(server, path) for _ in range(2)]

    for answer in answers:
        assert NEW.fullmatch(answer.headers["X-Request-ID"])
        assert set(answer.json()) == {answer.headers["X-Request-ID"]}


@on_each_loop
async def test_lines_of_logs_have_the_id(caplog: pytest.LogCaptureFixture) -> None:
    async with api_hour.serve(
        Container, request_id_header="X-Correlation-ID", access_log="%(request_id)s %(s)s"
    ) as server:
        caplog.set_level("INFO", logger="api_hour.access")
        async with httpx.AsyncClient() as client:
            answer = await client.get(f"{server.url}/fails", headers={"X-Correlation-ID": "7"})

    assert answer.headers["X-Correlation-ID"] == "7"
    [failure] = [record for record in caplog.records if record.levelname == "ERROR"]
    assert vars(failure)["request_id"] == "7"
    assert [record.getMessage() for record in caplog.records if record.name == "api_hour.access"] == ["7 500"]


def test_a_server_without_a_container_gives_no_ids() -> None:
    assert AsgiServer(asgi).state.request_ids is None
