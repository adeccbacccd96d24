"""First steps on CPython 3.11, whose tasks always wait for a turn of the loop before their first.

There is a task that has nothing to do yet: its coroutine is a `Carrier`, and it waits for that same carrier, as if for
a future. A coroutine's first step runs while this task is the current one, by the functions that asyncio documents for
that (https://docs.python.org/3/library/asyncio-extending.html). When it ends there, and nobody has taken note of the
task, the task waits for the next one. In every other case the carrier wakes the task at once, in the same turn: the
task makes its step, gets from its coroutine what the first step came to, and does with it what tasks do. So what is
awaited, cancelled, called back and raised is all the interpreter's own doing, in its own order.

That costs more than `create_task` for a coroutine that suspends. So when many have lately, the next ones become tasks
like any other, and now and then one is tried again.

Python tells a caller of `send` that a coroutine is over by an exception, a quarter of what a short one costs (measured
2026-11). So they are awaited, one after the other, by a generator that says so by what it yields (`_await_each`).

The private parts that it needs (`_callbacks`, `_log_destroy_pending`) are those of CPython 3.11, which changes no more.
"""

import asyncio
from asyncio.tasks import _enter_task, _leave_task
from collections.abc import Callable, Coroutine, Generator
from contextvars import Context
from functools import partial
from operator import attrgetter
from sys import getrefcount
from types import coroutine
from typing import Any
from weakref import getweakrefcount

Work = Coroutine[Any, Any, None]

CREDIT = 8  # what is left when the last ones have not suspended
SUSPENSION_COST = 2  # of it, for one that has; one that has not gives 1 back: about what they lose and win
UNTRIED = 32  # are not tried when there is none left

_OVER = object()  # what is yielded after one that has not suspended


