"""PostgreSQL through asyncpg: a pool for each worker.

A released connection is not sent asyncpg's `RESET ALL`: that is a second round trip for each query. So what a
query changes for its session (SET, LISTEN, advisory locks, temporary tables) stays for the next borrower;
use `connection()` with SET LOCAL inside a transaction instead. An open transaction is rolled back by asyncpg.
"""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

import asyncpg

from api_hour.engines import Engine


async def _keep_session(connection: Any) -> None:
    """Take the place of asyncpg's reset at release: keep the session as it is."""


class PostgresEngine(Engine):
    """A pool of connections to one PostgreSQL database.

    Args:
        dsn: a libpq connection URI, `postgresql://user:password@host:port/database?host=/socket/directory`.
        min_size: connections opened at once and kept, for each worker.
        max_size: connections at the most, for each worker.
        connect_timeout_s: how long a new connection may take, in seconds.
    """

    def __init__(self, dsn: str, *, min_size: int = 1, max_size: int = 10, connect_timeout_s: float = 10.0) -> None:
        self._dsn = dsn
        self._min_size = min_size
        self._max_size = max_size
        self._connect_timeout_s = connect_timeout_s
        self._open_pool: asyncpg.Pool[asyncpg.Record] | None = None

    async def connect(self) -> None:
        """Open the pool with its first `min_size` connections.

        Raises:
            OSError: the server cannot be reached.
            asyncpg.PostgresError: the server refuses the connection.
        """
        self._open_pool = await asyncpg.create_pool(
            self._dsn,
            min_size=self._min_size,
            max_size=self._max_size,
            timeout=self._connect_timeout_s,
            max_inactive_connection_lifetime=0,  # idle connections are kept; no timer for each query
            reset=_keep_session,
        )

    async def close(self) -> None:
        """Wait for borrowed connections, then close the pool. Nothing happens when it is not open."""
        if self._open_pool is not None:
            pool, self._open_pool = self._open_pool, None
            await pool.close()

    @property
    def pool(self) -> "asyncpg.Pool[asyncpg.Record]":
        """The open pool.

        Raises:
            RuntimeError: the engine is not connected.
        """
        if self._open_pool is None:
            raise RuntimeError("PostgresEngine is not connected; add it to Container.engines, or await connect()")
        return self._open_pool

    def connection(self) -> "AbstractAsyncContextManager[Any]":
        """Borrow one connection: `async with engine.connection() as connection`."""
        return self.pool.acquire()

    async def fetch(self, query: str, *arguments: object) -> Sequence[asyncpg.Record]:
        """Run one query, `$1` being the first of `arguments`, and return all its rows."""
        async with self.pool.acquire() as connection:
            return await connection.fetch(query, *arguments)
