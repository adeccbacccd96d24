"""The pool: who gets what, in which order, and who gets nothing."""

import asyncio

import pytest
from event_loops import let_run, on_each_loop, run_in_loop
from hypothesis import given
from hypothesis import strategies as st

from api_hour.engines.pool import NoneFree, Pool


def pool_of(*things: str, waiting_limit: int = 10) -> Pool[str]:
    pool: Pool[str] = Pool(waiting_limit=waiting_limit)
    for thing in things:
        pool.add(thing)
    return pool


def counts(pool: Pool[str]) -> tuple[int, int, int]:
    return pool.size, pool.lent, pool.waiting


def test_what_came_back_last_is_lent_first() -> None:
    pool = pool_of("a", "b")
    assert (pool.take(), pool.take(), pool.take()) == ("b", "a", None)
    pool.give_back("b")
    pool.give_back("a")

    assert (pool.take(), counts(pool)) == ("a", (2, 1, 0))


def test_what_was_dropped_is_not_taken_back() -> None:
    pool = pool_of("a", "b")
    lent = pool.take()
    assert lent is not None

    assert [pool.drop(lent), pool.drop(lent), pool.drop("a")] == [True, False, True]
    pool.give_back(lent)

    assert (pool.take(), counts(pool)) == (None, (0, 0, 0))


def test_the_free_ones_can_be_dropped_together() -> None:
    pool = pool_of("a", "b", "c")
    assert pool.take() == "c"

    assert pool.drop_free() == ["a", "b"]
    assert counts(pool) == (1, 1, 0)
    assert pool.drop_all() == ["c"]
    assert counts(pool) == (0, 0, 0)


@on_each_loop
async def test_who_waits_first_is_served_first() -> None:
    pool = pool_of()
    waiting = [asyncio.create_task(pool.wait(60.0)) for _ in range(3)]
    await let_run()
    assert counts(pool) == (0, 0, 3)
    pool.add("a")
    await let_run()

    assert [task.done() for task in waiting] == [True, False, False]
    pool.add("b")
    pool.give_back(waiting[0].result())
    assert await asyncio.gather(*waiting) == ["a", "b", "a"]
    pool.give_back("a")
    assert (pool.take(), counts(pool)) == ("a", (2, 2, 0))


@on_each_loop
async def test_who_has_no_patience_does_not_wait() -> None:
    with pytest.raises(NoneFree) as caught:
        await pool_of().wait(0.0)

    assert (str(caught.value), caught.value.waited_s) == ("", 0.0)


@on_each_loop
async def test_who_waits_in_vain_is_told_how_long() -> None:
    pool = pool_of()
    waits = [pool.wait(patience_s) for patience_s in (0.01, 0.01, 0.02)]
    errors = await asyncio.gather(*waits, return_exceptions=True)

    for error in errors:
        assert isinstance(error, NoneFree)
        assert error.waited_s > 0
    assert counts(pool) == (0, 0, 0)


@on_each_loop
async def test_no_more_wait_than_allowed() -> None:
    pool = pool_of(waiting_limit=1)
    waiting = asyncio.create_task(pool.wait(60.0))
    await let_run()

    with pytest.raises(NoneFree) as caught:
        await pool.wait(60.0)

    assert str(caught.value) == "1 callers wait already"
    pool.add("a")
    assert await waiting == "a"


@on_each_loop
async def test_who_stops_waiting_is_not_waited_for() -> None:
    pool = pool_of()
    waiting = [asyncio.create_task(pool.wait(60.0)) for _ in range(2)]
    await let_run()
    waiting[0].cancel()
    await let_run()
    assert counts(pool) == (0, 0, 1)
    pool.add("a")

    assert await waiting[1] == "a"


@on_each_loop
async def test_what_a_cancelled_borrower_was_given_goes_to_the_next() -> None:
    pool = pool_of()
    waiting = [asyncio.create_task(pool.wait(60.0)) for _ in range(2)]
    await let_run()
    pool.add("a")
    waiting[0].cancel()  # before it could see what it was given

    assert await waiting[1] == "a"
    assert waiting[0].cancelled()


@on_each_loop
async def test_who_is_cancelled_when_it_was_already_refused_takes_nothing() -> None:
    pool = pool_of()
    waiting = asyncio.create_task(pool.wait(60.0))
    await let_run()
    pool.refuse_all("closed")
    waiting.cancel()
    await let_run()

    assert waiting.cancelled()
    assert counts(pool) == (0, 0, 0)


@on_each_loop
async def test_a_thing_passes_by_who_was_cancelled_in_the_same_moment() -> None:
    pool = pool_of()
    waiting = [asyncio.create_task(pool.wait(60.0)) for _ in range(2)]
    await let_run()
    waiting[0].cancel()
    pool.add("a")

    assert await waiting[1] == "a"


@on_each_loop
async def test_all_who_wait_can_be_refused() -> None:
    pool = pool_of()
    pool.refuse_all("nobody is there")
    waiting = [asyncio.create_task(pool.wait(60.0)) for _ in range(2)]
    await let_run()
    waiting[0].cancel()
    pool.refuse_all("it is closed")

    with pytest.raises(NoneFree, match=r"^it is closed$"):
        await waiting[1]
    assert counts(pool) == (0, 0, 0)


@on_each_loop
async def test_it_is_quiet_when_everything_is_back_or_gone() -> None:
    pool = pool_of("a", "b")
    await pool.quiet()
    assert {pool.take(), pool.take()} == {"a", "b"}
    quiet = asyncio.create_task(pool.quiet())
    await let_run()
    pool.give_back("a")
    await let_run()
    assert not quiet.done()
    pool.drop("b")

    await quiet


STEPS = st.lists(st.tuples(st.sampled_from(["borrow", "back", "cancel", "add", "drop", "run"]), st.integers(0, 20)))


@given(steps=STEPS)
def test_whatever_happens_nothing_is_lent_twice_and_nothing_is_forgotten(steps: list[tuple[str, int]]) -> None:
    async def live() -> None:
        pool = pool_of("0", waiting_limit=1000)
        tasks: list[asyncio.Task[str]] = []
        held: list[str] = []
        made = 1

        async def borrow() -> str:
            thing = pool.take() or await pool.wait(60.0)
            assert thing not in held
            held.append(thing)
            return thing

        for action, number in steps:
            if action == "borrow":
                tasks.append(asyncio.create_task(borrow()))
            elif action == "back" and held:
                pool.give_back(held.pop(number % len(held)))
            elif action == "drop" and held:
                pool.drop(held.pop(number % len(held)))
            elif action == "cancel" and tasks:
                tasks[number % len(tasks)].cancel()
            elif action == "add":
                pool.add(str(made))
                made += 1
            else:
                await let_run()
        await let_run()
        assert pool.lent == len(held)
        assert pool.waiting == sum(not task.done() for task in tasks)
        assert pool.waiting == 0 or pool.lent == pool.size
        pool.refuse_all("the end")
        await asyncio.gather(*tasks, return_exceptions=True)

    run_in_loop(live())
