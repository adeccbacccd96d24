"""The PostgreSQL engine against a real server: queries, and what a borrower leaves behind."""

import asyncio
import json
import os
import re
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import psycopg
import pytest
from event_loops import on_each_loop, until
from private_postgres import PrivatePostgres

from api_hour.engines import EngineUnavailable, Patience
from api_hour.engines.postgres import STATEMENTS_LIMIT, PostgresEngine
from api_hour.errors import ConfigError


@pytest.fixture
def dsn(postgres: PrivatePostgres) -> str:
    """The URL of a database with an empty table."""
    with psycopg.connect(postgres.dsn, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS agents")
        connection.execute("CREATE TABLE agents (number text PRIMARY KEY)")
    return postgres.dsn


@asynccontextmanager
async def connected(dsn: str, **options: Any) -> AsyncIterator[PostgresEngine]:
    """Give an engine that is closed at the end of the block."""
    engine = PostgresEngine(dsn, **{"name": "pg", "max_size": 2, **options})
    await engine.connect()
    try:
        yield engine
    finally:
        await engine.close()


@on_each_loop
async def test_a_query_returns_all_its_rows(dsn: str) -> None:
    async with connected(dsn) as engine:
        rows = await engine.fetch("SELECT n, $1 || n AS text FROM generate_series(1, $2) AS n", "x", 3)

        assert [dict(row) for row in rows] == [{"n": n, "text": f"x{n}"} for n in (1, 2, 3)]
        assert await engine.fetch("SELECT number FROM agents") == []


@on_each_loop
async def test_a_value_is_the_first_column_of_the_first_row(dsn: str) -> None:
    async with connected(dsn) as engine:
        assert await engine.fetch_value("SELECT n, 0 FROM generate_series(7, 9) AS n") == 7
        assert await engine.fetch_value("SELECT number FROM agents") is None


@on_each_loop
async def test_a_batch_runs_one_query_for_each_of_its_items(dsn: str) -> None:
    async with connected(dsn, max_size=1) as engine:
        rows = await engine.fetch_batch("SELECT $1::int * 2 AS double WHERE $1 <> 2", [(1,), (2,), (3,)])

        assert [row["double"] for row in rows] == [2, 6]
        with pytest.raises(asyncpg.DivisionByZeroError):
            await engine.fetch_batch("SELECT 1 / $1::int", [(1,), (0,)])
        assert await engine.fetch_value("SELECT 1") == 1


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("""SELECT '{"a": [1,  2]}'::json""", b'{"a": [1,  2]}'),
        ("""SELECT '{"a":[1,  2]}'::jsonb""", b'{"a": [1, 2]}'),
        ("SELECT json_build_object('name', 'é')::text", '{"name" : "é"}'.encode()),
        ("SELECT convert_to('[1]', 'UTF8')", b"[1]"),
        ("SELECT NULL::json", b"null"),
        ("SELECT number FROM agents", b"null"),
    ],
)
@on_each_loop
async def test_json_of_the_database_is_passed_on_untouched(dsn: str, query: str, expected: bytes) -> None:
    async with connected(dsn) as engine:
        assert await engine.fetch_json(query) == expected


@on_each_loop
async def test_json_of_the_database_is_one_row(dsn: str) -> None:
    async with connected(dsn) as engine:
        with pytest.raises(ValueError) as caught:
            await engine.fetch_json("SELECT to_json(n) FROM generate_series(1, $1) AS n", 3)

        assert str(caught.value) == "fetch_json: expected one row, got 3"


