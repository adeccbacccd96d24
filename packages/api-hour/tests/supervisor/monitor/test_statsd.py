"""Datagrams to a StatsD server."""

import socket
from dataclasses import replace
from pathlib import Path

import pytest
from event_loops import TIMEOUT_S
from pictured import FACTS

from api_hour.config.binds import TcpBind, UnixBind
from api_hour.supervisor.monitor.statsd import DATAGRAM_BYTES, StatsdSender, datagrams


def receive(server: socket.socket, last: str) -> list[str]:
    """Return the lines that come, up to one that begins so."""
    server.settimeout(TIMEOUT_S)
    lines: list[str] = []
    while not any(line.startswith(last) for line in lines):
        datagram = server.recv(65536)
        assert len(datagram) <= DATAGRAM_BYTES
        lines += datagram.decode().split("\n")
    return lines


def test_what_has_happened_since_the_last_time_is_sent() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        send = StatsdSender(TcpBind(host="localhost", port=server.getsockname()[1]), prefix="shop", tags="env:test")
        last = "shop.api_hour.supervisor_resident_memory_bytes"

        send(FACTS)
        assert "shop.gunicorn.requests:2400|c|#env:test" in receive(server, last)
        send(replace(FACTS, totals=replace(FACTS.totals, requests=2407)))
        assert "shop.gunicorn.requests:7|c|#env:test" in receive(server, last)
        send.close()


@pytest.mark.parametrize("path", ["statsd.sock", "@api-hour-test-statsd"])
def test_a_unix_socket_may_be_the_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind("\0" + path[1:] if path.startswith("@") else path)
        StatsdSender(UnixBind(path=path), prefix="", tags="")(FACTS)

        assert "gunicorn.requests:2400|c" in receive(server, "gunicorn.requests")


def test_a_server_that_is_not_there_is_an_error_and_nothing_counts_as_sent(tmp_path: Path) -> None:
    path = tmp_path / "statsd.sock"
    send = StatsdSender(UnixBind(path=str(path)), prefix="", tags="")
    with pytest.raises(OSError, match="No such file"):
        send(FACTS)

    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(str(path))
        send(FACTS)
        assert "gunicorn.requests:2400|c" in receive(server, "gunicorn.requests")


def test_lines_share_datagrams_as_long_as_there_is_room() -> None:
    lines = ["x" * 500, "y" * 500, "z" * 431, "1" * 2000, "2"]

    assert [datagram.decode().split("\n") for datagram in datagrams(lines)] == [
        lines[:2],
        lines[2:3],
        *([it] for it in lines[3:]),
    ]
