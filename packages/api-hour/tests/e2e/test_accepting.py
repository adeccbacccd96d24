"""What all workers of a daemon share: the queue of each address, and the connections that come of it."""

import os
import signal
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from uuid import uuid4

import pytest
from daemon_process import Address, connect, daemon, wait_for_file
from listen_queues import backlog_of_path, backlog_of_port

ANY_PORT = ("-b", "127.0.0.1:0")
WORKERS = 4

APP = """
import asyncio
import os
import time
import api_hour

class Pid(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport
    def data_received(self, data):
        if data == b"block":
            open("blocked", "w").close()
            time.sleep(1000)
        self.transport.write(str(os.getpid()).encode())

class Container(api_hour.Container):
    def make_servers(self):
        return [Pid]
"""


@pytest.fixture(autouse=True)
def short_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A unix socket's path has a limit that `tmp_path` may reach: sockets are named from here."""
    monkeypatch.chdir(tmp_path)


# The backlog.

FORMS = {
    "a protocol factory": APP,
    "a coroutine function": APP.replace("return [Pid]", "return [self.answer]")
    + """
    async def answer(self, reader, writer):
        writer.close()
""",
    "servers that the Container starts": APP.replace(
        "def make_servers(self):",
        "async def make_servers(self, sockets):\n"
        "        return {await self.loop.create_server(Pid, sock=one.sock): Pid for one in sockets}\n"
        "    def unused(self):",
    ),
    "servers that aiohttp starts": """
import api_hour
from aiohttp import web

class Container(api_hour.Container):
    async def make_servers(self, sockets):
        self.runner = web.AppRunner(web.Application())
        await self.runner.setup()
        for one in sockets:
            await web.SockSite(self.runner, one.sock).start()
        return {}
    async def cleanup(self):
        await self.runner.cleanup()
""",
    "an aiohttp application": "from aiohttp import web\nContainer = web.Application()\n",
}
LOOPS = {
    "uvloop": "",
    "asyncio": "\nimport asyncio, uvloop\nuvloop.new_event_loop = asyncio.new_event_loop\n",
}


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("form", FORMS)
def test_the_backlog_is_what_was_asked_for(form: str, loop: str, tmp_path: Path) -> None:
    path = f"{uuid4()}.sock"  # the kernel knows a path as it was bound, and others may have a.sock of their own
    arguments = (*ANY_PORT, "-b", f"unix:{path}", "--backlog", "77", "-w2")
    with daemon(tmp_path, *arguments, app=FORMS[form] + LOOPS[loop]) as running:
        running.wait_ready(2)

        assert backlog_of_port(int(running.tcp_address()[1])) == 77
        assert backlog_of_path(path) == 77
        assert running.supervisor.stop() == 0


# Balance.


@contextmanager
def many(address: Address, count: int) -> Iterator[list[socket.socket]]:
    """Open many connections, one after the other without a pause."""
    with ExitStack() as stack:
        yield [stack.enter_context(connect(address)) for _ in range(count)]


def pid_of(client: socket.socket) -> int:
    """Return the worker that has a connection."""
    client.sendall(b"who")
    return int(client.recv(100))


def imbalance_of(address: Address) -> float:
    with many(address, 400) as clients:
        counts = Counter(map(pid_of, clients))
    assert len(counts) == WORKERS
    return max(counts.values()) / min(counts.values())


def test_connections_are_shared_out_evenly_on_a_port_and_on_a_unix_socket(tmp_path: Path) -> None:
    with daemon(tmp_path, *ANY_PORT, "-b", "unix:a.sock", f"-w{WORKERS}", app=APP) as running:
        running.wait_ready(WORKERS)
        addresses: list[Address] = [running.tcp_address(), "a.sock"]
        for address in addresses:
            assert median(imbalance_of(address) for _ in range(3)) <= 1.25
        assert running.supervisor.stop() == 0


def test_a_worker_that_is_blocked_with_the_fewest_connections_keeps_nobody_waiting(tmp_path: Path) -> None:
    with daemon(tmp_path, "-b", "unix:a.sock", f"-w{WORKERS}", app=APP) as running:
        running.wait_ready(WORKERS)
        with many("a.sock", 80) as clients:
            first, *others = clients
            blocked = pid_of(first)
            for client in others:
                if pid_of(client) == blocked:
                    client.close()
            first.sendall(b"block")
            wait_for_file(Path("blocked"))

            with many("a.sock", 100) as later:
                assert blocked not in map(pid_of, later)
        os.kill(blocked, signal.SIGKILL)
        serving = set(running.wait_ready(WORKERS + 1)) - {blocked}

        with many("a.sock", 100) as clients:
            assert set(map(pid_of, clients)) <= serving
        assert running.supervisor.stop() == 0
