"""Verbs of `first_step_programs.py` that wait, have steps within, or make tasks, handlers and callbacks.

Each is a coroutine function. What it returns is noted, but for None.
"""
# ruff: noqa: ARG005  # verbs of a kind are called alike, and not each needs all

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Sequence
from contextlib import suppress
from functools import partial
from types import coroutine
from typing import Any

from first_step_actions import OWN, Return, act, current, of
from first_step_programs import Step
from first_step_world import Scope, Task, World, described, state

Waits = Callable[[World, Scope, Step], Awaitable[object]]

LONG_S = 3600.0  # nothing waits for it


async def run(world: World, scope: Scope, steps: tuple[Step, ...]) -> None:
    """Do a coroutine's steps, to its end."""
    with suppress(Return):
        await run_each(world, scope, steps)


async def run_each(world: World, scope: Scope, steps: tuple[Step, ...]) -> None:
    """Do some of them."""
    for step in steps:
        if step.verb in OWN:
            result = OWN[step.verb](world, scope, step.number)
        elif step.verb in WAITS:
            result = await WAITS[step.verb](world, scope, step)
        else:
            act(world, scope.label, (step,))
            continue
        if result is not None:
            world.note(scope.label, step.verb, step.number, result)


def labelled(world: World, scope: Scope, kind: str) -> str:
    """Return the label of what a coroutine makes."""
    scope.children += 1
    return f"{scope.label}.{kind}{scope.children}"


# What waits


@coroutine
def _yield(yielded: Any) -> Generator[Any, Any, Any]:
    return (yield yielded)


async def _wait_each(futures: Sequence["asyncio.Future[Any]"], when: str) -> object:
    """Wait for some. (Which errors of several `wait` takes as seen is in no certain order: so all are.)"""
    try:
        await asyncio.wait(futures, return_when=when)
    finally:
        for future in futures:
            if future.done() and not future.cancelled():
                future.exception()
    return [*map(state, futures)]


async def _wait_futures(world: World, scope: Scope, step: Step) -> object:
    when = (asyncio.FIRST_COMPLETED, asyncio.ALL_COMPLETED, asyncio.FIRST_EXCEPTION)[step.number]
    return await _wait_each([*world.futures], when)


async def _condition_wait(world: World, scope: Scope, step: Step) -> object:
    async with world.condition:
        return await world.condition.wait()


async def _condition_notify(world: World, scope: Scope, step: Step) -> None:
    async with world.condition:
        world.condition.notify(1 + step.number)


async def _queue_get(world: World, scope: Scope, step: Step) -> object:
    return await world.queue.get()


async def _future(world: World, scope: Scope, step: Step) -> object:
    return await world.futures[step.number]


async def _future_wait_for(world: World, scope: Scope, step: Step) -> object:
    which, timeout_s = step.number // 3, (None, 0, LONG_S)[step.number % 3]
    return await asyncio.wait_for(world.futures[which], timeout_s)


async def _shielded_future(world: World, scope: Scope, step: Step) -> object:
    return await asyncio.shield(world.futures[step.number])


async def _join_child(world: World, scope: Scope, step: Step) -> object:
    task = of(world.children, step.number) if scope.is_root else None
    return await task if task is not None else None


async def _join_kept(world: World, scope: Scope, step: Step) -> object:
    """Wait for one that began before, so that none wait for each other: cancelling such would not end."""
    before = [task for label, task in world.kept if scope.is_root and label < scope.label]
    task = of(before, step.number)
    return await task if task is not None else None


async def _foreign_future(world: World, scope: Scope, step: Step) -> object:
    return await world.foreign_future


async def _bad_yield(world: World, scope: Scope, step: Step) -> object:
    """Yield what is no future, or one that is not awaited."""
    return await _yield((42, world.futures[0])[step.number])


# What has steps within


async def _lock(world: World, scope: Scope, step: Step) -> None:
    async with world.locks[step.number]:
        await run_each(world, scope, step.steps)


async def _semaphore(world: World, scope: Scope, step: Step) -> None:
    async with world.semaphore:
        await run_each(world, scope, step.steps)


async def _timeout(world: World, scope: Scope, step: Step) -> object:
    """Wait under a timeout: one that `expire` ends, one that ends at once, or one that does not end."""
    try:
        async with asyncio.timeout(LONG_S if step.number != 2 else 0) as timeout:
            if step.number < 2:
                world.timeouts[step.number] = timeout
            await run_each(world, scope, step.steps)
    except TimeoutError as error:
        return f"{described(error)} cancelling {current().cancelling()}"
    return timeout.expired()


async def _catch(world: World, scope: Scope, step: Step) -> object:
    try:
        await run_each(world, scope, step.steps)
    except Return:
        raise
    except Exception as error:  # noqa: BLE001  # that is the verb
        return described(error)
    return None


async def _catch_cancelled(world: World, scope: Scope, step: Step) -> object:
    try:
        await run_each(world, scope, step.steps)
    except asyncio.CancelledError as error:
        return f"{described(error)} left {current().uncancel() if step.number else current().cancelling()}"
    return None


async def _finally(world: World, scope: Scope, step: Step) -> None:
    half = len(step.steps) // 2
    try:
        await run_each(world, scope, step.steps[:half])
    finally:
        await run_each(world, scope, step.steps[half:])


async def _nested(world: World, scope: Scope, step: Step) -> None:
    await run_each(world, scope, step.steps)


