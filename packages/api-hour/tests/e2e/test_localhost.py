"""`localhost` as an address: both families are served alike, through reloads and by a successor."""

import signal
import socket
import ssl
from pathlib import Path

import pytest
from daemon_process import Daemon, body_of, daemon, end_in_time, exchange, get, read_all, watched
from event_loops import TIMEOUT_S
from issued import Issuer

APP = """
import asyncio
import api_hour
from api_hour.http import HttpServer, Router

class Shout(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport
    def data_received(self, data):
        self.transport.write(data.upper())
        self.transport.close()

def answer(request):
    return request.scheme

class Container(api_hour.Container):
    def make_servers(self):
        router = Router()
        router.add("GET", "/", answer)
        return [Shout, HttpServer(router)]
"""

BOTH = ("127.0.0.1", "::1")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    if not Path("/proc/net/if_inet6").exists():
        pytest.skip("this machine has no IPv6")


def ask(running: Daemon, host: str, context: ssl.SSLContext | None = None) -> str:
    client = socket.create_connection((host, port_of(running)), TIMEOUT_S)
    with client if context is None else context.wrap_socket(client, server_hostname="localhost") as connection:
        connection.sendall(get("/"))
        return body_of(read_all(connection))


def port_of(running: Daemon) -> int:
    found = running.supervisor.wait_for(r"listening on \[::1\]:(\d+)")
    return int(found[0][1])


def test_the_handler_of_an_address_serves_both_families_also_after_a_handover(tmp_path: Path) -> None:
    with daemon(tmp_path, "-b", "unix:a.sock", "-b", "localhost:0", "-w1", app=APP) as running:
        running.wait_ready(1)
        assert exchange("a.sock", b"hello") == b"HELLO"
        assert [ask(running, host) for host in BOTH] == ['"http"'] * 2
        running.supervisor.process.send_signal(signal.SIGUSR2)
        pid = int(running.supervisor.wait_for(r"successor started, pid (\d+)")[0][1])
        with watched([pid]) as successor:
            assert running.supervisor.wait() == 0

            assert [ask(running, host) for host in BOTH] == ['"http"'] * 2
            assert exchange("a.sock", b"hello") == b"HELLO"
            signal.pidfd_send_signal(successor[0], signal.SIGTERM)
            assert end_in_time(successor)


def test_the_certificate_of_an_address_is_served_to_both_families(tmp_path: Path) -> None:
    issuer = Issuer(tmp_path)
    files = issuer.issue("localhost")
    bind = f"localhost:0,cert={files.cert},key={files.key}"
    with daemon(tmp_path, "-b", "unix:a.sock", "-b", bind, "-w1", app=APP) as running:
        running.wait_ready(1)

        assert [ask(running, host, issuer.client_context()) for host in BOTH] == ['"https"'] * 2
        assert exchange("a.sock", b"hello") == b"HELLO"
        assert running.supervisor.stop() == 0
