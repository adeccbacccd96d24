"""The PostgreSQL engine while its server goes away, comes back, and does not answer."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest
from event_loops import let_run, on_each_loop, until
from private_postgres import PrivatePostgres

from api_hour.engines import EngineUnavailable, Patience
from api_hour.engines.backoff import Backoff
from api_hour.engines.postgres import PostgresEngine
from api_hour.errors import StartError

BRIEF = Patience(borrow_s=0.2, connect_s=0.5, check_interval_s=0.05)
SOON = Backoff(first_s=0.01, limit_s=0.02)


@asynccontextmanager
async def connected(postgres: PrivatePostgres, name: str, **options: Any) -> AsyncIterator[PostgresEngine]:
    """Give an impatient engine whose connections have a name, and that is closed at the end of the block."""
    dsn = f"{postgres.dsn}&application_name={name}"
    engine = PostgresEngine(dsn, **{"name": name, "max_size": 2, "patience": BRIEF, "backoff": SOON, **options})
    await engine.connect()
    try:
        yield engine
    finally:
        await engine.close()


async def in_a_thread(function: Any, *arguments: Any) -> Any:
    return await asyncio.get_running_loop().run_in_executor(None, function, *arguments)


@on_each_loop
async def test_after_a_restart_of_the_server_everything_works_and_no_connection_is_left_over(
    postgres: PrivatePostgres, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "api_hour.engines")
    async with connected(postgres, "restarted", min_size=2) as engine:
        with postgres.stopped():
            await until(lambda: engine.status.state == "down")
            with pytest.raises(EngineUnavailable) as caught:
                await engine.fetch("SELECT 1")
            assert "engine 'restarted' is unavailable: down for " in str(caught.value)
            assert "No such file or directory" in str(caught.value)
            assert engine.status.connections == 0
        await until(lambda: engine.status.state == "up")

        assert await asyncio.gather(*(engine.fetch_value("SELECT $1::int", n) for n in range(20))) == list(range(20))
        await until(lambda: engine.status.connections == 2)
        assert await in_a_thread(postgres.count, "restarted") == 2
    assert [record.message.partition(": ")[0] for record in caplog.records] == [
        "engine 'restarted' is up",
        "engine 'restarted' is lost",
        *["engine 'restarted' cannot connect"] * caplog.text.count("cannot connect"),
        "engine 'restarted' is up",
    ]


@on_each_loop
async def test_a_borrower_that_comes_during_a_short_outage_gets_its_answer(postgres: PrivatePostgres) -> None:
    async with connected(postgres, "short", patience=Patience(borrow_s=10.0)) as engine:
        with postgres.stopped():
            await until(lambda: engine.status.state == "down")
            borrower = asyncio.create_task(engine.fetch_value("SELECT 1"))
            await let_run()
            assert engine.status.waiting == 1

        assert await borrower == 1


@on_each_loop
async def test_a_query_whose_server_stops_is_told_so(postgres: PrivatePostgres) -> None:
    async with connected(postgres, "stops") as engine:
        query = asyncio.create_task(engine.fetch("SELECT pg_sleep(1000)"))
        await until(lambda: engine.status.borrowed == 1)
        with postgres.stopped():
            with pytest.raises(EngineUnavailable) as caught:
                await query
            assert str(caught.value).startswith("engine 'stops' is unavailable: the connection was lost: ")


@on_each_loop
async def test_a_transaction_whose_server_stops_is_told_so(postgres: PrivatePostgres) -> None:
    async with connected(postgres, "stops") as engine:
        with pytest.raises(EngineUnavailable) as caught:
            await stop_in_a_transaction(engine, postgres)
        assert str(caught.value).startswith("engine 'stops' is unavailable: the connection was lost: ")
        await until(lambda: engine.status.state == "up")


async def stop_in_a_transaction(engine: PostgresEngine, postgres: PrivatePostgres) -> None:
    async with engine.transaction() as connection:
        with postgres.stopped():
            await connection.execute("SELECT 1")


@on_each_loop
async def test_a_free_connection_that_the_server_ends_is_replaced(postgres: PrivatePostgres) -> None:
    async with connected(postgres, "ended", min_size=2) as engine:
        ended = await in_a_thread(postgres.pids, "ended")
        assert await in_a_thread(postgres.terminate, "ended") == len(ended) == 2
        now = ended
        while len(now) < 2 or now & ended:
            now = await in_a_thread(postgres.pids, "ended")
        await until(lambda: engine.status.connections == 2)

        assert await engine.fetch_value("SELECT pg_backend_pid()") in now
        assert engine.status.state == "up"


@on_each_loop
async def test_a_borrowed_connection_that_the_server_ends_is_replaced(postgres: PrivatePostgres) -> None:
    async with connected(postgres, "borrowed", max_size=1) as engine:
        with pytest.raises(EngineUnavailable) as caught:
            async with engine.connection() as connection:
                await connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        assert "terminating connection due to administrator command" in str(caught.value)

        assert await engine.fetch_value("SELECT 1") == 1


@on_each_loop
async def test_a_connection_that_asyncpg_gives_up_while_the_server_ends_it_is_lost_too(
    postgres: PrivatePostgres,
) -> None:
    """The server's last message comes before the end of the stream; who borrows in between gets this."""
    async with connected(postgres, "between", max_size=1) as engine:
        connection = await engine.borrow()
        connection.terminate()
        with pytest.raises(EngineUnavailable) as caught:
            engine.give_back_after(connection, asyncpg.InternalClientError("cannot switch to state 12"))

        assert str(caught.value) == (
            "engine 'between' is unavailable: the connection was lost: cannot switch to state 12 (waited 0.0 s)"
        )
        assert await engine.fetch_value("SELECT 1") == 1


