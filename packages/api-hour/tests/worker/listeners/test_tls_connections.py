"""Connections with TLS: for every kind of handler, when the handshake fails, and when the worker ends."""

import asyncio
import logging
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from accepting import GET, GET_AND_CLOSE, LONG_S, Recorder, SlowServer, client_of, shout
from event_loops import TIMEOUT_S, let_run, on_each_loop, until
from issued import Issuer, subject_of
from listening_sockets import listening

from api_hour.config.tls_files import TlsFiles
from api_hour.http import HttpServer, Request, Router
from api_hour.tls import TlsPem, read_pem
from api_hour.worker.listeners import connections as connections_module
from api_hour.worker.listeners.certificates import Certificate, replace_certificates
from api_hour.worker.listeners.listeners import Listeners

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@pytest.fixture
def issuer(tmp_path: Path) -> Issuer:
    return Issuer(tmp_path)


@asynccontextmanager
async def serving(listener: socket.socket, handler: Any, certificate: Certificate) -> AsyncIterator[Listeners]:
    """Serve an address with TLS to the end of the block."""
    listeners = Listeners(asyncio.get_running_loop())
    await listeners.serve(listener, handler, certificate)
    try:
        yield listeners
    finally:
        listeners.close()
        await listeners.drain(0)
        await until(lambda: listeners.open_connections() == 0)


@asynccontextmanager
async def tls_client(
    listener: socket.socket, issuer: Issuer, files: TlsFiles | None = None, *, offers: Sequence[str] = ()
) -> AsyncIterator[Streams]:
    """Connect with TLS; the connection is cut at the end of the block."""
    context = issuer.client_context(files)
    if offers:
        context.set_alpn_protocols(offers)
    host, port = listener.getsockname()
    reader, writer = await asyncio.open_connection(host, port, ssl=context)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()
        with suppress(OSError):
            await writer.wait_closed()


def connect(listener: socket.socket, issuer: Issuer) -> ssl.SSLSocket:
    """Connect with TLS; the client does nothing more by itself."""
    client = socket.create_connection(listener.getsockname(), TIMEOUT_S)
    return issuer.client_context().wrap_socket(client, server_hostname="localhost")


def shown(writer: asyncio.StreamWriter) -> str:
    return subject_of(cast("ssl.SSLObject", writer.get_extra_info("ssl_object")))


def http_server() -> HttpServer:
    router = Router()

    async def scheme(request: Request) -> dict[str, str]:
        return {"scheme": request.scheme}

    router.add("GET", "/", scheme)
    return HttpServer(router)


# Every kind of handler.


@on_each_loop
async def test_http_is_answered_and_knows_its_scheme(issuer: Issuer) -> None:
    with listening() as [listener]:
        async with (
            serving(listener, http_server(), Certificate(issuer.issue("a"))) as listeners,
            tls_client(listener, issuer) as (reader, writer),
        ):
            writer.write(GET + GET_AND_CLOSE)
            answer = await reader.read()

            assert answer.count(b"HTTP/1.1 200 OK") == 2
            assert answer.endswith(b'{"scheme":"https"}')
            await until(lambda: listeners.open_connections() == 0)


@on_each_loop
async def test_a_coroutine_with_streams_is_served(issuer: Issuer) -> None:
    with listening() as [listener]:
        async with (
            serving(listener, shout, Certificate(issuer.issue("a"))),
            tls_client(listener, issuer) as (reader, writer),
        ):
            writer.write(b"hello\n")

            assert await reader.read() == b"HELLO\n"


@on_each_loop
async def test_a_protocol_of_one_s_own_is_served(issuer: Issuer) -> None:
    made: list[Recorder] = []
    with listening() as [listener]:
        async with (
            serving(listener, lambda: Recorder(made), Certificate(issuer.issue("a"))),
            tls_client(listener, issuer) as (reader, writer),
        ):
            writer.write(b"hello")
            await until(lambda: made and made[0].data)
            made[0].transport.write(b"good bye")
            made[0].transport.close()

            assert await reader.read() == b"good bye"
            assert made[0].data == b"hello"
            await until(lambda: made[0].is_lost)


