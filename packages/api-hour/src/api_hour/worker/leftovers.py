"""Leftovers of an application when its worker ends: they are ended as `asyncio.run` ends them, in bounded time.

Tasks are cancelled and awaited, asynchronous generators closed, and the jobs of the default executor waited for. What
does not end in time is named in the log and left; no task goes without a word, and none is "destroyed but pending".
"""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

LOG = logging.getLogger("api_hour.worker")

LAST_MOMENT_S = 0.5  # to hear of the end, for those whose time is up already: less than the supervisor's margin


def end_leftovers(loop: asyncio.AbstractEventLoop, within_s: float) -> bool:
    """End all that still runs on a loop that does not run; tell whether the loop may be closed.

    It may not while jobs of its executor go on, in threads that nobody can end.

    Args:
        loop: the loop.
        within_s: how long all of it may take, in seconds; LAST_MOMENT_S at least.
    """
    end_at_s = loop.time() + max(within_s, LAST_MOMENT_S)
    _end_tasks(loop, end_at_s)
    closing = _run(loop, loop.shutdown_asyncgens(), end_at_s)
    if not closing.done():
        closing.cancel()
        _end_tasks(loop, end_at_s)
        LOG.error("asynchronous generators could not be closed in time")
    jobs = _run(loop, loop.shutdown_default_executor(), end_at_s)
    if not jobs.done():
        _disown(jobs)
        LOG.error("jobs of the default executor did not end in time: the worker ends without them")
    return jobs.done()


def _end_tasks(loop: asyncio.AbstractEventLoop, end_at_s: float) -> None:
    told: set[asyncio.Task[Any]] = set()
    while tasks := asyncio.all_tasks(loop):  # also those that were begun meanwhile
        if told and loop.time() >= end_at_s:
            break
        for task in tasks - told:
            task.cancel()
        told |= tasks
        _wait(loop, tasks, end_at_s)
        for task in tasks:
            _tell_failure(loop, task)
    for task in tasks:
        _disown(task)
        LOG.error("a task was cancelled and did not end in time: %s, %r", task.get_name(), task.get_coro())


def _run(loop: asyncio.AbstractEventLoop, step: Coroutine[Any, Any, None], end_at_s: float) -> asyncio.Task[None]:
    task = loop.create_task(step)
    _wait(loop, {task}, end_at_s)
    _tell_failure(loop, task)
    return task


def _wait(loop: asyncio.AbstractEventLoop, tasks: set[asyncio.Task[Any]], end_at_s: float) -> None:
    """Let the loop run until tasks are done or the time is up."""
    try:
        loop.run_until_complete(asyncio.wait(tasks, timeout=max(0.0, end_at_s - loop.time())))
    except (SystemExit, KeyboardInterrupt) as error:  # a task's: it comes out of the loop itself
        LOG.error("a task that was cancelled raised %r", error)  # noqa: TRY400  # where, is said with the task


def _tell_failure(loop: asyncio.AbstractEventLoop, task: asyncio.Task[Any]) -> None:
    """Say, as asyncio.run does, what a task that nobody awaits has raised."""
    if task.done() and not task.cancelled() and (error := task.exception()) is not None:
        loop.call_exception_handler(
            {"message": "unhandled exception of a task at the worker's end", "exception": error, "task": task}
        )


def _disown(task: asyncio.Task[Any]) -> None:
    """Let a task be destroyed without asyncio's line: it has one of ours."""
    task._log_destroy_pending = False  # type: ignore[attr-defined]  # noqa: SLF001  # as asyncio's gather() does
