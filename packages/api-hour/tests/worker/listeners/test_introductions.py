"""Connections with TLS whose proxy first names the client, in plain text."""

import asyncio
import json
import logging
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from event_loops import TIMEOUT_S, let_run, on_each_loop, until
from issued import Issuer
from listening_sockets import listening

from api_hour.access_log import AccessLog, line_maker
from api_hour.http import HttpServer, Limits, Proxy, Router
from api_hour.http.asgi import AsgiServer
from api_hour.http.wire.proxy_protocol import V2_SIGNATURE
from api_hour.worker.listeners import connections as connections_module
from api_hour.worker.listeners.certificates import Certificate
from api_hour.worker.listeners.listeners import Listeners

GET = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
V1 = b"PROXY TCP4 1.2.3.4 10.0.0.1 12345 443\r\n"
V2 = V2_SIGNATURE + b"\x21\x11\x00\x12" + bytes([1, 2, 3, 4, 10, 0, 0, 1]) + b"\x30\x39\x01\xbb" + b"\x04\x00\x03abc"
LOCAL = V2_SIGNATURE + b"\x20\x00\x00\x00"
PROXY = Proxy(trusted=("127.0.0.1",), protocol=True)


@pytest.fixture
def issuer(tmp_path: Path) -> Issuer:
    return Issuer(tmp_path)


def native(proxy: Proxy = PROXY, **given: Any) -> HttpServer:
    router = Router()
    router.add("GET", "/", lambda request: [request.client, request.scheme])
    return HttpServer(router, proxy=proxy, **given)


def asgi(proxy: Proxy = PROXY) -> AsgiServer:
    async def app(scope: Any, _receive: Any, send: Any) -> None:
        body = json.dumps([scope["client"], scope["scheme"]], separators=(",", ":")).encode()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body})

    return AsgiServer(app, proxy=proxy)


@asynccontextmanager
async def serving(issuer: Issuer, server: Any) -> AsyncIterator[tuple[Listeners, tuple[str, int]]]:
    with listening() as [listener]:
        listeners = Listeners(asyncio.get_running_loop())
        await listeners.serve(listener, server, Certificate(issuer.issue("a")))
        try:
            yield listeners, listener.getsockname()
        finally:
            listeners.close()
            await listeners.drain(0)
            await until(lambda: listeners.open_connections() == 0)


def client_of(address: tuple[str, int]) -> socket.socket:
    client = socket.create_connection(address, TIMEOUT_S)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return client


def ask(client: socket.socket, issuer: Issuer) -> bytes:
    """Shake hands, ask, and return the body of the answer."""
    with issuer.client_context().wrap_socket(client, server_hostname="localhost") as stream:
        stream.sendall(GET)
        answer = b""
        while piece := stream.recv(65536):
            answer += piece
    return answer.partition(b"\r\n\r\n")[2]


@pytest.mark.parametrize("server", [native, asgi])
@pytest.mark.parametrize("header", [V1, V2])
@on_each_loop
async def test_the_client_is_the_one_that_the_proxy_names(issuer: Issuer, server: Any, header: bytes) -> None:
    async with serving(issuer, server()) as (_, address):
        with client_of(address) as client:
            client.sendall(header)

            assert await asyncio.to_thread(ask, client, issuer) == b'[["1.2.3.4",12345],"https"]'


@pytest.mark.parametrize("header", [LOCAL, b"PROXY UNKNOWN\r\n"])
@on_each_loop
async def test_a_header_without_an_address_leaves_who_has_connected(issuer: Issuer, header: bytes) -> None:
    async with serving(issuer, native()) as (_, address):
        with client_of(address) as client:
            port = client.getsockname()[1]
            client.sendall(header)

            assert await asyncio.to_thread(ask, client, issuer) == b'[["127.0.0.1",%d],"https"]' % port


@pytest.mark.parametrize("header", [V1, V2])
@on_each_loop
async def test_a_header_may_come_byte_by_byte(issuer: Issuer, header: bytes) -> None:
    async with serving(issuer, native()) as (listeners, address):
        with client_of(address) as client:
            for position in range(len(header)):
                client.sendall(header[position : position + 1])
                await until(listeners.open_connections)
                await let_run()

            assert await asyncio.to_thread(ask, client, issuer) == b'[["1.2.3.4",12345],"https"]'


class Buffered:
    """A client's TLS whose first bytes are sent together with the header."""

    def __init__(self, issuer: Issuer) -> None:
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = issuer.client_context().wrap_bio(self.incoming, self.outgoing, server_hostname="localhost")