@on_each_loop
async def test_rows_become_json_by_the_types_of_their_columns(dsn: str) -> None:
    query = """
        SELECT 1 AS "?column?", 1.5::float8 AS real, 'NaN'::float8 AS nan, 12.30::numeric AS price, true AS yes,
            NULL AS nothing, E'"\\\\\\n\u2028é' AS text, '2026-02-03'::date AS day,
            '2026-02-03 04:05:06.7+00'::timestamptz AS instant, '04:05'::time AS hour,
            '1 day 00:00:03'::interval AS age, '00000000-0000-0000-0000-00000000000a'::uuid AS uuid,
            '\\x00ff'::bytea AS bytes, ARRAY[1, NULL, 3] AS numbers, '{"a":  [1]}'::json AS json,
            '[1,2]'::jsonb AS jsonb, ARRAY['{"b":1}'::json, NULL] AS jsons, ROW(1, 'x') AS row,
            ROW('5')::agents AS agent, '::1'::inet AS address
    """
    async with connected(dsn) as engine:
        body = await engine.fetch_rows_as_json(query)

        assert body.decode() == (
            '[{"?column?":1,"real":1.5,"nan":null,"price":"12.30","yes":true,"nothing":null,'
            '"text":"\\"\\\\\\n\u2028é","day":"2026-02-03","instant":"2026-02-03T04:05:06.700000Z","hour":"04:05:00",'
            '"age":"P1DT3S","uuid":"00000000-0000-0000-0000-00000000000a","bytes":"AP8=","numbers":[1,null,3],'
            '"json":{"a":  [1]},"jsonb":[1, 2],"jsons":[{"b":1},null],"row":[1,"x"],'
            '"agent":{"number":"5"},"address":"::1"}]'
        )
        assert len(json.loads(body)[0]) == 20
        assert await engine.fetch_rows_as_json("SELECT number FROM agents") == b"[]"


@on_each_loop
async def test_it_never_has_more_connections_than_allowed(postgres: PrivatePostgres, dsn: str) -> None:
    patient = Patience(borrow_s=60.0, connect_s=60.0)  # nobody is to be refused, however slow the machine is
    async with connected(f"{dsn}&application_name=most", patience=patient) as engine:
        answers = await asyncio.gather(*(engine.fetch_value("SELECT $1::int", number) for number in range(50)))

        assert answers == list(range(50))
        assert 1 <= postgres.count("most") <= 2


@on_each_loop
async def test_its_first_connections_are_opened_before_the_worker_serves(postgres: PrivatePostgres, dsn: str) -> None:
    async with connected(f"{dsn}&application_name=first", min_size=3, max_size=5) as engine:
        assert postgres.count("first") == 3
        assert engine.status.connections == 3
    await until(lambda: postgres.count("first") == 0)


@on_each_loop
async def test_a_transaction_is_committed_at_the_end_and_rolled_back_after_an_error(dsn: str) -> None:
    async with connected(dsn) as engine:
        async with engine.transaction() as connection:
            await connection.execute("INSERT INTO agents VALUES ('1')")
        with pytest.raises(ZeroDivisionError):
            await insert_and_fail(engine)

        assert await engine.fetch_value("SELECT array_agg(number) FROM agents") == ["1"]


async def insert_and_fail(engine: PostgresEngine) -> None:
    async with engine.transaction(isolation="serializable") as connection:
        await connection.execute("INSERT INTO agents VALUES ('2')")
        raise ZeroDivisionError


@on_each_loop
async def test_a_transaction_that_was_left_open_is_rolled_back(dsn: str) -> None:
    async with connected(dsn, max_size=1) as engine:
        asyncio.get_running_loop().set_exception_handler(lambda _loop, _context: None)  # asyncpg tells of it
        async with engine.connection() as connection:
            await connection.transaction().start()
            await connection.execute("INSERT INTO agents VALUES ('7')")

        assert await engine.fetch("SELECT number FROM agents") == []
        await engine.fetch("BEGIN")
        async with engine.connection() as connection:
            assert not connection.is_in_transaction()


@on_each_loop
async def test_what_a_query_changes_for_its_session_stays(dsn: str) -> None:
    """The price of one round trip instead of two for each query."""
    async with connected(dsn, max_size=1) as engine:
        await engine.fetch("SET application_name = 'kept'")

        assert await engine.fetch_value("SHOW application_name") == "kept"


@on_each_loop
async def test_settings_of_the_connection_are_there_from_the_beginning(dsn: str) -> None:
    async with connected(dsn, connect_options={"server_settings": {"work_mem": "128kB"}}) as engine:
        assert await engine.fetch_value("SHOW work_mem") == "128kB"


@on_each_loop
async def test_a_query_is_prepared_once_on_each_connection(dsn: str) -> None:
    count = "SELECT count(*) FROM pg_prepared_statements WHERE statement = 'SELECT 1 AS one'"
    async with connected(dsn, max_size=1) as engine:
        for _ in range(5):
            await engine.fetch("SELECT 1 AS one")

        assert await engine.fetch_value(count) == 1