async def _group(world: World, scope: Scope, step: Step) -> None:
    """Run steps beside a child. (A group cancels several children in no certain order.)"""
    half = len(step.steps) // 2
    async with asyncio.TaskGroup() as group:
        label = labelled(world, scope, "group")
        world.children.append(group.create_task(world.handle(label, step.steps[:half]), name=label))
        if step.number:
            await run_each(world, scope, step.steps[half:])


async def _generator(world: World, scope: Scope, step: Step) -> object:
    """Run steps within an asynchronous generator, and read all of it, or some, or that and close it."""

    async def generate() -> AsyncIterator[int]:
        try:
            for index, each in enumerate(step.steps):
                await run_each(world, scope, (each,))
                yield index
        finally:
            world.note(scope.label, "generator ends")

    generator = generate()
    read = 0
    async for _ in generator:
        read += 1
        if step.number:
            break
    if step.number == 2:
        await generator.aclose()  # type: ignore[attr-defined]
    return read


async def _hold(world: World, scope: Scope, step: Step) -> None:
    """Hold on to the current task while steps run."""
    task = current()
    await run_each(world, scope, step.steps)
    world.note(scope.label, "held", task is current())


# What makes tasks


def _child(world: World, scope: Scope, steps: tuple[Step, ...]) -> Task:
    return world.make_child(labelled(world, scope, "child"), steps)


def _children(world: World, scope: Scope, step: Step) -> list[Task]:
    return [_child(world, scope, (each,)) for each in step.steps]


async def _make_child(world: World, scope: Scope, step: Step) -> None:
    _child(world, scope, step.steps)


async def _flight(world: World, scope: Scope, step: Step) -> object:
    """Wait for what all wait for: the first one begins it."""
    if not scope.is_root:
        await run_each(world, scope, step.steps)
        return None
    task = world.flights.get(step.number)
    if task is None or task.done():
        world.flights[step.number] = task = _child(world, scope, step.steps)
    return await task


async def _shield(world: World, scope: Scope, step: Step) -> object:
    return await asyncio.shield(_child(world, scope, step.steps))


async def _wait_for(world: World, scope: Scope, step: Step) -> object:
    waited = world.handle(labelled(world, scope, "waited"), step.steps)
    return await asyncio.wait_for(waited, (None, 0, LONG_S)[step.number])


async def _gather(world: World, scope: Scope, step: Step) -> object:
    waited = [world.handle(labelled(world, scope, "gathered"), (each,)) for each in step.steps]
    results = await asyncio.gather(*waited, return_exceptions=bool(step.number))
    return [described(each) if isinstance(each, BaseException) else each for each in results]


async def _wait(world: World, scope: Scope, step: Step) -> object:
    tasks = _children(world, scope, step)
    if not tasks:
        return None
    when = (asyncio.FIRST_COMPLETED, asyncio.ALL_COMPLETED, asyncio.FIRST_EXCEPTION)[step.number]
    return await _wait_each(tasks, when)


async def _as_completed(world: World, scope: Scope, step: Step) -> None:
    for each in asyncio.as_completed(_children(world, scope, step)):
        try:
            world.note(scope.label, "completed", await each)
        except Exception as error:  # noqa: BLE001  # noted
            world.note(scope.label, "completed", described(error))


# What starts handlers, and callbacks


async def _start(world: World, scope: Scope, step: Step) -> None:
    handlers = [(labelled(world, scope, "handler"), each) for each in step.steps]
    for handler in handlers:
        world.way.start_within_task(world, handler)


async def _start_soon(world: World, scope: Scope, step: Step) -> None:
    handlers = [(labelled(world, scope, "handler"), each) for each in step.steps]
    world.way.schedule(world, handlers, own_context=False)


async def _soon(world: World, scope: Scope, step: Step) -> None:
    label = labelled(world, scope, "soon")
    world.call_soon(label, partial(act, world, label, step.steps))


async def _later(world: World, scope: Scope, step: Step) -> None:
    label = labelled(world, scope, "later")
    world.call_soon(label, partial(act, world, label, step.steps), partial(world.loop.call_later, 0))


WAITS: dict[str, Waits] = {
    "yield": lambda world, scope, step: asyncio.sleep(0),
    "bare_yield": lambda world, scope, step: _yield(None),
    "future": _future,
    "shielded_future": _shielded_future,
    "event_wait": lambda world, scope, step: world.events[step.number].wait(),
    "queue_put": lambda world, scope, step: world.queue.put(scope.label),
    "queue_get": _queue_get,
    "condition_wait": _condition_wait,
    "condition_notify": _condition_notify,
    "join_child": _join_child,
    "join_kept": _join_kept,
    "wait_futures": _wait_futures,
    "itself": lambda world, scope, step: current(),
    "foreign_future": _foreign_future,
    "bad_yield": _bad_yield,
    "future_wait_for": _future_wait_for,
    "lock": _lock,
    "semaphore": _semaphore,
    "timeout": _timeout,
    "catch": _catch,
    "catch_cancelled": _catch_cancelled,
    "finally": _finally,
    "nested": _nested,
    "group": _group,
    "generator": _generator,
    "hold": _hold,
    "child": _make_child,
    "flight": _flight,
    "shield": _shield,
    "wait_for": _wait_for,
    "gather": _gather,
    "wait": _wait,
    "as_completed": _as_completed,
    "start": _start,
    "start_soon": _start_soon,
    "soon": _soon,
    "later": _later,
}
