"""What the options that are known from uvicorn do to requests and answers, compared with uvicorn itself."""

import asyncio
import json
import re
from collections.abc import Iterable
from typing import Any

import pytest
from event_loops import on_each_loop
from served_here import get
from uvicorn_serving import uvicorn_serving
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

import api_hour
from api_hour.http import HttpServer, Request, Response, Router

TOLD = ("path", "raw_path", "root_path", "query_string")


async def tell_scope(scope: Any, receive: Any, send: Any) -> None:
    """Answer with what a request's scope says of its path."""
    text = json.dumps({name: str(scope[name]) for name in TOLD})
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "text": text})
        await send({"type": "websocket.close"})
        return
    headers = [(b"date", b"Thu, 01 Jan 1970 00:00:00 GMT")] if scope["path"].endswith("/dated") else []
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": text.encode()})


def tell_environ(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Answer with what a request's environ says of its path."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{environ['SCRIPT_NAME']} {environ['PATH_INFO']}".encode()]


class Hello(api_hour.Container):
    """A router's answer."""

    def make_servers(self) -> Any:
        router = Router()
        router.add("GET", "/", self.hello)
        return [HttpServer(router, container=self)]

    def hello(self, _request: Request) -> Response:
        return Response("hello")


async def raw(port: int, target: str, *, headers: str = "") -> bytes:
    """Return all that is answered on a connection of its own."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{headers}\r\n".encode())
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


# Where the application is mounted.


@pytest.mark.parametrize("root_path", ["", "/api", "/api/v1"])
@pytest.mark.parametrize("target", ["/", "/a?b=c", "/a%20b", "/api/a", "/%C3%A9"])
@on_each_loop
async def test_the_root_path_is_said_as_uvicorn_says_it(root_path: str, target: str) -> None:
    said = []
    async with (
        uvicorn_serving(tell_scope, root_path=root_path) as port,
        api_hour.serve(tell_scope, root_path=root_path) as server,
    ):
        for number in (port, server.port):
            said.append((await get(f"http://127.0.0.1:{number}{target}")).json())
            async with connect(f"ws://127.0.0.1:{number}{target}") as websocket:
                said.append(json.loads(await websocket.recv()))

    assert said[:2] == said[2:]


@on_each_loop
async def test_the_root_path_of_a_wsgi_application_is_its_script_name() -> None:
    async with api_hour.serve(tell_environ, root_path="/api") as server:
        assert [(await get(f"{server.url}{path}")).text for path in ("/a", "/api/a")] == ["/api /a", "/api /a"]


# What every answer says.


@pytest.mark.parametrize("app", [tell_scope, tell_environ, Hello])
@on_each_loop
async def test_headers_of_every_answer_are_said_and_the_date_may_be_left_out(app: Any) -> None:
    async with api_hour.serve(app, headers=["X-A:b", "X-C: d e"], server_header=True, date_header=False) as server:
        answers = [await raw(server.port, "/"), await raw(server.port, "/missing"), await raw(server.port, "no path")]
        dated = await raw(server.port, "/dated")

    for answer in answers:
        assert b"\r\nServer: api-hour\r\nX-A: b\r\nX-C: d e\r\n" in answer
        assert b"\r\nDate:" not in answer
    assert (b"1970" in dated) is (app is tell_scope)
    assert b"X-A: b" in dated


@on_each_loop
async def test_an_application_s_own_date_is_said_once_beside_the_headers_of_every_answer() -> None:
    async with api_hour.serve(tell_scope, headers=["X-A:b"]) as server:
        head = (await raw(server.port, "/dated")).partition(b"\r\n\r\n")[0]

    assert re.findall(rb"(?mi)^date: (.*?)\r?$", head) == [b"Thu, 01 Jan 1970 00:00:00 GMT"]
    assert head.count(b"X-A: b") == 1


@on_each_loop
async def test_a_server_header_may_be_one_s_own_and_a_websocket_has_them_too() -> None:
    async with api_hour.serve(tell_scope, headers=["Server:mine"], server_header=True) as server:
        assert re.findall(rb"(?m)^Server: (.*?)\r$", await raw(server.port, "/")) == [b"mine"]
        async with connect(f"ws://127.0.0.1:{server.port}/") as websocket:
            assert websocket.response is not None
            assert websocket.response.headers["Server"] == "mine"


@on_each_loop
async def test_without_options_an_answer_has_a_date_and_no_server() -> None:
    async with api_hour.serve(Hello) as server:
        answer = await raw(server.port, "/")

    assert answer.startswith(b"HTTP/1.1 200 OK\r\nDate: ")
    assert b"\r\nServer:" not in answer


# Limits.


@pytest.mark.parametrize(
    ("options", "target", "headers", "status"),
    [
        ({"url_bytes": 10}, "/123456789", "", b"200"),
        ({"url_bytes": 10}, "/1234567890", "", b"414"),
        ({"url_bytes": 20000}, "/" + "a" * 19999, "", b"200"),
        ({"header_count": 3}, "/", "A: b\r\n", b"200"),
        ({"header_count": 3}, "/", "A: b\r\nC: d\r\n", b"431"),
        ({"head_bytes": 200}, "/", f"A: {'b' * 200}\r\n", b"431"),
        ({"head_bytes": 200000}, "/", f"A: {'b' * 100000}\r\n", b"200"),
    ],
)
@on_each_loop
async def test_what_a_head_may_be_is_an_option(options: Any, target: str, headers: str, status: bytes) -> None:
    async with api_hour.serve(tell_scope, **options) as server:
        assert (await raw(server.port, target, headers=headers)).split(b" ")[1] == status


async def is_refused(port: int, *, held: int) -> bool:
    """Tell whether a request is 503 while so many connections have had their answers and stay open."""
    writers = []
    for _ in range(held):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        writers.append(writer)
    answer = await raw(port, "/")
    for writer in writers:
        writer.close()
        await writer.wait_closed()
    return answer.startswith(b"HTTP/1.1 503")


@on_each_loop
async def test_one_connection_more_than_may_be_is_503_as_with_uvicorn() -> None:
    """uvicorn counts the one that is refused, too: it serves one less."""
    async with (
        api_hour.serve(tell_scope, connections=2) as server,
        uvicorn_serving(tell_scope, limit_concurrency=3) as port,
    ):
        assert [await is_refused(server.port, held=held) for held in (1, 2)] == [False, True]
        assert [await is_refused(port, held=held) for held in (1, 2)] == [False, True]


# WebSockets.


async def echo(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        raise NotImplementedError
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": message["text"]})


@pytest.mark.parametrize("compresses", [False, True])
@on_each_loop
async def test_messages_are_compressed_where_both_want_it(compresses: bool) -> None:
    texts = ["hello" * 10000, "", "é" * 500, *map(str, range(200))]
    async with api_hour.serve(echo, ws_compression=compresses) as server:
        async with connect(server.url.replace("http", "ws")) as websocket:
            assert bool(websocket.protocol.extensions) is compresses
            for text in texts:
                await websocket.send(text)
            assert [await websocket.recv() for _ in texts] == texts
        async with connect(server.url.replace("http", "ws"), compression=None) as websocket:
            await websocket.send("plain")
            assert await websocket.recv() == "plain"
            assert not websocket.protocol.extensions


@pytest.mark.parametrize("compresses", [False, True])
@on_each_loop
async def test_a_message_that_is_too_large_closes_it(compresses: bool) -> None:
    async with (
        api_hour.serve(echo, ws_message_bytes=1000, ws_compression=compresses) as server,
        connect(server.url.replace("http", "ws")) as websocket,
    ):
        await websocket.send("a" * 1000)
        assert await websocket.recv() == "a" * 1000
        await websocket.send("a" * 1001)
        with pytest.raises(ConnectionClosed) as caught:
            await websocket.recv()

    assert caught.value.rcvd is not None
    assert caught.value.rcvd.code == 1009


@on_each_loop
async def test_a_silent_websocket_is_pinged_as_often_as_the_option_says() -> None:
    async with api_hour.serve(echo, ws_ping_interval_s=0.05) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(
            b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        )
        await reader.readuntil(b"\r\n\r\n")
        assert await reader.readexactly(2) == b"\x89\x00"  # a ping
        writer.close()
        await writer.wait_closed()
