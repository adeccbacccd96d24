"""Run the first step of a coroutine at once; only one that suspends costs a task.

Rule that must hold: but for that its first step comes sooner, a coroutine cannot tell that it was not started by
`create_task`. How depends on the interpreter:

- From CPython 3.12 on, tasks can do it themselves (`eager_start`): half to three quarters of the cost of `create_task`
  for a coroutine that does not suspend, and less than it for one that does (measured 2026-11).
- On CPython 3.11, `carrier.py` does.
- Where the check (`first_step_check.py`) finds a difference, or tasks are made by a factory of the application's, every
  coroutine is given to `create_task`.
"""

import asyncio
import logging
import sys
from contextvars import Context
from functools import cache
from typing import Protocol

from api_hour.http.first_step.carrier import CarrierStarter, Work
from api_hour.http.first_step.check import fault_of

LOG = logging.getLogger("api_hour.http")


class Start(Protocol):
    """Starts coroutines."""

    def __call__(self, work: Work, context: Context | None = None) -> "asyncio.Task[None] | None":
        """Start `work`, in its own context if one is given; return its task when it goes on, None when it is over."""


class Starter(Protocol):
    """One way of starting coroutines on one loop."""

    @property
    def start(self) -> Start:
        """The function that starts them."""

    def get_ready(self) -> None:
        """Keep ready what the next one needs: it may come soon."""


class FirstStep:
    """Starts coroutines on one loop, from callbacks of it.

    Args:
        loop: the running loop.
        context: each coroutine runs in a copy of it, or in one of its own.

    Attributes:
        start: starts a coroutine.
        get_ready: keeps ready what the next one needs; without it, the first one costs more.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, context: Context) -> None:
        starter = _starter_for(loop, context)
        self.start = starter.start  # without a call in between
        self.get_ready = starter.get_ready


class TaskStarter:
    """Starts every coroutine by `create_task`."""

    def __init__(self, loop: asyncio.AbstractEventLoop, context: Context) -> None:
        self._loop = loop
        self._context = context

    def start(self, work: Work, context: Context | None = None) -> "asyncio.Task[None] | None":
        """Start one."""
        return self._loop.create_task(work, context=context or self._context.copy())

    def get_ready(self) -> None:
        """Do nothing: nothing is needed."""


class EagerStarter(TaskStarter):
    """Starts every coroutine as a task that runs its first step at once; for CPython 3.12 and newer."""

    def start(self, work: Work, context: Context | None = None) -> "asyncio.Task[None] | None":
        """Start one."""
        task: asyncio.Task[None] = asyncio.Task(  # type: ignore[call-arg,unused-ignore]  # new in CPython 3.12
            work, loop=self._loop, context=context or self._context.copy(), eager_start=True
        )
        try:
            return None if task.done() else task
        finally:
            del task  # else this frame, which is in the traceback of an error of the task's, would keep it


FASTEST: type[TaskStarter] | type[CarrierStarter] = EagerStarter if sys.version_info >= (3, 12) else CarrierStarter


def _starter_for(loop: asyncio.AbstractEventLoop, context: Context) -> Starter:
    if loop.get_task_factory() is None and _can_be_fast(type(loop)):  # type: ignore[arg-type]  # a class has a hash
        return FASTEST(loop, context)
    return TaskStarter(loop, context)


@cache
def _can_be_fast(kind: type[asyncio.AbstractEventLoop]) -> bool:
    """Tell whether first steps pass the check on loops of a kind, which is made once."""
    fault = fault_of(kind, FASTEST)
    if fault:
        LOG.warning("handlers are started by create_task, which takes more CPU: on %s, %s", kind.__qualname__, fault)
    return not fault
