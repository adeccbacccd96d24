"""The PostgreSQL engine against a real server, started by `rush-hour database`."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import asyncpg
import pytest
from event_loops import on_each_loop, until
from started_process import started

from api_hour.engines.postgres import PostgresEngine

SUITE = """
name = "engine-tests"
title = "A database for the tests of an engine"
probe = { path = "/" }
systems = [{ name = "none", title = "never started", command = "true {port}" }]

[database]
load = ["schema.sql"]
"""
SCHEMA = "CREATE TABLE agents (number text PRIMARY KEY);"


@pytest.fixture(scope="session")
def dsn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of an empty table's database, on a private server."""
    directory = tmp_path_factory.mktemp("database")
    (directory / "suite.toml").write_text(SUITE)
    (directory / "schema.sql").write_text(SCHEMA)
    with started(["rush-hour", "database", "--suite", "suite.toml"], directory=directory) as process:
        [line] = process.wait_for(r"(?m)^export DATABASE_URL='(.*)'$")
        yield line[1]


async def connections_of(engine: PostgresEngine, name: str) -> int:
    """Count the server's connections that call themselves `name`."""
    [row] = await engine.fetch("SELECT count(*) FROM pg_stat_activity WHERE application_name = $1", name)
    return int(row["count"])


@on_each_loop
async def test_a_query_returns_all_its_rows(dsn: str) -> None:
    async with AsyncExitStack() as stack:
        engine = await connected(stack, dsn)

        rows = await engine.fetch("SELECT n, $1 || n AS text FROM generate_series(1, $2) AS n", "x", 3)

        assert [dict(row) for row in rows] == [{"n": n, "text": f"x{n}"} for n in (1, 2, 3)]
        assert await engine.fetch("SELECT number FROM agents") == []


async def connected(stack: AsyncExitStack, dsn: str, *, min_size: int = 1, max_size: int = 2) -> PostgresEngine:
    """Return an engine that is closed with the stack."""
    engine = PostgresEngine(dsn, min_size=min_size, max_size=max_size)
    await engine.connect()
    stack.push_async_callback(engine.close)
    return engine


@on_each_loop
async def test_its_first_connections_are_opened_at_once(dsn: str) -> None:
    async with AsyncExitStack() as stack:
        observer = await connected(stack, dsn)
        await connected(stack, f"{dsn}&application_name=first", min_size=3, max_size=5)

        assert await connections_of(observer, "first") == 3


@on_each_loop
async def test_it_never_has_more_connections_than_allowed(dsn: str) -> None:
    async with AsyncExitStack() as stack:
        observer = await connected(stack, dsn)
        engine = await connected(stack, f"{dsn}&application_name=most", max_size=2)

        answers = await asyncio.gather(*(engine.fetch("SELECT $1::int AS n", number) for number in range(20)))

        assert [answer[0]["n"] for answer in answers] == list(range(20))
        assert 1 <= await connections_of(observer, "most") <= 2


@on_each_loop
async def test_a_borrowed_connection_may_hold_a_transaction(dsn: str) -> None:
    async with AsyncExitStack() as stack:
        engine = await connected(stack, dsn)
        async with engine.connection() as connection, connection.transaction():
            await connection.execute("SET LOCAL application_name = 'local'")
            assert await connection.fetchval("SHOW application_name") == "local"

        assert (await engine.fetch("SHOW application_name"))[0][0] != "local"


@on_each_loop
async def test_a_transaction_that_was_left_open_is_rolled_back(dsn: str) -> None:
    async with AsyncExitStack() as stack:
        engine = await connected(stack, dsn, max_size=1)
        with pytest.raises(ZeroDivisionError):
            await insert_and_fail(engine)

        assert await engine.fetch("SELECT number FROM agents") == []


async def insert_and_fail(engine: PostgresEngine) -> None:
    async with engine.connection() as connection:
        await connection.transaction().start()
        await connection.execute("INSERT INTO agents VALUES ('7')")
        raise ZeroDivisionError


@on_each_loop
async def test_what_a_query_changes_for_its_session_stays(dsn: str) -> None:
    """The price of one round trip instead of two for each query."""
    async with AsyncExitStack() as stack:
        engine = await connected(stack, dsn, max_size=1)
        await engine.fetch("SET application_name = 'kept'")

        assert (await engine.fetch("SHOW application_name"))[0][0] == "kept"


@on_each_loop
async def test_a_connection_that_the_server_ended_is_replaced(dsn: str) -> None:
    async with AsyncExitStack() as stack:
        observer = await connected(stack, dsn)
        engine = await connected(stack, f"{dsn}&application_name=ended", max_size=1)
        async with engine.connection() as borrowed:
            raw = borrowed._con
        await observer.fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1", "ended"
        )
        await until(raw.is_closed)

        assert (await engine.fetch("SELECT 1 AS one"))[0]["one"] == 1


@on_each_loop
async def test_an_error_of_a_query_leaves_the_engine_usable(dsn: str) -> None:
    async with AsyncExitStack() as stack:
        engine = await connected(stack, dsn, max_size=1)
        with pytest.raises(asyncpg.UndefinedTableError):
            await engine.fetch("SELECT * FROM nowhere")

        assert (await engine.fetch("SELECT 1 AS one"))[0]["one"] == 1


@on_each_loop
async def test_closing_waits_for_borrowed_connections(dsn: str) -> None:
    engine = PostgresEngine(dsn)
    await engine.connect()
    async with engine.connection() as connection:
        closing = asyncio.create_task(engine.close())
        assert await connection.fetchval("SELECT 1") == 1
        assert not closing.done()
    await closing


@on_each_loop
async def test_an_engine_that_is_not_connected_says_so(dsn: str) -> None:
    engine = PostgresEngine(dsn)
    await assert_not_connected(engine)
    await engine.connect()
    for _ in range(2):  # the second time nothing is open
        await engine.close()

        await assert_not_connected(engine)


async def assert_not_connected(engine: PostgresEngine) -> None:
    with pytest.raises(RuntimeError) as caught:
        await engine.fetch("SELECT 1")
    assert str(caught.value) == ("PostgresEngine is not connected; add it to Container.engines, or await connect()")


@on_each_loop
async def test_a_server_that_cannot_be_reached_is_an_error(tmp_path: Path) -> None:
    engine = PostgresEngine(f"postgresql://nobody@/nowhere?host={tmp_path}")

    with pytest.raises(OSError, match=r"No such file or directory"):
        await engine.connect()
    await engine.close()


@on_each_loop
async def test_a_database_that_is_not_there_is_an_error(dsn: str) -> None:
    before, _, after = dsn.rpartition("/rush_hour_")
    engine = PostgresEngine(f"{before}/nowhere?{after.partition('?')[2]}")

    with pytest.raises(asyncpg.InvalidCatalogNameError) as caught:
        await engine.connect()
    assert str(caught.value) == 'database "nowhere" does not exist'
