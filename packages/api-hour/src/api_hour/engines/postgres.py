"""PostgreSQL through asyncpg, with a pool of our own.

asyncpg's pool costs 30 µs of CPU for each query, this one 2 (measured 2026-11 with the query of the benchmark), and a
connection that has died is replaced in the background instead of by who borrows it.

A connection that is given back is not sent `RESET ALL`: that is a second round trip for each query. So what a query
changes for its session (SET, LISTEN, advisory locks, temporary tables) stays for the next borrower; use SET LOCAL in
a transaction. Only a connection that is given back in doubt is reset, in the background, before it is lent again: with
a transaction left open, which is rolled back, or with a query that was cancelled.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from types import TracebackType
from typing import Any

import asyncpg

from api_hour.engines.pooled import PooledEngine
from api_hour.engines.rows import Encode, row_encoder
from api_hour.errors import ConfigError

STATEMENTS_LIMIT = 256  # prepared statements that each connection keeps, unless said otherwise
_CANCEL_AGAIN_S = 0.05  # after the first CancelRequest that had no effect; twice as long after each more
_JSON_TYPES = ("json", "jsonb", "json[]", "jsonb[]")
_SERVER_IS_GONE = (
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
)
_WAS_NOT_RUN = (
    asyncpg.InvalidCachedStatementError,  # the table's columns are others than when it was prepared
    asyncpg.InvalidSQLStatementNameError,  # somebody sent DEALLOCATE or DISCARD
)
_STATEMENT_IS_STALE = (*_WAS_NOT_RUN, asyncpg.OutdatedSchemaCacheError)

Rows = list[asyncpg.Record]


class _Statement:
    """A prepared statement of one connection."""

    __slots__ = ("_encode", "fetch", "fetch_many", "prepared")

    def __init__(self, prepared: "asyncpg.prepared_stmt.PreparedStatement[asyncpg.Record]") -> None:
        self.fetch = prepared.fetch
        self.fetch_many = prepared.fetchmany
        self.prepared = prepared
        self._encode: Encode | None = None

    def encode(self, rows: Rows) -> bytes:
        if self._encode is None:
            columns = self.prepared.get_attributes()
            json_columns = [position for position, column in enumerate(columns) if column.type.name in _JSON_TYPES]
            self._encode = row_encoder(tuple(column.name for column in columns), frozenset(json_columns))
        return self._encode(rows)


class _Connection(asyncpg.Connection):
    """asyncpg's connection, which also knows the statements that the engine has prepared on it.

    Attributes:
        statements: those that are kept, by their queries.
        statements_limit: how many are kept. With 0 asyncpg names none, and sends each once more with its execution:
            behind a pooler, the next message may come to another session.
    """

    __slots__ = ("statements", "statements_limit")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.statements: dict[str, _Statement] = {}
        self.statements_limit = STATEMENTS_LIMIT

    async def run(self, query: str, arguments: Iterable[object]) -> tuple[_Statement, Rows]:
        """Run a query as a prepared statement, and return that with the rows."""
        statement = self.statements.get(query) or await self.prepare_once(query)
        try:
            return statement, await statement.fetch(*arguments)
        except _WAS_NOT_RUN:
            if self.statements.pop(query, None) is None:
                raise  # it was prepared only now
        statement = await self.prepare_once(query)
        return statement, await statement.fetch(*arguments)

    async def prepare_once(self, query: str) -> _Statement:
        """Return the statement of a query, to be kept; the one prepared first makes room when there are too many."""
        statement = self.statements.get(query)
        if statement is None:
            statement = _Statement(await self.prepare(query))
            self._keep(query, statement)
        return statement

    def _keep(self, query: str, statement: _Statement) -> None:
        if self.statements_limit:
            if len(self.statements) >= self.statements_limit:
                del self.statements[next(iter(self.statements))]
            self.statements[query] = statement

    async def _cancel(self, waiter: asyncio.Future[None], cancel_waiter: asyncio.Future[None]) -> None:
        """Ask the server to cancel the query until it has ended; asyncpg asks once.

        PostgreSQL drops a CancelRequest, which comes on a connection of its own, when it overtakes its query. It may
        also come after the query's end, so the next query waits for `waiter`: no request is on its way then.

        Args:
            waiter: done by this method when nothing more will be asked.
            cancel_waiter: done by asyncpg when the query has ended, or the connection.
        """
        again_s = _CANCEL_AGAIN_S
        ended: set[asyncio.Future[None]] = set()
        try:
            while not ended:
                sent = asyncio.get_running_loop().create_future()
                await super()._cancel(sent)  # type: ignore[misc]  # ends the connection if it fails
                ended, _ = await asyncio.wait([cancel_waiter], timeout=again_s)
                again_s *= 2
        finally:
            if not waiter.done():
                waiter.set_result(None)


class PostgresEngine(PooledEngine[_Connection]):
    """A pool of connections to one PostgreSQL database, for each worker.

    Args:
        dsn: a libpq connection URI, `postgresql://user:password@host:port/database?host=/socket/directory`.
        min_size: connections that are kept open.
        max_size: connections at the most.
        query_timeout_s: how long a query may take, in seconds; then it is cancelled.
        statement_cache_size: prepared statements that each connection keeps. 0, for poolers that give each transaction
            another session, such as PgBouncer in transaction mode: nothing is prepared on the server.
        connect_options: more for `asyncpg.connect`, such as `ssl` or `server_settings`.
        options: see `PooledEngine` and `Engine`.
    """

    failures = (
        OSError,
        TimeoutError,
        asyncpg.PostgresError,
        asyncpg.InterfaceError,
        asyncpg.InternalClientError,  # asyncpg's word between the server's last message and the end of the stream
    )

    def __init__(
        self,
        dsn: str,
        *,
        min_size: int = 1,
        max_size: int = 10,
        query_timeout_s: float = 10.0,
        statement_cache_size: int = STATEMENTS_LIMIT,
        connect_options: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(min_size=min_size, max_size=max_size, **options)
        self._dsn = dsn
        self._query_timeout_s = query_timeout_s
        self._connect_options = {"statement_cache_size": statement_cache_size, **(connect_options or {})}

    # Queries.

    async def fetch(self, query: str, *arguments: object) -> Rows:
        """Run one query, `$1` being the first of `arguments`, and return all its rows.

        This and the other methods that take a query prepare it once on each connection, and raise

        Raises:
            EngineUnavailable: no connection came free in time, it was lost, or the query took longer than it may.
            asyncpg.PostgresError: the server refuses the query.
        """
        return (await self._run(query, arguments))[1]

    async def fetch_value(self, query: str, *arguments: object) -> Any:
        """Return the first column of the first row; None if there is no row."""
        _, rows = await self._run(query, arguments)
        return rows[0][0] if rows else None

    async def fetch_rows_as_json(self, query: str, *arguments: object) -> bytes:
        """Return all rows as a JSON array of objects, encoded here: see `rows.py` for what becomes of each type.

        Raises:
            ValueError: two columns have the same name.
            TypeError: a value has no form in JSON.
        """
        statement, rows = await self._run(query, arguments)
        return statement.encode(rows)

    async def fetch_json(self, query: str, *arguments: object) -> bytes:
        """Return JSON that the database has built, untouched: one row of one column, json, jsonb, text or bytea.

        NULL, or no row, is `null`.

        Raises:
            ValueError: there is more than one row.
        """
        _, rows = await self._run(query, arguments)
        if len(rows) > 1:
            raise ValueError(f"fetch_json: expected one row, got {len(rows)}")
        value = rows[0][0] if rows else None
        if value is None:
            return b"null"
        return value.encode() if isinstance(value, str) else bytes(value)

    async def fetch_batch(self, query: str, arguments: Iterable[Sequence[object]]) -> Rows:
        """Run one query for each item of `arguments`, all in one round trip, and return all rows, in their order."""
        connection = await self.borrow()
        try:
            statement = await connection.prepare_once(query)
            rows = await statement.fetch_many(arguments)
        except BaseException as error:
            self.give_back_after(connection, error)
            raise
        self.give_back(connection)
        return rows

    def connection(self) -> AbstractAsyncContextManager[asyncpg.Connection]:
        """Borrow one connection: `async with engine.connection() as connection`. It is not to be kept.

        Raises:
            EngineUnavailable: no connection came free in time, or it was lost in the block.
        """
        return _Borrowed(self)

    @asynccontextmanager
    async def transaction(self, **options: Any) -> AsyncIterator[asyncpg.Connection]:
        """Borrow one connection with a transaction: committed at the end of the block, rolled back after an error.

        Args:
            options: `isolation`, `readonly`, `deferrable`.
        """
        async with self.connection() as connection, connection.transaction(**options):
            yield connection

    async def _run(self, query: str, arguments: Sequence[object]) -> tuple[_Statement, Rows]:
        connection = await self.borrow()
        try:
            result = await connection.run(query, arguments)
        except BaseException as error:
            self.give_back_after(connection, error)
            raise
        self.give_back(connection)
        return result

    # For the base class.

    async def open_connection(self) -> _Connection:
        """Connect; the server's end is noticed at once, also while the connection is free."""
        try:
            connection: _Connection = await asyncpg.connect(
                self._dsn,
                timeout=self.patience.connect_s,
                command_timeout=self._query_timeout_s,
                connection_class=_Connection,
                **self._connect_options,
            )
        except asyncpg.ClientConfigurationError as error:
            raise ConfigError(f"{self}: {error}") from error
        connection.statements_limit = self._connect_options["statement_cache_size"]
        connection.add_termination_listener(self._note_end)
        return connection

    async def check_connection(self, connection: _Connection) -> None:
        """Ask for nothing."""
        await connection.execute("SELECT 1")

    def is_usable(self, connection: _Connection) -> bool:
        """Whether the server has not closed it."""
        return not connection.is_closed()

    async def close_connection(self, connection: _Connection) -> None:
        """Say goodbye to the server."""
        await connection.close()

    def cut_connection(self, connection: _Connection) -> None:
        """Close without goodbye."""
        connection.statements.clear()  # they refer to the connection
        connection.terminate()

    # How connections come back.

    def give_back(self, connection: _Connection) -> None:
        """Take a connection back, for the next borrower; a transaction that was left open is rolled back first."""
        if connection.is_closed():
            self._note_end(connection)
        elif connection.is_in_transaction():
            self.run_beside(self._reset(connection))
        else:
            super().give_back(connection)

    def give_back_after(self, connection: _Connection, error: BaseException, *, is_query: bool = True) -> None:
        """Take a connection back on which an error happened.

        Args:
            connection: the connection.
            error: the error, which the caller raises unless this method has.
            is_query: whether one query was all that happened, so that a timeout must be the query's.

        Raises:
            EngineUnavailable: the error says that the server is gone, or does not answer.
        """
        if isinstance(error, _STATEMENT_IS_STALE):
            connection.statements.clear()
        if isinstance(error, _SERVER_IS_GONE) or (connection.is_closed() and isinstance(error, self.failures)):
            self.discard(connection, error)
            raise self.refusal(0.0, f"the connection was lost: {error}") from error
        if isinstance(error, Exception) and not isinstance(error, TimeoutError):
            self.give_back(connection)
        else:  # cancelled: the query may still run
            self.run_beside(self._reset(connection))
        if isinstance(error, TimeoutError) and is_query:
            raise self.refusal(self._query_timeout_s, "a query was not answered") from error

    async def _reset(self, connection: _Connection) -> None:
        """Wait for the end of what was cancelled, roll back, and forget what the session has set."""
        try:
            await connection.reset(timeout=self.patience.connect_s)
        except self.failures as error:
            self.discard(connection, error)
        else:
            self.give_back(connection)

    def _note_end(self, connection: Any) -> None:
        self.discard(connection, ConnectionResetError("the server closed the connection"))


class _Borrowed:
    """The block in which a connection is borrowed."""

    __slots__ = ("_connection", "_engine")

    _connection: _Connection

    def __init__(self, engine: PostgresEngine) -> None:
        self._engine = engine

    async def __aenter__(self) -> asyncpg.Connection:
        self._connection = await self._engine.borrow()
        return self._connection

    async def __aexit__(
        self, _type: type[BaseException] | None, error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        if error is None:
            self._engine.give_back(self._connection)
        else:
            self._engine.give_back_after(self._connection, error, is_query=False)
