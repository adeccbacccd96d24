"""The service for RSGI, Granian's own interface: `rsgi:application`."""

from asyncio import AbstractEventLoop
from typing import Any

from agents import Agents

INDEX = b'{"hello":"world"}'
HEADERS = [("content-type", "application/json")]


class Application:
    """Two paths; the pool is opened before the first request."""

    def __init__(self) -> None:
        self._agents = Agents()

    def __rsgi_init__(self, loop: AbstractEventLoop) -> None:
        """Called by Granian before it serves."""
        loop.run_until_complete(self._agents.open())

    def __rsgi_del__(self, loop: AbstractEventLoop) -> None:
        """Called by Granian at its end."""
        loop.run_until_complete(self._agents.close())

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        """Answer a request."""
        if scope.path == "/index":
            protocol.response_bytes(200, HEADERS, INDEX)
        elif scope.path == "/agents":
            protocol.response_bytes(200, HEADERS, await self._agents.list_all())
        else:
            protocol.response_empty(404, [])


application = Application()
