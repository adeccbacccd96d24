"""Looks at a real PostgreSQL, whatever its connections do, and whatever becomes of it."""

import os
import signal
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
from psycopg.pq import ExecStatus
from rig.deadlines import wait_for

from rush_hour.results.evidence import DatabaseActivity, DatabaseRow, Statement
from rush_hour.results.run import LoadResult, PlanFacts, Run, Verdict
from rush_hour.rig.parts import postgres
from rush_hour.rig.parts.postgres import fresh_database, private_server
from rush_hour.rig.parts.run_directory import RunDirectory
from rush_hour.rig.watch.database_activity import (
    APPLICATION_NAME,
    KINDS_LIMIT,
    Backend,
    DatabaseActivitySampling,
    row_of,
    statements_of,
)

OFTEN_S = 0.02
WITH_CONTRIB = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
SLOWLY = "SELECT pg_sleep(1000), 'secret'"


@pytest.fixture
def run(plan: PlanFacts, result: LoadResult) -> Run:
    """A run that nobody has looked at."""
    return Run(plan=plan, result=result, verdict=Verdict(trusted=True))


@pytest.fixture
def database_url(postgres_url: str, tmp_path: Path) -> Iterator[str]:
    """A database with a table."""
    sql = tmp_path / "schema.sql"
    sql.write_text("CREATE TABLE agents (name text);")
    with fresh_database(postgres_url, [sql], drop=True) as url:
        yield url


class Sessions:
    """Connections of a system, each with a statement that it may wait for."""

    def __init__(self, url: str, stack: ExitStack) -> None:
        self._url, self._stack = url, stack

    def open(self, *statements: str) -> "psycopg.Connection[tuple[object, ...]]":
        """Execute all statements but the last, and send that."""
        connection = psycopg.connect(self._url, autocommit=True)
        self._stack.callback(connection.close)
        *first, last = statements
        for statement in first:
            assert connection.pgconn.exec_(statement.encode()).status == ExecStatus.COMMAND_OK
        connection.pgconn.send_query(last.encode())
        return connection


@pytest.fixture
def sessions(database_url: str) -> Iterator[Sessions]:
    """Connections of a system, closed at the end."""
    with ExitStack() as stack:
        yield Sessions(database_url, stack)


def activity_of(sampling: DatabaseActivitySampling, run: Run) -> DatabaseActivity:
    activity = sampling.add_to(run).database
    assert activity is not None
    return activity


def wait_for_look(sampling: DatabaseActivitySampling, run: Run, is_it: Callable[[DatabaseRow], bool]) -> DatabaseRow:
    def find() -> DatabaseRow | None:
        seen = sampling.add_to(run).database
        return None if seen is None else next((row for row in seen.timeline if is_it(row)), None)

    found = wait_for(find, "a look")
    assert found is not None
    return found


def test_a_look_says_what_connections_do() -> None:
    backends = [
        Backend(state="active", wait_event_type=None, query="a", age_s=0.2),
        Backend(state="active", wait_event_type="Lock", query="b", age_s=1.23456),
        Backend(state="active", wait_event_type="Client", query="b", age_s=None),
        Backend(state="idle", wait_event_type="Client", query="c", age_s=None),
        Backend(state="idle in transaction", wait_event_type="Client", query="c", age_s=None),
        Backend(state="idle in transaction (aborted)", wait_event_type="Client", query="c", age_s=None),
        Backend(state=None, wait_event_type=None, query=None, age_s=None),
    ]

    assert row_of(backends, 1.50049) == DatabaseRow(
        at_s=1.5, connections=7, active=3, waiting=1, idle_in_transaction=2, longest_s=1.235
    )
    assert row_of([], 1.0) == DatabaseRow(
        at_s=1.0, connections=0, active=0, waiting=0, idle_in_transaction=0, longest_s=0.0
    )


def test_statements_that_were_seen_most_come_first_and_then_those_that_took_most_time() -> None:
    seen = Counter({"a": 2, "b": 5})
    before = {"a": (10, 1.0), "same": (3, 1.0)}
    after = {"a": (14, 3.0), "same": (3, 1.0), "c": (9, 0.5), "d": (1, 0.75)}

    assert statements_of(seen, before, after) == [
        Statement(text="b", seen_active=5),
        Statement(text="a", seen_active=2, calls=4, total_s=2.0),
        Statement(text="d", seen_active=0, calls=1, total_s=0.75),
        Statement(text="c", seen_active=0, calls=9, total_s=0.5),
    ]
    assert [one.calls for one in statements_of(seen, None, after)] == [None, None]
    assert [one.calls for one in statements_of(seen, before, None)] == [None, None]


def test_locks_and_long_statements_and_idle_transactions_are_seen(
    database_url: str, sessions: Sessions, run: Run
) -> None:
    with DatabaseActivitySampling(database_url, OFTEN_S) as sampling:
        sessions.open("BEGIN", "LOCK TABLE agents")
        sessions.open("INSERT INTO agents VALUES ('a  name')")
        sessions.open(SLOWLY)
        sampling.begin()
        wait_for_look(
            sampling,
            run,
            lambda row: (row.connections, row.active, row.waiting, row.idle_in_transaction) == (3, 2, 1, 1),
        )
        oldest = wait_for_look(sampling, run, lambda row: row.longest_s >= 0.1)
        sampling.end()
        activity = activity_of(sampling, run)

    assert oldest in activity.timeline
    assert activity.max_connections == 300
    assert {statement.text for statement in activity.statements} == {
        "INSERT INTO agents VALUES (?)",
        "SELECT pg_sleep(?), ?",
    }
    assert all(statement.seen_active > 0 for statement in activity.statements)
    assert all(statement.calls is None for statement in activity.statements)


