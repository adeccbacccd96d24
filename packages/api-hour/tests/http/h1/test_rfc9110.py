"""What RFC 9110 asks of a server beyond RFC 9112: each requirement with its test, named by its section."""

import re

import pytest
from event_loops import on_each_loop
from http_connection import connected
from rfc_server import GET, POST, H, head_of, server

from api_hour.http import HttpServer, Request, Router


@on_each_loop
async def test_9110_6_6_1_an_origin_server_with_a_clock_sends_a_date() -> None:
    async with connected(server()) as connection:
        for request in (GET, b"GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n", b"nonsense\r\n"):
            assert re.fullmatch(
                r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", (await head_of(connection, request))["date"]
            )


@on_each_loop
async def test_9110_9_3_2_head_is_answered_like_get_without_the_body() -> None:
    async with connected(server()) as connection:
        get = await connection.ask(GET)
        head = await connection.ask(GET.replace(b"GET", b"HEAD"))

    get.headers.pop("date")
    head.headers.pop("date")
    assert head.headers == get.headers


@on_each_loop
async def test_9110_10_1_1_a_client_that_waits_is_told_to_send_its_body_at_once() -> None:
    async with connected(server()) as connection:
        connection.send(GET + POST + b"Expect: 100-Continue\r\nContent-Length: 2\r\n\r\n")
        assert (await connection.answer()).status == 200
        assert await connection.reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.send(b"ok")

        assert (await connection.answer()).body == b"ok"


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (POST + b"Expect: 100-continue\r\nContent-Length: 101\r\n\r\n", 413),
        (b"POST /nowhere HTTP/1.1\r\n" + H + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n", 404),
        (b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n", 400),
    ],
)
@on_each_loop
async def test_9110_10_1_1_or_answered_with_what_it_would_get_and_the_end(head: bytes, status: int) -> None:
    async with connected(server()) as connection:
        answer = await connection.ask(head)

        assert (answer.status, answer.headers["connection"]) == (status, "close")
        assert await connection.rest() == b""


@on_each_loop
async def test_9110_15_5_6_405_says_what_is_allowed() -> None:
    async with connected(server()) as connection:
        headers = await head_of(connection, b"DELETE / HTTP/1.1\r\nHost: a\r\n\r\n")

    assert headers["allow"] == "GET, HEAD, OPTIONS, POST"


@on_each_loop
async def test_9110_7_8_upgrade_counts_where_connection_names_it_and_not_in_http_1_0() -> None:
    def wanted(request: Request) -> str | None:
        return None if request.upgrade is None else request.upgrade.decode()

    router = Router()
    router.add("GET", "/", wanted)
    upgrade = b"Upgrade: websocket\r\n"
    heads = [
        GET[:-2] + b"Connection: upgrade\r\n" + upgrade,
        GET[:-2] + upgrade,
        b"GET / HTTP/1.0\r\nConnection: upgrade\r\n" + upgrade,
    ]
    answers = []
    for head in heads:
        async with connected(HttpServer(router)) as client:
            answers.append((await client.ask(head + b"\r\n")).body)

    assert answers == [b'"websocket"', b"null", b"null"]
