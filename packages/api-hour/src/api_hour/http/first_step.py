"""Run the first step of a coroutine at once; only one that suspends costs a task.

Rule that must hold: a coroutine cannot tell that it was not started by `create_task`. Within its first step it has a
current task, which stays the same one when it suspends, takes its cancellation and calls its callbacks; and it has a
context of its own. So timeouts, task groups and scopes that hold on to the current task work.

How: there is a task that has nothing to do yet, a `_Carrier` being its coroutine. A coroutine's first step runs while
that task is the current one, by the functions that asyncio documents for this
(https://docs.python.org/3/library/asyncio-extending.html). One that ends in its first step leaves the task to the next,
unless somebody has taken hold of it. One that suspends is handed to the task, which carries it to its end.

That costs more than `create_task` for one that suspends. So when several in a row have, the next ones become tasks like
any other, and now and then one is tried again.
"""

import asyncio
from asyncio.tasks import _enter_task, _leave_task, _register_task, _unregister_task
from collections.abc import Callable, Coroutine
from contextvars import Context
from functools import partial
from sys import getrefcount
from typing import Any

Work = Coroutine[Any, Any, None]

SUSPENDED_IN_A_ROW = 4
UNTRIED = 32  # after so many have suspended


class FirstStep:
    """Starts coroutines on one loop.

    Args:
        loop: the running loop.
        context: each coroutine runs in a copy of it, or in one of its own.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, context: Context) -> None:
        self._loop = loop
        self._context = context
        self._carrier: _Carrier | None = None
        self._suspended_in_a_row = 0
        self._untried = 0  # how many of the next ones are not tried

    def start(self, work: Work, context: Context | None = None) -> "asyncio.Task[None] | None":
        """Start `work`, in its own context if one is given; return its task when it goes on, None when it is over."""
        if context is None:
            context = self._context.copy()
        if self._untried:
            self._untried -= 1
            return self._loop.create_task(work, context=context)
        carrier = self._carrier
        if carrier is None or carrier.is_cancelled():
            self._carrier = carrier = _Carrier(self._loop, context)
        task = carrier.task
        references = getrefcount(task)
        try:
            _enter_task(self._loop, task)
        except RuntimeError:  # within another task
            return self._loop.create_task(work, context=context.copy())
        try:
            try:
                yielded = context.run(work.send, None)
            finally:
                _leave_task(self._loop, task)
        except StopIteration:
            has_callbacks = task._callbacks  # noqa: SLF001  # there is no public way to ask
            if getrefcount(task) == references and not has_callbacks and not carrier.is_cancelled():
                self._suspended_in_a_row = 0
                return None  # nobody holds the task, waits for it or has cancelled it
            work, yielded = _nothing(), None
        except BaseException as error:  # noqa: BLE001  # the task raises it, as if it had run the first step
            work, yielded = _raise(error), None
        self._carrier = None
        self._suspended_in_a_row += 1
        if self._suspended_in_a_row >= SUSPENDED_IN_A_ROW:
            self._untried = UNTRIED
        carrier.carry_on(work, yielded, context)
        return task


class _Carrier(Coroutine[Any, Any, None]):
    """The coroutine of a task: it waits until it is given another one whose first step has been run, and becomes that.

    Attributes:
        is_cancelled: tells whether somebody has cancelled the task, which had nothing to do yet.
        send, throw: what the task calls.
    """

    __slots__ = (
        "_context", "_parking", "_send", "_throw", "_work", "_yielded", "is_cancelled", "send", "task", "throw",
    )  # fmt: skip

    is_cancelled: Callable[[], bool]
    send: Callable[[Any], Any]
    throw: Callable[..., Any]

    def __init__(self, loop: asyncio.AbstractEventLoop, context: Context) -> None:
        self._context = context
        self._work: Work | None = None
        self._parking: asyncio.Future[None] | None = None  # what it waits for when its turn comes too early
        self.send, self.throw = self._take_turn, self._be_cancelled
        self.task: asyncio.Task[None] = loop.create_task(self, context=context)
        self.is_cancelled = partial(getattr, self.task, "_must_cancel")  # until its first turn

    def __getattr__(self, name: str) -> Any:
        """Show the other one's `cr_frame`, and whatever else debuggers look at."""
        return getattr(self._work, name)

    def __await__(self) -> Any:
        """Refuse: a task drives it."""
        raise NotImplementedError

    def close(self) -> None:
        """End the other one."""
        if self._work is not None:
            self._work.close()

    def carry_on(self, work: Work, yielded: Any, context: Context) -> None:
        """Carry `work`, which yielded what it waits for and runs in `context`, to its end."""
        self._work, self._yielded, self._send, self._throw = work, yielded, work.send, work.throw
        if context is not self._context:
            run: Callable[..., Any] = context.run
            self._send, self._throw = partial(run, work.send), partial(run, work.throw)
        if self._parking is not None:
            self.task._log_destroy_pending = True  # type: ignore[attr-defined]  # noqa: SLF001
            _register_task(self.task)
            if not self._parking.done():
                self._parking.set_result(None)

    def _take_turn(self, _value: None) -> Any:
        if self._work is not None:
            return self._become_work()
        self._parking = self.task.get_loop().create_future()
        self.is_cancelled = self._parking.done
        self.task._log_destroy_pending = False  # type: ignore[attr-defined]  # noqa: SLF001  # it may end with its loop
        _unregister_task(self.task)  # so that nobody waits for it
        return self._parking.__await__().send(None)

    def _be_cancelled(self, error: asyncio.CancelledError) -> Any:
        """Cancel what the work waits for, as its task would have done; it may have cancelled itself."""
        if self._work is None:
            self.is_cancelled = self.task.done
            raise error
        yielded = self._become_work()
        if yielded is None or not yielded.cancel(*error.args):
            return self.throw(error)
        return yielded

    def _become_work(self) -> Any:
        self.send, self.throw = self._send, self._throw
        del self.task, self.is_cancelled  # they refer to this object, which must go without the garbage collector
        yielded, self._yielded = self._yielded, None
        return yielded


async def _nothing() -> None:
    pass


async def _raise(error: BaseException) -> None:
    raise error
