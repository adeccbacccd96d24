"""Coroutines that are started from callbacks of the loop, as protocols do."""

import asyncio
import contextvars
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from event_loops import let_run

from api_hour.http.first_step.first_step import FirstStep

Work = Callable[[], Coroutine[Any, Any, None]]
NOTHING = "nothing: on CPython 3.11 nothing is ready, and the coroutine becomes a task like any other"
ANOTHER = "another one, which has ended"
in_each_state = pytest.mark.parametrize("state", [NOTHING, ANOTHER], ids=["first", "next"])


async def nothing() -> None:
    """End in the first step."""


class Starter:
    """Starts coroutines from callbacks of the loop, as protocols do."""

    def __init__(self, state: str = ANOTHER) -> None:
        self.state = state
        self.loop = asyncio.get_running_loop()
        self.first_step = FirstStep(self.loop, contextvars.copy_context())

    async def start(self, work: Work) -> "asyncio.Task[None] | None":
        started: list[asyncio.Task[None] | None] = []
        if self.state is ANOTHER:
            self.loop.call_soon(lambda: self.first_step.start(nothing()))
            await let_run()
        self.loop.call_soon(lambda: started.append(self.first_step.start(work())))
        while not started:  # noqa: ASYNC110  # it may not go on for longer
            await asyncio.sleep(0)
        return started[0]

    async def run(self, work: Work) -> bool:
        """Run to the end; tell whether it ended in its first step."""
        task = await self.start(work)
        if task is not None:
            await task
        return task is None
