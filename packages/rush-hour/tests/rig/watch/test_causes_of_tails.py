"""Tails of known causes: a real PostgreSQL, a real server with two worker processes, and what is said of them."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
from load_runs import plan_for
from rig.deadlines import TIMEOUT_S, wait_for

from rush_hour.core.figures import TimelineRow
from rush_hour.judge.tail.tail import TailFinding, explain_tail
from rush_hour.load.run import Observer
from rush_hour.results.run import Run
from rush_hour.rig.parts.part import Part, base_environment
from rush_hour.rig.parts.postgres import fresh_database
from rush_hour.rig.parts.run_directory import RunDirectory
from rush_hour.rig.watch.database_activity import DatabaseActivitySampling
from rush_hour.rig.watch.measure import measure

CONNECTIONS = 8
CORES = 64  # more than there are: whether the machine is full is not what is asked here
SERVER = """
import os, signal, socket, sys, threading, time
import psycopg

port, url, sql, pause_s, blocked_at, block_s, manner = sys.argv[1:]
listener = socket.create_server(("127.0.0.1", int(port)), backlog=64)
is_first = os.fork() > 0
turn, served = threading.Lock(), 0


def block():
    until_s = time.monotonic() + float(block_s)
    while manner == "busy" and time.monotonic() < until_s:
        pass
    time.sleep(max(0.0, until_s - time.monotonic()))


def serve(connection):
    global served
    with connection, psycopg.connect(url, autocommit=True) as database:
        while connection.recv(65536):
            with turn:
                served += 1
                if is_first and served == int(blocked_at):
                    block()
            database.execute(sql)
            time.sleep(float(pause_s))
            connection.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 5\\r\\n\\r\\nhello")


print("serving", flush=True)
for _ in range(4):
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
signal.pause()
"""

pytestmark = [pytest.mark.alone, pytest.mark.timeout(3 * TIMEOUT_S)]


@pytest.fixture
def database_url(postgres_url: str, tmp_path: Path) -> Iterator[str]:
    """A database with a table."""
    sql = tmp_path / "schema.sql"
    sql.write_text("CREATE TABLE agents (name text);")
    with fresh_database(postgres_url, [sql], drop=True) as url:
        yield url


@pytest.fixture
def run_against(
    database_url: str, run_directory: RunDirectory, tmp_path: Path, free_port: int
) -> Iterator[Callable[..., Run]]:
    """Load a server of two workers, each with half of the connections and a connection to the database for each."""
    with ExitStack() as stack:

        def measured(
            sql: str,
            *,
            rate_per_s: float,
            duration_s: float,
            pause_s: float = 0.0,
            blocked_at: int = 0,
            block_s: float = 0.0,
            manner: str = "asleep",
            on_second: Callable[[TimelineRow], None] = lambda _row: None,
        ) -> Run:
            options = [str(free_port), database_url, sql, str(pause_s), str(blocked_at), str(block_s), manner]
            log = tmp_path / "server.log"
            server = stack.enter_context(
                Part(
                    [sys.executable, "-c", SERVER, *options],
                    run_directory,
                    log_path=log,
                    environment=base_environment(),
                    directory=tmp_path,
                )
            )
            wait_for(lambda: log.read_text().count("serving") == 2, "two workers")
            plan = plan_for(
                f"http://127.0.0.1:{free_port}/",
                rate_per_s=rate_per_s,
                duration_s=duration_s,
                connections=CONNECTIONS,
                timeout_s=TIMEOUT_S,
            )
            onlooker = DatabaseActivitySampling(database_url)
            run = measure(plan, {"server": server}, Observer(on_second=on_second), [onlooker])
            assert run.result.requests_failed == 0
            return run

        yield measured


def found(run: Run, code: str) -> TailFinding:
    findings = explain_tail(run, cores=CORES)
    print(*findings, *run.result.timeline, sep="\n")  # noqa: T201
    return next(finding for finding in findings if finding.code == code)


def test_a_statement_that_is_slow_all_along_is_named(run_against: Callable[..., Run]) -> None:
    run = run_against("SELECT pg_sleep(0.1)", rate_per_s=40, duration_s=3.0)

    finding = found(run, "database-slow-statement")
    assert finding.role == "database"
    assert finding.seconds == ()
    assert finding.sentence.endswith("; seen most: SELECT pg_sleep(?).")
    assert run.database is not None
    assert run.database.max_connections == 300
    assert max(row.connections for row in run.database.timeline) == CONNECTIONS
    assert max(row.active for row in run.database.timeline) > 0


def test_statements_that_wait_for_a_lock_are_seen_in_the_seconds_in_which_p99_rose(
    run_against: Callable[..., Run], database_url: str
) -> None:
    with psycopg.connect(database_url) as other:

        def hold_a_lock(row: TimelineRow) -> None:
            if row.at_s >= 3:
                other.commit()
            elif row.at_s >= 2:
                other.execute("LOCK TABLE agents")

        run = run_against("SELECT count(*) FROM agents", rate_per_s=100, duration_s=6.0, on_second=hold_a_lock)

    finding = found(run, "database-locks")
    assert finding.role == "database"
    assert {3.0, 4.0, 5.0} & {round(at_s) for at_s in finding.seconds}
    assert "waited for locks in the database." in finding.sentence


def test_a_worker_that_is_blocked_is_told_from_a_server_that_is(run_against: Callable[..., Run]) -> None:
    run = run_against("SELECT 1", rate_per_s=200, duration_s=7.0, blocked_at=250, block_s=1.5)

    finding = found(run, "few-answers")
    assert finding.role == "server"
    assert "of the usual good answers came" in finding.sentence
    assert {3.0, 4.0, 5.0} & {round(at_s) for at_s in finding.seconds}


def test_a_worker_that_is_busy_alone_is_named(run_against: Callable[..., Run]) -> None:
    run = run_against("SELECT 1", rate_per_s=200, duration_s=7.0, blocked_at=250, block_s=1.5, manner="busy")

    finding = found(run, "one-process-busy")
    assert run.resources is not None
    busiest = max(run.resources.server.processes, key=lambda process: process.cpu_s)
    assert finding.role == "server"
    assert f"one process of the server (process {busiest.pid}) used " in finding.sentence
    assert {3.0, 4.0, 5.0} & {round(at_s) for at_s in finding.seconds}


def test_a_run_without_faults_blames_nobody(run_against: Callable[..., Run]) -> None:
    """What a busy machine does to any run may be said: it is nobody's who serves."""
    run = run_against("SELECT 1", rate_per_s=40, duration_s=5.0, pause_s=0.1)

    said = {finding.code: finding.sentence for finding in explain_tail(run, cores=CORES)}
    assert said.keys() <= {"generator-late", "other-load", "slow-seconds"}, said
