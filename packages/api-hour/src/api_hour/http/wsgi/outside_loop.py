"""Calls that see no running event loop, in a thread whose loop runs meanwhile.

Where a loop runs, `asyncio.run` refuses to begin, and libraries refuse what would block the loop, as Django does for
its database. An application that is called there on purpose, one request at a time, is to see what it sees in any other
thread. Both changes are made by what asyncio has for those who extend it
(https://docs.python.org/3/library/asyncio-extending.html).
"""

import asyncio
from asyncio import _enter_task, _leave_task, _set_running_loop
from collections.abc import Callable
from contextvars import Context
from typing import TypeVar

Result = TypeVar("Result")


def call_outside_loop(context: Context, function: Callable[..., Result], *arguments: object) -> Result:
    """Call a function in a context, in the thread of a loop that runs, as where none does."""
    loop = asyncio.get_running_loop()
    task = asyncio.current_task(loop)
    if task is not None:
        _leave_task(loop, task)
    _set_running_loop(None)
    try:
        return context.run(function, *arguments)
    finally:
        _set_running_loop(loop)
        if task is not None:
            _enter_task(loop, task)


def call_inside_loop(loop: asyncio.AbstractEventLoop, function: Callable[..., Result], *arguments: object) -> Result:
    """Call a function on a loop, from one that was called outside of it."""
    _set_running_loop(loop)
    try:
        return function(*arguments)
    finally:
        _set_running_loop(None)
