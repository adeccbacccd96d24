"""A check that a way of starting coroutines does what `create_task` does, on this interpreter and a kind of event loop.

It is made once for each kind, before the first request: a loop of that kind runs a few coroutines in a thread of its
own, for a millisecond or two. The tests ask much more; this is for interpreters and loops that they have not seen.
"""

import asyncio
from collections.abc import Callable
from contextvars import ContextVar, copy_context
from threading import Thread
from typing import Any

TIMEOUT_S = 5.0

_VARIABLE: ContextVar[str] = ContextVar("_VARIABLE", default="unset")


class _Fault(Exception):
    """The two differ."""


def fault_of(kind: Callable[[], asyncio.AbstractEventLoop], starter: Callable[..., Any]) -> str | None:
    """Return how coroutines that a starter has started differ from tasks; None when they do not.

    Args:
        kind: makes an event loop.
        starter: called with the loop and a context; its `start` is asked.
    """
    faults: list[str | None] = ["the check did not end"]

    def check() -> None:
        try:
            loop = kind()
        except Exception as error:  # noqa: BLE001  # it is said
            faults[0] = f"a loop of its kind could not be made: {error!r}"
            return
        try:
            loop.run_until_complete(asyncio.wait_for(_check(loop, starter), TIMEOUT_S))
        except Exception as error:  # noqa: BLE001  # whatever happened, it is no way to start a coroutine
            faults[0] = f"the check failed: {error!r}" if not isinstance(error, _Fault) else str(error)
        else:
            faults[0] = None
        finally:
            loop.close()

    thread = Thread(target=check, name="first-step-check", daemon=True)
    thread.start()
    thread.join(2 * TIMEOUT_S)
    return faults[0]


async def _check(loop: asyncio.AbstractEventLoop, starter: Callable[..., Any]) -> None:
    start = starter(loop, copy_context()).start
    await _turns(loop)
    for _ in range(3):  # the first may be for getting ready
        await _check_one_that_ends(loop, start)
    await _check_two_that_share(loop, start)
    await _check_one_that_is_cancelled(loop, start)


async def _check_one_that_ends(loop: asyncio.AbstractEventLoop, start: Callable[..., Any]) -> None:
    seen: list[Any] = []

    async def work() -> None:
        seen.append(asyncio.current_task() in asyncio.all_tasks())
        seen.append(_VARIABLE.get())
        _VARIABLE.set("set")

    loop.call_soon(lambda: start(work()))
    await _turns(loop)
    _expect(seen, [True, "unset"], "a coroutine has no task or no context of its own")


async def _check_two_that_share(loop: asyncio.AbstractEventLoop, start: Callable[..., Any]) -> None:
    shared: asyncio.Future[str] = loop.create_future()
    seen: list[Any] = []

    async def work(number: int) -> None:
        task = asyncio.current_task()
        _VARIABLE.set(str(number))
        seen.append((number, await shared, _VARIABLE.get(), asyncio.current_task() is task))

    for number, way in ((1, start), (2, loop.create_task), (3, start)):
        loop.call_soon(lambda way=way, number=number: way(work(number)))  # type: ignore[misc]
        await _turns(loop)
    shared.set_result("given")
    await _turns(loop)
    expected = [(number, "given", str(number), True) for number in (1, 2, 3)]
    _expect(seen, expected, "coroutines that wait for the same future are not woken as tasks are")


async def _check_one_that_is_cancelled(loop: asyncio.AbstractEventLoop, start: Callable[..., Any]) -> None:
    tasks: list[asyncio.Task[None] | None] = []
    never: asyncio.Future[None] = loop.create_future()

    async def work() -> None:
        await never

    for _ in range(2):  # the first may be for getting ready
        loop.call_soon(lambda: tasks.append(start(work())))
        await _turns(loop)
    for task in tasks:
        if task is None or not task.cancel():
            raise _Fault("a coroutine that suspends has no task that can be cancelled")
    await _turns(loop)
    _expect([task is not None and task.cancelled() for task in tasks], [True, True], "a task is not cancelled")
    if not never.cancelled():
        raise _Fault("what a cancelled task waits for is not cancelled")


async def _turns(loop: asyncio.AbstractEventLoop) -> None:
    for _ in range(3):
        turned: asyncio.Future[None] = loop.create_future()
        loop.call_soon(turned.set_result, None)
        await turned


def _expect(seen: list[Any], expected: list[Any], fault: str) -> None:
    if seen != expected:
        raise _Fault(f"{fault}: expected {expected}, saw {seen}")