class CarrierStarter:
    """Starts coroutines on one loop.

    Args:
        loop: the running loop.
        context: each coroutine runs in a copy of it, or in one of its own.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, context: Context) -> None:
        self._loop = loop
        self._context = context
        self._carrier: Carrier | None = None
        self._credit = CREDIT
        self._untried = 0  # how many of the next ones are not tried

    def start(self, work: Work, context: Context | None = None) -> "asyncio.Task[None] | None":
        """Start `work`, in its own context if one is given; return its task when it goes on, None when it is over."""
        if context is None:
            context = self._context.copy()
        carrier = self._carrier
        if self._untried or carrier is None or not carrier.is_ready:
            return self._start_task(work, context)
        task = carrier.task
        try:
            _enter_task(self._loop, task)
        except RuntimeError:  # within another task
            return self._start_task(work, context)
        references = getrefcount(task)
        carrier.work = work
        task.is_idle = False
        try:
            yielded = context.run(carrier.send_to_works, None)
        except BaseException as error:  # noqa: BLE001  # the task raises it
            carrier.fail(error)
        else:
            if yielded is not _OVER:
                self._charge()
                carrier.carry_on(yielded, context)
            elif (
                carrier.is_ready  # type: ignore[redundant-expr]  # not cancelled, held, watched, waited for, named
                and getrefcount(task) == references
                and getweakrefcount(task) == carrier.weak_references
                and not task._callbacks  # noqa: SLF001
                and task.get_name() is carrier.name
            ):
                if self._credit < CREDIT:
                    self._credit += 1
                task.is_idle = True
                return None
            else:
                carrier.end()
        finally:
            _leave_task(self._loop, task)
        self._carrier = None
        carrier.take_turn()
        return task

    def get_ready(self) -> None:
        """Have a task ready from the next turn of the loop on."""
        if self._carrier is None or asyncio.Task.done(self._carrier.task):
            self._carrier = Carrier(self._loop)

    def _start_task(self, work: Work, context: Context) -> "asyncio.Task[None]":
        if self._untried:
            self._untried -= 1
        else:
            self.get_ready()
        return self._loop.create_task(work, context=context)

    def _charge(self) -> None:
        self._credit -= SUSPENSION_COST
        if self._credit <= 0:
            self._untried, self._credit = UNTRIED, SUSPENSION_COST


class Task(asyncio.Task[None]):
    """A task that says that it is done as long as it has nothing to do, so that nobody sees it or waits for it."""

    __slots__ = ("is_idle",)

    is_idle: bool

    def done(self) -> bool:
        """Return whether there is nothing more to do, or nothing yet."""
        return self.is_idle or super().done()


class Carrier(Coroutine[Any, Any, None]):
    """The coroutine of a task, and what that task waits for until there is something to do.

    Attributes:
        is_ready: whether the task waits, and nobody has cancelled it.
        task: the task, until it has something to do.
        name, weak_references: of the task, while nobody has changed them.
        wake_up: has the task make its next step; likewise.
        work: the coroutine whose first step is run; None between two.
        send_to_works: runs it.
        send, throw: what the task calls.
    """

    __slots__ = (
        "_asyncio_future_blocking", "_is_last", "_works", "is_ready", "name", "send", "send_to_works", "task",
        "throw", "wake_up", "weak_references", "work",
    )  # fmt: skip

    # What debuggers look at is the work's. (With __getattr__, each attribute would be slower.)
    __name__ = property(lambda self: getattr(self.work, "__qualname__", "nothing yet"))
    cr_code, cr_frame = property(attrgetter("work.cr_code")), property(attrgetter("work.cr_frame"))
    cr_running, cr_await = property(attrgetter("work.cr_running")), property(attrgetter("work.cr_await"))

    send: Callable[[Any], Any]
    throw: Callable[..., Any]
    wake_up: Callable[["Carrier"], object]

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.work: Work | None = None
        self.is_ready = False
        self._is_last = False
        self._works = self._await_each()
        self.send_to_works = self._works.send
        self.send, self.throw = self._wait, _raise_thrown
        self.task = Task(self, loop=loop, context=Context())
        self.task.is_idle = True
        self.task._log_destroy_pending = False  # type: ignore[attr-defined]  # noqa: SLF001  # it may end with its loop

    # As its task sees a coroutine.

    def __await__(self) -> Any:
        """Refuse: a task drives it."""
        raise NotImplementedError

    def close(self) -> None:
        """End what it has become."""
        self._works.close()

    def _wait(self, _value: None) -> "Carrier":
        self._asyncio_future_blocking = True
        return self

    # As its task sees a future.

    def get_loop(self) -> asyncio.AbstractEventLoop:
        """Return the task's loop."""
        return self.task.get_loop()

    def add_done_callback(self, wake_up: Callable[["Carrier"], object], /, *, context: Context) -> None:  # noqa: ARG002
        """Keep what wakes the task."""
        self.wake_up = wake_up
        self.name, self.weak_references = self.task.get_name(), getweakrefcount(self.task)
        self.is_ready = True

    def cancel(self, msg: Any = None) -> bool:  # noqa: ARG002  # the task remembers it
        """Say that nothing is waited for, so that the task raises in its next step; which comes, if none has begun."""
        if self.is_ready and self.work is None:
            self.task.get_loop().call_soon(self.wake_up, self)
        self.is_ready = False
        return False

    def result(self) -> None:
        """Return nothing."""

    # What it becomes.

    def end(self) -> None:
        """Have the task's next step be its last; if it was cancelled, it ends by that."""
        self.send, self.throw = _end, _end_cancelled

    def fail(self, error: BaseException) -> None:
        """Have the task's next step raise an error, also if it was cancelled."""
        self.send = self.throw = partial(_raise, error)

    def carry_on(self, yielded: Any, context: Context) -> None:
        """Have the task carry on with the work, which has yielded, in its context."""
        works = self._works
        self._is_last = True

        def go_on() -> None:
            run: Callable[..., Any] = context.run
            self.send, self.throw = partial(run, works.send), partial(run, works.throw)

        def first(_value: None) -> Any:
            go_on()
            return yielded

        def cancelled(error: asyncio.CancelledError) -> Any:
            """Let the task find out that it was cancelled where tasks do: when it knows what it waits for."""
            go_on()
            _cancel_again(error)
            return yielded

        self.send, self.throw = first, cancelled

    def take_turn(self) -> None:
        """Have the task make its next step now, and be a coroutine like any other from then on."""
        self.task._log_destroy_pending = True  # type: ignore[attr-defined]  # noqa: SLF001
        wake_up = self.wake_up
        del self.task, self.wake_up, self.send_to_works  # they refer to this object, which must go with its task
        wake_up(self)

    @coroutine
    def _await_each(self) -> Generator[Any, Any, None]:
        while True:
            yield from self.work  # type: ignore[misc]  # see coroutine()
            if self._is_last:
                return
            self.work = None
            yield _OVER


def _end(_value: None) -> None:
    raise StopIteration


def _end_cancelled(error: asyncio.CancelledError) -> None:
    _cancel_again(error)
    raise StopIteration


def _cancel_again(error: asyncio.CancelledError) -> None:
    """Make the current task forget that it has raised this: its step goes on as if nothing had come of it yet."""
    task = asyncio.current_task()
    assert task is not None
    task.cancel(*error.args)
    task.uncancel()  # it was counted before


def _raise(error: BaseException, *_thrown: object) -> None:
    raise error


def _raise_thrown(error: BaseException) -> None:
    raise error
