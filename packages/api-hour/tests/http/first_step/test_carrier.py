"""On CPython 3.11: when a task is ready for first steps, and what becomes of it."""

import asyncio
import contextvars
import sys
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from event_loops import let_run, on_each_loop

from api_hour.http.first_step.carrier import CREDIT, SUSPENSION_COST, UNTRIED, CarrierStarter

pytestmark = pytest.mark.skipif(sys.version_info >= (3, 12), reason="tasks run first steps themselves")

Work = Callable[[], Coroutine[Any, Any, None]]


async def ends() -> None:
    """End in the first step."""


async def suspends() -> None:
    """Suspend once."""
    await asyncio.sleep(0)


async def ready() -> CarrierStarter:
    starter = CarrierStarter(asyncio.get_running_loop(), contextvars.copy_context())
    await start(starter, ends)
    await let_run()
    return starter


async def start(starter: CarrierStarter, *works: Work) -> "list[asyncio.Task[None] | None]":
    """Start them in one turn of the loop."""
    started: list[asyncio.Task[None] | None] = []
    asyncio.get_running_loop().call_soon(lambda: started.extend([starter.start(work()) for work in works]))
    await let_run()
    return started


@on_each_loop
async def test_one_task_runs_the_first_steps_of_all_that_do_not_suspend() -> None:
    starter = await ready()
    assert await start(starter, ends, ends, ends) == [None, None, None]


@on_each_loop
async def test_after_one_that_suspends_another_task_is_ready_in_the_next_turn() -> None:
    starter = await ready()
    first, second, third = await start(starter, ends, suspends, ends)
    assert first is None
    assert second is not None
    assert third is not None
    assert await start(starter, ends, ends) == [None, None]


@on_each_loop
async def test_when_many_suspend_the_next_ones_are_not_tried() -> None:
    starter = await ready()
    for _ in range(CREDIT):
        assert await start(starter, suspends) != [None]
        starter.get_ready()
        await let_run()
        for _ in range(SUSPENSION_COST):
            assert await start(starter, ends) == [None]  # it is given back
    for _ in range(CREDIT // SUSPENSION_COST):
        await start(starter, suspends)
        starter.get_ready()
        await let_run()
    for _ in range(UNTRIED):
        assert await start(starter, ends) != [None]
    await start(starter, ends)
    assert await start(starter, ends) == [None]  # tried again


@on_each_loop
async def test_within_a_task_it_becomes_a_task_like_any_other() -> None:
    starter = await ready()
    seen: list[asyncio.Task[Any] | None] = []

    async def work() -> None:
        seen.append(asyncio.current_task())

    task = starter.start(work())
    assert task is not None
    assert seen == []
    await task
    assert seen == [task]


@pytest.mark.parametrize("is_noticed", [False, True])
@on_each_loop
async def test_the_task_that_is_ready_may_be_cancelled(is_noticed: bool) -> None:
    starter = await ready()
    carrier = starter._carrier
    assert carrier is not None
    task = carrier.task
    task.cancel()
    if is_noticed:
        await let_run()
        assert task.cancelled()
    for _ in range(3):
        await start(starter, suspends)
    await start(starter, ends)
    assert await start(starter, ends) == [None]


@on_each_loop
async def test_the_task_that_is_ready_is_seen_by_nobody_until_it_runs_a_step() -> None:
    tasks = asyncio.all_tasks()
    starter = await ready()
    seen: list[bool] = []

    async def work() -> None:
        seen.append(asyncio.current_task() in asyncio.all_tasks())

    for _ in range(2):
        assert asyncio.all_tasks() == tasks
        assert await start(starter, work) == [None]
    assert seen == [True, True]
