"""Verbs of `first_step_programs.py` that do not wait: actions, which anyone does, and a coroutine's own.

What one returns is noted, but for None.
"""
# ruff: noqa: ARG005  # verbs of a kind are called alike, and not each needs all

import asyncio
import weakref
from collections.abc import Callable
from typing import Any

from first_step_programs import Step
from first_step_world import VARIABLES, Scope, Task, World, described, plain, variables

Action = Callable[[World, str, int], object]
Own = Callable[[World, Scope, int], object]


class Odd(BaseException):
    """An error that is no Exception."""


class Return(Exception):
    """Ends a coroutine's steps; never seen outside."""


def act(world: World, label: str, steps: tuple[Step, ...]) -> None:
    """Do actions."""
    for step in steps:
        try:
            result = ACTIONS[step.verb](world, label, step.number)
        except Exception as error:  # noqa: BLE001  # noted
            result = described(error)
        if result is not None:
            world.note(label, step.verb, step.number, result)


def of(several: list[Task], number: int) -> Task | None:
    """Return one of the tasks."""
    return several[number % len(several)] if several else None


def kept(world: World) -> list[Task]:
    """Return the tasks that were kept."""
    return [task for _, task in world.kept]


# Actions


def _complete(world: World, label: str, number: int, complete: Callable[["asyncio.Future[Any]"], object]) -> object:
    future = world.futures[number]
    return complete(future) if not future.done() else "is done"


def _future_renew(world: World, label: str, number: int) -> None:
    if world.futures[number].done():
        world.futures[number] = world.loop.create_future()


def _cancel(world: World, label: str, task: Task | None) -> object:
    return None if task is None else f"cancels {task.cancel(f'by {label}')}"


def _cancel_started(world: World, label: str, number: int) -> object:
    here = asyncio.current_task()  # it is known only after its first step
    others = [task for _, task in sorted(world.tasks.items()) if task is not here]
    return _cancel(world, label, of(others, number))


def _cancel_named(world: World, label: str, number: int) -> object:
    named = {task.get_name(): task for task in asyncio.all_tasks(world.loop) if task.get_name().startswith("named ")}
    for _, task in sorted(named.items()):
        task.cancel()
    return sorted(named)


def _expire(world: World, label: str, number: int) -> object:
    timeout = world.timeouts.get(number)
    if timeout is None:
        return None
    try:
        timeout.reschedule(world.loop.time() - 1)
    except RuntimeError as error:
        return described(error)
    return None


def _see_tasks(world: World, label: str, number: int) -> object:
    listed = asyncio.all_tasks(world.loop)
    current = asyncio.current_task(world.loop)
    are_listed = [task in listed for task in kept(world)]
    return f"{len(listed) - len(world.unbegun)}, kept {are_listed}, current {current in listed if current else None}"


def _kept_callback(world: World, label: str, number: int) -> None:
    task = of(kept(world), number)
    if task is not None:
        world.watch(f"{label}, of kept {number},", task)


def _set_anyones_variable(world: World, label: str, number: int) -> None:
    VARIABLES[number].set(label)


ACTIONS: dict[str, Action] = {
    "future_set": lambda world, label, number: _complete(world, label, number, lambda f: f.set_result(f"by {label}")),
    "future_fail": lambda world, label, number: _complete(
        world, label, number, lambda f: f.set_exception(ValueError(label))
    ),
    "future_cancel": lambda world, label, number: world.futures[number].cancel(),
    "future_renew": _future_renew,
    "future_callback": lambda world, label, number: world.watch(f"{label}, of {number},", world.futures[number]),
    "event_set": lambda world, label, number: world.events[number].set(),
    "event_clear": lambda world, label, number: world.events[number].clear(),
    "queue_put_nowait": lambda world, label, number: world.queue.put_nowait(label),
    "queue_get_nowait": lambda world, label, number: world.queue.get_nowait(),
    "cancel_started": _cancel_started,
    "cancel_kept": lambda world, label, number: _cancel(world, label, of(kept(world), number)),
    "cancel_child": lambda world, label, number: _cancel(world, label, of(world.children, number)),
    "cancel_named": _cancel_named,
    "expire": _expire,
    "see_tasks": _see_tasks,
    "see_current": lambda world, label, number: asyncio.current_task() is not None,
    "set_variable": _set_anyones_variable,
    "get_variable": lambda world, label, number: variables()[number],
    "kept_callback": _kept_callback,
}

# A coroutine's own


def current() -> Task:
    """Return the current task."""
    task = asyncio.current_task()
    assert task is not None
    return task


def _set_variable(world: World, scope: Scope, number: int) -> None:
    scope.tokens.append((number, VARIABLES[number].set(scope.label)))


def _reset_variable(world: World, scope: Scope, number: int) -> object:
    if not scope.tokens:
        return None
    which, token = scope.tokens.pop()
    VARIABLES[which].reset(token)
    return variables()[which]


def _same_task(world: World, scope: Scope, number: int) -> object:
    if scope.task is None:
        scope.task = current()
    return scope.task is current()


def _own_callback(world: World, scope: Scope, number: int) -> None:
    world.watch(f"{scope.label}, of itself,", current())


def _see_stack(world: World, scope: Scope, number: int) -> object:
    return [frame.f_code.co_name for frame in current().get_stack(limit=1)]


def _store(world: World, scope: Scope, number: int) -> object:
    """Keep something for each task, as AnyIO does."""
    before = world.storage.get(current())
    world.storage[current()] = scope.label
    return before or "nothing was stored"


def _raise(world: World, scope: Scope, number: int) -> None:
    own = scope.label
    raise (
        ValueError(own),
        Odd(own),
        asyncio.CancelledError(own),
        StopIteration(own),
        StopAsyncIteration(own),
        ExceptionGroup(own, [ValueError(own), TypeError(own)]),
        BaseExceptionGroup(own, [ValueError(own), Odd(own)]),
        GeneratorExit(own),
        TimeoutError(own),
    )[number]


def _return(world: World, scope: Scope, number: int) -> None:
    raise Return


OWN: dict[str, Own] = {
    "cancel_self": lambda world, scope, number: current().cancel(*["enough"][:number]),
    "uncancel": lambda world, scope, number: current().uncancel(),
    "cancelling": lambda world, scope, number: current().cancelling(),
    "keep": lambda world, scope, number: world.kept.append((scope.label, current())),
    "same_task": _same_task,
    "own_callback": _own_callback,
    "set_name": lambda world, scope, number: current().set_name(f"named by {scope.label}"),
    "get_name": lambda world, scope, number: plain(current().get_name()),
    "see_coroutine": lambda world, scope, number: current().get_coro() is world.coroutines.get(scope.label),
    "see_stack": _see_stack,
    "see_repr": lambda world, scope, number: plain(repr(current())),
    "store": _store,
    "hold_weakly": lambda world, scope, number: world.weak.append(weakref.ref(current())),
    "set_variable": _set_variable,
    "reset_variable": _reset_variable,
    "raise": _raise,
    "return": _return,
}
