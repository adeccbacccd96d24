"""One request at a time in the loop's thread, and several in threads."""

import asyncio
import contextvars
import logging
import math
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from event_loops import let_run, on_each_loop, until
from http_connection import connected
from wsgi_serving import GET, asking, in_each_way, serving

from api_hour.http.message.limits import Limits
from api_hour.http.wsgi.turn import Turn

LOCAL = threading.local()
VARIABLE: contextvars.ContextVar[int] = contextvars.ContextVar("VARIABLE", default=0)


def counting(environ: Any, start_response: Any) -> list[bytes]:
    """Count requests in a thread's and a context's variable."""
    LOCAL.count = getattr(LOCAL, "count", 0) + 1
    VARIABLE.set(VARIABLE.get() + 1)
    start_response("200 OK", [])
    return [b"%d %d" % (LOCAL.count, VARIABLE.get())]


def streaming(environ: Any, start_response: Any) -> Iterator[bytes]:
    start_response("200 OK", [])
    yield b"first"
    yield b"x" * 20_000_000
    yield b"last"


@on_each_loop
async def test_in_the_loop_one_context_and_one_thread_serve_all_requests_as_under_a_forking_server() -> None:
    if hasattr(LOCAL, "count"):
        del LOCAL.count
    with serving(counting, 1) as server:
        async with connected(server) as one, connected(server) as other:
            answers = [(await connection.ask(GET)).body for connection in (one, other, one, other)]
    assert answers == [b"1 1", b"2 2", b"3 3", b"4 4"]
    assert VARIABLE.get() == 0


def running_a_loop(environ: Any, start_response: Any) -> Iterator[bytes]:
    """Run a loop of its own, at the call and for a piece that follows, as an application with coroutines does."""

    async def answer() -> bytes:
        await asyncio.sleep(0)
        return b"a"

    start_response("200 OK", [("Content-Length", "2")])
    yield asyncio.run(answer())
    yield asyncio.run(answer())


@in_each_way
async def test_an_application_sees_no_event_loop_and_may_run_one(threads: int) -> None:
    with serving(running_a_loop, threads) as server:
        async with connected(server) as one, connected(server) as other:
            for connection in (one, other):
                connection.send(GET)  # one of them waits for its turn in a task
            answers = [(await connection.answer()).body for connection in (one, other)]
    assert answers == [b"aa", b"aa"]


@on_each_loop
async def test_in_threads_each_thread_has_a_context_of_its_own() -> None:
    async with asking(counting, 2) as connection:
        answers = [(await connection.ask(GET)).body.split() for _ in range(10)]
    assert all(local == variable for local, variable in answers)
    assert {int(local) for local, _ in answers} <= set(range(1, 11))


@on_each_loop
async def test_while_an_answer_is_sent_in_pieces_nobody_else_is_called_and_others_wait_in_order() -> None:
    calls = []

    def app(environ: Any, start_response: Any) -> Any:
        calls.append(environ["PATH_INFO"])
        if environ["PATH_INFO"] == "/stream":
            return streaming(environ, start_response)
        return counting(environ, start_response)

    with serving(app, 1) as server:
        async with AsyncExitStack() as stack:
            slow, second, third = [await stack.enter_async_context(connected(server)) for _ in range(3)]
            slow.send(GET.replace(b"/ ", b"/stream "))
            await slow.reader.readuntil(b"first")
            await let_run()
            second.send(GET.replace(b"/ ", b"/second "))
            await let_run()
            third.send(GET.replace(b"/ ", b"/third "))
            await let_run()
            assert calls == ["/stream"]
            assert (await slow.reader.readexactly(20_000_000)).count(b"x") > 19_999_000
            assert (await second.answer()).status == (await third.answer()).status == 200
        assert calls == ["/stream", "/second", "/third"]


@on_each_loop
async def test_a_client_that_goes_gives_the_turn_to_others() -> None:
    closed = []

    class Endless:
        def __iter__(self) -> Iterator[bytes]:
            while True:
                yield b"x" * 100_000

        def close(self) -> None:
            closed.append(1)

    def app(environ: Any, start_response: Any) -> Any:
        start_response("200 OK", [])
        return Endless() if environ["PATH_INFO"] == "/endless" else [b"x"]

    with serving(app, 1) as server:
        async with connected(server) as slow, connected(server) as other:
            slow.send(GET.replace(b"/ ", b"/endless "))
            await slow.reader.readuntil(b"x")
            other.send(GET)
            slow.transport.abort()
            assert (await other.answer()).body == b"x"
        assert closed == [1]


@on_each_loop
async def test_who_waits_too_long_for_the_turn_is_told_so() -> None:
    with serving(streaming, 1, limits=Limits(request_timeout_s=3600)) as server:
        async with connected(server) as slow, connected(server) as other:
            slow.send(GET)
            await slow.reader.readuntil(b"first")
            other.send(GET)
            await until(lambda: other.protocol.exchange.request)
            other.protocol.exchange.check_deadline(math.inf)
            assert (await other.answer()).status == 503
            slow.protocol.exchange.check_deadline(math.inf)  # what is late itself is cut
            assert not (await slow.rest()).endswith(b"last\r\n0\r\n\r\n")


