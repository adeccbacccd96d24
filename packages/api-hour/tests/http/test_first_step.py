"""A coroutine cannot tell that its first step was run without a task of its own."""

import asyncio
import contextvars
import gc
import weakref
from collections.abc import Callable, Coroutine
from typing import Any

import anyio
import pytest
from event_loops import let_run, on_each_loop

from api_hour.http.first_step import SUSPENDED_IN_A_ROW, UNTRIED, FirstStep

VARIABLE: contextvars.ContextVar[str] = contextvars.ContextVar("VARIABLE", default="unset")

Work = Callable[[], Coroutine[Any, Any, None]]

# What a task has done when it is given a coroutine.
NEW = "it was made for this one"
USED = "it has run another one's first step in this turn of the loop"
PARKED = "it has run another one's first step before, and waits"
in_each_state = pytest.mark.parametrize("state", [NEW, USED, PARKED], ids=["new", "used", "parked"])


async def nothing() -> None:
    """End in the first step."""


class Starter:
    """Starts coroutines from callbacks of the loop, as protocols do."""

    def __init__(self, state: str = NEW) -> None:
        self.state = state
        self.loop = asyncio.get_running_loop()
        self.first_step = FirstStep(self.loop, contextvars.copy_context())

    async def start(self, work: Work) -> "asyncio.Task[None] | None":
        started: list[asyncio.Task[None] | None] = []
        if self.state is PARKED:
            self.loop.call_soon(lambda: self.first_step.start(nothing()))
            await let_run()
        elif self.state is USED:
            self.loop.call_soon(lambda: self.first_step.start(nothing()))
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


@in_each_state
@on_each_loop
async def test_a_coroutine_that_does_not_suspend_needs_no_task(state: str) -> None:
    starter = Starter(state)
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


@in_each_state
@on_each_loop
async def test_a_timeout_that_begins_and_ends_in_the_first_step_leaves_nothing(state: str) -> None:
    starter = Starter(state)

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
    assert await starter.run(short)
    await starter.run(work)
    assert seen == ["cancelled True", "done", "short", "cancelled True", "done"]


@pytest.mark.parametrize("turns", [0, 1, 2, 5])
@in_each_state
@on_each_loop
async def test_a_task_can_be_cancelled_at_any_time(turns: int, state: str) -> None:
    starter = Starter(state)
    seen: list[str] = []

    async def work() -> None:
        inner = asyncio.ensure_future(asyncio.sleep(60))
        try:
            await inner
        finally:
            seen.append(f"inner cancelled {inner.cancelled()}")

    task = await starter.start(work)
    assert task is not None
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel("enough")
    with pytest.raises(asyncio.CancelledError):
        await task
    assert seen == ["inner cancelled True"]
    assert task.cancelled()


@pytest.mark.parametrize("turns", [0, 1, 2])
@in_each_state
@on_each_loop
async def test_a_cancellation_reaches_one_that_only_gave_way(turns: int, state: str) -> None:
    starter = Starter(state)
    seen: list[str] = []

    async def work() -> None:
        try:
            for _ in range(100):
                await asyncio.sleep(0)
        except asyncio.CancelledError:
            seen.append("cancelled")
            raise

    task = await starter.start(work)
    assert task is not None
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert seen == ["cancelled"]


@in_each_state
@on_each_loop
async def test_one_that_cancels_itself_meets_it_where_it_waits(state: str) -> None:
    starter = Starter(state)
    seen: list[str] = []

    async def work() -> None:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        seen.append("goes on")
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            seen.append(f"cancelled {task.cancelling()}")
            task.uncancel()
        await asyncio.sleep(0)
        seen.append("done")

    assert not await starter.run(work)
    assert seen == ["goes on", "cancelled 1", "done"]


@in_each_state
@on_each_loop
async def test_one_that_cancels_itself_and_waits_for_nothing_is_cancelled(state: str) -> None:
    starter = Starter(state)

    async def work() -> None:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()

    task = await starter.start(work)
    assert task is not None
    with pytest.raises(asyncio.CancelledError):
        await task

    async def short() -> None:
        pass

    assert await starter.run(short)


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

    assert not await starter.run(watched)
    assert len(called) == 1
    assert not await starter.run(held)
    assert kept[0].done()


@in_each_state
@on_each_loop
async def test_an_error_is_the_tasks(state: str) -> None:
    starter = Starter(state)

    async def at_once() -> None:
        raise ZeroDivisionError

    async def later() -> None:
        await asyncio.sleep(0)
        raise ZeroDivisionError

    for work in (at_once, later):
        with pytest.raises(ZeroDivisionError):
            await starter.run(work)


@in_each_state
@on_each_loop
async def test_within_a_task_it_becomes_a_task_like_any_other(state: str) -> None:
    starter = Starter(state)
    await let_run()
    seen: list[asyncio.Task[Any] | None] = []

    async def work() -> None:
        seen.append(asyncio.current_task())

    task = starter.first_step.start(work())
    assert task is not None
    assert seen == []
    await task
    assert seen == [task]


@on_each_loop
async def test_when_several_in_a_row_suspend_the_next_ones_are_tasks_like_any_other() -> None:
    starter = Starter()
    steps: list[str] = []

    async def suspends() -> None:
        steps.append("first step")
        await asyncio.sleep(0)

    def start(work: Work, times: int) -> int:
        """Tell how many first steps were run at once."""
        before = len(steps)
        started.extend(starter.first_step.start(work()) for _ in range(times))
        return len(steps) - before

    async def ends() -> None:
        steps.append("first step")

    started: list[asyncio.Task[None] | None] = []
    found: list[int] = []
    asyncio.get_running_loop().call_soon(
        lambda: found.extend(
            start(*each)
            for each in [
                (suspends, SUSPENDED_IN_A_ROW - 1),
                (ends, 1),  # a row begins anew
                (suspends, SUSPENDED_IN_A_ROW),
                (suspends, UNTRIED),
                (suspends, 1),  # tried again
                (suspends, UNTRIED),
                (ends, 5),  # tried again, and it ends
            ]
        )
    )
    await let_run()
    assert found == [SUSPENDED_IN_A_ROW - 1, 1, SUSPENDED_IN_A_ROW, 0, 1, 0, 5]
    assert all(task is None or task.done() for task in started)


@pytest.mark.parametrize("is_noticed", [False, True])
@in_each_state
@on_each_loop
async def test_a_task_that_has_nothing_to_do_may_be_cancelled(is_noticed: bool, state: str) -> None:
    starter = Starter(state)
    await starter.run(nothing)
    carrier = starter.first_step._carrier
    assert carrier is not None
    carrier.task.cancel()
    if is_noticed:
        await let_run()

    async def work() -> None:
        await asyncio.sleep(0)

    for _ in range(3):
        await starter.run(work)


@in_each_state
@on_each_loop
async def test_debuggers_see_where_it_waits(state: str) -> None:
    starter = Starter(state)

    async def waits_here() -> None:
        await asyncio.sleep(60)

    task = await starter.start(waits_here)
    assert task is not None
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
