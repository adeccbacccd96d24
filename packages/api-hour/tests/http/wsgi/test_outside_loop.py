"""What runs in the thread of an event loop and sees none, as WSGI applications do."""

import asyncio
from collections.abc import Iterator
from contextvars import copy_context
from typing import Any

import pytest
from event_loops import on_each_loop
from wsgi_serving import all_of, asking, in_each_way

from api_hour.http.wsgi.outside_loop import call_inside_loop, call_outside_loop


def running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


async def current_task() -> Any:
    await asyncio.sleep(0)
    return asyncio.current_task()


def divide() -> float:
    return 1 / 0


@on_each_loop
async def test_a_call_outside_of_the_loop_sees_none_and_another_loop_may_run_in_it() -> None:
    loop, task, context = asyncio.get_running_loop(), asyncio.current_task(), copy_context()

    assert call_outside_loop(context, running_loop) is None
    assert call_outside_loop(context, asyncio.run, current_task()) is not task
    assert call_outside_loop(context, call_inside_loop, loop, running_loop) is loop

    assert (asyncio.get_running_loop(), asyncio.current_task()) == (loop, task)


@on_each_loop
async def test_a_call_outside_of_the_loop_that_fails_leaves_the_loop_as_it_was() -> None:
    loop, task = asyncio.get_running_loop(), asyncio.current_task()

    for arguments in ((divide,), (call_inside_loop, loop, divide)):
        with pytest.raises(ZeroDivisionError):
            call_outside_loop(copy_context(), *arguments)
        assert (asyncio.get_running_loop(), asyncio.current_task()) == (loop, task)


@in_each_way
async def test_an_application_may_run_a_loop_of_its_own_whenever_it_is_called(threads: int) -> None:
    async def answer(text: bytes) -> bytes:
        await asyncio.sleep(0)
        return text

    def pieces() -> Iterator[bytes]:
        yield asyncio.run(answer(b"two "))
        yield asyncio.run(answer(b"three "))

    def app(_environ: Any, start_response: Any) -> Iterator[bytes]:
        write = start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "14")])
        write(asyncio.run(answer(b"one ")))
        return pieces()

    async with asking(app, threads) as connection:
        assert (await all_of(connection)).endswith(b"\r\n\r\none two three ")
