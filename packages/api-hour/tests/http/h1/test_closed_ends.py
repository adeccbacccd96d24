"""Clients that close their end, or are gone."""

import gc
import weakref

import pytest
from echo_application import CHUNKED, GET, Application, chunks, request_for
from event_loops import let_run, on_each_loop, until
from http_connection import connected


@on_each_loop
async def test_a_client_that_has_sent_all_and_says_so_gets_its_answers() -> None:
    application = Application()
    async with connected(application.server) as connection:
        connection.send(request_for("/wait") + GET + b"\r\n")
        connection.writer.write_eof()
        await until(lambda: application.begun)
        await let_run()
        application.may_go.set()

        assert (await connection.answer()).body == b'"waited"'
        assert (await connection.answer()).headers["connection"] == "close"
        assert await connection.rest() == b""


KINDS = ["without bodies", "with bodies", "in chunks", "that wait", "of every kind"]


def pipelined(kind: str, number: int) -> bytes:
    """Return one of many requests."""
    match kind:
        case "without bodies":
            return request_for(f"/echo?number={number}")
        case "with bodies":
            return request_for("/echo", f"Content-Length: {number}", method="POST") + b"x" * number
        case "in chunks":
            return CHUNKED + chunks(*[1] * number) + b"0\r\n\r\n"
        case "that wait":
            return request_for(f"/slow/{number % 3}")
        case _:
            return pipelined(KINDS[number % 4], number)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("count", [1, 2, 15, 16, 17, 31, 32, 33, 47, 48, 49, 64, 65, 200])
@on_each_loop
async def test_all_that_was_pipelined_before_the_client_closed_its_end_is_answered(kind: str, count: int) -> None:
    async with connected(Application().server) as connection:
        connection.send(b"".join(pipelined(kind, number) for number in range(count)))
        connection.writer.write_eof()

        answers = [await connection.answer() for _ in range(count)]

        assert [answer.status for answer in answers] == [200] * count
        assert {answer.headers.get("connection") for answer in answers[:-1]} <= {None}
        assert await connection.rest() == b""


@on_each_loop
async def test_a_client_that_reads_slowly_and_has_closed_its_end_gets_all_its_answers() -> None:
    async with connected(Application().server) as connection:
        connection.writer.transport.pause_reading()  # type: ignore[attr-defined]
        connection.send(request_for("/big") * 4 + GET)
        connection.writer.write_eof()
        await until(lambda: connection.protocol.exchange.is_client_gone)
        await let_run()
        connection.writer.transport.resume_reading()  # type: ignore[attr-defined]

        for _ in range(5):
            assert (await connection.answer()).status == 200
        assert await connection.rest() == b""


UNFINISHED = {
    "request line": b"GET /echo HT",
    "head": b"GET /echo HTTP/1.1\r\nHost: a",
    "body": request_for("/echo", "Content-Length: 5", method="POST") + b"hell",
    "body that has not begun": request_for("/echo", "Content-Length: 5", "Expect: 100-continue", method="POST"),
    "chunk": request_for("/echo", "Transfer-Encoding: chunked", method="POST") + b"5\r\nhell",
    "last chunk": request_for("/echo", "Transfer-Encoding: chunked", method="POST") + b"5\r\nhello\r\n",
    "trailer": request_for("/echo", "Transfer-Encoding: chunked", method="POST") + b"0\r\nX: y",
}


@pytest.mark.parametrize("answered_before", [0, 1, 33])
@pytest.mark.parametrize("name", UNFINISHED)
@on_each_loop
async def test_a_client_that_closes_its_end_in_the_middle_of_a_request_is_told(name: str, answered_before: int) -> None:
    async with connected(Application().server) as connection:
        connection.send(GET * answered_before + UNFINISHED[name])
        connection.writer.write_eof()

        for _ in range(answered_before):
            assert (await connection.answer()).status == 200
        rest = await connection.rest()

        head, _, body = rest.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n").partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 400 Bad Request\r\n")
        assert body == b"Bad Request: the client closed its end before the request was whole\n"


@on_each_loop
async def test_a_client_that_closes_its_end_without_a_request_gets_nothing() -> None:
    for sent in (b"", b"\r", b"\r\n\r\n"):
        async with connected(Application().server) as connection:
            connection.send(sent)
            connection.writer.write_eof()

            assert await connection.rest() == b""


@on_each_loop
async def test_a_handler_may_finish_though_its_client_has_gone(caplog: pytest.LogCaptureFixture) -> None:
    application = Application()
    async with connected(application.server) as connection, connected(application.server) as other:
        connection.send(request_for("/wait"))
        await until(lambda: application.begun)
        connection.writer.transport.abort()
        await let_run()
        assert application.ended == 0
        application.may_go.set()

        await until(lambda: application.ended)
        await until(lambda: connection.protocol not in application.server.connections)
        assert (await other.ask(GET)).status == 200
    assert application.begun == 2  # the one that waited and the other client's
    assert caplog.records == []


@on_each_loop
async def test_a_connection_that_is_over_is_forgotten() -> None:
    application = Application()
    async with connected(application.server) as connection:
        assert list(application.server.connections) == [connection.protocol]
        await connection.ask(request_for("/echo", "Connection: close"))

        await until(lambda: not application.server.connections)


@on_each_loop
async def test_a_connection_that_is_over_is_freed_without_the_garbage_collector() -> None:
    gc.disable()
    try:
        async with connected(Application().server) as connection:
            reference = weakref.ref(connection.protocol)
            del connection.protocol
            assert reference() is not None
            await connection.ask(request_for("/echo", "Connection: close"))

            await until(lambda: reference() is None)
    finally:
        gc.enable()