@pytest.mark.parametrize("header", [V1, V2])
@on_each_loop
async def test_the_handshake_begins_with_the_byte_after_the_header(issuer: Issuer, header: bytes) -> None:
    """Both in one segment: what is read of the header is no byte too many."""
    client = Buffered(issuer)
    with suppress(ssl.SSLWantReadError):
        client.tls.do_handshake()
    async with serving(issuer, native()) as (_, address):
        reader, writer = await asyncio.open_connection(*address)
        writer.write(header + client.outgoing.read())
        while True:
            client.incoming.write(await reader.read(65536))
            try:
                client.tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                writer.write(client.outgoing.read())
        client.tls.write(GET)
        writer.write(client.outgoing.read())
        answer = b""
        while not answer.endswith(b"]"):
            with suppress(ssl.SSLWantReadError):
                answer += client.tls.read()
                continue
            client.incoming.write(await reader.read(65536))
        writer.transport.abort()

    assert answer.endswith(b'[["1.2.3.4",12345],"https"]')


@pytest.mark.parametrize("begins_with", [b"\x16\x03\x01\x02\x00\x01\x00", b"PROXY TCP4 1.2.3.4\r\n", GET])
@on_each_loop
async def test_what_is_no_header_is_closed_and_said_so(
    issuer: Issuer, begins_with: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="api_hour")
    async with serving(issuer, native()) as (listeners, address):
        reader, writer = await asyncio.open_connection(*address)
        writer.write(begins_with)
        with suppress(ConnectionResetError):
            assert await reader.read() == b""
        writer.close()
        await until(lambda: listeners.open_connections() == 0)

    assert [record.getMessage() for record in caplog.records] == [
        "closed a connection before its TLS handshake: expected a PROXY protocol header"
    ]


@on_each_loop
async def test_who_is_no_trusted_proxy_shakes_hands_at_once(issuer: Issuer) -> None:
    async with serving(issuer, native(Proxy(trusted=("10.0.0.0/8",), protocol=True))) as (_, address):
        with client_of(address) as client:
            port = client.getsockname()[1]

            assert await asyncio.to_thread(ask, client, issuer) == b'[["127.0.0.1",%d],"https"]' % port
        with client_of(address) as client:
            client.sendall(V1)
            with pytest.raises((ssl.SSLError, ConnectionError)):
                await asyncio.to_thread(ask, client, issuer)


@on_each_loop
async def test_a_header_inside_tls_is_no_header(issuer: Issuer) -> None:
    async with serving(issuer, native(limits=Limits())) as (_, address):
        with client_of(address) as client:
            client.sendall(V1)

            def answer() -> bytes:
                with issuer.client_context().wrap_socket(client, server_hostname="localhost") as stream:
                    stream.sendall(V1 + GET)
                    return stream.recv(65536)

            assert (await asyncio.to_thread(answer)).startswith(b"HTTP/1.1 400 Bad Request\r\n")


@on_each_loop
async def test_a_header_has_a_deadline(issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections_module, "HANDSHAKE_TIMEOUT_S", 0.05)
    async with serving(issuer, native()) as (listeners, address):
        for sent in (b"", V1[:-1], V2[:-1]):
            reader, writer = await asyncio.open_connection(*address)
            writer.write(sent)
            with suppress(ConnectionResetError):
                assert await reader.read() == b""
            writer.close()
            await until(lambda: listeners.open_connections() == 0)


@on_each_loop
async def test_a_client_that_goes_before_its_header_is_whole_is_forgotten(
    issuer: Issuer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with serving(issuer, native()) as (listeners, address):
        for sent in (b"", V1[:5], V2[:20]):
            with client_of(address) as client:
                client.sendall(sent)
                await until(listeners.open_connections)
            await until(lambda: listeners.open_connections() == 0)

    assert caplog.records == []


@on_each_loop
async def test_a_header_that_is_not_whole_does_not_hold_up_the_end(issuer: Issuer) -> None:
    async with serving(issuer, native()) as (listeners, address):
        with client_of(address) as client:
            client.sendall(V1[:10])
            await until(listeners.open_connections)
            await let_run()
            await listeners.drain(TIMEOUT_S)

            assert listeners.open_connections() == 0


@on_each_loop
async def test_the_access_log_has_the_client_that_the_proxy_names(issuer: Issuer) -> None:
    lines: list[str] = []
    access_log = AccessLog(line_maker("%(h)s %(s)s"), lines.append)
    container = SimpleNamespace(worker=SimpleNamespace(access_log=access_log))
    async with serving(issuer, native(container=container)) as (_, address):
        with client_of(address) as client:
            client.sendall(V1)
            await asyncio.to_thread(ask, client, issuer)

    assert lines == ["1.2.3.4 200"]
