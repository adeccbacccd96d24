"""HTTP/1.1 on one connection, over a real loop and a real socket pair: what is answered."""

import logging
import re

import pytest
from echo_application import GET, Application, request_for
from event_loops import let_run, on_each_loop, until
from http_connection import connected

from api_hour.http import HttpServer, Request, Router


@on_each_loop
async def test_a_request_is_answered_with_a_whole_response() -> None:
    async with connected(Application().server) as connection:
        connection.send(b"POST /echo?a=1 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello")

        data = await connection.rest()

    body = b'{"method":"POST","query":{"a":"1"},"body":"hello"}'
    date, count = re.subn(rb"(?m)^Date: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r$", b"Date: now\r", data)
    assert count == 1
    assert date == (
        b"HTTP/1.1 200 OK\r\nDate: now\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(body), body)
    )


@on_each_loop
async def test_requests_on_one_connection_are_answered_one_after_the_other() -> None:
    async with connected(Application().server) as connection:
        for number in range(3):
            answer = await connection.ask(request_for(f"/echo?n={number}"))

            assert answer.status == 200
            assert answer.body == b'{"method":"GET","query":{"n":"%d"},"body":""}' % number
            assert "connection" not in answer.headers


@on_each_loop
async def test_a_chunked_body_is_joined_and_its_trailers_are_thrown_away() -> None:
    seen: list[Request] = []
    router = Router()

    @router.post("/")
    async def handler(request: Request) -> None:
        seen.append(request)

    async with connected(HttpServer(router)) as connection:
        await connection.ask(
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nAuthorization: forged\r\n\r\n"
        )

    [request] = seen
    assert request.body == b"abcde"
    assert request.headers == {"host": "a", "transfer-encoding": "chunked"}


@on_each_loop
async def test_pipelined_requests_are_answered_in_order_though_the_first_takes_longer() -> None:
    application = Application()
    async with connected(application.server) as connection:
        connection.send(request_for("/wait") + request_for("/echo?n=2") + request_for("/echo?n=3"))
        await until(lambda: application.begun)
        await let_run()
        assert application.begun == 1  # the others wait for their turn
        application.may_go.set()

        bodies = [(await connection.answer()).body for _ in range(3)]

    assert bodies[0] == b'"waited"'
    assert [b'"n":"2"' in bodies[1], b'"n":"3"' in bodies[2]] == [True, True]


@on_each_loop
async def test_a_connection_that_waits_holds_up_no_other() -> None:
    application = Application()
    async with connected(application.server) as slow, connected(application.server) as fast:
        slow.send(request_for("/wait"))
        await until(lambda: application.begun)

        assert (await fast.ask(GET)).status == 200
        application.may_go.set()
        assert (await slow.answer()).body == b'"waited"'


@on_each_loop
async def test_head_is_answered_without_a_body() -> None:
    async with connected(Application().server) as connection:
        connection.send(request_for("/echo", method="HEAD") + GET)

        head, get = await connection.answer(to="HEAD"), await connection.answer()

    assert head.status == get.status == 200
    assert int(head.headers["content-length"]) == len(get.body) + 1  # HEAD is a letter longer


@on_each_loop
async def test_paths_and_methods_that_are_not_there_leave_the_connection_open() -> None:
    async with connected(Application().server) as connection:
        unknown = await connection.ask(request_for("/nowhere"))
        wrong = await connection.ask(request_for("/boom", method="DELETE"))
        options = await connection.ask(request_for("/boom", method="OPTIONS"))

        assert (unknown.status, unknown.body) == (404, b"nothing is at /nowhere\n")
        assert (wrong.status, wrong.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
        assert (options.status, options.headers["allow"]) == (204, "GET, HEAD, OPTIONS")
        assert (await connection.ask(GET)).status == 200


@on_each_loop
async def test_a_handlers_error_is_answered_with_its_status_message_and_headers() -> None:
    async with connected(Application().server) as connection:
        answer = await connection.ask(request_for("/teapot"))

        assert (answer.status, answer.body, answer.headers["x-tea"]) == (418, b"short and stout\n", "green")
        assert (await connection.ask(GET)).status == 200


@pytest.mark.parametrize(
    ("path", "message", "error"),
    [
        ("/boom", "GET '/boom' failed", "ZeroDivisionError: on purpose"),
        ("/cancel", "GET '/cancel' failed", "asyncio.exceptions.CancelledError"),
        ("/object", "GET '/object' failed", "TypeError: Encoding objects of type object is unsupported"),
        (
            "/split",
            "GET '/split' failed",
            "ValueError: response header X-A: expected no control character in its value, got b'\\r'",
        ),
    ],
)
@on_each_loop
async def test_a_handler_that_fails_is_500_and_logged_with_its_traceback(
    path: str, message: str, error: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with connected(Application().server) as connection:
        answer = await connection.ask(request_for(path))

        assert (answer.status, answer.body) == (500, b"the server failed to answer\n")
        assert (await connection.ask(GET)).status == 200
    [record] = caplog.records
    assert (record.name, record.levelno, record.getMessage()) == ("api_hour.http", logging.ERROR, message)
    assert caplog.text.splitlines()[1] == "Traceback (most recent call last):"
    assert caplog.text.splitlines()[-1] == error


@on_each_loop
async def test_a_path_cannot_forge_a_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    router = Router()

    @router.get("/{name}")
    async def handler(_request: Request) -> None:
        raise ZeroDivisionError

    async with connected(HttpServer(router)) as connection:
        await connection.ask(request_for("/a%0Ab"))

    assert caplog.records[0].getMessage() == "GET '/a\\nb' failed"


@pytest.mark.parametrize(
    "request_bytes",
    [
        request_for("/echo", "Connection: close"),
        request_for("/echo", version="1.0"),
        b"GET /echo HTTP/1.0\r\n\r\n",
    ],
)
@on_each_loop
async def test_the_connection_is_closed_after_the_answer_where_the_client_wants_it(request_bytes: bytes) -> None:
    async with connected(Application().server) as connection:
        answer = await connection.ask(request_bytes)

        assert (answer.status, answer.headers["connection"]) == (200, "close")
        assert await connection.rest() == b""


@on_each_loop
async def test_what_comes_after_the_last_request_is_not_answered() -> None:
    async with connected(Application().server) as connection:
        connection.send(request_for("/echo", "Connection: close") + GET)

        assert (await connection.answer()).status == 200
        assert await connection.rest() == b""


@on_each_loop
async def test_a_client_of_http_1_0_may_keep_the_connection() -> None:
    async with connected(Application().server) as connection:
        for _ in range(2):
            answer = await connection.ask(request_for("/echo", "Connection: keep-alive", version="1.0"))

            assert answer.headers["connection"] == "keep-alive"


@on_each_loop
async def test_a_proxys_absolute_target_finds_its_handler() -> None:
    async with connected(Application().server) as connection:
        answer = await connection.ask(request_for("http://host:80/echo?a=1"))

        assert b'"query":{"a":"1"}' in answer.body
