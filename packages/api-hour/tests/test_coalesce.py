"""Coalescing: who shares an execution, and who does not."""

import asyncio
import contextlib
import sys
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import pytest
from event_loops import let_run, on_each_loop, run_in_loop
from held_source import Source

from api_hour.coalesce import CoalesceMetrics, coalesce
from api_hour.engines import EngineUnavailable


@on_each_loop
async def test_who_asks_before_an_execution_begins_shares_it() -> None:
    source = Source()
    callers = [source.call() for _ in range(3)]
    await let_run()
    source.begun[0].set_result(b"one")

    assert await asyncio.gather(*callers) == [b"one"] * 3
    assert source.ask.metrics == CoalesceMetrics(calls=3, executions=1, largest_batch=3, callers=0)


@on_each_loop
async def test_who_asks_while_one_runs_waits_for_the_next() -> None:
    source = Source()
    first = source.call()
    await let_run()
    later = [source.call() for _ in range(4)]
    await let_run()
    assert len(source.begun) == 1

    source.begun[0].set_result(b"old")
    assert await first == b"old"
    await let_run()
    assert not any(caller.done() for caller in later)

    source.begun[1].set_result(b"new")
    assert await asyncio.gather(*later) == [b"new"] * 4
    assert source.ask.metrics == CoalesceMetrics(calls=5, executions=2, largest_batch=4, callers=0)


@on_each_loop
async def test_more_executions_of_one_key_may_be_allowed() -> None:
    source = Source(executions=2)
    callers = []
    for _ in range(3):
        callers.append(source.call())
        await let_run()

    assert len(source.begun) == 2
    source.begun[1].set_result(b"second")
    assert await callers[1] == b"second"
    await let_run()
    assert len(source.begun) == 3
    source.begun[0].set_result(b"first")
    source.begun[2].set_result(b"third")
    assert await asyncio.gather(*callers) == [b"first", b"second", b"third"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (((1,), {}), ((2,), {})),
        (((1,), {}), ((True,), {})),
        (((1,), {}), ((1.0,), {})),
        (((1,), {}), ((), {"n": 1})),
        (((), {"n": 1}), ((), {"n": 2})),
        (((), {"n": 1}), ((), {"n": True})),
        (((), {}), ((None,), {})),
    ],
)
def test_other_arguments_are_another_question(one: Any, other: Any) -> None:
    async def ask() -> None:
        source = Source()
        callers = [source.call(*args, **kwargs) for args, kwargs in (one, other, one)]
        await let_run()
        assert len(source.begun) == 2
        for number, execution in enumerate(source.begun):
            execution.set_result(number)
        assert await asyncio.gather(*callers) == [0, 1, 0]

    run_in_loop(ask())


@on_each_loop
async def test_the_order_of_named_arguments_makes_no_difference() -> None:
    source = Source()
    callers = [source.call(a=1, b=2), source.call(b=2, a=1)]
    await let_run()
    [execution] = source.begun
    execution.set_result(b"")
    await asyncio.gather(*callers)


@on_each_loop
async def test_a_key_may_say_what_is_the_same() -> None:
    source = Source(key=tuple)
    callers = [source.call(["a", "b"]), source.call(["a", "b"]), source.call(["a"])]
    await let_run()
    assert len(source.begun) == 2
    for execution in source.begun:
        execution.set_result(b"")
    await asyncio.gather(*callers)


@on_each_loop
async def test_arguments_that_cannot_be_compared_are_refused() -> None:
    source = Source()

    with pytest.raises(TypeError) as caught:
        await source.call([1])

    reason = (
        "cannot use 'tuple' as a dict key (unhashable type: 'list')"
        if sys.version_info >= (3, 14)
        else "unhashable type: 'list'"
    )
    assert str(caught.value) == f"Source.read: {reason}; to coalesce, arguments are hashable, or key= says one"
    assert source.ask.metrics.callers == 0


@dataclass
class Service:
    """Two of them are equal, and have no hash."""

    name: str

    @coalesce
    async def read(self, suffix: str) -> str:
        """Return who was asked."""
        return f"{self.name}{suffix} {id(self)}"

    @coalesce(key=lambda service, numbers: (service.name, *numbers))
    async def add(self, numbers: list[int]) -> int:
        return sum(numbers)