@on_each_loop
async def test_a_server_that_accepts_and_does_not_answer_is_noticed(postgres: PrivatePostgres) -> None:
    async with connected(postgres, "frozen", min_size=2) as engine:
        with postgres.frozen():
            await until(lambda: engine.status.state == "down")
            with pytest.raises(EngineUnavailable) as caught:
                await engine.fetch("SELECT 1")
            assert "last error: TimeoutError" in str(caught.value)
        await until(lambda: engine.status.state == "up")

        assert await engine.fetch_value("SELECT 1") == 1
        await until(lambda: engine.status.connections == 2)
    await until(lambda: postgres.count("frozen") == 0)


@on_each_loop
async def test_a_query_that_a_frozen_server_does_not_answer_is_given_up(postgres: PrivatePostgres) -> None:
    async with connected(postgres, "frozen", max_size=1, query_timeout_s=0.05) as engine:
        with postgres.frozen():
            with pytest.raises(EngineUnavailable) as caught:
                await engine.fetch("SELECT 1")
            assert str(caught.value) == "engine 'frozen' is unavailable: a query was not answered (waited 0.1 s)"
            await until(lambda: engine.status.connections == 0)
        await until(lambda: engine.status.state == "up")

        assert await engine.fetch_value("SELECT 1") == 1


@on_each_loop
async def test_who_finds_all_connections_in_use_waits_and_is_told_so(postgres: PrivatePostgres) -> None:
    async with connected(postgres, "busy", max_size=1) as engine, engine.connection():
        with pytest.raises(EngineUnavailable) as caught:
            await engine.fetch("SELECT 1")

        assert str(caught.value).startswith("engine 'busy' is unavailable: all 1 connections are in use (waited ")
        assert engine.status.refused == 1


@on_each_loop
async def test_no_more_borrowers_wait_than_allowed(postgres: PrivatePostgres) -> None:
    patience = Patience(borrow_s=10.0)
    async with connected(postgres, "queue", max_size=1, waiting_limit=1, patience=patience) as engine:
        async with engine.connection():
            waiting = asyncio.create_task(engine.fetch_value("SELECT 1"))
            await let_run()
            with pytest.raises(EngineUnavailable) as caught:
                await engine.fetch("SELECT 2")
            assert str(caught.value) == "engine 'queue' is unavailable: 1 callers wait already (waited 0.0 s)"

        assert await waiting == 1


@on_each_loop
async def test_a_worker_does_not_boot_without_an_engine_that_it_requires(postgres: PrivatePostgres) -> None:
    patience = Patience(boot_s=0.1)
    engine = PostgresEngine(postgres.dsn.replace("/postgres?", "/nowhere?"), name="pg", patience=patience, backoff=SOON)

    with pytest.raises(StartError) as caught:
        await engine.connect()

    assert str(caught.value) == (
        "engine 'pg' did not come up within 0.1 s: InvalidCatalogNameError: database \"nowhere\" does not exist"
    )


@on_each_loop
async def test_a_worker_boots_without_an_engine_that_it_does_not_require(postgres: PrivatePostgres) -> None:
    patience = Patience(boot_s=0.1, borrow_s=0.1)
    with postgres.stopped():
        async with connected(postgres, "later", required=False, patience=patience) as engine:
            with pytest.raises(EngineUnavailable):
                await engine.fetch("SELECT 1")
            await in_a_thread(postgres.start)
            await until(lambda: engine.status.state == "up")

            assert await engine.fetch_value("SELECT 1") == 1
            await in_a_thread(postgres.stop)


@on_each_loop
async def test_connections_that_are_still_in_use_at_the_end_are_cut(
    postgres: PrivatePostgres, caplog: pytest.LogCaptureFixture
) -> None:
    brief = Patience(close_s=0.05)
    async with connected(postgres, "kept", patience=brief) as engine, engine.connection() as connection:
        await engine.close()
        assert connection.is_closed()
    assert caplog.messages == ["engine 'kept': 1 connections in use are cut"]
    await until(lambda: postgres.count("kept") == 0)
