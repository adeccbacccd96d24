"""The life of one worker around one Container, from its first hook to its last.

pre_start -> engines connect -> start -> accept -> ready -> (end asked) -> no new connections, in-flight
requests are answered -> shutdown, stop -> engines close -> cleanup

There are two ends. A worker that is to stop closes idle connections at once: the daemon ends, nobody serves after it.
A worker that is to retire keeps them for a while, and tells each client with its next answer: others serve after it.
"""

import asyncio
import inspect
import logging
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ssl import SSLContext
from typing import Any

from api_hour.config.worker_options import WorkerOptions
from api_hour.container import Container
from api_hour.containers.aiohttp_server import renew
from api_hour.control.addresses import describe_address
from api_hour.errors import ConfigError
from api_hour.worker.listeners.balance import Balance
from api_hour.worker.listeners.certificates import Certificate
from api_hour.worker.listeners.handlers import handlers_for, with_twins
from api_hour.worker.listeners.listeners import Listeners

LOG = logging.getLogger("api_hour.worker")


class ListeningSocket:
    """A listening socket as `async def make_servers(sockets)` is given it.

    Attributes:
        sock: the socket.
        is_ssl_taken: whether `ssl` has been looked at.
    """

    def __init__(self, sock: socket.socket, certificate: Certificate | None = None) -> None:
        self.sock = sock
        self.is_ssl_taken = certificate is None or sock.type != socket.SOCK_STREAM
        self._certificate = certificate

    @property
    def ssl(self) -> SSLContext | None:
        """The context for `create_server(ssl=...)`; None for an address without a certificate."""
        self.is_ssl_taken = True
        return None if self._certificate is None else self._certificate.lasting_context()


@dataclass(frozen=True, slots=True)
class Served:
    """The sockets that are served, the certificate of each, and which socket each of the last ones is served like."""

    sockets: Sequence[socket.socket]
    certificates: Sequence[Certificate | None]
    twins: Sequence[int]


class Ending:
    """The requests that end a worker: to retire and to stop. A stop cuts a retirement short."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.stop_asked = asyncio.Event()
        self._asked_at_s: float | None = None
        self._stop_asked_at_s: float | None = None

    def retire(self) -> None:
        """End when the clients have been told."""
        if self._asked_at_s is None:
            self._asked_at_s = time.monotonic()
        self.asked.set()

    def stop(self) -> None:
        """End when the requests in flight are answered."""
        if self._stop_asked_at_s is None:
            self._stop_asked_at_s = time.monotonic()
        self.asked.set()
        self.stop_asked.set()

    def time_left_s(self, options: WorkerOptions) -> float:
        """Return how long the worker may still take to end, in seconds; all the time of a stop if nobody has asked."""
        if self._stop_asked_at_s is not None:
            return self._stop_asked_at_s + options.graceful_timeout_s - time.monotonic()
        if self._asked_at_s is not None:
            return self._asked_at_s + options.drain_timeout_s + options.graceful_timeout_s - time.monotonic()
        return options.graceful_timeout_s


async def serve(
    container: Container,
    sockets: Sequence[socket.socket],
    options: WorkerOptions,
    *,
    ending: Ending,
    on_ready: Callable[[Listeners], None],
    balance: Balance | None = None,
    certificates: Sequence[Certificate | None] = (),
    twins: Sequence[int] = (),
) -> None:
    """Take a Container through its life.

    Args:
        container: the application.
        sockets: the listening sockets, in the order of `--bind`.
        options: how long the ends may take, and how many connections may wait on each socket.
        ending: told when the worker is to end.
        on_ready: called once, when connections are accepted.
        balance: shares connections out among the workers; by default there is one worker.
        certificates: that of each socket; by default none has one.
        twins: which socket each of the last ones is served like.

    Raises:
        Exception: whatever a hook of the Container raises; engines are closed and `cleanup` is run all the same.
    """
    try:
        await container.pre_start()
        await container.connect_engines()
        await container.start()
        listeners = Listeners(container.loop, retiring=container.retiring, balance=balance)
        try:
            served = Served(sockets, certificates or [None] * len(sockets), twins)
            await _open_servers(container, served, listeners, options.backlog)
            on_ready(listeners)
            await ending.asked.wait()
            if not ending.stop_asked.is_set():
                listeners.close()
                await _retire(listeners, options, ending.stop_asked)
            if ending.stop_asked.is_set():
                await listeners.drain(options.graceful_timeout_s)
        except BaseException:
            await listeners.retire(drain_s=0.0, timeout_s=0.0)  # what has failed leaves no connection behind
            raise
        await container.shutdown()
        await container.stop()
    finally:
        try:
            await container.close_engines()
        finally:
            await container.cleanup()


async def _open_servers(container: Container, served: "Served", listeners: Listeners, backlog: int) -> None:
    sockets, certificates = served.sockets, served.certificates
    make_servers: Callable[..., Any] = container.make_servers
    if inspect.iscoroutinefunction(make_servers):
        given = [ListeningSocket(*pair) for pair in zip(sockets, certificates, strict=True)]
        servers = await make_servers(given)
        for handler in servers.values():
            renew(handler)
        listeners.leave_to(servers)
        if plain := next((item for item in given if not item.is_ssl_taken), None):
            name = describe_address(plain.sock)
            listeners.close()
            raise ConfigError(
                f"make_servers(), for {name}: the address has a certificate, and nobody asked for it; "
                "start its server with create_server(..., ssl=socket.ssl)."
            )
        for listener in sockets:
            if listener.type == socket.SOCK_STREAM:
                listener.listen(backlog)  # create_server() has reset it to its own default
        return
    handlers = with_twins(handlers_for(make_servers(), len(sockets) - len(served.twins)), served.twins)
    for handler in handlers:
        renew(handler)
    for listener, handler, certificate in zip(sockets, handlers, certificates, strict=True):
        await listeners.serve(listener, handler, certificate)


async def _retire(listeners: Listeners, options: WorkerOptions, stop_asked: asyncio.Event) -> None:
    """Let the connections go; return early when a stop is asked for."""
    async with asyncio.TaskGroup() as tasks:
        retiring = tasks.create_task(
            listeners.retire(drain_s=options.drain_timeout_s, timeout_s=options.graceful_timeout_s)
        )
        stopping = tasks.create_task(stop_asked.wait())
        await asyncio.wait({retiring, stopping}, return_when=asyncio.FIRST_COMPLETED)
        retiring.cancel()
        stopping.cancel()
