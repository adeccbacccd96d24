"""`api_hour.serve`: a server in a program's own process and event loop, for notebooks and tests.

Its life is that of a worker (`api_hour.worker.lifecycle`). There is no supervisor: nobody replaces it, and signals and
logging are the program's. Rule that must hold: when the block is over, however it ends, nothing of the server is left:
no connection, socket, socket file, or task that API-Hour has started.
"""

import asyncio
import logging
import os
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, fields
from typing import Any

from api_hour.access_log import open_access_log
from api_hour.config.address_options import AddressOptions
from api_hour.config.call_options import check_names, settings_of_call
from api_hour.config.gunicorn_config import GunicornConfig
from api_hour.config.gunicorn_values import gunicorn_values
from api_hour.config.http_options import HttpOptions
from api_hour.config.places import find_main_yaml
from api_hour.config.settings import Settings
from api_hour.config.worker_options import WorkerOptions
from api_hour.container import Container, WorkerHandle
from api_hour.errors import ConfigError
from api_hour.log.gunicorn_logger import open_gunicorn_logger
from api_hour.programs.running_server import RunningServer
from api_hour.supervisor.sockets.binding import bound_sockets, twins_of
from api_hour.supervisor.sockets.files import SocketFiles
from api_hour.worker import lifecycle
from api_hour.worker.listeners.certificates import Certificate, read_certificates
from api_hour.worker.listeners.handlers import with_twins
from api_hour.worker.targets.forms import ContainerMaker, make_container_here, maker_of
from api_hour.worker.targets.importing import read_main_yaml
from api_hour.worker.worker import Worker

LOG = logging.getLogger("api_hour.worker")

ANY_PORT = "127.0.0.1:0"
OPTIONS = frozenset(
    {
        *(field.name for group in (AddressOptions, HttpOptions) for field in fields(group)),
        "access_log",
        "backlog",
        "config_dir",
    }
)


@asynccontextmanager
async def serve(app: Any, *, bind: str | Sequence[str] = ANY_PORT, **options: Any) -> AsyncIterator[RunningServer]:
    """Serve an application in this process and on the running loop, until the block ends.

    At the end, what has begun is answered, within `graceful_timeout_s`, and the application is shut down. An error of
    the block is raised rather than one of the shutdown, which is then in the log.

    Args:
        app: what to serve: whatever TARGET may name, and a Container that was made with the running loop.
        bind: addresses; by default a free port of the loopback address.
        options: those of addresses and of HTTP, `backlog`, `access_log` (to the logger `api_hour.access`) and
            `config_dir`, by their names in `api_hour.config.Settings`. Environment and files do not count.

    Raises:
        TypeError: `app` is a text, or there is no such option.
        ConfigError: an option is not what it must be, or `app` cannot be served.
        StartError: an address cannot be listened on, or the application says that it cannot start.
        Exception: whatever the application raises when it starts and when it ends.
    """
    async with serving(plan("api_hour.serve", app, bind, options)) as server:
        yield server


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be served, and how.

    Attributes:
        maker: makes the Container.
        settings: the options.
        config: the application's own configuration.
    """

    maker: ContainerMaker
    settings: Settings
    config: Any


def plan(function: str, app: Any, bind: str | Sequence[str], options: Mapping[str, Any]) -> Plan:
    """Check the arguments of a call.

    Args:
        function: who was called, for messages.
        app: what is to be served.
        bind: addresses.
        options: the others.

    Raises:
        TypeError: see `serve`.
        ConfigError: see `serve`.
        Exception: whatever a factory without arguments raises, or reading the configuration.
    """
    if isinstance(app, str):
        raise TypeError(
            f"{function}(): expected what is to be served itself; got the text {app!r}. Import it, "
            "or let workers do so: api_hour.run()."
        )
    check_names(function, options, OPTIONS)
    settings = settings_of_call({**options, "bind": bind, "workers": 1})
    main_yaml = find_main_yaml(settings.config_dir)
    maker = _MadeAlready(app) if isinstance(app, Container) else maker_of(app, described_as=f"{function}()")
    return Plan(maker=maker, settings=settings, config=read_main_yaml(None if main_yaml is None else str(main_yaml)))


class _MadeAlready:
    """Gives a Container that its program has made."""

    def __init__(self, container: Container) -> None:
        self._container = container

    def make_event_loop(self, _config: Any) -> asyncio.AbstractEventLoop:
        return self._container.loop

    def __call__(self, config: Any, worker: WorkerHandle, loop: asyncio.AbstractEventLoop) -> Container:
        del config, worker  # it has its own
        if self._container.loop is not loop:
            raise ConfigError(
                f"expected a Container that was made with the loop that serves it; {self._container!r} has another."
            )
        return self._container


@asynccontextmanager
async def serving(plan: Plan) -> AsyncIterator[RunningServer]:
    """Serve on the running loop until the block ends; see `serve`."""
    settings = plan.settings
    files = SocketFiles(mode=settings.unix_mode)
    with bound_sockets(settings.binds(), settings.backlog, files=files, option="bind") as by_name:
        sockets, twins = [*by_name.values()], twins_of(by_name)
        certificates = with_twins(
            read_certificates(settings.own_tls(), settings.default_tls(), len(sockets) - len(twins)), twins
        )
        container = await make_container_here(plan.maker, config=plan.config, worker=_worker(settings))
        server = RunningServer.of(sockets, is_tls=[item is not None for item in certificates], container=container)
        async with _living(container, sockets, settings, certificates, twins):
            yield server


def _worker(settings: Settings) -> Worker:
    access_log = open_access_log(settings.access_log, None, uses_logging=True, worker_id=1)
    return Worker(
        worker_id=1,
        pid=os.getpid(),
        access_log=access_log,
        http=settings.part(HttpOptions),
        cfg=GunicornConfig(gunicorn_values(settings, "", uid=os.geteuid(), gid=os.getegid())),
        log=open_gunicorn_logger(None, has_access_log=access_log is not None),
    )


@asynccontextmanager
async def _living(
    container: Container,
    sockets: Sequence[socket.socket],
    settings: Settings,
    certificates: Sequence[Certificate | None],
    twins: Sequence[int],
) -> AsyncIterator[None]:
    """Let a Container live its life during the block, in a task of its own, which is over afterwards."""
    loop = asyncio.get_running_loop()
    ending, ready = lifecycle.Ending(), loop.create_future()
    life = loop.create_task(
        lifecycle.serve(
            container,
            sockets,
            settings.part(WorkerOptions),
            ending=ending,
            on_ready=lambda _listeners: ready.set_result(None),
            certificates=certificates,
            twins=twins,
        ),
        name="api_hour.serve",
    )
    try:
        await asyncio.wait((life, ready), return_when=asyncio.FIRST_COMPLETED)
        if ready.done():
            yield
    except BaseException:
        ending.stop()
        if not ready.done():
            life.cancel()
        try:
            await _wait_for_end(life)
        finally:
            _tell_failure(life)
        raise
    ending.stop()
    await _wait_for_end(life)
    life.result()


async def _wait_for_end(life: "asyncio.Task[None]") -> None:
    """Wait until a life is over. A cancellation cuts it short, and is raised when it is over all the same."""
    cancellation = None
    while not life.done():
        try:
            await asyncio.wait((life,))
        except asyncio.CancelledError as error:
            cancellation = error
            life.cancel()
    if cancellation is not None:
        raise cancellation


def _tell_failure(life: "asyncio.Task[None]") -> None:
    """Say what the end of a server has raised, where its program has raised something else."""
    if not life.cancelled() and (error := life.exception()) is not None:
        LOG.error("the server did not end well", exc_info=error)
