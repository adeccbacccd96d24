"""The life of one worker: the order of its hooks, and what is done when one of them raises."""

import asyncio

import pytest
from event_loops import let_run, on_each_loop, until
from listening_sockets import listening
from lived import GET, WHOLE_LIFE, App, Diary, exchange, living

HOOKS = ("pre_start", "connect first", "start", "make_servers", "shutdown", "stop", "close second", "cleanup")


# The order of a life.


@on_each_loop
async def test_the_hooks_run_in_order_with_the_engines_between_them() -> None:
    diary = Diary()
    with listening() as listeners, living(App(diary), listeners) as life:
        await life.ready()
        await life.end()

    assert diary.entries == WHOLE_LIFE


@on_each_loop
async def test_the_engines_are_up_before_the_first_connection_is_accepted_and_until_the_last_is_answered() -> None:
    diary = Diary()
    container = App(diary)
    container.may_go.set()
    with listening() as listeners:
        answer = asyncio.create_task(exchange(listeners[0], GET))  # the client waits before the worker is there
        with living(container, listeners) as life:
            await until(lambda: "answer" in diary.entries)
            await life.end()

        assert (await answer).startswith(b"HTTP/1.1 200 OK\r\n")
    position = WHOLE_LIFE.index("ready") + 1
    assert diary.entries == [*WHOLE_LIFE[:position], "answer", *WHOLE_LIFE[position:]]


@on_each_loop
async def test_requests_in_flight_are_answered_before_the_hooks_of_the_end() -> None:
    diary = Diary()
    container = App(diary)
    with listening() as listeners, living(container, listeners) as life:
        idle = asyncio.create_task(exchange(listeners[0], b""))
        answer = asyncio.create_task(exchange(listeners[0], GET))
        await until(lambda: container.begun and len(container.servers["http"].connections) == 2)
        life.ending.stop()
        assert await idle == b""  # the end has begun
        assert diary.entries[-1] == "ready"
        container.may_go.set()

        data = await answer
        await life.task

    assert data.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"\r\nConnection: close\r\n" in data
    assert diary.entries[-6:] == ["answer", "shutdown", "stop", "close second", "close first", "cleanup"]


@on_each_loop
async def test_a_request_that_takes_too_long_is_stopped_and_the_hooks_of_the_end_run() -> None:
    diary = Diary()
    container = App(diary)
    with listening() as listeners, living(container, listeners, graceful_timeout_s=0.0) as life:
        answer = asyncio.create_task(exchange(listeners[0], GET))
        await until(lambda: container.begun)

        await life.end()

        assert await answer == b""
    assert diary.entries == WHOLE_LIFE


@on_each_loop
async def test_a_worker_that_retires_answers_what_its_connections_ask_next_and_tells_them_to_go() -> None:
    diary = Diary()
    container = App(diary)
    container.may_go.set()
    with listening() as listeners, living(container, listeners) as life:
        await life.ready()
        reader, writer = await asyncio.open_connection(*listeners[0].getsockname())
        writer.write(GET)
        assert b"\r\nConnection: close\r\n" not in await reader.readuntil(b"answered")

        life.ending.retire()
        await let_run()
        assert not life.task.done()
        writer.write(GET)

        assert b"\r\nConnection: close\r\n" in await reader.read()
        writer.close()
        await life.task
    assert diary.entries[-5:] == WHOLE_LIFE[-5:]


@on_each_loop
async def test_idle_connections_are_closed_when_the_time_to_drain_is_over() -> None:
    with listening() as listeners, living(App(Diary()), listeners, drain_timeout_s=0.0) as life:
        await life.ready()
        reader, writer = await asyncio.open_connection(*listeners[0].getsockname())
        await until(lambda: life.open_connections() == 1)

        life.ending.retire()

        assert await reader.read() == b""
        writer.close()
        await life.task


@on_each_loop
async def test_a_stop_cuts_a_retirement_short() -> None:
    with listening() as listeners, living(App(Diary()), listeners) as life:
        await life.ready()
        reader, writer = await asyncio.open_connection(*listeners[0].getsockname())
        await until(lambda: life.open_connections() == 1)
        life.ending.retire()
        await let_run()
        assert not life.task.done()

        life.ending.stop()

        assert await reader.read() == b""
        writer.close()
        await life.task


@on_each_loop
async def test_the_stop_of_a_container_written_for_earlier_versions_is_called() -> None:
    closed: list[str] = []

    class Legacy(App):
        async def stop(self) -> None:
            closed.append("engine of its own")
            await super().stop()

    with listening() as listeners, living(Legacy(Diary()), listeners) as life:
        await life.ready()
        await life.end()

    assert closed == ["engine of its own"]


# Hooks that raise.


@pytest.mark.parametrize("hook", HOOKS)
@on_each_loop
async def test_a_hook_that_raises_ends_the_life_with_the_engines_closed_and_cleaned_up(hook: str) -> None:
    diary = Diary(raises_in=hook)
    with listening() as listeners, living(App(diary), listeners) as life:
        life.ending.stop()

        with pytest.raises(RuntimeError) as caught:
            await life.task

    assert str(caught.value) == f"{hook} is broken"
    before = WHOLE_LIFE[: WHOLE_LIFE.index(hook) + 1]
    end = ["close second", "close first", "cleanup"]
    assert diary.entries == before + [entry for entry in end if entry not in before]


@on_each_loop
async def test_a_life_that_is_cancelled_before_it_serves_is_cleaned_up() -> None:
    diary = Diary()

    class Stuck(App):
        async def start(self) -> None:
            await super().start()
            await asyncio.Event().wait()

    with listening() as listeners, living(Stuck(diary), listeners) as life:
        await until(lambda: "start" in diary.entries)
        life.task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await life.task

    assert diary.entries == ["pre_start", "connect first", "connect second", "start", *WHOLE_LIFE[-3:]]


@on_each_loop
async def test_a_life_that_is_cancelled_while_it_serves_leaves_no_connection_open() -> None:
    container = App(Diary())
    with listening() as listeners, living(container, listeners) as life:
        await life.ready()
        answer = asyncio.create_task(exchange(listeners[0], GET))
        await until(lambda: container.begun)

        life.task.cancel()
        await asyncio.wait((life.task,))

        assert await answer == b""
        assert life.open_connections() == 0
    assert container.diary.entries[-1] == "cleanup"
