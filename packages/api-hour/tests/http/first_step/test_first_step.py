"""A coroutine cannot tell that its first step was run without a task of its own."""

import asyncio
import contextvars
import gc
import weakref
from typing import Any

import anyio
import pytest
from event_loops import let_run, on_each_loop
from started_coroutines import Starter, in_each_state

VARIABLE: contextvars.ContextVar[str] = contextvars.ContextVar("VARIABLE", default="unset")


@on_each_loop
async def test_a_coroutine_that_does_not_suspend_needs_no_task() -> None:
    starter = Starter()
    ran: list[int] = []

    async def work() -> None:
        ran.append(1)

    tasks = len(asyncio.all_tasks())
    for _ in range(3):
        assert await starter.run(work)
    assert ran == [1, 1, 1]
    assert len(asyncio.all_tasks()) == tasks


@pytest.mark.parametrize("steps", [1, 2, 5])
@in_each_state
@on_each_loop
async def test_a_coroutine_that_suspends_keeps_its_task(steps: int, state: str) -> None:
    starter = Starter(state)
    seen: list[asyncio.Task[Any] | None] = []

    async def work() -> None:
        seen.append(asyncio.current_task())
        for _ in range(steps):
            await asyncio.sleep(0)
            seen.append(asyncio.current_task())
        await asyncio.sleep(0.001)
        seen.append(asyncio.current_task())

    task = await starter.start(work)
    assert task is not None
    assert task in asyncio.all_tasks()
    await task
    assert {*seen} == {task}


@in_each_state
@on_each_loop
async def test_several_may_be_suspended_at_a_time(state: str) -> None:
    starter = Starter(state)
    go = asyncio.Event()
    ended: list[int] = []

    async def work(number: int) -> None:
        await go.wait()
        ended.append(number)

    tasks = [await starter.start(lambda number=number: work(number)) for number in range(5)]  # type: ignore[misc]
    assert len({*tasks}) == 5
    await let_run()
    go.set()
    for task in tasks:
        assert task is not None
        await task
    assert ended == [0, 1, 2, 3, 4]


@in_each_state
@on_each_loop
async def test_each_has_a_context_of_its_own(state: str) -> None:
    starter = Starter(state)
    seen: list[str] = []

    async def work() -> None:
        seen.append(VARIABLE.get())
        VARIABLE.set("set")
        await asyncio.sleep(0)
        seen.append(VARIABLE.get())

    async def short() -> None:
        seen.append(VARIABLE.get())
        VARIABLE.set("short")

    for each in (work, short, work):
        await starter.run(each)

    assert seen == ["unset", "set", "unset", "unset", "set"]
    assert VARIABLE.get() == "unset"


@in_each_state
@on_each_loop
async def test_a_timeout_that_begins_in_the_first_step_ends_the_wait(state: str) -> None:
    starter = Starter(state)
    seen: list[str] = []

    async def work() -> None:
        try:
            async with asyncio.timeout(0.001):
                await asyncio.Event().wait()
        except TimeoutError:
            seen.append("timeout")
        async with asyncio.timeout(60):  # noqa: ASYNC100  # that is the question
            seen.append("no timeout")

    assert not await starter.run(work)
    assert seen == ["timeout", "no timeout"]


@on_each_loop
async def test_a_timeout_that_begins_and_ends_in_the_first_step_leaves_nothing() -> None:
    starter = Starter()

    async def work() -> None:
        async with asyncio.timeout(60):  # noqa: ASYNC100  # that is the question
            pass

    assert await starter.run(work)
    assert await starter.run(work)


@in_each_state
@on_each_loop
async def test_task_groups_work(state: str) -> None:
    starter = Starter(state)
    seen: list[str] = []

    async def work() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(asyncio.sleep(0.001))
            seen.append("begun")
        seen.append("done")
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(asyncio.sleep(60))
                raise ZeroDivisionError  # noqa: TRY301  # into the group
        except* ZeroDivisionError:
            seen.append("raised")

    await starter.run(work)
    assert seen == ["begun", "done", "raised"]