def test_a_database_that_nobody_uses_is_seen_to_be_idle_and_the_onlooker_is_not_counted(
    database_url: str, run: Run
) -> None:
    with DatabaseActivitySampling(database_url, OFTEN_S) as sampling:
        sampling.begin()
        wait_for_look(sampling, run, lambda _row: True)
        sampling.watch()
        sampling.end()
        activity = activity_of(sampling, run)
        sampling.end()

    assert {row.connections for row in activity.timeline} == {0}
    assert activity.statements == []
    assert sampling.cpu_s == 0.0


def test_a_server_that_is_not_there_leaves_the_run_as_it_is(tmp_path: Path, run: Run) -> None:
    with DatabaseActivitySampling(f"postgresql://nobody@/none?host={tmp_path}", OFTEN_S) as sampling:
        sampling.begin()
        sampling.end()

    assert sampling.add_to(run) is run


def test_an_onlooker_whose_connection_is_ended_comes_back(database_url: str, postgres_url: str, run: Run) -> None:
    with DatabaseActivitySampling(database_url, OFTEN_S) as sampling:
        sampling.begin()
        last = wait_for_look(sampling, run, lambda _row: True)
        with psycopg.connect(postgres_url) as connection:
            ended = connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s", [APPLICATION_NAME]
            ).fetchall()
        last = activity_of(sampling, run).timeline[-1]
        wait_for_look(sampling, run, lambda row: row.at_s > last.at_s + 5 * OFTEN_S)

    assert ended == [(True,)]


def test_a_server_that_does_not_answer_does_not_keep_the_run_from_its_end(
    database_url: str, postgres_url: str, run: Run
) -> None:
    with psycopg.connect(postgres_url) as connection, DatabaseActivitySampling(database_url, OFTEN_S) as sampling:
        rows = connection.execute("SELECT pid FROM pg_stat_activity WHERE application_name = %s", [APPLICATION_NAME])
        [(backend,)] = rows.fetchall()
        os.kill(backend, signal.SIGSTOP)
        try:
            sampling.begin()
            sampling.end()
            thread = sampling._thread
        finally:
            os.kill(backend, signal.SIGCONT)

    assert thread is not None
    assert not thread.is_alive()
    assert sampling.add_to(run) is run


def test_no_more_kinds_of_statements_are_kept_than_there_is_room_for() -> None:
    sampling = DatabaseActivitySampling("postgresql://")
    sampling._count(f"SELECT a{number}" for number in range(KINDS_LIMIT + 9))
    sampling._count(["SELECT a1", "-- nothing"])

    assert len(sampling._seen) == KINDS_LIMIT
    assert sampling._seen["SELECT a1"] == 2


@pytest.mark.skipif(not WITH_CONTRIB, reason="PostgreSQL with its contrib is not installed")
def test_a_server_with_statistics_says_how_often_statements_were_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run
) -> None:
    programs = WITH_CONTRIB[-1].parent
    extensions = Path(subprocess.check_output([programs / "pg_config", "--sharedir"], text=True).strip()) / "extension"
    if not (extensions / "pg_stat_statements.control").exists():
        pytest.skip("its contrib is not installed")
    monkeypatch.setattr(postgres, "_usable_programs", lambda *_arguments: programs)
    monkeypatch.setitem(postgres.SETTINGS, "shared_preload_libraries", "pg_stat_statements")
    with (
        RunDirectory() as directory,
        private_server(directory, tmp_path / "postgres.log") as (server_url, _),
        fresh_database(server_url, [], drop=False) as url,
        DatabaseActivitySampling(url, OFTEN_S) as sampling,
        psycopg.connect(url, autocommit=True) as connection,
    ):
        connection.execute("SELECT 1 AS before")
        sampling.begin()
        wait_for_look(sampling, run, lambda _row: True)
        for _ in range(3):
            connection.execute("SELECT 'a' AS during")
        sampling.end()
        statements = activity_of(sampling, run).statements

    assert [(statement.text, statement.calls) for statement in statements] == [("SELECT ? AS during", 3)]
    assert statements[0].total_s is not None


def test_looking_leaves_no_error_in_the_servers_log_whoever_looks(tmp_path: Path, run: Run) -> None:
    log_path = tmp_path / "postgres.log"
    with (
        RunDirectory() as directory,
        private_server(directory, log_path) as (server_url, _),
        fresh_database(server_url, [], drop=False) as url,
    ):
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE ROLE ordinary LOGIN")
        for of_role in (url, url.replace(f"//{postgres.ROLE}@", "//ordinary@")):
            with DatabaseActivitySampling(of_role, OFTEN_S) as sampling:
                sampling.begin()
                wait_for_look(sampling, run, lambda _row: True)
                sampling.end()

    assert "database system is ready" in log_path.read_text()
    assert "ERROR" not in log_path.read_text()
