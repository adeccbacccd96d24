"""The PostgreSQL engine behind a pooler that gives each transaction another session."""

import asyncio
from contextlib import AsyncExitStack

import pytest
from event_loops import TIMEOUT_S, on_each_loop
from private_pgbouncer import SERVER_CONNECTIONS, private_pgbouncer
from private_postgres import PrivatePostgres

from api_hour.engines import Patience
from api_hour.engines.postgres import PostgresEngine


@on_each_loop
async def test_behind_pgbouncer_in_transaction_mode_queries_find_any_session(postgres: PrivatePostgres) -> None:
    with private_pgbouncer(postgres) as url:
        patience = Patience(borrow_s=TIMEOUT_S)  # 400 callers share 4 connections
        engine = PostgresEngine(url, name="pg", min_size=4, max_size=4, statement_cache_size=0, patience=patience)
        await engine.connect()
        try:
            assert await sessions_in_turn(engine) == SERVER_CONNECTIONS  # or the pooler was not tried
            await asyncio.gather(*(ask(engine, number) for number in range(400)))
        finally:
            await engine.close()


async def sessions_in_turn(engine: PostgresEngine) -> int:
    """Ask the same again and again while transactions hold one session after the other; count those that answered."""
    pids = set()
    async with AsyncExitStack() as stack:
        for _ in range(SERVER_CONNECTIONS):
            rows = await engine.fetch("SELECT $1::int AS number, pg_backend_pid() AS pid", 1)
            pids.add(rows[0]["pid"])
            connection = await stack.enter_async_context(engine.transaction())
            pids.add(await connection.fetchval("SELECT pg_backend_pid()"))
    return len(pids)


async def ask(engine: PostgresEngine, number: int) -> None:
    rows = await engine.fetch("SELECT $1::int AS number, pg_backend_pid() AS pid", number)
    assert rows[0]["number"] == number
    assert await engine.fetch_rows_as_json("SELECT $1::text AS text, '[1]'::json AS json", str(number)) == (
        b'[{"text":"%d","json":[1]}]' % number
    )
    doubled = await engine.fetch_batch("SELECT $1::int * 2 AS double", [(number,), (1,)])
    assert [row["double"] for row in doubled] == [number * 2, 2]
    async with engine.transaction() as connection:
        assert await connection.fetchval("SELECT $1::int", number) == number
        pid: int = await connection.fetchval("SELECT pg_backend_pid()")
        assert await connection.fetchval("SELECT pg_backend_pid() = $1", pid)
    if number % 20 == 0:
        asking = asyncio.create_task(engine.fetch("SELECT pg_sleep(1000)"))
        await asyncio.sleep(0)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
