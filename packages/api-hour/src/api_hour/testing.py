"""Real servers for tests: `running`, for any scope, and the pytest fixture `api_hour_server`, for a function.

A server here is that of `api_hour.serve`, in a thread with an event loop of its own, which is the one that a worker
would have. So tests may block, and what the application leaves behind is ended as in a worker. It needs pytest, which
is told of the fixture by `pytest_plugins = ["api_hour.testing"]` in the topmost `conftest.py`, or finds it where it is
imported.

PYTEST_DONT_REWRITE: nothing is asserted here, and a `conftest.py` may import this before pytest does.
"""

import asyncio
import logging
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager, suppress
from typing import Any, Protocol

import pytest

from api_hour.errors import ConfigError
from api_hour.programs.running_server import RunningServer
from api_hour.programs.server import ANY_PORT, Plan, plan, serving
from api_hour.worker.leftovers import end_leftovers

__all__ = ["RunningServer", "ServerFactory", "api_hour_server", "running"]

LOG = logging.getLogger("api_hour.worker")


class ServerFactory(Protocol):
    """The fixture `api_hour_server`: starts a server, which is stopped when the test is over."""

    def __call__(self, app: Any, *, bind: str | Sequence[str] = ANY_PORT, **options: Any) -> RunningServer:
        """Start a server, and return it when it serves; see `running`."""


@pytest.fixture
def api_hour_server() -> Iterator[ServerFactory]:
    """Start servers for one test: `api_hour_server(app)` returns one that serves; all are stopped afterwards."""
    with ExitStack() as stack:

        def start(app: Any, *, bind: str | Sequence[str] = ANY_PORT, **options: Any) -> RunningServer:
            return stack.enter_context(running(app, bind=bind, **options))

        yield start


@contextmanager
def running(app: Any, *, bind: str | Sequence[str] = ANY_PORT, **options: Any) -> Iterator[RunningServer]:
    """Serve an application in a thread until the block ends.

    An error of the block is raised rather than one of the shutdown, which is then in the log.

    Args:
        app: see `api_hour.serve`.
        bind: see `api_hour.serve`.
        options: see `api_hour.serve`.

    Raises:
        Exception: what `api_hour.serve` raises.
    """
    thread = _ServerThread(plan("api_hour.testing.running", app, bind, options))
    try:
        yield thread.server()
    except BaseException:
        if (failure := thread.stop()) is not None:
            LOG.exception("the server did not end well", exc_info=failure)
        raise
    if (failure := thread.stop()) is not None:
        raise failure


class _ServerThread:
    """A server in a thread of its own, which begins at once."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._loop = plan.maker.make_event_loop(plan.config)
        if self._loop.is_running():
            raise ConfigError("expected a Container whose loop does not run; on its loop, api_hour.serve() serves it.")
        self._is_to_end = asyncio.Event()
        self._life: asyncio.Task[None] | None = None
        self._started: Future[RunningServer] = Future()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="api_hour.testing", daemon=True)
        self._thread.start()

    def server(self) -> RunningServer:
        """Wait until it serves.

        Raises:
            BaseException: it does not, for this reason.
        """
        return self._started.result()

    def stop(self) -> BaseException | None:
        """End it, and return what its end has raised."""
        with suppress(RuntimeError):  # the loop has ended with the start
            self._loop.call_soon_threadsafe(self._end)
        self._thread.join()
        return self._failure

    # In the thread.

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._life = self._loop.create_task(self._live())
            self._loop.run_until_complete(self._life)
        except BaseException as error:  # noqa: BLE001  # it is raised in the thread that has started this one
            if self._started.done():
                self._failure = error
            else:
                self._started.set_exception(error)
        finally:
            if end_leftovers(self._loop, self._plan.settings.graceful_timeout_s):
                self._loop.close()

    async def _live(self) -> None:
        async with serving(self._plan) as server:
            self._started.set_result(server)
            await self._is_to_end.wait()

    def _end(self) -> None:
        self._is_to_end.set()
        if self._life is not None and not self._started.done():
            self._life.cancel()