@in_each_state
@on_each_loop
async def test_scopes_of_anyio_work(state: str) -> None:
    starter = Starter(state)
    seen: list[str] = []

    async def work() -> None:
        with anyio.move_on_after(0.001) as scope:
            await anyio.sleep_forever()
        seen.append(f"cancelled {scope.cancelled_caught}")
        async with anyio.create_task_group() as group:
            group.start_soon(anyio.sleep, 0)
        seen.append("done")

    async def short() -> None:
        with anyio.CancelScope():  # noqa: ASYNC100  # that is the question
            seen.append("short")

    await starter.run(work)
    await starter.run(short)
    await starter.run(work)
    assert seen == ["cancelled True", "done", "short", "cancelled True", "done"]


@in_each_state
@on_each_loop
async def test_who_waits_for_the_task_of_one_that_ends_at_once_is_told(state: str) -> None:
    starter = Starter(state)
    called: list[object] = []
    kept: list[asyncio.Task[Any]] = []

    async def watched() -> None:
        task = asyncio.current_task()
        assert task is not None
        task.add_done_callback(called.append)

    async def held() -> None:
        task = asyncio.current_task()
        assert task is not None
        kept.append(task)

    await starter.run(watched)
    await let_run()
    assert len(called) == 1
    await starter.run(held)
    assert kept[0].done()


@in_each_state
@on_each_loop
async def test_an_error_is_the_tasks(state: str) -> None:
    starter = Starter(state)
    tasks: list[asyncio.Task[Any] | None] = []

    async def at_once() -> None:
        tasks.append(asyncio.current_task())
        raise ZeroDivisionError

    async def later() -> None:
        tasks.append(asyncio.current_task())
        await asyncio.sleep(0)
        raise ZeroDivisionError

    for work in (at_once, later):
        await starter.start(work)
        await let_run()
    for task in tasks:
        assert task is not None
        assert isinstance(task.exception(), ZeroDivisionError)


@in_each_state
@on_each_loop
async def test_debuggers_see_where_it_waits(state: str) -> None:
    starter = Starter(state)

    async def waits_here() -> None:
        await asyncio.sleep(60)

    task = await starter.start(waits_here)
    assert task is not None
    await let_run()
    assert [frame.f_code.co_name for frame in task.get_stack()] == ["waits_here"]
    assert "waits_here" in repr(task)
    task.cancel()
    await let_run()


@in_each_state
@on_each_loop
async def test_what_has_ended_is_no_garbage(state: str) -> None:
    starter = Starter(state)

    async def work() -> None:
        await asyncio.sleep(0)

    gc.collect()
    gc.disable()
    try:
        gone = weakref.ref(await starter.start(work))
        await let_run()
        assert gone() is None
    finally:
        gc.enable()


@in_each_state
@on_each_loop
async def test_what_is_not_needed_any_more_goes_without_a_word(state: str) -> None:
    starter = Starter(state)

    async def work() -> None:
        await asyncio.sleep(0)

    await starter.run(work)
    await let_run()
    del starter
    gc.collect()


@on_each_loop
async def test_what_a_coroutine_has_left_of_its_task_is_not_the_next_ones() -> None:
    starter = Starter()
    names: list[str] = []
    noted: weakref.WeakKeyDictionary[asyncio.Task[Any], int] = weakref.WeakKeyDictionary()
    found: list[int | None] = []

    async def work() -> None:
        task = asyncio.current_task()
        assert task is not None
        names.append(task.get_name())
        found.append(noted.get(task))
        task.set_name("named")
        noted[task] = 1

    for _ in range(3):
        await starter.run(work)
    assert "named" not in names
    assert found == [None, None, None]


@in_each_state
@on_each_loop
async def test_it_is_among_all_tasks(state: str) -> None:
    starter = Starter(state)
    seen: list[bool] = []

    async def work() -> None:
        seen.append(asyncio.current_task() in asyncio.all_tasks())

    await starter.run(work)
    await starter.run(work)
    assert seen == [True, True]


@on_each_loop
async def test_who_waits_for_the_same_future_is_woken_in_order() -> None:
    starter = Starter()
    shared: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    got: list[tuple[int, str]] = []

    async def work(number: int) -> None:
        got.append((number, await shared))

    for number in range(6):
        if number % 2:
            await starter.start(lambda number=number: work(number))  # type: ignore[misc]
        else:
            keep = asyncio.create_task(work(number))
            await asyncio.sleep(0)
    shared.set_result("it")
    await keep
    await let_run()
    assert got == [(number, "it") for number in range(6)]