@on_each_loop
async def test_the_prepared_statements_of_a_connection_are_bounded(dsn: str) -> None:
    async with connected(dsn, max_size=1) as engine:
        for number in range(STATEMENTS_LIMIT + 20):
            await engine.fetch(f"SELECT {number}")

        assert await engine.fetch_value("SELECT count(*) FROM pg_prepared_statements") <= STATEMENTS_LIMIT + 2
        assert await engine.fetch_value("SELECT 0") == 0


@pytest.mark.parametrize("options", [{"statement_cache_size": 0}, {"connect_options": {"statement_cache_size": 0}}])
@on_each_loop
async def test_without_a_cache_nothing_is_prepared_on_the_server(dsn: str, options: dict[str, Any]) -> None:
    async with connected(dsn, max_size=1, **options) as engine:
        for _ in range(2):
            assert await engine.fetch_value("SELECT $1::int", 7) == 7
            assert await engine.fetch_json("SELECT '[1]'::json") == b"[1]"
            assert await engine.fetch_rows_as_json("SELECT ROW('5')::agents AS agent") == b'[{"agent":{"number":"5"}}]'
            assert len(await engine.fetch_batch("SELECT $1::int", [(1,), (2,)])) == 2
            async with engine.transaction() as connection:
                await connection.execute("INSERT INTO agents VALUES ($1)", "9")
                await connection.fetch("DELETE FROM agents WHERE number = $1", "9")
            with pytest.raises(asyncpg.UndefinedTableError):
                await engine.fetch("SELECT * FROM nowhere")

        assert await engine.fetch("SELECT name, statement FROM pg_prepared_statements") == []


@on_each_loop
async def test_a_query_whose_columns_have_changed_is_prepared_again(dsn: str) -> None:
    async with connected(dsn) as engine:
        await engine.fetch("INSERT INTO agents VALUES ('1')")
        assert await engine.fetch_rows_as_json("SELECT * FROM agents") == b'[{"number":"1"}]'
        async with AsyncExitStack() as stack:  # both connections know it
            connections = [await stack.enter_async_context(engine.connection()) for _ in range(2)]
            await connections[0].execute("ALTER TABLE agents ADD COLUMN age int")

        for _ in range(3):
            assert await engine.fetch_rows_as_json("SELECT * FROM agents") == b'[{"number":"1","age":null}]'


@on_each_loop
async def test_a_query_whose_statement_somebody_dropped_is_prepared_again(dsn: str) -> None:
    async with connected(dsn, max_size=1) as engine:
        await engine.fetch("SELECT 1 AS one")
        async with engine.connection() as connection:
            await connection.execute("DEALLOCATE ALL")

        assert await engine.fetch_value("SELECT 1 AS one") == 1


@on_each_loop
async def test_an_error_of_a_query_leaves_the_connection_in_use(dsn: str) -> None:
    async with connected(dsn, max_size=1) as engine:
        pid = await engine.fetch_value("SELECT pg_backend_pid()")
        with pytest.raises(asyncpg.UndefinedTableError):
            await engine.fetch("SELECT * FROM nowhere")
        with pytest.raises(asyncpg.DataError):
            await engine.fetch("SELECT $1::int", "one")

        assert await engine.fetch_value("SELECT pg_backend_pid()") == pid


