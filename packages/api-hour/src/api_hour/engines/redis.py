"""Redis, or Valkey, through redis-py: clients of one connection each, in a pool of ours.

redis-py's own retries are off: whether a command may run twice is not for a driver to decide.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import redis.exceptions
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from api_hour.engines.pooled import PooledEngine

_SERVER_IS_GONE = (OSError, redis.exceptions.ConnectionError)
_NOT_IN_TIME = (TimeoutError, redis.exceptions.TimeoutError)
_NO_OTHER_CONNECTION = "Too many connections"  # an error of its own in redis-py from 7.1 on


class RedisEngine(PooledEngine[Redis]):
    """A pool of connections to one Redis database, for each worker.

    Args:
        url: `redis://host:port/0`, `rediss://...` or `unix:///path/of/the.sock?db=0`.
        min_size: connections that are kept open.
        max_size: connections at the most.
        command_timeout_s: how long a command may take, in seconds.
        connect_options: more for `redis.asyncio.Redis.from_url`, such as `decode_responses`.
        options: see `PooledEngine` and `Engine`.
    """

    failures = (*_SERVER_IS_GONE, *_NOT_IN_TIME)

    def __init__(
        self,
        url: str,
        *,
        min_size: int = 1,
        max_size: int = 10,
        command_timeout_s: float = 5.0,
        connect_options: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(min_size=min_size, max_size=max_size, **options)
        self._url = url
        self._command_timeout_s = command_timeout_s
        self._connect_options = dict(connect_options or {})

    async def execute(self, *command: Any) -> Any:
        """Run one command: `await engine.execute("SET", "key", "value")`.

        Raises:
            EngineUnavailable: no connection came free in time, it was lost, or the answer did not come in time.
            redis.exceptions.ResponseError: the server refuses the command.
        """
        async with self.connection() as client:
            return await client.execute_command(*command)  # type: ignore[no-untyped-call]  # redis-py does not say

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Redis]:
        """Borrow a client with one connection: `async with engine.connection() as client: await client.get("key")`.

        It runs one thing at a time, and is not to be kept: pipelines and subscriptions end with the block.

        Raises:
            EngineUnavailable: as with `execute`.
        """
        client = await self.borrow()
        try:
            yield client
        except BaseException as error:
            self._give_back_after(client, error)
            raise
        self.give_back(client)

    def _give_back_after(self, client: Redis, error: BaseException) -> None:
        if _is_left_open(error):
            self.replace(client)
        elif isinstance(error, self.failures):
            self._discard_with_free(client, error)
            what = "a command was not answered" if isinstance(error, _NOT_IN_TIME) else "the connection was lost"
            raise self.refusal(0.0, f"{what}: {error}") from error
        elif isinstance(error, Exception):
            self.give_back(client)
        else:
            self.run_beside(self._reset(client))  # cancelled

    async def _reset(self, client: Redis) -> None:
        """Lend a client again whose borrower was cancelled.

        If an answer was still to come, redis-py has closed the connection, and opens another now.
        """
        try:
            async with asyncio.timeout(self.patience.connect_s):
                await client.ping()
        except self.failures as error:
            self.replace(client) if _is_left_open(error) else self.discard(client, error)
        else:
            self.give_back(client)

    def _discard_with_free(self, client: Redis, error: BaseException) -> None:
        """Give up the free connections too: their end would be noticed only by who uses them."""
        for free in self._pool.drop_free():
            self.cut_connection(free)
        self.discard(client, error)

    # For the base class.

    async def open_connection(self) -> Redis:
        """Connect, and see whether the server answers."""
        client = Redis.from_url(
            self._url,
            max_connections=1,
            retry=Retry(NoBackoff(), 0),
            socket_connect_timeout=self.patience.connect_s,
            socket_timeout=self._command_timeout_s,
            **self._connect_options,
        )
        try:
            await client.ping()
        except BaseException:
            await client.aclose()
            raise
        return client

    async def check_connection(self, connection: Redis) -> None:
        """Ask for nothing."""
        await connection.ping()

    async def close_connection(self, connection: Redis) -> None:
        """Close a connection that nobody uses."""
        await connection.aclose()

    def cut_connection(self, connection: Redis) -> None:
        """Close in the background."""
        self.run_beside(connection.aclose())


def _is_left_open(error: BaseException) -> bool:
    """Tell whether a client's one connection is in use elsewhere: two things at a time, or one that was left open."""
    return isinstance(error, redis.exceptions.ConnectionError) and str(error) == _NO_OTHER_CONNECTION
