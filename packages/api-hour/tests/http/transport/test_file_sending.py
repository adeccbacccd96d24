"""Files that the kernel sends beside the transport, at the pace of their clients."""

import asyncio
import os
import ssl
from pathlib import Path
from typing import Any

import pytest
import trustme
from event_loops import let_run, on_each_loop, until
from http_connection import connected
from wsgi_serving import GET, asking, serving

CONTENT = os.urandom(1_000_003)
LARGE = 30_000_000  # more than the buffers of a connection hold


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_bytes(CONTENT)
    return path


def descriptors() -> int:
    """Count this process's open descriptors."""
    return len([*Path("/proc/self/fd").iterdir()])


def sending(path: Path) -> Any:
    """Make an application that answers with a file."""

    def app(environ: dict[str, Any], start_response: Any) -> Any:
        start_response("200 OK", [])
        return environ["wsgi.file_wrapper"](path.open("rb"))

    return app


@on_each_loop
async def test_a_slow_client_gets_all_of_it(path: Path) -> None:
    with path.open("ab") as file:
        file.truncate(LARGE)
    async with asking(sending(path), 1) as connection:
        connection.send(GET)
        await connection.reader.readuntil(b"\r\n\r\n")
        await let_run()  # the kernel is full
        body = await connection.reader.readexactly(LARGE)
        assert body == CONTENT + bytes(LARGE - len(CONTENT))
        connection.send(GET)
        await connection.reader.readuntil(b"\r\n\r\n")


@on_each_loop
async def test_what_was_sent_before_it_comes_first(path: Path) -> None:
    async with asking(sending(path), 1) as connection:
        connection.send(GET * 3)
        for _ in range(3):
            assert (await connection.answer()).body == CONTENT


@pytest.mark.parametrize("is_cut_here", [False, True])
@on_each_loop
async def test_a_connection_that_is_lost_leaves_no_descriptor(is_cut_here: bool, path: Path) -> None:
    with path.open("ab") as file:
        file.truncate(LARGE)
    with serving(sending(path), 1) as server:
        counts = []
        for _ in range(3):
            async with connected(server) as connection:
                connection.send(GET)
                await connection.reader.readuntil(b"\r\n\r\n")
                if is_cut_here:
                    connection.protocol.abort()
                else:
                    connection.writer.transport.abort()
                await until(lambda: not server.works)
            await until(lambda: not server.connections)
            await let_run()
            counts.append(descriptors())
    assert counts[1] == counts[2]  # the loop itself may have opened one at first


@on_each_loop
async def test_a_file_that_is_shorter_than_said_cuts_the_answer(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    def app(environ: dict[str, Any], start_response: Any) -> Any:
        start_response("200 OK", [])
        body = environ["wsgi.file_wrapper"](path.open("rb"))
        rest = body.rest()
        body.rest = lambda: rest
        os.truncate(path, 500_000)  # after its size was looked at
        return body

    async with asking(app, 1) as connection:
        connection.send(GET)
        assert (await connection.rest()).endswith(CONTENT[:500_000])
    assert "the file ends 500003 bytes before what its head says" in caplog.text


@on_each_loop
async def test_a_file_may_follow_what_was_written(path: Path) -> None:
    def app(environ: dict[str, Any], start_response: Any) -> Any:
        write = start_response("200 OK", [])
        write(b"before")
        return environ["wsgi.file_wrapper"](path.open("rb"))

    async with asking(app, 1) as connection:
        connection.send(GET)
        head = await connection.reader.readuntil(b"\r\n\r\n")
        assert b"Transfer-Encoding: chunked" in head
        assert await connection.reader.readexactly(11) == b"6\r\nbefore\r\n"
        assert await connection.reader.readuntil(b"\r\n") == b"%x\r\n" % len(CONTENT)
        assert await connection.reader.readexactly(len(CONTENT)) == CONTENT
        assert await connection.reader.readexactly(7) == b"\r\n0\r\n\r\n"


@on_each_loop
async def test_with_tls_it_is_read_and_sent_in_pieces(path: Path) -> None:
    authority = trustme.CA()
    ours, theirs = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH), ssl.create_default_context()
    authority.issue_cert("localhost").configure_cert(ours)
    authority.configure_trust(theirs)
    with serving(sending(path), 1) as server:
        listening = await asyncio.get_running_loop().create_server(server, "127.0.0.1", 0, ssl=ours)
        port = listening.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=theirs, server_hostname="localhost")
        for _ in range(2):
            writer.write(GET)
            head = await reader.readuntil(b"\r\n\r\n")
            assert f"Content-Length: {len(CONTENT)}".encode() in head
            assert await reader.readexactly(len(CONTENT)) == CONTENT
        writer.close()
        listening.close()
        await until(lambda: not server.connections)
