"""Shared parts of the applications: the query of the published comparison, a pool that is as cheap as asyncpg's can be.

The pool has a fixed number of connections, and sends nothing when a connection comes back: API-Hour's engine does not
either, and the `RESET ALL` of asyncpg's default would cost our peers a second round trip for each query.
"""

import os
from pathlib import Path
from typing import Any

import asyncpg
import orjson

LIST_AGENTS = (Path(__file__).parents[1] / "sql" / "list_agents.sql").read_text()
HELLO = {"hello": "world"}


class Agents:
    """The agents of the call centre; without DATABASE_URL there is no pool, and nobody may ask."""

    def __init__(self) -> None:
        self._pool: Any = None

    async def open(self) -> None:
        """Open the pool."""
        if url := os.environ.get("DATABASE_URL"):
            size = int(os.environ["DATABASE_CONNECTIONS"])
            self._pool = await asyncpg.create_pool(url, min_size=size, max_size=size, reset=_leave_as_it_is)

    async def close(self) -> None:
        """Close the pool."""
        if self._pool is not None:
            await self._pool.close()

    async def rows(self) -> list[dict[str, str | None]]:
        """Return every agent with its login status, one query for each call."""
        return [dict(row) for row in await self._pool.fetch(LIST_AGENTS)]

    async def list_all(self) -> bytes:
        """Return the same as JSON."""
        return orjson.dumps(await self.rows())


async def _leave_as_it_is(_connection: Any) -> None: ...
