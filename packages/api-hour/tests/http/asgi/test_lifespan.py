"""The life of an ASGI application: how it starts and ends, and what becomes of all that it raises."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import pytest
from event_loops import on_each_loop, until

from api_hour.config.http_options import HttpOptions
from api_hour.errors import StartError
from api_hour.http.asgi.lifespan import Lifespan
from api_hour.http.asgi.types import AsgiApp

COMPLETE = {"type": "lifespan.startup.complete"}


def lifespan_of(app: Any, mode: Any = "auto", *, graceful_timeout_s: float = 60.0) -> Lifespan:
    return Lifespan(app, HttpOptions(lifespan=mode, graceful_timeout_s=graceful_timeout_s))


def raising(error: BaseException, *, after: Callable[[Any, Any], Any] | None = None) -> AsgiApp:
    """Return an application that raises at the sight of the scope, or after it has done something."""

    async def app(_scope: Any, receive: Any, send: Any) -> None:
        if after is not None:
            await after(receive, send)
        raise error

    return app


async def started(receive: Any, send: Any) -> None:
    await receive()
    await send(COMPLETE)


async def asked_to_end(receive: Any, send: Any) -> None:
    await started(receive, send)
    assert await receive() == {"type": "lifespan.shutdown"}


async def waits_for_ever(receive: Any, _send: Any) -> None:
    while True:
        await receive()


async def sends_http(receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": []})


# What has no lifespan.


@pytest.mark.parametrize(
    "app",
    [
        raising(AssertionError("only HTTP")),
        raising(ValueError("only HTTP")),
        raising(NotImplementedError()),
        raising(KeyError("path")),
        raising(TypeError("'NoneType' object")),
        raising(ZeroDivisionError(), after=sends_http),
    ],
)
@on_each_loop
async def test_an_application_that_raises_at_the_sight_of_the_scope_or_speaks_otherwise_has_none(app: Any) -> None:
    lifespan = lifespan_of(app)
    await lifespan.startup()
    await lifespan.shutdown()

    with pytest.raises(RuntimeError) as caught:
        await lifespan_of(app, "on").startup()
    assert str(caught.value).startswith("the application's startup raised ")
    assert caught.value.__cause__ is not None


@on_each_loop
async def test_an_application_that_returns_without_a_word_has_none() -> None:
    async def app(_scope: Any, receive: Any, _send: Any) -> None:
        await receive()

    lifespan = lifespan_of(app)
    await lifespan.startup()
    await lifespan.shutdown()

    with pytest.raises(StartError) as caught:
        await lifespan_of(app, "on").startup()
    assert str(caught.value) == (
        "--lifespan on: expected an application with a lifespan; it returned without starting."
    )


@on_each_loop
async def test_an_application_is_not_asked_when_it_is_said_to_have_none() -> None:
    lifespan = lifespan_of(raising(ZeroDivisionError()), "off")

    await lifespan.startup()
    await lifespan.shutdown()


# Starting.


class Failure(BaseException):
    """What `except Exception` does not catch."""


async def receives(receive: Any, _send: Any) -> None:
    await receive()


@pytest.mark.parametrize(
    ("app", "words"),
    [
        (raising(ConnectionError("no database"), after=receives), "ConnectionError: no database"),
        (raising(AssertionError(), after=receives), "AssertionError"),
        (raising(SystemExit(3), after=receives), "SystemExit: 3"),
        (raising(SystemExit(3)), "SystemExit: 3"),
        (raising(KeyboardInterrupt()), "KeyboardInterrupt"),
        (raising(Failure("x")), "Failure: x"),
        (raising(asyncio.CancelledError()), "CancelledError"),
        (
            lambda _scope, _receive, _send: 7,
            "TypeError: expected an ASGI application, whose call is awaited; its call returned 7",
        ),
    ],
)
@on_each_loop
async def test_what_an_application_raises_at_its_start_ends_the_start(app: Any, words: str) -> None:
    with pytest.raises(RuntimeError) as caught:
        await lifespan_of(app).startup()

    assert str(caught.value) == (
        f"the application's startup raised {words} (--lifespan off serves it without its startup)"
    )
    assert caught.value.__cause__ is not None


@on_each_loop
async def test_after_a_failed_startup_nothing_is_waited_for() -> None:
    ended = asyncio.Event()

    async def app(_scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no database"})
        try:
            await receive()
        finally:
            ended.set()

    lifespan = lifespan_of(app)
    with pytest.raises(StartError) as caught:
        await lifespan.startup()

    assert str(caught.value) == "the application did not start: no database"
    assert ended.is_set()
    await lifespan.shutdown()


@on_each_loop
async def test_a_start_that_is_cancelled_leaves_nothing_running() -> None:
    ended = asyncio.Event()

    async def app(_scope: Any, _receive: Any, _send: Any) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    starting = asyncio.create_task(lifespan_of(app).startup())
    await asyncio.sleep(0)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting

    assert ended.is_set()


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ({"type": "lifespan.shutdown.complete"}, "expected an answer to startup, got 'lifespan.shutdown.complete'"),
        ({"type": "http.response.body"}, "expected a message of the lifespan, got 'http.response.body'"),
    ],
)
@on_each_loop
async def test_a_message_that_is_no_answer_is_refused(message: Any, said: str) -> None:
    seen = []

    async def app(_scope: Any, receive: Any, send: Any) -> None:
        await receive()
        with pytest.raises(RuntimeError) as caught:
            await send(message)
        seen.append(str(caught.value))
        await send(COMPLETE)
        with pytest.raises(RuntimeError) as caught:
            await send(COMPLETE)
        seen.append(str(caught.value))
        await waits_for_ever(receive, send)

    lifespan = lifespan_of(app, graceful_timeout_s=0.0)
    await lifespan.startup()
    with pytest.raises(RuntimeError):
        await lifespan.shutdown()

    assert seen == [f"lifespan: {said}", "lifespan: expected an answer to shutdown, got 'lifespan.startup.complete'"]


# While it is served.


@pytest.mark.parametrize("error", [ValueError("the consumer fell"), SystemExit(1), asyncio.CancelledError()])
@on_each_loop
async def test_a_lifespan_that_dies_is_told_when_it_dies(
    error: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    consumer = asyncio.Event()

    async def until_it_falls(receive: Any, send: Any) -> None:
        await started(receive, send)
        await consumer.wait()

    lifespan = lifespan_of(raising(error, after=until_it_falls))
    await lifespan.startup()
    assert caplog.messages == []

    consumer.set()
    await until(lambda: bool(caplog.messages))
    assert caplog.messages == ["the application's lifespan died, and requests are still served"]
    assert caplog.records[0].levelno == logging.ERROR
    assert caplog.records[0].exc_info
    assert caplog.records[0].exc_info[1] is error
    await lifespan.shutdown()  # it is not waited for


@on_each_loop
async def test_a_lifespan_may_say_by_itself_that_it_has_failed(caplog: pytest.LogCaptureFixture) -> None:
    """Starlette's does before it raises."""

    async def fails(receive: Any, send: Any) -> None:
        await started(receive, send)
        await send({"type": "lifespan.shutdown.failed", "message": "the consumer fell"})

    async def app(_scope: Any, receive: Any, send: Any) -> None:
        await fails(receive, send)

    for failing in (app, raising(ValueError("the consumer fell"), after=fails)):
        lifespan = lifespan_of(failing)
        await lifespan.startup()
        await asyncio.sleep(0)  # it runs to its end, and tells of it
        await asyncio.sleep(0)
        await lifespan.shutdown()

    assert caplog.messages == [
        "the application's lifespan ended, and requests are still served: the consumer fell",
        "the application's lifespan died, and requests are still served",
    ]


