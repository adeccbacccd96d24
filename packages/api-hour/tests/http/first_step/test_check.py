"""A way of starting coroutines that differs from tasks is found out, and not used."""

import asyncio
import gc
import logging
from collections.abc import Callable
from contextvars import Context
from typing import Any

import pytest
import uvloop
from event_loops import on_each_loop

from api_hour.http.first_step import first_step
from api_hour.http.first_step.check import fault_of
from api_hour.http.first_step.first_step import FASTEST, FirstStep, TaskStarter

LOOPS = [asyncio.SelectorEventLoop, uvloop.Loop]
each_kind = pytest.mark.parametrize("kind", LOOPS)


@each_kind
@pytest.mark.parametrize("starter", [FASTEST, TaskStarter])
def test_ways_that_are_like_tasks_pass(kind: Any, starter: Any) -> None:
    assert fault_of(kind, starter) is None


class Starter:
    """Starts coroutines in some other way."""

    def __init__(self, loop: asyncio.AbstractEventLoop, context: Context) -> None:
        self.loop = loop
        self.context = context


class WithoutTask(Starter):
    def start(self, work: Any) -> Any:
        try:
            yielded = self.context.copy().run(work.send, None)
        except StopIteration:
            return None
        return yielded


class WithoutContext(Starter):
    def start(self, work: Any) -> Any:
        return self.loop.create_task(work, context=self.context)


class Late(Starter):
    def start(self, work: Any) -> Any:
        """Leave the blocking flag of what is awaited."""

        async def carry_on() -> None:
            await work

        return self.loop.create_task(asyncio.sleep(0)).add_done_callback(
            lambda _task: self.loop.create_task(carry_on())
        )


class Raising(Starter):
    def start(self, work: Any) -> Any:
        work.close()
        raise ZeroDivisionError


@each_kind
@pytest.mark.parametrize(
    ("starter", "fault"),
    [
        (WithoutTask, "a coroutine has no task or no context of its own"),
        (WithoutContext, "a coroutine has no task or no context of its own"),
        (Late, "a coroutine that suspends has no task that can be cancelled"),
        (Raising, "a coroutine has no task or no context of its own: expected [True, 'unset'], saw []"),
    ],
)
def test_ways_that_are_not_fail(kind: Any, starter: Any, fault: str, caplog: pytest.LogCaptureFixture) -> None:
    assert (fault_of(kind, starter) or "").startswith(fault)
    gc.collect()  # tasks that such a way has left behind are destroyed here, with a word in the log


def test_a_loop_that_cannot_be_made_fails() -> None:
    def kind() -> asyncio.AbstractEventLoop:
        raise ZeroDivisionError

    assert fault_of(kind, FASTEST) == "a loop of its kind could not be made: ZeroDivisionError()"


@pytest.fixture
def no_kind_is_known() -> Any:
    first_step._can_be_fast.cache_clear()
    yield
    first_step._can_be_fast.cache_clear()


def test_where_the_check_fails_every_coroutine_is_a_task_and_the_log_says_so_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, no_kind_is_known: None
) -> None:
    monkeypatch.setattr(first_step, "FASTEST", WithoutContext)
    caplog.set_level(logging.WARNING, "api_hour.http")

    async def start() -> Callable[..., Any]:
        FirstStep(asyncio.get_running_loop(), Context())
        return FirstStep(asyncio.get_running_loop(), Context()).start

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert isinstance(runner.run(start()).__self__, TaskStarter)  # type: ignore[attr-defined]
    [record] = caplog.records
    assert record.getMessage().startswith(
        "handlers are started by create_task, which takes more CPU: on Loop, a coroutine has no task"
    )


@on_each_loop
async def test_where_tasks_are_made_by_a_factory_every_coroutine_is_given_to_it() -> None:
    made: list[Any] = []

    def factory(loop: asyncio.AbstractEventLoop, work: Any, **more: Any) -> "asyncio.Task[Any]":
        made.append(work)
        return asyncio.Task(work, loop=loop, **more)

    loop = asyncio.get_running_loop()
    loop.set_task_factory(factory)
    try:
        work = asyncio.sleep(0)
        task = FirstStep(loop, Context()).start(work)
        assert made == [work]
        assert task is not None
        await task
    finally:
        loop.set_task_factory(None)
