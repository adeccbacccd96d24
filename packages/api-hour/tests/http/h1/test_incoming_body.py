"""Clients that wait to be told to send their body."""

import pytest
from echo_application import GET, SMALL, Application, request_for
from event_loops import on_each_loop
from http_connection import connected


@on_each_loop
async def test_a_client_that_asks_is_told_to_send_its_body() -> None:
    async with connected(Application().server) as connection:
        connection.send(request_for("/echo", "Expect: 100-Continue", "Content-Length: 2", method="PUT"))
        assert await connection.reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"

        answer = await connection.ask(b"ok")

        assert b'"body":"ok"' in answer.body


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (request_for("/echo", "Expect: 100-continue", "Content-Length: 1001", method="PUT"), 413),
        (b"PUT /echo HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n", 400),
    ],
)
@on_each_loop
async def test_a_client_whose_request_is_refused_is_not_told_to_send_its_body(head: bytes, status: int) -> None:
    async with connected(Application(SMALL).server) as connection:
        assert (await connection.ask(head)).status == status


@pytest.mark.parametrize(
    "head",
    [
        request_for("/echo", "Expect: 100-continue", "Content-Length: 2", version="1.0", method="PUT"),
        request_for("/echo", "Expect: something-else", "Content-Length: 2", method="PUT"),
        GET + request_for("/echo", "Expect: 100-continue", "Content-Length: 2", method="PUT"),
    ],
)
@on_each_loop
async def test_no_other_client_is_told_to_send_its_body(head: bytes) -> None:
    """Neither one of HTTP/1.0 (RFC 9110, 10.1.1), nor one that still waits for earlier answers."""
    async with connected(Application().server) as connection:
        connection.send(head + b"ok")

        assert (await connection.answer()).status == 200
