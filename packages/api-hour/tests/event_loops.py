"""Tests that are coroutines: run on asyncio's own event loop and on uvloop, each under a deadline."""

import asyncio
import functools
import inspect
import os
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
import uvloop

TIMEOUT_S = 20.0 * float(os.environ.get("TEST_TIMEOUT_FACTOR", "1"))
POLL_S = 0.001

NewLoop = Callable[[], asyncio.AbstractEventLoop]


def run_in_loop(main: Coroutine[Any, Any, Any], new_loop: NewLoop = uvloop.new_event_loop) -> Any:
    """Run a coroutine in a new loop and return its result; it must not take longer than TIMEOUT_S."""
    with asyncio.Runner(loop_factory=new_loop) as runner:
        return runner.run(_in_time(main))


async def _in_time(main: Coroutine[Any, Any, Any]) -> Any:
    async with asyncio.timeout(TIMEOUT_S):
        return await main


def on_each_loop(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Make a coroutine function a test that is run once on each kind of loop."""

    @functools.wraps(test)
    def run(*args: Any, new_loop: NewLoop, **kwargs: Any) -> None:
        run_in_loop(test(*args, **kwargs), new_loop)

    signature = inspect.signature(test)
    new_loop = inspect.Parameter("new_loop", inspect.Parameter.KEYWORD_ONLY)
    run.__signature__ = signature.replace(  # type: ignore[attr-defined]  # read by inspect.signature()
        parameters=[*signature.parameters.values(), new_loop]
    )
    loops = [asyncio.new_event_loop, uvloop.new_event_loop]
    parametrized: Callable[..., None] = pytest.mark.parametrize("new_loop", loops, ids=["asyncio", "uvloop"])(run)
    return parametrized


async def until(condition: Callable[[], object]) -> None:
    """Wait until a condition holds; the test's deadline bounds it."""
    while not condition():  # noqa: ASYNC110  # it has no event
        await asyncio.sleep(POLL_S)


async def let_run() -> None:
    """Give everything that can run now its turns, so that what has not happened then will not happen by itself."""
    for _ in range(50):
        await asyncio.sleep(0)
