"""A coalesced read that the tests hold."""

import asyncio
from typing import Any

from api_hour.coalesce import Coalesced, coalesce


class Source:
    """A read whose executions end when the test says so."""

    def __init__(self, **options: Any) -> None:
        self.begun: list[asyncio.Future[Any]] = []
        self.cancelled = 0
        self.ask: Coalesced[..., Any] = coalesce(**options)(self.read)

    async def read(self, *_args: Any, **_kwargs: Any) -> Any:
        end: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.begun.append(end)
        try:
            return await end
        except asyncio.CancelledError:
            self.cancelled += 1
            raise

    def call(self, *args: Any, **kwargs: Any) -> "asyncio.Task[Any]":
        return asyncio.create_task(self.ask(*args, **kwargs))
