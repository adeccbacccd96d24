"""WebSockets of a real daemon: handlers whose clients are gone, or whose worker ends, leave nothing behind."""

import signal
import socket
import struct
from contextlib import ExitStack
from pathlib import Path

from daemon_process import Address, connect, daemon
from websocket_talks import HANDSHAKE

APP = """
import asyncio
import sys

import api_hour
from api_hour.http import HttpServer, Router
from api_hour.http.websocket_handler import websocket_handler

router = Router()

def talk(handler):
    router.add("GET", f"/{handler.__name__}", websocket_handler(handler))

@talk
async def receive(request, websocket):
    websocket.accept()
    while True:
        await websocket.receive()

@talk
async def send(request, websocket):
    websocket.accept()
    while True:
        await websocket.send(bytes(100_000))

@talk
async def sleep(request, websocket):
    websocket.accept()
    await asyncio.Event().wait()

@talk
async def leave(request, websocket):
    websocket.accept()
    sys.exit(3)

class Container(api_hour.Container):
    def make_servers(self):
        return [HttpServer(router, container=self)]
"""
OPTIONS = ("-w", "1", "-b", "127.0.0.1:0", "--drain-timeout", "0.2", "--graceful-timeout", "1")


def talk_to(address: Address, handler: bytes) -> socket.socket:
    client = connect(address)
    client.sendall(HANDSHAKE.replace(b"/talk", b"/" + handler))
    assert client.recv(12) == b"HTTP/1.1 101"
    return client


def reset(client: socket.socket) -> None:
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def test_handlers_end_with_their_clients_or_their_worker_and_nothing_is_left(tmp_path: Path) -> None:
    with daemon(tmp_path, *OPTIONS, app=APP) as served, ExitStack() as clients:
        [pid] = served.wait_ready(1)
        address = served.tcp_address()
        names = (b"receive", b"send", b"sleep")
        for name in names:
            reset(talk_to(address, name))
        for name in names:
            clients.enter_context(talk_to(address, name))
        served.supervisor.process.send_signal(signal.SIGHUP)
        served.supervisor.wait_for(rf"worker 1, pid {pid}, ended with exit code 0")
        for name in names:
            clients.enter_context(talk_to(address, name))
        assert served.supervisor.stop() == 0
    assert " ERROR " not in served.supervisor.log
    assert "destroyed" not in served.supervisor.log


def test_a_handler_that_exits_takes_nobody_with_it(tmp_path: Path) -> None:
    with daemon(tmp_path, *OPTIONS, app=APP) as served:
        [pid] = served.wait_ready(1)
        address = served.tcp_address()
        with talk_to(address, b"sleep"), talk_to(address, b"leave") as leaving:
            served.supervisor.wait_for(r"WebSocket '/leave' failed\nTraceback [^$]*SystemExit: 3")
            came = b""
            while b"\x88\x02\x03\xf3" not in came:
                came += leaving.recv(65536)
            talk_to(address, b"sleep").close()
        assert served.supervisor.stop() == 0
    assert f"pid {pid}, ended with exit code 0" in served.supervisor.log
