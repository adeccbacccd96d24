"""Requests that ask for a WebSocket or only seem to, and the answers to them."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from event_loops import run_in_loop
from http_connection import connected, parse_head
from websocket_talks import HANDSHAKE, MakeServer, NativeSide, Side, native, on_both

from api_hour.http.asgi import AsgiServer
from api_hour.http.websocket_handler import WebSocket

VERSION = b"Sec-WebSocket-Version: 13\r\n"


async def accept(side: Side) -> None:
    await side.accept()


@on_both
@pytest.mark.parametrize(
    ("request_bytes", "status", "headers"),
    [
        (
            HANDSHAKE.replace(b"Version: 13", b"Version: 8"),
            426,
            {"upgrade": "websocket", "sec-websocket-version": "13"},
        ),
        (HANDSHAKE.replace(VERSION, VERSION + b"sec-websocket-version: 14\r\n"), 426, {"sec-websocket-version": "13"}),
        (HANDSHAKE.replace(VERSION, b""), 400, {"sec-websocket-version": "13"}),
        (HANDSHAKE.replace(b"dGhl", b"x"), 400, {"sec-websocket-version": "13"}),
    ],
)
def test_what_is_no_handshake_is_told_the_version(
    make_server: MakeServer, request_bytes: bytes, status: int, headers: dict[str, str]
) -> None:
    async def main() -> None:
        async with connected(make_server(accept)) as connection:
            answer = await connection.ask(request_bytes)
            assert (answer.status, {**answer.headers, **headers}) == (status, answer.headers)

    run_in_loop(main())


def test_a_request_for_no_websocket_is_told_how_to_ask() -> None:
    async def main() -> None:
        for request_bytes in (HANDSHAKE.replace(b"Upgrade: websocket", b"X: y"), HANDSHAKE.replace(b"1.1", b"1.0")):
            async with connected(native(accept)) as connection:
                answer = await connection.ask(request_bytes)
                assert (answer.status, answer.headers["upgrade"]) == (426, "websocket")
                assert answer.headers["sec-websocket-version"] == "13"

    run_in_loop(main())


def test_over_http_1_0_the_upgrade_is_ignored() -> None:
    scopes: list[str] = []

    async def app(scope: Any, _receive: Any, send: Any) -> None:
        scopes.append(scope["type"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"plain"})

    async def main() -> None:
        async with connected(AsgiServer(app)) as connection:
            answer = await connection.ask(HANDSHAKE.replace(b"1.1", b"1.0"))
            assert (answer.status, answer.body) == (200, b"plain")

    run_in_loop(main())
    assert scopes == ["http"]


def test_another_method_is_told_which() -> None:
    async def app(_scope: Any, _receive: Any, _send: Any) -> None:
        raise AssertionError

    async def main() -> None:
        async with connected(AsgiServer(app)) as connection:
            answer = await connection.ask(HANDSHAKE.replace(b"GET", b"PUT"))
            assert (answer.status, answer.headers["allow"]) == (405, "GET")

    run_in_loop(main())


@on_both
@pytest.mark.parametrize("control", [*range(9), *range(10, 32), 127])
def test_a_header_with_a_control_character_is_refused_before_anything_is_sent(
    make_server: MakeServer, control: int, caplog: pytest.LogCaptureFixture
) -> None:
    async def talk(side: Side) -> None:
        await side.accept([(b"x-good", b"y"), (b"x-bad", b"a%cb" % control)])

    async def main() -> None:
        async with connected(make_server(talk)) as connection:
            answer = await connection.ask(HANDSHAKE)
            assert answer.status == 500
            assert "x-good" not in answer.headers

    run_in_loop(main())
    assert "x-bad" in caplog.text


@on_both
def test_a_header_whose_name_is_none_is_refused(make_server: MakeServer, caplog: pytest.LogCaptureFixture) -> None:
    async def talk(side: Side) -> None:
        await side.accept([(b"x bad", b"y")])

    async def main() -> None:
        async with connected(make_server(talk)) as connection:
            assert (await connection.ask(HANDSHAKE)).status == 500

    run_in_loop(main())
    assert "x bad" in caplog.text


@on_both
def test_the_handler_s_headers_are_sent_as_they_are_and_the_server_s_once(
    make_server: MakeServer, caplog: pytest.LogCaptureFixture
) -> None:
    async def talk(side: Side) -> None:
        await side.accept([
            (b"x-name", b"\xe9\tz"), (b"Connection", b"close"), (b"Content-Length", b"0"),
            (b"Sec-WebSocket-Extensions", b"permessage-deflate"), (b"Sec-WebSocket-Accept", b"no"),
            (b"sec-websocket-protocol", b"ours"),
        ])  # fmt: skip

    async def main() -> None:
        async with connected(make_server(talk)) as connection:
            connection.send(HANDSHAKE)
            status, headers = parse_head(await connection.reader.readuntil(b"\r\n\r\n"))
            date = headers.pop("date")
            assert date.endswith("GMT")
            assert (status, headers) == (101, {
                "connection": "Upgrade", "sec-websocket-accept": "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
                "sec-websocket-protocol": "ours", "upgrade": "websocket", "x-name": "\xe9\tz",
            })  # fmt: skip

    with caplog.at_level(logging.DEBUG, "api_hour.http"):
        run_in_loop(main())
    assert caplog.text.count("is the server's to say") == 4


async def accept_again(websocket: WebSocket) -> None:
    websocket.accept()


TOO_EARLY = "the WebSocket is not accepted yet; call accept(), or raise HttpError to refuse it"


@pytest.mark.parametrize(
    ("speak", "message"),
    [
        (lambda websocket: websocket.send("x"), TOO_EARLY),
        (WebSocket.receive, TOO_EARLY),
        (WebSocket.close, TOO_EARLY),
        (accept_again, "accept() was called before"),
    ],
)
def test_a_handler_that_speaks_before_it_accepts_or_accepts_twice_is_told_so(
    speak: Callable[[WebSocket], Awaitable[Any]], message: str
) -> None:
    seen: list[str] = []

    async def talk(side: Side) -> None:
        assert isinstance(side, NativeSide)
        websocket = side.websocket
        if speak is accept_again:
            websocket.accept()
        with pytest.raises(RuntimeError) as caught:
            await speak(websocket)
        seen.append(str(caught.value))
        if not websocket.is_accepted:
            websocket.accept()

    async def main() -> None:
        async with connected(native(talk)) as connection:
            connection.send(HANDSHAKE)
            await connection.reader.readuntil(b"\r\n\r\n")
            assert await connection.reader.readexactly(4) == b"\x88\x02\x03\xe8"

    run_in_loop(main())
    assert seen == [message]
