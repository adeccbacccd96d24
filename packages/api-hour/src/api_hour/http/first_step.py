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

Python tells a caller of `send` that a coroutine is over by an exception, a quarter of what a short one costs (measured
2026-11). So they are awaited, one after the other, by a generator that says so by what it yields (`_await_each`).
"""

import asyncio
from asyncio.tasks import _enter_task, _leave_task, _register_task, _unregister_task
from collections.abc import Callable, Coroutine, Generator
from contextvars import Context
from functools import partial
from operator import attrgetter
from sys import getrefcount
from types import coroutine
from typing import Any, cast

Work = Coroutine[Any, Any, None]
Works = Coroutine[Any, Any, None] | Generator[Any, Any, None]

SUSPENDED_IN_A_ROW = 4
UNTRIED = 32  # after so many have suspended

_OVER = object()  # what is yielded after one that has not suspended


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
        carrier.work = work
        try:
            yielded = context.run(carrier.send_to_works, None)
        except BaseException as error:  # noqa: BLE001  # the task raises it, as if it had run the first step
            yielded, carrier.works = None, _raise(error)
        finally:
            _leave_task(self._loop, task)
        if yielded is _OVER:
            has_callbacks = task._callbacks  # noqa: SLF001  # there is no public way to ask
            if getrefcount(task) == references and not has_callbacks and not carrier.is_cancelled():
                self._suspended_in_a_row = 0
                return None  # nobody holds the task, waits for it or has cancelled it
            yielded, carrier.works = None, _nothing()
        self._carrier = None
        self._suspended_in_a_row += 1
        if self._suspended_in_a_row >= SUSPENDED_IN_A_ROW:
            self._untried = UNTRIED
        carrier.carry_on(yielded, context)
        return task


class _Carrier(Coroutine[Any, Any, None]):
    """The coroutine of a task: it waits until one whose first step has been run suspends, and becomes that.

    Attributes:
        is_cancelled: tells whether somebody has cancelled the task, which had nothing to do yet.
        work: the coroutine that is run; None between two.
        works: what awaits one after the other, and ends with one that has suspended.
        send_to_works: its `send`.
        send, throw: what the task calls.
    """

    __slots__ = (
        "_carries", "_context", "_parking", "_send", "_throw", "_yielded", "is_cancelled", "send", "send_to_works",
        "task", "throw", "work", "works",
    )  # fmt: skip

    # What debuggers look at is the work's. (With __getattr__, each attribute would be slower.)
    __name__ = property(attrgetter("work.__qualname__"))
    cr_code, cr_frame = property(attrgetter("work.cr_code")), property(attrgetter("work.cr_frame"))
    cr_running, cr_await = property(attrgetter("work.cr_running")), property(attrgetter("work.cr_await"))

    is_cancelled: Callable[[], bool]
    send: Callable[[Any], Any]
    throw: Callable[..., Any]

    def __init__(self, loop: asyncio.AbstractEventLoop, context: Context) -> None:
        self._context = context
        self.work: Work | None = None
        self.works = cast("Works", self._await_each())
        self.send_to_works = self.works.send
        self._carries = False
        self._parking: asyncio.Future[None] | None = None  # what it waits for when its turn comes too early
        self.send, self.throw = self._take_turn, self._be_cancelled
        self.task: asyncio.Task[None] = loop.create_task(self, context=context)
        self.is_cancelled = partial(getattr, self.task, "_must_cancel")  # until its first turn

    def __await__(self) -> Any:
        """Refuse: a task drives it."""
        raise NotImplementedError

    def close(self) -> None:
        """End what it has become."""
        if self._carries:
            self.works.close()

    def carry_on(self, yielded: Any, context: Context) -> None:
        """Carry `works`, which yielded what it waits for and runs in `context`, to its end."""
        works = self.works
        self._carries = True
        self._yielded, self._send, self._throw = yielded, works.send, works.throw
        del self.send_to_works
        if context is not self._context:
            run: Callable[..., Any] = context.run
            self._send, self._throw = partial(run, works.send), partial(run, works.throw)
        if self._parking is not None:
            self.task._log_destroy_pending = True  # type: ignore[attr-defined]  # noqa: SLF001
            _register_task(self.task)
            if not self._parking.done():
                self._parking.set_result(None)

    @coroutine
    def _await_each(self) -> Generator[Any, Any, None]:
        while True:
            yield from self.work  # type: ignore[misc]  # see coroutine()
            if self._carries:
                return
            self.work = None
            yield _OVER

    def _take_turn(self, _value: None) -> Any:
        if self._carries:
            return self._become_work()
        self._parking = self.task.get_loop().create_future()
        self.is_cancelled = self._parking.done
        self.task._log_destroy_pending = False  # type: ignore[attr-defined]  # noqa: SLF001  # it may end with its loop
        _unregister_task(self.task)  # so that nobody waits for it
        return self._parking.__await__().send(None)

    def _be_cancelled(self, error: asyncio.CancelledError) -> Any:
        """Cancel what the work waits for, as its task would have done; it may have cancelled itself."""
        if not self._carries:
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
