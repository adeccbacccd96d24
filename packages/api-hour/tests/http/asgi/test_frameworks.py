"""A real application of each ASGI framework, served by the engine: the same things are asked of all."""

import gc
import importlib
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import pytest
from asgi_apps.seen import PIECES, SEEN
from asgi_serving import serving
from event_loops import TIMEOUT_S, run_in_loop, until
from websockets.asyncio.client import connect as websocket_connect
from websockets.exceptions import ConnectionClosed

# Django's handler leaves its body's file open when it is cancelled, as it is when its client goes.
pytestmark = pytest.mark.filterwarnings("ignore:Unclosed file <tempfile.SpooledTemporaryFile:ResourceWarning")


@pytest.fixture(scope="module", autouse=True)
def nothing_left_to_others() -> Iterator[None]:
    """Have what these tests leave found here, and not in another test."""
    yield
    gc.collect()


FRAMEWORKS = ["django", "fastapi", "litestar", "quart", "starlette"]
WITH_WEBSOCKETS = FRAMEWORKS[1:]


def application(name: str) -> Any:
    """Return the application of a framework."""
    SEEN.clear()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the frameworks' own
        return importlib.import_module(f"asgi_apps.with_{name}").application


async def with_client(name: str, use: Callable[[httpx.AsyncClient, int], Any]) -> Any:
    async with (
        serving(application(name)) as (_, port),
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=TIMEOUT_S) as client,
    ):
        return await use(client, port)


@pytest.mark.parametrize("name", FRAMEWORKS)
def test_a_request_is_answered(name: str) -> None:
    async def use(client: httpx.AsyncClient, _port: int) -> None:
        for number in range(3):
            answer = await client.get("/hello", params={"a": f"é{number}"})
            assert (answer.status_code, answer.json()) == (200, {"path": "/hello", "query": {"a": f"é{number}"}})

    run_in_loop(with_client(name, use))


@pytest.mark.parametrize("name", FRAMEWORKS)
def test_an_upload_is_read_as_it_comes(name: str) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(50):
            yield b"x" * 10_000

    async def use(client: httpx.AsyncClient, _port: int) -> None:
        for content in (pieces(), b"x" * 500_000):
            answer = await client.post("/upload", content=content)
            assert (answer.status_code, answer.json()) == (200, {"size": 500_000})

    run_in_loop(with_client(name, use))


@pytest.mark.parametrize("name", FRAMEWORKS)
def test_an_answer_is_streamed(name: str) -> None:
    async def use(client: httpx.AsyncClient, _port: int) -> None:
        async with client.stream("GET", "/stream") as answer:
            assert answer.headers["transfer-encoding"] == "chunked"
            assert b"".join([piece async for piece in answer.aiter_bytes()]) == b"".join(PIECES)

    run_in_loop(with_client(name, use))


@pytest.mark.parametrize("name", FRAMEWORKS)
def test_an_application_learns_that_its_client_has_gone(name: str) -> None:
    async def use(client: httpx.AsyncClient, _port: int) -> None:
        async with client.stream("GET", "/forever") as answer:
            assert await anext(answer.aiter_raw())
        await until(lambda: SEEN == ["disconnected"])

    run_in_loop(with_client(name, use))


@pytest.mark.parametrize("name", WITH_WEBSOCKETS)
def test_a_background_task_runs_after_the_answer(name: str) -> None:
    async def use(client: httpx.AsyncClient, _port: int) -> None:
        assert (await client.get("/background")).status_code == 200
        await until(lambda: SEEN == ["background"])

    run_in_loop(with_client(name, use))


@pytest.mark.parametrize("name", FRAMEWORKS)
def test_an_application_that_raises_is_answered_with_500(name: str) -> None:
    async def use(client: httpx.AsyncClient, _port: int) -> None:
        assert (await client.get("/boom")).status_code == 500
        assert (await client.get("/hello")).status_code == 200

    run_in_loop(with_client(name, use))


@pytest.mark.parametrize("name", WITH_WEBSOCKETS)
def test_a_websocket_talks_and_closes(name: str) -> None:
    async def use(_client: httpx.AsyncClient, port: int) -> None:
        async with websocket_connect(f"ws://127.0.0.1:{port}/talk", proxy=None) as websocket:
            for word in ("hello", "é", "x" * 100_000):
                await websocket.send(word)
                assert await websocket.recv() == word.upper()
        await until(lambda: SEEN == ["closed 1000"])

    run_in_loop(with_client(name, use))


@pytest.mark.parametrize("name", WITH_WEBSOCKETS)
def test_a_websocket_is_told_that_its_worker_ends(name: str) -> None:
    async def main() -> None:
        async with serving(application(name)) as (server, port):
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