@on_each_loop
async def test_in_threads_one_request_does_not_wait_for_another() -> None:
    may_go_on = threading.Event()

    def app(environ: Any, start_response: Any) -> list[bytes]:
        if environ["PATH_INFO"] == "/wait":
            may_go_on.wait(10)
        start_response("200 OK", [])
        return [b"x"]

    with serving(app, 2) as server:
        async with connected(server) as slow, connected(server) as other:
            slow.send(GET.replace(b"/ ", b"/wait "))
            for _ in range(3):
                assert (await other.ask(GET)).body == b"x"
            may_go_on.set()
            assert (await slow.answer()).body == b"x"


@on_each_loop
async def test_a_thread_that_takes_too_long_is_named_and_another_takes_its_place(
    caplog: pytest.LogCaptureFixture,
) -> None:
    may_go_on = threading.Event()
    begun = 0

    def app(environ: Any, start_response: Any) -> list[bytes]:
        nonlocal begun
        if environ["PATH_INFO"] == "/stuck":
            begun += 1
            may_go_on.wait(20)
        start_response("200 OK", [])
        return [b"x"]

    with serving(app, 2, limits=Limits(request_timeout_s=3600)) as server:
        async with AsyncExitStack() as stack:
            stack.callback(may_go_on.set)
            stuck = [await stack.enter_async_context(connected(server)) for _ in range(2)]
            for connection in stuck:
                connection.send(GET.replace(b"/ ", b"/stuck "))
            await until(lambda: begun == 2)
            for connection in stuck:
                connection.protocol.exchange.check_deadline(math.inf)
                assert (await connection.answer()).status == 503
            assert [(await connection.ask(GET)).body for connection in stuck] == [b"x", b"x"]
            assert len(server.works) == 2
            may_go_on.set()
            await until(lambda: not server.works)
    assert "GET '/stuck' was not answered in time" in caplog.text
    assert "GET '/stuck' takes too long; its thread cannot be stopped, and is at:\n" in caplog.text
    assert "may_go_on.wait(20)" in caplog.text


@on_each_loop
async def test_a_call_that_keeps_the_loop_is_named_while_it_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    named = threading.Event()

    class Naming(logging.Handler):
        def emit(self, _record: logging.LogRecord) -> None:
            named.set()

    def app(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        return [b"%d" % named.wait(10)]

    handler = Naming(logging.WARNING)
    logging.getLogger("api_hour.http").addHandler(handler)
    try:
        async with asking(app, 1, limits=Limits(request_timeout_s=0.2)) as connection:
            assert (await connection.ask(GET.replace(b"/ ", b"/slow "))).body == b"1"
    finally:
        logging.getLogger("api_hour.http").removeHandler(handler)
    assert "GET '/slow' is not answered after" in caplog.text
    assert "named.wait(10)" in caplog.text
    assert "wsgi-watch" not in [thread.name for thread in threading.enumerate()]


@on_each_loop
async def test_what_is_done_after_the_answer_keeps_the_client_no_longer() -> None:
    may_go_on = threading.Event()

    class Answer:
        def __iter__(self) -> Iterator[bytes]:
            yield b"hello"

        def close(self) -> None:
            may_go_on.wait(10)

    def app(environ: Any, start_response: Any) -> Any:
        start_response("200 OK", [("Content-Length", "5")])
        return Answer() if environ["PATH_INFO"] == "/" else [b"hello"]

    async with asking(app, 2) as connection:
        assert (await connection.ask(GET)).body == b"hello"
        assert (await connection.ask(GET.replace(b"/ ", b"/other "))).body == b"hello"
        may_go_on.set()


@on_each_loop
async def test_in_the_loop_an_answer_is_sent_before_what_follows_it() -> None:
    seen: list[bytes] = []

    class Answer:
        def __iter__(self) -> Iterator[bytes]:
            yield b"hello"

        def close(self) -> None:
            with socket.socket(fileno=os.dup(connection.writer.get_extra_info("socket").fileno())) as client:
                seen.append(client.recv(1000, socket.MSG_PEEK))

    def app(environ: Any, start_response: Any) -> Any:
        start_response("200 OK", [("Content-Length", "5")])
        return Answer()

    async with asking(app, 1) as connection:
        assert (await connection.ask(GET)).body == b"hello"
    assert seen[0].endswith(b"hello")


# Whose turn it is.


@on_each_loop
async def test_the_turn_is_given_in_order_and_past_those_who_wait_no_longer() -> None:
    turn = Turn()
    had: list[int] = []

    async def have(number: int) -> None:
        await turn.wait()
        had.append(number)

    await have(1)
    waiting = [asyncio.create_task(have(number)) for number in (2, 3, 4)]
    await let_run()
    waiting[0].cancel()
    turn.give_up()
    await let_run()
    assert had == [1, 3]
    turn.give_up()
    waiting[2].cancel()  # it was given the turn, and gives it up
    await let_run()
    assert had == [1, 3]
    assert not turn.is_taken