@on_each_loop
async def test_each_instance_asks_for_itself() -> None:
    one, other = Service("a"), Service("a")
    before = Service.read.metrics.executions

    answers = await asyncio.gather(one.read("!"), other.read("!"), one.read("!"))

    assert list(answers) == [f"a! {id(one)}", f"a! {id(other)}", f"a! {id(one)}"]
    assert Service.read.metrics.executions - before == 2
    assert await one.add([1, 2]) == 3


def test_it_looks_like_the_function_that_it_wraps() -> None:
    assert (vars(Service.read)["__name__"], Service.read.__doc__) == ("read", "Return who was asked.")


@on_each_loop
async def test_an_error_goes_to_its_callers_and_to_nobody_after() -> None:
    source = Source()
    callers = [source.call() for _ in range(2)]
    await let_run()
    later = source.call()
    await let_run()
    source.begun[0].set_exception(KeyError("lost"))

    for caller in callers:
        with pytest.raises(KeyError, match=r"^'lost'$"):
            await caller
    await let_run()
    source.begun[1].set_result(b"found")
    assert await later == b"found"


@on_each_loop
async def test_an_execution_that_is_cancelled_by_itself_cancels_its_callers() -> None:
    source = Source()
    caller = source.call()
    await let_run()
    source.begun[0].cancel()

    with pytest.raises(asyncio.CancelledError):
        await caller
    await let_run()
    assert source.ask._lanes == {}


@pytest.mark.parametrize("answer", [[], {}, set(), bytearray(), memoryview(b"")])
def test_an_answer_that_its_callers_could_change_is_refused(answer: Any) -> None:
    @coalesce
    async def read() -> Any:
        return answer

    with pytest.raises(TypeError) as caught:
        run_in_loop(read())

    assert str(caught.value) == (
        "test_an_answer_that_its_callers_could_change_is_refused.<locals>.read: expected an immutable answer, "
        f"got a {type(answer).__name__}, which its callers would share; return bytes, str or a tuple"
    )


@on_each_loop
async def test_an_execution_sees_nobodys_context_variables() -> None:
    user: ContextVar[str] = ContextVar("user", default="nobody")

    @coalesce
    async def read() -> str:
        return user.get()

    user.set("somebody")

    assert await read() == "nobody"


@on_each_loop
async def test_no_more_callers_wait_than_allowed() -> None:
    source = Source(callers_limit=2)
    callers = [source.call(n) for n in range(2)]
    await let_run()

    with pytest.raises(EngineUnavailable) as caught:
        await source.call(2)

    assert str(caught.value) == "Source.read is unavailable: 2 callers wait already"
    for execution in source.begun:
        execution.set_result(b"")
    await asyncio.gather(*callers)


@pytest.mark.parametrize("options", [{"executions": 0}, {"callers_limit": 0}])
def test_limits_are_positive(options: dict[str, int]) -> None:
    with pytest.raises(ValueError) as caught:
        Source(**options)

    given_limits = {"executions": 1, "callers_limit": 10_000} | options
    assert str(caught.value) == (
        "coalesce: expected executions and callers_limit from 1 on, "
        f"got {given_limits['executions']} and {given_limits['callers_limit']}"
    )


def test_event_loops_share_nothing() -> None:
    source = Source()

    async def leave_one_running() -> None:
        source.call()
        await let_run()

    async def ask() -> bytes:
        caller = source.call()
        await let_run()
        source.begun[-1].set_result(b"of this loop")
        answer: bytes = await caller
        return answer

    first, second = asyncio.new_event_loop(), asyncio.new_event_loop()
    with contextlib.closing(first), contextlib.closing(second):
        first.run_until_complete(leave_one_running())
        assert second.run_until_complete(ask()) == b"of this loop"
        first.run_until_complete(_end_all(first))


async def _end_all(loop: asyncio.AbstractEventLoop) -> None:
    tasks = [task for task in asyncio.all_tasks(loop) if task is not asyncio.current_task()]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
