"""A Container that keeps a diary, and its life as a worker would let it live."""

import asyncio
import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from event_loops import TIMEOUT_S, until

import api_hour
from api_hour.config.worker_options import WorkerOptions
from api_hour.engines import Engine
from api_hour.http import HttpServer, Request, Router
from api_hour.worker.lifecycle import Ending, serve
from api_hour.worker.listeners.certificates import Certificate
from api_hour.worker.listeners.listeners import Listeners
from api_hour.worker.worker import Worker

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
GET_AND_CLOSE = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
BACKLOG = 7
WHOLE_LIFE = [
    "pre_start",
    "connect first",
    "connect second",
    "start",
    "make_servers",
    "ready",
    "shutdown",
    "stop",
    "close second",
    "close first",
    "cleanup",
]


class Diary:
    """Writes down what happens; raises in the hook that a test names."""

    def __init__(self, raises_in: str = "") -> None:
        self.entries: list[str] = []
        self.raises_in = raises_in

    def note(self, entry: str) -> None:
        self.entries.append(entry)
        if entry == self.raises_in:
            raise RuntimeError(f"{entry} is broken")


class DiaryEngine(Engine):
    """An engine that keeps the diary."""

    def __init__(self, name: str, diary: Diary) -> None:
        self.name = name
        self.diary = diary

    async def connect(self) -> None:
        await asyncio.sleep(0)
        self.diary.note(f"connect {self.name}")

    async def close(self) -> None:
        await asyncio.sleep(0)
        self.diary.note(f"close {self.name}")


class App(api_hour.Container):
    """Every hook keeps the diary; one HTTP handler waits for the test."""

    def __init__(self, diary: Diary) -> None:
        super().__init__(config=None, worker=Worker(worker_id=1, pid=1), loop=asyncio.get_running_loop())
        self.diary = diary
        self.may_go = asyncio.Event()
        self.begun = 0
        self.engines["first"] = DiaryEngine("first", diary)
        self.engines["second"] = DiaryEngine("second", diary)
        router = Router()
        router.add("GET", "/", self.answer)
        self.servers["http"] = HttpServer(router, container=self)

    async def answer(self, _request: Request) -> str:
        self.begun += 1
        await self.may_go.wait()
        self.diary.note("answer")
        return "answered"

    async def pre_start(self) -> None:
        self.diary.note("pre_start")

    async def start(self) -> None:
        self.diary.note("start")

    def make_servers(self) -> Sequence[Any]:
        self.diary.note("make_servers")
        return [self.servers["http"]]

    async def shutdown(self) -> None:
        self.diary.note("shutdown")

    async def stop(self) -> None:
        self.diary.note("stop")

    async def cleanup(self) -> None:
        self.diary.note("cleanup")


class Life:
    """A Container that lives in a task of its own, as a worker would let it."""

    def __init__(
        self,
        container: App,
        sockets: Sequence[socket.socket],
        options: WorkerOptions,
        *,
        certificates: Sequence[Certificate | None],
    ) -> None:
        self.ending = Ending()
        self.is_ready = False
        self._container = container
        self.task = asyncio.create_task(
            serve(
                container,
                sockets,
                options,
                ending=self.ending,
                on_ready=self._on_ready,
                certificates=certificates,
            )
        )

    def _on_ready(self, listeners: Listeners) -> None:
        self.is_ready = True
        self.open_connections = listeners.open_connections
        self._container.diary.note("ready")

    async def ready(self) -> None:
        await until(lambda: self.is_ready or self.task.done())
        assert self.is_ready, self.task.exception()

    async def end(self) -> None:
        self.ending.stop()
        await self.task


@contextmanager
def living(
    container: App,
    listeners: Sequence[socket.socket],
    *,
    drain_timeout_s: float = TIMEOUT_S,
    graceful_timeout_s: float = TIMEOUT_S,
    certificates: Sequence[Certificate | None] = (),
) -> Iterator[Life]:
    """Start a life on copies of the sockets, as a worker inherits them."""
    with ExitStack() as stack:
        copies = [stack.enter_context(listener.dup()) for listener in listeners]
        options = WorkerOptions(backlog=BACKLOG, drain_timeout_s=drain_timeout_s, graceful_timeout_s=graceful_timeout_s)
        yield Life(container, copies, options, certificates=certificates)


async def exchange(listener: socket.socket, data: bytes, *, tls: ssl.SSLContext | None = None) -> bytes:
    """Send bytes on a new connection and return all that comes back until its end."""
    host, port = listener.getsockname()
    reader, writer = await asyncio.open_connection(host, port, ssl=tls)
    writer.write(data)
    try:
        return await reader.read()
    finally:
        writer.close()
