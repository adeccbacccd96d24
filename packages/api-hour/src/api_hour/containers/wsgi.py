"""A Container around a WSGI application (PEP 3333): Flask's, Django's and any other."""

import asyncio
from collections.abc import Sequence
from typing import Any

from api_hour.container import Container, Handler, WorkerHandle
from api_hour.http.wsgi import WsgiServer


class WsgiContainer(Container):
    """Serves one WSGI application on every address. Imported only by workers that serve one.

    Args:
        config: see `Container`.
        worker: see `Container`.
        loop: see `Container`.
        app: the application.
    """

    def __init__(self, config: Any, worker: WorkerHandle, loop: asyncio.AbstractEventLoop, *, app: Any) -> None:
        super().__init__(config, worker, loop)
        self.servers["wsgi"] = WsgiServer(app, container=self)

    def make_servers(self) -> Sequence[Handler]:
        """Serve the application."""
        return [self.servers["wsgi"]]

    async def cleanup(self) -> None:
        """End the threads."""
        self.servers["wsgi"].shutdown()
