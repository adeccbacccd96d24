"""An engine that lends out connections, one borrower to each: bounded in number, refilled in the background."""

import asyncio
import logging
from dataclasses import replace
from typing import Any, Generic, TypeVar

from api_hour.engines.engine import Engine
from api_hour.engines.pool import NoneFree, Pool
from api_hour.engines.status import EngineStatus

LOG = logging.getLogger("api_hour.engines")

Connection = TypeVar("Connection")

WAITING_LIMIT = 1000


class PooledEngine(Engine, Generic[Connection]):
    """A data source with a pool of connections, for each worker.

    Args:
        min_size: connections that are kept open; 1 or more.
        max_size: connections at the most.
        waiting_limit: borrowers that may wait at a time; the next is told EngineUnavailable at once.
        options: see `Engine`.
    """

    def __init__(
        self, *, min_size: int = 1, max_size: int = 10, waiting_limit: int = WAITING_LIMIT, **options: Any
    ) -> None:
        super().__init__(**options)
        if not 1 <= min_size <= max_size:
            raise ValueError(f"expected 1 <= min_size <= max_size, got min_size={min_size!r}, max_size={max_size!r}")
        self._min_size = min_size
        self._max_size = max_size
        self._pool: Pool[Connection] = Pool(waiting_limit=waiting_limit)

    # For subclasses to define.

    async def open_connection(self) -> Connection:
        """Open one connection, or raise one of `failures`."""
        raise NotImplementedError(f"{type(self).__name__} must define open_connection()")

    async def check_connection(self, connection: Connection) -> None:
        """Raise one of `failures` if the server does not answer on a connection."""

    def is_usable(self, connection: Connection) -> bool:  # noqa: ARG002  # for those who override it
        """Whether a connection that lay free can be lent, as far as can be said without asking the server."""
        return True

    async def close_connection(self, connection: Connection) -> None:
        """Close a connection that nobody uses. Cancelled after `close_s`."""

    def cut_connection(self, connection: Connection) -> None:
        """Close a connection at once, whoever uses it."""

    # For borrowers, through a subclass.

    async def borrow(self) -> Connection:
        """Lend a connection; `give_back` or `discard` must follow.

        Raises:
            EngineUnavailable: none came free in time, or the source is away.
        """
        while (connection := self._pool.take()) is not None:
            if self.is_usable(connection):
                return connection
            self.discard(connection, ConnectionResetError("a free connection was found closed"))
        if self._pool.size < self._max_size:
            self.refill()
        try:
            return await self._pool.wait(self.borrow_patience_s())
        except NoneFree as error:
            in_use = f"all {self._pool.size} connections are in use" if self._pool.size else ""
            raise self.refusal(error.waited_s, str(error) or in_use) from None

    def give_back(self, connection: Connection) -> None:
        """Take a connection back, for the next borrower."""
        self._pool.give_back(connection)

    def discard(self, connection: Connection, error: BaseException) -> None:
        """Take back a connection that is of no use any more; when it was the last, the source is lost."""
        if self._pool.drop(connection):
            self.cut_connection(connection)
            self.refill() if self._pool.size else self.lost(error)

    def replace(self, connection: Connection) -> None:
        """Take back a connection that is of no use any more, though the source is there."""
        if self._pool.drop(connection):
            self.cut_connection(connection)
            self.refill()

    @property
    def status(self) -> EngineStatus:
        """The engine's status now."""
        pool = self._pool
        return replace(super().status, connections=pool.size, borrowed=pool.lent, waiting=pool.waiting)

    # For the base class.

    async def open(self) -> None:
        """Open one connection if one is missing, and ask for the next."""
        if self._is_missing():
            self._pool.add(await self.open_connection())
            self.came_up()
        if self._is_missing():
            self.refill()

    async def check(self) -> None:
        """Ask the server on a free connection. If it does not answer, none of the free ones is kept."""
        connection = self._pool.take()
        if connection is None:
            return  # all are at work, and will say themselves what happens to them
        try:
            await self.check_connection(connection)
        except BaseException:
            for unanswered in (connection, *self._pool.drop_free()):
                self.cut_connection(unanswered)
                self._pool.drop(unanswered)
            raise
        self.give_back(connection)

    async def shut(self) -> None:
        """Wait for what is borrowed, then close all connections."""
        try:
            async with asyncio.timeout(self.patience.close_s):
                await self._pool.quiet()
                for connection in self._pool.drop_free():
                    await self.close_connection(connection)
        except TimeoutError:
            LOG.warning("%s: %d connections in use are cut", self, self._pool.lent)
        finally:
            self._pool.refuse_all("it is closed")
            for connection in self._pool.drop_all():
                self.cut_connection(connection)

    def _failed(self, error: Exception) -> None:
        """Note why no connection could be opened; if there is none, the source is lost."""
        if self._state == "up" and not self._pool.size:
            self.lost(error)
        super()._failed(error)

    def _is_missing(self) -> bool:
        return self._pool.size < self._min_size or (self._pool.waiting > 0 and self._pool.size < self._max_size)
