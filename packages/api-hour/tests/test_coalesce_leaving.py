"""Coalescing: callers that leave, before an execution, while it runs, and in the moment of its answer."""

import asyncio

import pytest
from event_loops import let_run, on_each_loop
from held_source import Source


@on_each_loop
async def test_a_caller_that_is_cancelled_leaves_the_others_their_answer() -> None:
    source = Source()
    callers = [source.call() for _ in range(3)]
    await let_run()
    callers[0].cancel()
    await let_run()
    assert source.ask.metrics.callers == 2
    source.begun[0].set_result(b"kept")

    assert await asyncio.gather(*callers[1:]) == [b"kept"] * 2
    assert (callers[0].cancelled(), source.cancelled) == (True, 0)


@on_each_loop
async def test_the_last_caller_that_is_cancelled_ends_the_execution() -> None:
    source = Source()
    callers = [source.call() for _ in range(2)]
    await let_run()
    later = source.call()
    await let_run()
    for caller in callers:
        caller.cancel()
    await let_run()
    assert source.cancelled == 1
    source.begun[1].set_result(b"next")

    assert await later == b"next"


@on_each_loop
async def test_what_has_not_begun_never_does_when_all_its_callers_leave() -> None:
    source = Source()
    first = source.call()
    await let_run()
    later = [source.call() for _ in range(2)]
    await let_run()
    for caller in later:
        caller.cancel()
    await let_run()
    source.begun[0].set_result(b"only")

    assert await first == b"only"
    await let_run()
    assert (len(source.begun), source.ask.metrics.executions) == (1, 1)
    assert source.ask._lanes == {}


@on_each_loop
async def test_a_caller_that_leaves_at_once_begins_nothing() -> None:
    source = Source()
    caller = source.call()
    await asyncio.sleep(0)  # it has asked, and its execution has not begun
    caller.cancel()
    await let_run()

    assert (source.begun, source.ask._lanes) == ([], {})


@on_each_loop
async def test_what_would_begin_now_does_not_when_its_callers_leave_in_the_same_moment() -> None:
    source = Source()
    first = source.call()
    await let_run()
    later = source.call()
    await let_run()
    source.begun[0].set_result(b"only")
    later.cancel()

    assert await first == b"only"
    await let_run()
    assert (len(source.begun), source.ask._lanes) == (1, {})


@pytest.mark.parametrize("error", [None, KeyError("lost")])
@on_each_loop
async def test_a_caller_that_leaves_in_the_moment_of_the_answer_gets_none(error: Exception | None) -> None:
    source = Source()
    leaving, staying = source.call(), source.call()
    await let_run()
    source.begun[0].set_exception(error) if error else source.begun[0].set_result(b"kept")
    leaving.cancel()

    assert list(await asyncio.gather(staying, return_exceptions=True)) == [error or b"kept"]
    assert leaving.cancelled()
