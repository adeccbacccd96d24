"""What still runs when a worker ends: it is told, waited for, and named when it does not end."""

import asyncio
import gc
import logging
import threading
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import suppress
from typing import Any

import pytest
import uvloop
from event_loops import NewLoop

from api_hour.worker import leftovers
from api_hour.worker.leftovers import end_leftovers

PATIENCE_S = 20.0


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def loop(request: pytest.FixtureRequest) -> Iterator[asyncio.AbstractEventLoop]:
    new_loop: NewLoop = request.param
    made = new_loop()
    yield made
    made.close()
    gc.collect()  # a task that is destroyed while it is pending would be said now


def errors_in(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]


def begin(loop: asyncio.AbstractEventLoop, *running: Coroutine[Any, Any, None]) -> list[asyncio.Task[None]]:
    """Start coroutines and let them come to their first wait."""

    async def start() -> list[asyncio.Task[None]]:
        tasks = [loop.create_task(one) for one in running]
        await asyncio.sleep(0)
        return tasks

    return loop.run_until_complete(start())


def test_a_task_is_cancelled_once_and_may_finish_what_it_has_to(
    loop: asyncio.AbstractEventLoop, caplog: pytest.LogCaptureFixture
) -> None:
    said: list[str] = []

    async def flush() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await asyncio.sleep(0.01)
            said.append("flushed")

    begin(loop, flush())

    assert end_leftovers(loop, PATIENCE_S)
    assert said == ["flushed"]
    assert errors_in(caplog) == []


def test_a_task_that_is_begun_meanwhile_is_ended_too(
    loop: asyncio.AbstractEventLoop, caplog: pytest.LogCaptureFixture
) -> None:
    later: list[asyncio.Task[None]] = []

    async def wait() -> None:
        await asyncio.Event().wait()

    async def begin_another() -> None:
        try:
            await wait()
        finally:
            later.append(loop.create_task(wait()))

    begin(loop, begin_another())

    assert end_leftovers(loop, PATIENCE_S)
    assert later[0].cancelled()
    assert errors_in(caplog) == []


def test_what_a_task_raises_at_the_end_is_said(
    loop: asyncio.AbstractEventLoop, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            raise ValueError("the buffer is lost")

    begin(loop, fail())

    assert end_leftovers(loop, PATIENCE_S)
    [message] = errors_in(caplog)
    assert message.startswith("unhandled exception of a task at the worker's end\n")
    assert "the buffer is lost" in caplog.text


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt()])
def test_a_task_that_would_end_the_process_ends_no_other(
    error: BaseException, loop: asyncio.AbstractEventLoop, caplog: pytest.LogCaptureFixture
) -> None:
    said: list[str] = []

    async def end_all() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            raise error

    async def flush() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.01)
            said.append("flushed")

    begin(loop, end_all(), flush())

    assert end_leftovers(loop, PATIENCE_S)
    assert said == ["flushed"]
    assert f"a task that was cancelled raised {error!r}" in errors_in(caplog)


def test_a_task_that_does_not_end_is_named_and_left(
    loop: asyncio.AbstractEventLoop, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leftovers, "LAST_MOMENT_S", 0.05)

    async def stay() -> None:
        while True:
            with suppress(asyncio.CancelledError):
                await asyncio.Event().wait()

    [task] = begin(loop, stay())
    task.set_name("stubborn")

    assert end_leftovers(loop, 0.0)
    del task
    gc.collect()
    [message] = errors_in(caplog)
    assert message.startswith("a task was cancelled and did not end in time: stubborn, <coroutine object ")


def test_an_asynchronous_generator_is_closed(loop: asyncio.AbstractEventLoop) -> None:
    said: list[str] = []

    async def numbers() -> AsyncIterator[int]:
        try:
            yield 1
        finally:
            said.append("closed")

    held = numbers()

    async def take_one() -> None:
        await anext(held)

    loop.run_until_complete(take_one())

    assert end_leftovers(loop, PATIENCE_S)
    assert said == ["closed"]


def test_an_asynchronous_generator_that_does_not_close_is_said(
    loop: asyncio.AbstractEventLoop, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leftovers, "LAST_MOMENT_S", 0.05)

    async def numbers() -> AsyncIterator[int]:
        try:
            yield 1
        finally:
            await asyncio.Event().wait()

    held = numbers()

    async def take_one() -> None:
        await anext(held)

    loop.run_until_complete(take_one())

    assert end_leftovers(loop, 0.0)
    assert errors_in(caplog)[0] == "asynchronous generators could not be closed in time"


def test_jobs_of_the_executor_are_waited_for(loop: asyncio.AbstractEventLoop) -> None:
    go, said = threading.Event(), []

    def work() -> None:
        go.wait(PATIENCE_S)
        said.append("done")

    async def begin_work() -> None:
        loop.run_in_executor(None, work)

    loop.run_until_complete(begin_work())
    loop.call_later(0.01, go.set)

    assert end_leftovers(loop, PATIENCE_S)
    assert said == ["done"]


def test_jobs_of_the_executor_that_do_not_end_are_said_and_left(
    loop: asyncio.AbstractEventLoop, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leftovers, "LAST_MOMENT_S", 0.05)
    go = threading.Event()

    async def begin_work() -> None:
        loop.run_in_executor(None, go.wait, PATIENCE_S)

    loop.run_until_complete(begin_work())
    try:
        assert not end_leftovers(loop, 0.0)
    finally:
        go.set()
    assert errors_in(caplog) == ["jobs of the default executor did not end in time: the worker ends without them"]
    assert end_leftovers(loop, PATIENCE_S)  # so that the loop can be closed