@on_each_loop
async def test_the_query_of_a_cancelled_borrower_ends_and_its_connection_is_used_again(
    dsn: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with connected(dsn, max_size=1) as engine:
        pid = await engine.fetch_value("SELECT pg_backend_pid()")
        borrower = asyncio.create_task(engine.fetch("SELECT pg_sleep(1000)"))
        await until(lambda: engine.status.borrowed == 1)
        borrower.cancel()
        with pytest.raises(asyncio.CancelledError):
            await borrower

        assert await engine.fetch_value("SELECT pg_backend_pid()") == pid
        await until(lambda: engine.status.borrowed == 0)
    assert caplog.messages == []


@on_each_loop
async def test_a_cancel_that_overtakes_its_query_is_sent_again(dsn: str) -> None:
    async with connected(dsn, max_size=1) as engine:
        pid = await engine.fetch_value("SELECT pg_backend_pid()")
        await engine.fetch("SELECT pg_sleep($1)", 0)  # prepared: only its execution is cancelled
        os.kill(pid, signal.SIGSTOP)
        try:
            borrower = asyncio.create_task(engine.fetch("SELECT pg_sleep($1)", 1000))
            await until(lambda: engine.status.borrowed == 1)
            borrower.cancel()
            await until(lambda: is_pending(pid, signal.SIGINT))
        finally:
            os.kill(pid, signal.SIGCONT)  # it takes the signal first, then the query

        with pytest.raises(asyncio.CancelledError):
            await borrower
        assert await engine.fetch_value("SELECT pg_backend_pid()") == pid


def is_pending(pid: int, signal_number: signal.Signals) -> bool:
    """Whether a process has a signal before it that it has not taken, as proc_pid_status(5) tells."""
    pending = re.search(r"^ShdPnd:\s*(\w+)$", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    assert pending
    return bool(int(pending[1], 16) >> (signal_number - 1) & 1)


@on_each_loop
async def test_a_borrower_cancelled_in_a_transaction_leaves_nothing_of_it(dsn: str) -> None:
    async with connected(dsn, max_size=1) as engine:
        inserted = asyncio.Event()

        async def insert_and_wait() -> None:
            async with engine.transaction() as connection:
                await connection.execute("INSERT INTO agents VALUES ('8')")
                inserted.set()
                await connection.execute("SELECT pg_sleep(1000)")

        borrower = asyncio.create_task(insert_and_wait())
        await inserted.wait()
        borrower.cancel()
        with pytest.raises(asyncio.CancelledError):
            await borrower

        assert await engine.fetch("SELECT number FROM agents") == []


@on_each_loop
async def test_a_query_that_takes_too_long_is_cancelled(dsn: str) -> None:
    async with connected(dsn, max_size=1, query_timeout_s=0.05) as engine:
        with pytest.raises(EngineUnavailable) as caught:
            await engine.fetch("SELECT pg_sleep(1000)")

        assert str(caught.value) == "engine 'pg' is unavailable: a query was not answered (waited 0.1 s)"
        assert await engine.fetch_value("SELECT 1") == 1


@on_each_loop
async def test_closing_waits_for_borrowed_connections(dsn: str) -> None:
    async with connected(dsn) as engine:
        async with engine.connection() as connection:
            closing = asyncio.create_task(engine.close())
            assert await connection.fetchval("SELECT 1") == 1
            assert not closing.done()
        await closing


@on_each_loop
async def test_an_engine_that_is_not_connected_says_so(dsn: str) -> None:
    engine = PostgresEngine(dsn)
    with pytest.raises(EngineUnavailable) as caught:
        await engine.fetch("SELECT 1")
    assert str(caught.value) == (
        "engine 'PostgresEngine' is unavailable: not connected: add it to Container.engines, or await connect() "
        "(waited 0.0 s)"
    )
    await engine.connect()
    for _ in range(2):  # the second time nothing is open
        await engine.close()

        with pytest.raises(EngineUnavailable) as caught:
            await engine.fetch("SELECT 1")
        assert str(caught.value) == "engine 'PostgresEngine' is unavailable: closed (waited 0.0 s)"


@on_each_loop
async def test_a_url_that_makes_no_sense_ends_the_boot_at_once() -> None:
    engine = PostgresEngine("mysql://nobody@/nowhere", name="pg")

    with pytest.raises(ConfigError) as caught:
        await engine.connect()
    assert str(caught.value) == (
        "engine 'pg': invalid DSN: scheme is expected to be either \"postgresql\" or \"postgres\", got 'mysql'"
    )
    await engine.close()


@pytest.mark.parametrize(("min_size", "max_size"), [(0, 1), (3, 2)])
def test_sizes_make_sense(min_size: int, max_size: int) -> None:
    with pytest.raises(ValueError) as caught:
        PostgresEngine("postgresql:///", min_size=min_size, max_size=max_size)

    assert str(caught.value) == f"expected 1 <= min_size <= max_size, got {min_size=}, {max_size=}"
