"""The Container, which a user writes: it holds the endpoints, services and engines of one application.

Each worker process makes one Container and drives it through its life:

    make_event_loop -> Container() -> pre_start -> engines connect -> start -> servers accept
    -> ... -> servers drained -> shutdown (and stop) -> engines close -> cleanup

Rule that must hold: no connection is accepted before every engine is connected.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from typing import Any, Protocol

import uvloop

from api_hour.config.gunicorn_config import GunicornConfig
from api_hour.engines import Engine
from api_hour.log.gunicorn_logger import GunicornLogger
from api_hour.stats import ServingStats

LOG = logging.getLogger("api_hour.container")

Handler = Callable[..., Any]


class WorkerHandle(Protocol):
    """The worker, as the Container in it sees it."""

    alive: bool
    """Whether the worker is to go on. Set to False, it ends as soon as its requests are answered."""

    @property
    def worker_id(self) -> int:
        """Number of this worker, from 1; a replacement gets a number of its own."""

    @property
    def pid(self) -> int:
        """Process id of this worker."""

    @property
    def workers(self) -> int:
        """Number of workers that the daemon was started with, to share limits out among them."""

    @property
    def stats(self) -> ServingStats:
        """Counters of what servers answer."""

    @property
    def log(self) -> GunicornLogger:
        """A logger, as Gunicorn's: with `access_log` and `error_log` behind it."""

    @property
    def cfg(self) -> GunicornConfig:
        """The daemon's settings, under Gunicorn's names."""

    @property
    def notify(self) -> Callable[[], None]:
        """Says at once that the worker is alive, also while its event loop is blocked."""


class Container:
    """Base class of applications.

    Args:
        config: the parsed `main/main.yaml` of the configuration directory; None without one.
        worker: the worker that this Container runs in.
        loop: the event loop that this Container runs on, made by `make_event_loop`; None for the current one.

    Attributes:
        engines: connections to data sources, by name. Those that are an `Engine` are connected before the first
            request and closed after the last, in this order and in reverse.
        services: business logic by name; API-Hour only keeps it.
        servers: servers by name; API-Hour only keeps them.
        retiring: set as soon as the worker begins to end, while its connections are still open: long streams wait for
            it to say goodbye.
    """

    def __init__(self, config: Any, worker: WorkerHandle, loop: asyncio.AbstractEventLoop | None = None) -> None:
        self.config = config
        self.worker = worker
        self.loop = loop or asyncio.get_event_loop()
        self.engines: dict[str, Any] = {}
        self.services: dict[str, Any] = {}
        self.servers: OrderedDict[str, Any] = OrderedDict()
        self.retiring = asyncio.Event()

    @classmethod
    def make_event_loop(cls, config: Any) -> asyncio.AbstractEventLoop:  # noqa: ARG003  # for those who override it
        """Return the event loop of one worker, as `config` may choose. Called before the Container exists."""
        return uvloop.new_event_loop()

    async def pre_start(self) -> None:
        """Prepare what the engines need. Runs before they connect."""

    async def start(self) -> None:
        """Finish preparing. Runs when the engines are connected and before the first connection is accepted."""
        LOG.info("Starting application...")

    def make_servers(self) -> Sequence[Handler]:
        """Return what answers connections: one handler for every bind, or one handler for each bind, in order.

        A handler is a protocol factory (called without arguments for each connection), or a coroutine function
        that takes a StreamReader and a StreamWriter; for a UDP address it is a factory of an
        `asyncio.DatagramProtocol`, called once. The other form, `async def make_servers(self, sockets)`,
        starts servers on the given sockets itself (`sockets[i].sock`) and returns `{asyncio.Server: handler}`.
        """
        raise NotImplementedError(f"{type(self).__name__} must define make_servers()")

    async def shutdown(self) -> None:
        """Stop background work. Runs when no connection is left and the engines still are."""

    async def stop(self) -> None:
        """The hook of Containers written for API-Hour up to 0.8.1; runs after `shutdown`."""

    async def cleanup(self) -> None:
        """Release what is left. Runs last, when the engines are closed."""

    async def connect_engines(self) -> None:
        """Connect every `Engine` in `engines`, in order; one without a name is called by its key. For the worker."""
        for name, engine in self.engines.items():
            if isinstance(engine, Engine):
                engine.name = engine.name or name
                await engine.connect()

    async def close_engines(self) -> None:
        """Close every `Engine` in `engines`, in reverse order, also when one raises. Called by the worker."""
        async with AsyncExitStack() as stack:
            for engine in self.engines.values():
                if isinstance(engine, Engine):
                    stack.push_async_callback(engine.close)