@on_each_loop
async def test_a_client_that_offers_protocols_gets_http_1_1(issuer: Issuer) -> None:
    with listening() as [listener]:
        async with (
            serving(listener, http_server(), Certificate(issuer.issue("a"))),
            tls_client(listener, issuer, offers=["h2", "http/1.1"]) as (_, writer),
        ):
            assert writer.get_extra_info("ssl_object").selected_alpn_protocol() == "http/1.1"


@on_each_loop
async def test_a_client_that_closes_its_end_is_no_warning(issuer: Issuer, caplog: pytest.LogCaptureFixture) -> None:
    server = SlowServer()
    with listening() as [listener]:
        async with serving(listener, server, Certificate(issuer.issue("a"))) as listeners:
            async with tls_client(listener, issuer) as (_, writer):
                writer.write(GET)
                await until(lambda: server.begun)
                writer.close()  # says so, and waits for nothing
                await until(lambda: listeners.open_connections() == 0)
            server.may_go.set()
            await let_run()

    assert [record.getMessage() for record in caplog.records] == []


# Clients with certificates.


@on_each_loop
async def test_a_client_must_have_a_certificate_of_the_authorities(issuer: Issuer, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    stranger = Issuer(tmp_path / "other").issue("stranger")
    with listening() as [listener]:

        async def answer_to(files: TlsFiles | None) -> bytes:
            with suppress(ssl.SSLError, ConnectionError):  # with TLS 1.3 the client learns it when it reads
                async with tls_client(listener, issuer, files) as (reader, writer):
                    writer.write(GET_AND_CLOSE)
                    return await reader.read()
            return b""

        async with serving(listener, http_server(), Certificate(issuer.issue("a", ca=True))) as listeners:
            assert (await answer_to(issuer.issue("client"))).endswith(b'{"scheme":"https"}')
            for files in (None, stranger):
                assert await answer_to(files) == b""
            await until(lambda: listeners.open_connections() == 0)


# Handshakes that fail.


@on_each_loop
async def test_a_client_without_tls_is_closed_without_a_word_in_the_log(
    issuer: Issuer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with listening() as [listener]:
        async with serving(listener, http_server(), Certificate(issuer.issue("a"))) as listeners:
            async with client_of(listener) as (reader, writer):
                writer.write(GET)
                with suppress(ConnectionResetError):
                    await reader.read()
            await until(lambda: listeners.open_connections() == 0)

    assert caplog.records == []


@on_each_loop
async def test_a_client_that_resets_the_handshake_is_forgotten(
    issuer: Issuer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with listening() as [listener]:
        async with serving(listener, http_server(), Certificate(issuer.issue("a"))) as listeners:
            with socket.create_connection(listener.getsockname()) as client:
                client.send(b"\x16\x03\x01\x02\x00")  # the beginning of a handshake
                await until(listeners.open_connections)
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            await until(lambda: listeners.open_connections() == 0)

    assert caplog.records == []


@on_each_loop
async def test_a_handshake_has_a_deadline(
    issuer: Issuer, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(connections_module, "HANDSHAKE_TIMEOUT_S", 0.05)
    with listening() as [listener]:
        async with serving(listener, http_server(), Certificate(issuer.issue("a"))) as listeners:
            async with client_of(listener) as (reader, _):
                with suppress(ConnectionResetError):
                    assert await reader.read() == b""
            await until(lambda: listeners.open_connections() == 0)

    assert caplog.records == []


# The end of the worker.


@on_each_loop
async def test_a_drain_finishes_what_has_begun_and_closes_what_is_idle(issuer: Issuer) -> None:
    server = SlowServer()
    with listening() as [listener]:
        async with (
            serving(listener, server, Certificate(issuer.issue("a"))) as listeners,
            tls_client(listener, issuer) as (idle, _),
            tls_client(listener, issuer) as (reader, writer),
        ):
            writer.write(GET)
            await until(lambda: server.begun)
            draining = asyncio.create_task(listeners.drain(LONG_S))
            assert await idle.read() == b""
            server.may_go.set()

            answer = await reader.read()
            await draining

            assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
            assert b"Connection: close\r\n" in answer


@on_each_loop
async def test_a_client_that_never_says_good_bye_does_not_hold_up_the_end(
    issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections_module, "CLOSE_TIMEOUT_S", 0.05)
    server = http_server()
    with listening() as [listener]:
        async with serving(listener, server, Certificate(issuer.issue("a"))) as listeners:
            with await asyncio.to_thread(connect, listener, issuer):
                await until(lambda: server.connections)

                await listeners.drain(LONG_S)

                assert listeners.open_connections() == 0


@on_each_loop
async def test_a_retiring_worker_tells_its_clients(issuer: Issuer) -> None:
    server = SlowServer()
    server.may_go.set()
    with listening() as [listener]:
        async with (
            serving(listener, server, Certificate(issuer.issue("a"))) as listeners,
            tls_client(listener, issuer) as (reader, writer),
        ):
            writer.write(GET)
            await reader.readuntil(b"\r\n\r\n")
            retiring = asyncio.create_task(listeners.retire(drain_s=LONG_S, timeout_s=LONG_S))
            await let_run()
            writer.write(GET)

            assert b"Connection: close\r\n" in await reader.read()
            await retiring


@on_each_loop
async def test_a_client_whose_handshake_ends_while_the_worker_retires_is_told_too(issuer: Issuer) -> None:
    server = SlowServer()
    server.may_go.set()
    with listening() as [listener]:
        async with serving(listener, server, Certificate(issuer.issue("a"))) as listeners:
            with socket.create_connection(listener.getsockname()) as client:
                client.setblocking(False)
                await until(listeners.open_connections)
                retiring = asyncio.create_task(listeners.retire(drain_s=LONG_S, timeout_s=LONG_S))
                await let_run()

                reader, writer = await asyncio.open_connection(
                    sock=client, ssl=issuer.client_context(), server_hostname="localhost"
                )
                await until(lambda: any(connection.exchange.is_draining for connection in server.connections))
                writer.write(GET)

                assert b"Connection: close\r\n" in await reader.read()
                await retiring
                writer.transport.abort()


@on_each_loop
async def test_a_handshake_that_is_not_over_does_not_hold_up_the_end(issuer: Issuer) -> None:
    with listening() as [listener]:
        async with (
            serving(listener, http_server(), Certificate(issuer.issue("a"))) as listeners,
            client_of(listener) as (reader, _),
        ):
            await until(listeners.open_connections)

            await listeners.drain(LONG_S)

            assert listeners.open_connections() == 0
            with suppress(ConnectionResetError):
                assert await reader.read() == b""


# A certificate that changes.


def changed(certificate: Certificate, files: TlsFiles) -> TlsPem:
    """Return other files' content, as if it were in the certificate's."""
    return replace(read_pem(files), files=certificate.files)


@on_each_loop
async def test_new_connections_get_a_new_certificate_and_open_ones_stay(issuer: Issuer) -> None:
    certificate = Certificate(issuer.issue("old"))
    with listening() as [listener]:
        async with (
            serving(listener, http_server(), certificate),
            tls_client(listener, issuer) as (reader, writer),
        ):
            replace_certificates([certificate], [changed(certificate, issuer.issue("new"))])
            async with tls_client(listener, issuer) as (_, new_writer):
                assert shown(new_writer) == "new"
            writer.write(GET_AND_CLOSE)

            assert (await reader.read()).endswith(b'{"scheme":"https"}')
            assert shown(writer) == "old"


@pytest.mark.parametrize("host", [None, "localhost"])
@on_each_loop
async def test_a_server_that_is_given_one_context_shows_the_newest_certificate(
    issuer: Issuer, host: str | None
) -> None:
    certificate = Certificate(issuer.issue("old"))
    server = await asyncio.get_running_loop().create_server(
        http_server(), "127.0.0.1", 0, ssl=certificate.lasting_context()
    )
    try:
        replace_certificates([certificate], [changed(certificate, issuer.issue("new"))])
        async with tls_client(server.sockets[0], issuer) as (_, writer):
            assert shown(writer) == "new"
    finally:
        server.close()
        await server.wait_closed()
