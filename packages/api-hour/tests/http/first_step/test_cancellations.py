"""A coroutine that is cancelled, or cancels itself, meets that as in a task of its own."""

import asyncio
from typing import Any

import pytest
from event_loops import let_run, on_each_loop
from started_coroutines import NOTHING, Starter, in_each_state, nothing


@pytest.mark.parametrize("turns", [0, 1, 2, 5])
@in_each_state
@on_each_loop
async def test_a_task_can_be_cancelled_at_any_time(turns: int, state: str) -> None:
    starter = Starter(state)
    seen: list[str] = []

    async def work() -> None:
        seen.append("begun")
        inner = asyncio.ensure_future(asyncio.sleep(60))
        try:
            await inner
        finally:
            seen.append(f"inner cancelled {inner.cancelled()}")

    task = await starter.start(work)
    assert task is not None
    for _ in range(turns):
        await asyncio.sleep(0)
    has_begun = bool(seen)  # the first one may not have
    task.cancel("enough")
    with pytest.raises(asyncio.CancelledError, match="enough"):
        await task
    assert seen == (["begun", "inner cancelled True"] if has_begun else [])
    assert has_begun or (state, turns) == (NOTHING, 0)
    assert task.cancelled()


@pytest.mark.parametrize("turns", [0, 1, 2])
@in_each_state
@on_each_loop
async def test_a_cancellation_reaches_one_that_only_gave_way(turns: int, state: str) -> None:
    starter = Starter(state)
    seen: list[str] = []

    async def work() -> None:
        seen.append("begun")
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
    has_begun = bool(seen)  # the first one may not have
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert seen == (["begun", "cancelled"] if has_begun else [])
    assert has_begun or (state, turns) == (NOTHING, 0)


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
    tasks: list[asyncio.Task[Any]] = []

    async def work() -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.append(task)
        task.cancel()

    await starter.start(work)
    await let_run()
    assert tasks[0].cancelled()

    await starter.run(nothing)
    assert await starter.run(nothing)


@on_each_loop
async def test_one_that_cancels_itself_and_does_not_let_what_it_awaits_be_cancelled_is_cancelled_afterwards() -> None:
    starter = Starter()
    seen: list[str] = []
    stubborn: list[asyncio.Future[None]] = []

    class Stubborn(asyncio.Future[None]):
        def cancel(self, msg: object = None) -> bool:  # noqa: ARG002  # it is a future's
            return False

    async def work() -> None:
        task = asyncio.current_task()
        assert task is not None
        stubborn.append(Stubborn())
        task.cancel("now")
        try:
            await stubborn[0]
        except asyncio.CancelledError as error:
            seen.append(f"{error.args} {task.cancelling()}")
            raise

    task = await starter.start(work)
    assert task is not None
    await let_run()
    assert not task.done()
    stubborn[0].set_result(None)
    await let_run()
    assert task.cancelled()
    assert seen == ["('now',) 1"]


@on_each_loop
async def test_all_who_wait_for_one_that_cancelled_itself_are_told_why() -> None:
    starter = Starter()
    tasks: list[asyncio.Task[Any]] = []

    async def work() -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.append(task)
        task.cancel("enough")

    await starter.start(work)
    for _ in range(2):
        with pytest.raises(asyncio.CancelledError, match="enough"):
            await tasks[0]