@on_each_loop
async def test_a_lifespan_that_ends_quietly_is_nothing_to_tell_of(caplog: pytest.LogCaptureFixture) -> None:
    async def app(_scope: Any, receive: Any, send: Any) -> None:
        await started(receive, send)

    lifespan = lifespan_of(app)
    await lifespan.startup()
    await asyncio.sleep(0)
    await lifespan.shutdown()

    assert caplog.messages == []


# Ending.


@pytest.mark.parametrize("error", [ValueError("not flushed"), SystemExit(1)])
@on_each_loop
async def test_what_an_application_raises_at_its_end_is_told(
    error: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    async def completes(receive: Any, send: Any) -> None:
        await asked_to_end(receive, send)
        await send({"type": "lifespan.shutdown.complete"})

    for after in (asked_to_end, completes):
        lifespan = lifespan_of(raising(error, after=after))
        await lifespan.startup()
        with pytest.raises(RuntimeError) as caught:
            await lifespan.shutdown()

        assert str(caught.value) == f"the application's shutdown raised {type(error).__name__}: {error}"
        assert caught.value.__cause__ is error
    assert caplog.messages == []


@on_each_loop
async def test_a_shutdown_that_fails_raises_what_the_application_says_and_waits_for_nothing() -> None:
    async def app(_scope: Any, receive: Any, send: Any) -> None:
        await asked_to_end(receive, send)
        await send({"type": "lifespan.shutdown.failed", "message": "cannot flush"})
        await receive()

    lifespan = lifespan_of(app)
    await lifespan.startup()
    with pytest.raises(RuntimeError) as caught:
        await lifespan.shutdown()

    assert str(caught.value) == "the application's shutdown failed: cannot flush"


@on_each_loop
async def test_a_shutdown_that_does_not_answer_is_waited_for_as_long_as_said(
    caplog: pytest.LogCaptureFixture,
) -> None:
    ended = asyncio.Event()

    async def app(_scope: Any, receive: Any, send: Any) -> None:
        try:
            await started(receive, send)
            await waits_for_ever(receive, send)
        finally:
            ended.set()

    lifespan = lifespan_of(app, graceful_timeout_s=0.05)
    await lifespan.startup()
    with pytest.raises(RuntimeError) as caught:
        await lifespan.shutdown()

    assert str(caught.value) == "the application's shutdown did not end within 0.05 s"
    assert ended.is_set()
    assert caplog.messages == []


@on_each_loop
async def test_an_application_may_finish_after_it_has_said_that_it_is_complete() -> None:
    finished = False

    async def app(_scope: Any, receive: Any, send: Any) -> None:
        nonlocal finished
        await asked_to_end(receive, send)
        await send({"type": "lifespan.shutdown.complete"})
        await asyncio.sleep(0)
        finished = True

    lifespan = lifespan_of(app)
    await lifespan.startup()
    await lifespan.shutdown()

    assert finished
