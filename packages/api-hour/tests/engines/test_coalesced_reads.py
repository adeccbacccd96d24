"""A checker of freshness: concurrent writers and readers against PostgreSQL.

Every read must be at least as new as the last write that was acknowledged before the read was asked for. That holds
for coalesced reads, and not for readers that join a read which already runs: the checker finds those.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from random import Random

import psycopg
import pytest
from event_loops import on_each_loop
from http_connection import connected
from private_postgres import PrivatePostgres

from api_hour.coalesce import CoalesceMetrics, coalesce
from api_hour.engines.postgres import PostgresEngine
from api_hour.http import HttpServer, Request, Response, Router

READERS = 12
READS = 480
# The snapshot is taken before the sleep: an answer is a few milliseconds old when it arrives.
READ = "SELECT value FROM counter, pg_sleep(0.003)"
WRITE = "UPDATE counter SET value = value + 1 RETURNING value"


class Reads:
    """The read that is checked: once coalesced, and once joining."""

    def __init__(self, postgres: PostgresEngine) -> None:
        self._postgres = postgres
        self._running: asyncio.Task[int] | None = None

    async def alone(self) -> int:
        value: int = await self._postgres.fetch_value(READ)
        return value

    @coalesce
    async def coalesced(self) -> int:
        return await self.alone()

    async def joining(self) -> int:
        """Join what runs, as singleflight does."""
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self.alone())
        return await asyncio.shield(self._running)


@dataclass
class Checker:
    """Knows which write was acknowledged last, and counts the reads that do not."""

    acknowledged: int = 0
    reads: int = 0
    stale: int = 0

    async def check(self, postgres: PostgresEngine, read: Callable[[], Awaitable[int]]) -> None:
        """Let readers read, and writers write meanwhile."""
        async with asyncio.TaskGroup() as tasks:
            for _ in range(2):
                tasks.create_task(self._write(postgres))
            for number in range(READERS):
                tasks.create_task(self._read(read, Random(number)))  # noqa: S311  # nothing secret

    async def _write(self, postgres: PostgresEngine) -> None:
        while self.reads < READS:
            self.acknowledged = max(self.acknowledged, await postgres.fetch_value(WRITE))

    async def _read(self, read: Callable[[], Awaitable[int]], chance: Random) -> None:
        for _ in range(READS // READERS):
            await asyncio.sleep(chance.uniform(0.0, 0.006))  # come at any moment, not when others were answered
            acknowledged = self.acknowledged
            self.stale += await read() < acknowledged
            self.reads += 1


@pytest.fixture
def counter(postgres: PrivatePostgres) -> str:
    """The URL of a database with a counter at 0."""
    with psycopg.connect(postgres.dsn, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS counter")
        connection.execute("CREATE TABLE counter AS SELECT 0 AS value")
    return postgres.dsn


async def checked(dsn: str, choose: Callable[[Reads], Callable[[], Awaitable[int]]]) -> Checker:
    engine = PostgresEngine(dsn, min_size=4, max_size=4)
    await engine.connect()
    try:
        checker = Checker()
        await checker.check(engine, choose(Reads(engine)))
        return checker
    finally:
        await engine.close()


def metrics_since(before: CoalesceMetrics) -> tuple[int, int]:
    now = Reads.coalesced.metrics
    return now.calls - before.calls, now.executions - before.executions


@on_each_loop
async def test_a_coalesced_read_sees_every_write_that_was_acknowledged_before_it(counter: str) -> None:
    before = Reads.coalesced.metrics

    checker = await checked(counter, lambda reads: reads.coalesced)

    assert (checker.reads, checker.stale) == (READS, 0)
    assert checker.acknowledged > 0
    calls, executions = metrics_since(before)
    assert calls == READS > 2 * executions


@on_each_loop
async def test_a_coalesced_handler_answers_nothing_older_either(counter: str) -> None:
    @coalesce(key=lambda request: request.target)
    async def read(_request: Request) -> Response:
        return Response(str(await engine.fetch_value(READ)))

    router = Router()
    router.add("GET", "/", read)
    server = HttpServer(router)
    engine = PostgresEngine(counter, min_size=4, max_size=4)
    await engine.connect()
    checker = Checker()
    async with AsyncExitStack() as stack:
        stack.push_async_callback(engine.close)
        idle = [await stack.enter_async_context(connected(server)) for _ in range(READERS)]

        async def ask() -> int:
            connection = idle.pop()
            answer = await connection.ask(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            idle.append(connection)
            return int(answer.body)

        await checker.check(engine, ask)

    assert (checker.reads, checker.stale) == (READS, 0)
    assert checker.acknowledged > 0
    assert read.metrics.calls == READS > 2 * read.metrics.executions


@on_each_loop
async def test_a_read_of_its_own_does_so_too(counter: str) -> None:
    checker = await checked(counter, lambda reads: reads.alone)

    assert (checker.reads, checker.stale) == (READS, 0)


@on_each_loop
async def test_the_checker_finds_the_stale_reads_of_those_who_join_what_runs(counter: str) -> None:
    checker = await checked(counter, lambda reads: reads.joining)

    assert checker.stale > 0
