"""The start and the end of an ASGI application with its server."""

from typing import Any

import pytest
from asgi_application import GET, hello
from event_loops import on_each_loop
from http_connection import connected

from api_hour.errors import StartError
from api_hour.http.asgi import AsgiServer


@on_each_loop
async def test_an_application_is_started_and_ended_and_its_state_is_given_to_requests() -> None:
    seen: list[str] = []

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            seen.append(f"request {scope['state']}")
            scope["state"]["own"] = True
            await hello(scope, receive, send)
            return
        for what in ("startup", "shutdown"):
            assert await receive() == {"type": f"lifespan.{what}"}
            seen.append(what)
            scope["state"]["database"] = "open"
            await send({"type": f"lifespan.{what}.complete"})

    server = AsgiServer(answer)
    await server.startup()
    async with connected(server) as connection:
        await connection.ask(GET)
        await connection.ask(GET)
    await server.shutdown()
    await server.shutdown()
    assert seen == ["startup", "request {'database': 'open'}", "request {'database': 'open'}", "shutdown"]


async def _raises(_scope: Any, _receive: Any, _send: Any) -> None:
    raise ValueError("only HTTP here")


async def _returns(_scope: Any, _receive: Any, _send: Any) -> None:
    pass


@pytest.mark.parametrize("answer", [_raises, _returns])
@on_each_loop
async def test_an_application_without_lifespan_is_fine(answer: Any) -> None:
    server = AsgiServer(answer)
    await server.startup()
    await server.shutdown()


@on_each_loop
async def test_a_startup_that_fails_raises_what_the_application_says() -> None:
    async def answer(_scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no database"})
        raise ZeroDivisionError

    with pytest.raises(StartError) as caught:
        await AsgiServer(answer).startup()

    assert str(caught.value) == "the application did not start: no database"


@on_each_loop
async def test_a_shutdown_that_fails_raises_what_the_application_says() -> None:
    async def answer(_scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.failed", "message": "cannot flush"})

    server = AsgiServer(answer)
    await server.startup()
    with pytest.raises(RuntimeError) as caught:
        await server.shutdown()

    assert str(caught.value) == "the application's shutdown failed: cannot flush"


@on_each_loop
async def test_an_application_that_ended_by_itself_is_not_waited_for() -> None:
    async def answer(_scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})

    server = AsgiServer(answer)
    await server.startup()
    await server.shutdown()
