"""A Container around an `aiohttp.web.Application`. Imported only by who has imported aiohttp.

The application's signals: `on_startup` runs before the first connection; `on_shutdown` as soon as the worker begins to
end, so that it can close WebSockets and other long answers; `on_cleanup` when no connection is left. While the worker
ends, each answer says `Connection: close`.
"""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from http import HTTPStatus
from typing import Any

from aiohttp import web

from api_hour.container import Container, Handler, WorkerHandle

CONTAINER = web.AppKey("api_hour.container", Container)
"""The key under which the application finds its Container: `request.config_dict[CONTAINER]`."""

ACCESS_LOG = logging.getLogger("aiohttp.access")


class AiohttpContainer(Container):
    """Serves one aiohttp application on every address.

    Args:
        config: see `Container`.
        worker: see `Container`.
        loop: see `Container`.
        app: the application.
    """

    def __init__(
        self, config: Any, worker: WorkerHandle, loop: asyncio.AbstractEventLoop, *, app: web.Application
    ) -> None:
        super().__init__(config, worker, loop)
        self.app = app
        app[CONTAINER] = self
        close_when_retiring(app, self)
        self._goodbye: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Run the application's startup; requests are logged if the log's configuration sets `aiohttp.access`."""
        await super().start()
        runner = web.AppRunner(self.app, access_log=ACCESS_LOG if ACCESS_LOG.level else None)
        await runner.setup()
        self.servers["aiohttp"] = runner.server
        self._goodbye = self.loop.create_task(self._say_goodbye())

    def make_servers(self) -> Sequence[Handler]:
        """Serve the application."""
        return [self.servers["aiohttp"]]

    async def shutdown(self) -> None:
        """Wait until `on_shutdown` has run; what it raises ends the worker."""
        if self._goodbye is not None:
            await self._goodbye

    async def cleanup(self) -> None:
        """Run the application's cleanup."""
        if self._goodbye is not None and self._goodbye.cancel():
            with suppress(asyncio.CancelledError):
                await self._goodbye
        await self.app.cleanup()

    async def _say_goodbye(self) -> None:
        await self.retiring.wait()
        await self.app.shutdown()


def close_when_retiring(app: web.Application, container: Container) -> None:
    """Let an application's answers say `Connection: close` while the worker ends.

    For Containers that serve an application themselves; to be called before the application is started.
    """

    async def close(_request: web.Request, response: web.StreamResponse) -> None:
        if container.retiring.is_set() and response.status != HTTPStatus.SWITCHING_PROTOCOLS:
            response.headers["Connection"] = "close"
            response.force_close()

    app.on_response_prepare.append(close)
