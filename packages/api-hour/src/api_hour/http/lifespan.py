"""The life of an ASGI application: started before the first connection, ended after the last (ASGI lifespan 2.0)."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from api_hour.errors import StartError

LOG = logging.getLogger("api_hour.http")

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

ASGI = {"version": "3.0", "spec_version": "2.0"}


class Lifespan:
    """One application's life, in a task of its own.

    Args:
        app: the application. It may know nothing of lifespan: then it raises, or returns, at once.

    Attributes:
        state: what the application keeps for its requests; each gets a copy.
    """

    def __init__(self, app: Application) -> None:
        self._app = app
        self.state: dict[str, Any] = {}
        self._asked: asyncio.Queue[Message] = asyncio.Queue()
        self._said: asyncio.Queue[Message] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    async def startup(self) -> None:
        """Start the application.

        Raises:
            StartError: it says that it cannot; the message is its own.
        """
        self._task = asyncio.get_running_loop().create_task(self._run())
        answer = await self._ask("startup")
        if answer is None:
            LOG.debug("the application knows no lifespan")
            await self._end()
        elif answer["type"] == "lifespan.startup.failed":
            await self._end()
            raise StartError(f"the application did not start: {answer.get('message', '')}")

    async def shutdown(self) -> None:
        """End the application.

        Raises:
            RuntimeError: it says that it failed; the message is its own.
        """
        if self._task is None:
            return
        answer = await self._ask("shutdown")
        await self._end()
        if answer is not None and answer["type"] == "lifespan.shutdown.failed":
            raise RuntimeError(f"the application's shutdown failed: {answer.get('message', '')}")

    async def _ask(self, what: str) -> Message | None:
        """Send an event; return what the application says to it, or None when it ended instead."""
        assert self._task is not None
        self._asked.put_nowait({"type": f"lifespan.{what}"})
        saying = asyncio.ensure_future(self._said.get())
        await asyncio.wait((saying, self._task), return_when=asyncio.FIRST_COMPLETED)
        if saying.done():
            return saying.result()
        saying.cancel()
        return None

    async def _end(self) -> None:
        assert self._task is not None
        task, self._task = self._task, None
        await asyncio.wait((task,))

    async def _run(self) -> None:
        scope = {"type": "lifespan", "asgi": ASGI, "state": self.state}
        try:
            await self._app(scope, self._asked.get, self._said.put)
        except Exception as error:  # noqa: BLE001  # how applications say that they know no lifespan
            LOG.debug("the application's lifespan ended: %r", error)
