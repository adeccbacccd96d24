"""A Container around an ASGI application: its lifespan starts before the first connection and ends after the last."""

import asyncio
from collections.abc import Sequence
from typing import Any

from api_hour.container import Container, Handler, WorkerHandle
from api_hour.http.asgi import AsgiServer


class AsgiContainer(Container):
    """Serves one ASGI application on every address. Imported only by workers that serve one.

    Args:
        config: see `Container`.
        worker: see `Container`.
        loop: see `Container`.
        app: the application.
    """

    def __init__(self, config: Any, worker: WorkerHandle, loop: asyncio.AbstractEventLoop, *, app: Any) -> None:
        super().__init__(config, worker, loop)
        self.servers["asgi"] = AsgiServer(app, container=self)

    async def start(self) -> None:
        """Run the application's startup; a worker whose application fails there does not come up."""
        await super().start()
        await self.servers["asgi"].startup()

    def make_servers(self) -> Sequence[Handler]:
        """Serve the application."""
        return [self.servers["asgi"]]

    async def shutdown(self) -> None:
        """Run the application's shutdown."""
        await self.servers["asgi"].shutdown()

    async def cleanup(self) -> None:
        """Run the application's shutdown, too, if the worker did not come as far as that."""
        await self.servers["asgi"].shutdown()
