"""Who connects while a daemon stops: what waits is answered, who comes later is refused at once."""

import json
import os
import signal
import socket
import ssl
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from daemon_process import Address, Daemon, body_of, connect, daemon, exchange, get, read_all, wait_for_file
from event_loops import TIMEOUT_S
from issued import Issuer
from monitored import wait_for
from started_process import POLL_S, PROGRAMS, started

ANSWERS = """
import asyncio
import time
from pathlib import Path
from typing import Any

import api_hour
from api_hour.http import HttpServer, Router

def block(request):
    Path("begun").touch()
    while not Path("go").exists():
        time.sleep(0.01)
    return "late"

async def wait(request):
    Path("begun").touch()
    while not Path("go").exists():
        await asyncio.sleep(0.01)
    return "late"

def answer(request):
    return "answered"

def make_server(container):
    router = Router()
    for path, handler in (("/block", block), ("/wait", wait), ("/", answer)):
        router.add("GET", path, handler)
    return HttpServer(router, container=container)
"""

SHARED = """
class Container(api_hour.Container):
    def make_servers(self):
        return [make_server(self)]
"""

ITS_OWN = """
class Container(api_hour.Container):
    async def make_servers(self, sockets):
        server = make_server(self)
        return {await self.loop.create_server(server, sock=one.sock, ssl=one.ssl): server for one in sockets}
"""

ON_ASYNCIO = """
class OnAsyncio(Container):
    @classmethod
    def make_event_loop(cls, config):
        return asyncio.new_event_loop()

Container = OnAsyncio
"""

OVER_STREAMS = """
async def talk(reader, writer):
    path = (await reader.readuntil(b"\\r\\n\\r\\n")).split()[1]
    body = {b"/block": block, b"/": answer}[path](None)
    writer.write(f'HTTP/1.1 200 OK\\r\\nConnection: close\\r\\n\\r\\n"{body}"'.encode())
    writer.close()

class Container(api_hour.Container):
    def make_servers(self):
        return [talk]
"""

APPS = {
    "uvloop": SHARED,
    "asyncio": SHARED + ON_ASYNCIO,
    "own servers on uvloop": ITS_OWN,
    "own servers on asyncio": ITS_OWN + ON_ASYNCIO,
    "streams": OVER_STREAMS,
}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def assert_refused(address: Address) -> None:
    """See that nobody can connect; the file of a unix socket goes with the daemon."""
    with pytest.raises((ConnectionRefusedError, FileNotFoundError)):
        connect(address)


@contextmanager
def five_that_wait(running: Daemon, address: Address) -> Iterator[list[socket.socket]]:
    """Give clients in the backlog of a worker that is blocked; it goes on when the daemon was told to stop."""
    with ExitStack() as stack:
        busy = stack.enter_context(connect(address))
        busy.sendall(get("/block"))
        wait_for_file(Path("begun"))
        yield [stack.enter_context(connect(address)) for _ in range(5)]
        assert body_of(read_all(busy)) == '"late"'
    assert running.supervisor.wait() == 0
    assert_refused(address)


def stop(running: Daemon) -> None:
    running.supervisor.process.send_signal(signal.SIGTERM)
    Path("go").touch()


@pytest.mark.parametrize("bind", ["127.0.0.1:0", "unix:a.sock", "unix:@api-hour-test"])
@pytest.mark.parametrize("app", APPS.values(), ids=APPS)
def test_what_waits_is_answered_and_who_comes_later_is_refused(app: str, bind: str, tmp_path: Path) -> None:
    if "@" in bind:
        bind += f"-{os.getpid()}"
    with daemon(tmp_path, "-b", bind, "-w1", app=ANSWERS + app) as running:
        running.wait_ready(1)
        address = bind.removeprefix("unix:").replace("@", "\0") if "unix" in bind else running.tcp_address()
        with five_that_wait(running, address) as clients:
            for client in clients:
                client.sendall(get("/"))
            stop(running)
            assert [body_of(read_all(client)) for client in clients] == ['"answered"'] * 5


@pytest.mark.parametrize("app", list(APPS.values())[:4], ids=list(APPS)[:4])
def test_so_is_who_waits_for_a_handshake(app: str, tmp_path: Path) -> None:
    issuer = Issuer(tmp_path)
    files = issuer.issue("localhost")
    options = ("-b", f"127.0.0.1:0,cert={files.cert},key={files.key}", "-w1")
    with daemon(tmp_path, *options, app=ANSWERS + app) as running, ExitStack() as stack:
        running.wait_ready(1)
        address = running.tcp_address()
        context = issuer.client_context()
        busy = stack.enter_context(context.wrap_socket(connect(address), server_hostname="127.0.0.1"))
        busy.sendall(get("/block"))
        wait_for_file(Path("begun"))
        clients = [HandshakingClient(context, stack.enter_context(connect(address))) for _ in range(5)]
        stop(running)
        with ThreadPoolExecutor(len(clients)) as pool:
            assert [*pool.map(HandshakingClient.ask, clients)] == ['"answered"'] * 5
        with busy:
            assert body_of(read_all(busy)) == '"late"'
        assert running.supervisor.wait() == 0


