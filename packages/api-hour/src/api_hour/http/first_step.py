"""Run the first step of a coroutine at once; only one that suspends costs a task.

Rule that must hold: a coroutine cannot tell that it was not started by `create_task`. Within its first step it has a
current task, which stays the same one when it suspends, takes its cancellation and calls its callbacks; and it has a
context of its own. So timeouts, task groups and scopes that hold on to the current task work.

How: a task is kept parked. A coroutine's first step runs while that task is the current one, by the functions that
asyncio documents for this (https://docs.python.org/3/library/asyncio-extending.html). A coroutine that ends in its
first step leaves the task parked for the next one, unless somebody has taken hold of it. A coroutine that suspends is
handed to the task, which carries it to its end.
"""

import asyncio
import types
from asyncio.tasks import _enter_task, _leave_task, _register_task, _unregister_task
from collections.abc import Callable, Coroutine, Generator
from contextvars import Context
from sys import getrefcount
from typing import Any

Work = Coroutine[Any, Any, None]


class FirstStep:
    """Starts coroutines on one loop.

    Args:
        loop: the running loop.
        context: each coroutine runs in a copy of it.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, context: Context) -> None:
        self._loop = loop
        self._context = context
        self._parked: list[_Carrier] = []
        self._add_carrier()

    def start(self, work: Work) -> "asyncio.Task[None] | None":
        """Run the first step of `work`; return its task when it goes on after that, None when it is over.

        Within another task, or when no task is parked, `work` becomes a task like any other, its first step included.
        """
        context = self._context.copy()
        parked = self._parked
        while parked and parked[-1].parking.done():  # somebody has cancelled all tasks
            parked.pop()
            self._add_carrier()
        if not parked:
            return self._loop.create_task(work, context=context)
        carrier = parked[-1]
        task = carrier.task
        if not carrier.references:
            carrier.references = getrefcount(task)
        try:
            _enter_task(self._loop, task)
        except RuntimeError:  # within another task
            return self._loop.create_task(work, context=context)
        try:
            try:
                yielded = context.run(work.send, None)
            finally:
                _leave_task(self._loop, task)
        except StopIteration:
            has_callbacks = task._callbacks  # noqa: SLF001  # there is no public way to ask
            if getrefcount(task) == carrier.references and not has_callbacks and not carrier.parking.done():
                return None  # nobody holds the task, waits for it or has cancelled it
            work, yielded = _nothing(), None
        except BaseException as error:  # noqa: BLE001  # the task raises it, as if it had run the first step
            work, yielded = _raise(error), None
        parked.pop()
        self._add_carrier()
        return carrier.carry_on(work, yielded, context)

    def _add_carrier(self) -> None:
        _Carrier(self._loop, self._parked.append, self._context.copy())


class _Carrier:
    """A task that waits for a coroutine whose first step has been run."""

    __slots__ = ("_context", "_work", "_yielded", "parking", "references", "task")

    def __init__(
        self, loop: asyncio.AbstractEventLoop, on_parked: Callable[["_Carrier"], None], context: Context
    ) -> None:
        self.parking: asyncio.Future[None] = loop.create_future()
        self._work: Work | None = None
        self._yielded: Any = None
        self.references = 0
        self.task: asyncio.Task[None] = loop.create_task(self._carry(on_parked), context=context)
        self.task._log_destroy_pending = False  # type: ignore[attr-defined]  # noqa: SLF001  # it may end with its loop
        _unregister_task(self.task)  # so that nobody waits for it

    def carry_on(self, work: Work, yielded: Any, context: Context) -> "asyncio.Task[None]":
        """Carry `work`, which yielded what it waits for, to its end; return the task."""
        self._work, self._yielded, self._context = work, yielded, context
        self.task._log_destroy_pending = True  # type: ignore[attr-defined]  # noqa: SLF001  # now it may not
        _register_task(self.task)
        if not self.parking.done():
            self.parking.set_result(None)
        return self.task

    @types.coroutine
    def _carry(self, on_parked: Callable[["_Carrier"], None]) -> Generator[Any, Any, None]:
        on_parked(self)
        cancelled: asyncio.CancelledError | None = None
        try:
            yield from self.parking
        except asyncio.CancelledError as error:
            if self._work is None:
                raise
            cancelled = error  # by itself in its first step, or by others before this task woke up
        work, yielded, run = self._work, self._yielded, self._context.run
        self._yielded = None
        assert work is not None
        step: Callable[[Any], Any] | None = None
        argument: Any = None
        if cancelled is not None and (yielded is None or not yielded.cancel(*cancelled.args)):
            step, argument = work.throw, cancelled
        while True:
            if step is None:
                try:
                    step, argument = work.send, (yield yielded)
                except BaseException as error:  # noqa: BLE001  # the coroutine deals with what is thrown in
                    step, argument = work.throw, error
            try:
                yielded = run(step, argument)
            except StopIteration:
                return
            step = argument = None


async def _nothing() -> None:
    pass


async def _raise(error: BaseException) -> None:
    raise error
