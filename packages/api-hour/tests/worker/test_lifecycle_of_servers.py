"""The servers of a life: both forms of make_servers, and the certificates that they are given."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from event_loops import TIMEOUT_S, let_run, on_each_loop
from issued import Issuer
from listening_sockets import backlog_of, listening
from lived import BACKLOG, GET_AND_CLOSE, WHOLE_LIFE, App, Diary, exchange, living

from api_hour.errors import ConfigError
from api_hour.worker.lifecycle import ListeningSocket
from api_hour.worker.listeners.certificates import Certificate

# Both forms of make_servers.


async def say_streams(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer over streams."""
    await reader.readline()
    writer.write(b"streams")
    writer.close()


class SayProtocol(asyncio.Protocol):
    """Answers as a protocol."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert hasattr(transport, "write")
        transport.write(b"protocol")
        transport.close()


@on_each_loop
async def test_each_handler_serves_its_address() -> None:
    class Several(App):
        def make_servers(self) -> Sequence[Any]:
            return [SayProtocol, say_streams]

    with listening(2) as listeners, living(Several(Diary()), listeners) as life:
        await life.ready()

        assert await exchange(listeners[0], b"") == b"protocol"
        assert await exchange(listeners[1], b"\n") == b"streams"
        await life.end()


@on_each_loop
async def test_one_handler_serves_every_address() -> None:
    container = App(Diary())
    container.may_go.set()
    with listening(3) as listeners, living(container, listeners) as life:
        await life.ready()

        for listener in listeners:
            data = await exchange(listener, b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            assert data.startswith(b"HTTP/1.1 200 OK\r\n")
        await life.end()


@on_each_loop
async def test_a_wrong_number_of_handlers_ends_the_life() -> None:
    diary = Diary()

    class Several(App):
        def make_servers(self) -> Sequence[Any]:
            return [SayProtocol, SayProtocol]

    with listening(3) as listeners, living(Several(diary), listeners) as life, pytest.raises(ConfigError) as caught:
        await life.task

    assert str(caught.value) == (
        "make_servers() returned 2 handlers for 3 --bind addresses; expected one for all of them, or one for each."
    )
    assert diary.entries[-3:] == WHOLE_LIFE[-3:]


class Drained:
    """A protocol factory that asks to be shut down, as aiohttp's does."""

    def __init__(self, note: Callable[[str], None]) -> None:
        self.note = note

    def __call__(self) -> asyncio.BaseProtocol:
        return SayProtocol()

    async def shutdown(self, timeout: float) -> None:  # noqa: ASYNC109  # aiohttp's own signature
        self.note(f"handler.shutdown {timeout}")


class OwnServers(App):
    """Starts its servers itself, the first with a handler that knows how to end."""

    async def make_servers(self, sockets: Sequence[ListeningSocket]) -> dict[Any, Any]:  # type: ignore[override]
        first = Drained(self.diary.note)
        return {
            await self.loop.create_server(first, sock=sockets[0].sock): first,
            await asyncio.start_server(say_streams, sock=sockets[1].sock): say_streams,
        }


@on_each_loop
async def test_a_container_may_start_its_servers_itself() -> None:
    diary = Diary()
    with listening(2) as listeners, living(OwnServers(diary), listeners) as life:
        await life.ready()

        assert await exchange(listeners[0], b"") == b"protocol"
        assert await exchange(listeners[1], b"\n") == b"streams"
        await life.end()

    assert diary.entries[-6:] == [f"handler.shutdown {TIMEOUT_S}", "shutdown", "stop", *WHOLE_LIFE[-3:]]


@on_each_loop
async def test_the_backlog_is_kept_though_the_container_starts_its_servers_itself() -> None:
    with listening(2) as listeners, living(OwnServers(Diary()), listeners) as life:
        await life.ready()

        assert [backlog_of(listener) for listener in listeners] == [BACKLOG, BACKLOG]
        await life.end()


@on_each_loop
async def test_servers_that_the_container_started_accept_nothing_after_the_end() -> None:
    with listening(2) as listeners, living(OwnServers(Diary()), listeners) as life:
        await life.ready()
        await life.end()

        client = asyncio.create_task(exchange(listeners[0], b""))  # it waits for another worker
        await let_run()
        assert not client.done()
        client.cancel()


# Certificates.


class OwnTls(App):
    """Starts its own servers, and gives them the certificates of their addresses if `takes_ssl`."""

    takes_ssl = True

    async def make_servers(self, sockets: Sequence[ListeningSocket]) -> dict[Any, Any]:  # type: ignore[override]
        handler = self.servers["http"]
        self.made = [
            await self.loop.create_server(handler, sock=each.sock, ssl=each.ssl if self.takes_ssl else None)
            for each in sockets
        ]
        return dict.fromkeys(self.made, handler)


@on_each_loop
async def test_a_container_that_starts_its_own_servers_is_given_the_certificates(tmp_path: Path) -> None:
    issuer = Issuer(tmp_path)
    app = OwnTls(Diary())
    app.may_go.set()
    certificates = [None, Certificate(issuer.issue("a"))]
    with listening(2) as listeners, living(app, listeners, certificates=certificates) as life:
        await life.ready()

        assert (await exchange(listeners[0], GET_AND_CLOSE)).startswith(b"HTTP/1.1 200 OK\r\n")
        tls = issuer.client_context()
        assert (await exchange(listeners[1], GET_AND_CLOSE, tls=tls)).startswith(b"HTTP/1.1 200 OK\r\n")
        await life.end()


@on_each_loop
async def test_own_servers_that_would_serve_in_plain_text_are_refused(tmp_path: Path) -> None:
    app = OwnTls(Diary())
    app.takes_ssl = False
    certificate = Certificate(Issuer(tmp_path).issue("a"))
    with listening() as listeners, living(app, listeners, certificates=[certificate]) as life:
        host, port = listeners[0].getsockname()
        with pytest.raises(ConfigError) as caught:
            await life.task

        for server in app.made:
            assert not server.is_serving()
    assert str(caught.value) == (
        f"make_servers(), for {host}:{port}: the address has a certificate, and nobody asked for it; "
        "start its server with create_server(..., ssl=socket.ssl)."
    )