class HandshakingClient:
    """A TLS client that has said hello, and sends its request together with the end of the handshake."""

    def __init__(self, context: ssl.SSLContext, connection: socket.socket) -> None:
        self._connection = connection
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname="127.0.0.1")
        with pytest.raises(ssl.SSLWantReadError):
            self._tls.do_handshake()
        connection.sendall(self._outgoing.read())

    def ask(self) -> str:
        """Finish the handshake, and return the body of the answer."""
        with self._connection:
            self._until_done(self._tls.do_handshake)
            self._tls.write(get("/"))
            self._connection.sendall(self._outgoing.read())
            answer = b""
            while piece := self._until_done(lambda: self._tls.read(65536)):
                answer += piece
            return body_of(answer)

    def _until_done(self, step: Callable[[], Any]) -> Any:
        while True:
            try:
                return step()
            except ssl.SSLWantReadError:
                data = self._connection.recv(65536)
                if not data:
                    self._incoming.write_eof()
                self._incoming.write(data)
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                return b""


LISTENS = """
import os, socket, sys
with socket.create_server(("127.0.0.1", 0)) as listener:
    print("listening on 127.0.0.1:%d" % listener.getsockname()[1], flush=True)
    listener.set_inheritable(True)
    os.execv(sys.argv[1], [*sys.argv[1:3], f"fd://{listener.fileno()}", *sys.argv[3:]])
"""


def test_so_is_who_waits_on_a_socket_that_somebody_else_has_opened(tmp_path: Path) -> None:
    Path("app.py").write_text(ANSWERS + SHARED)
    command = [sys.executable, "-c", LISTENS, str(PROGRAMS / "api_hour"), "-b", "-w1", "app:Container"]
    with started(command, directory=tmp_path) as process:
        running = Daemon(process)
        running.wait_ready(1)
        with five_that_wait(running, running.tcp_address()) as clients:
            for client in clients:
                client.sendall(get("/"))
            stop(running)
            assert [body_of(read_all(client)) for client in clients] == ['"answered"'] * 5


@pytest.mark.parametrize("bind", ["127.0.0.1:0", "unix:a.sock"])
def test_who_comes_while_the_last_request_is_answered_is_refused(bind: str, tmp_path: Path) -> None:
    with daemon(tmp_path, "-b", bind, "-w2", app=ANSWERS + SHARED) as running:
        running.wait_ready(2)
        address = "a.sock" if "unix" in bind else running.tcp_address()
        with connect(address) as busy, connect(address) as idle, connect(address) as other:
            busy.sendall(get("/wait"))
            wait_for_file(Path("begun"))
            running.supervisor.process.send_signal(signal.SIGTERM)
            for client in (idle, other):
                assert read_all(client) == b""
            wait_until_refused(address)
            assert running.supervisor.process.poll() is None
            Path("go").touch()
            assert body_of(read_all(busy)) == '"late"'
        assert running.supervisor.wait() == 0


def wait_until_refused(address: Address) -> None:
    """Wait until both workers have heard of the stop."""
    end_at_s = time.monotonic() + TIMEOUT_S
    while True:
        try:
            connect(address).close()
        except ConnectionRefusedError:
            return
        assert time.monotonic() < end_at_s, "it can still be connected to"
        time.sleep(POLL_S)


# Waiting before the stop.


def readiness(running: Daemon) -> tuple[int, dict[str, object]]:
    [found] = running.supervisor.wait_for(r"monitor on 127\.0\.0\.1:(\d+)")
    head, _, body = exchange(("127.0.0.1", int(found[1])), get("/health/ready")).partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)


DELAYED = ("-b", "127.0.0.1:0", "--monitor", "127.0.0.1:0", "-w1", "--stop-delay")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_before_a_delayed_stop_it_is_not_ready_and_serves(number: signal.Signals, tmp_path: Path) -> None:
    with daemon(tmp_path, *DELAYED, "1000", app=ANSWERS + SHARED) as running:
        running.wait_ready(1)
        address = running.tcp_address()
        wait_for(lambda: readiness(running), is_so=lambda found: found[0] == 200)
        with connect(address) as kept:
            running.supervisor.process.send_signal(number)
            running.supervisor.wait_for("stopping in 1000 s, and serving until then")

            _, body = wait_for(lambda: readiness(running), is_so=lambda found: found[0] == 503)
            assert body["reason"] == "the daemon is stopping"
            assert body_of(exchange(address, get("/"))) == '"answered"'
            kept.sendall(get("/", close=False))
            assert b"Connection: close" not in kept.recv(65536)
            running.supervisor.process.send_signal(number)
            assert read_all(kept) == b""
        assert running.supervisor.wait() == 0
        assert_refused(address)


def test_a_delayed_stop_comes_by_itself(tmp_path: Path) -> None:
    with daemon(tmp_path, *DELAYED, "0.1", app=ANSWERS + SHARED) as running:
        running.wait_ready(1)

        assert running.supervisor.stop() == 0
    assert "stopping in 0.1 s, and serving until then" in running.supervisor.log
