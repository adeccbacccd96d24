"""PgBouncer between the service and the database, by the files of its page: few sessions serve many connections."""

import json
import shlex
import shutil
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from configparser import ConfigParser
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from daemon_process import Daemon, body_of, exchange, get
from deployed import FILES, PAGES, deployed, file_for_here, for_here
from private_pgbouncer import directory_of_pooler, pooling
from private_postgres import private_postgres

ROLE = """
CREATE ROLE app LOGIN;
CREATE DATABASE app OWNER app;
"""
SETTINGS = ConfigParser()
SETTINGS.read(FILES / "pgbouncer" / "pgbouncer.ini")
SESSIONS = SETTINGS.getint("pgbouncer", "default_pool_size")


@contextmanager
def pooled_database() -> Iterator[str]:
    """Run PostgreSQL and PgBouncer as the page has them, and give the URL that it names."""
    with directory_of_pooler() as directory, private_postgres() as postgres:
        with psycopg.connect(postgres.dsn, autocommit=True) as connection:
            for statement in ROLE.strip().split("\n"):
                connection.execute(statement)
        shutil.copy(FILES / "pgbouncer" / "userlist.txt", directory)
        places = {
            "/run/postgresql": str(postgres.directory),
            "/run/pgbouncer": str(directory),
            "/etc/pgbouncer": str(directory),
        }
        url = documented_url().replace("/run/pgbouncer", str(directory))
        with pooling(directory, file_for_here("pgbouncer/pgbouncer.ini", places), url):
            yield url


def documented_lines() -> list[str]:
    return [line.removeprefix("$ ") for line in (PAGES / "pgbouncer.md").read_text().splitlines()]


def documented_url() -> str:
    [line] = [line for line in documented_lines() if line.startswith("export DATABASE_URL=")]
    return shlex.split(line)[1].partition("=")[2]


def documented_start() -> list[str]:
    [line] = [line for line in documented_lines() if line.startswith("api_hour ")]
    return shlex.split(for_here(line, {"127.0.0.1:8000": "127.0.0.1:0"}))


def sessions_of(running: Daemon, count: int) -> set[int]:
    """Ask so often, some at once, and return which sessions of the database have answered."""

    def ask(number: int) -> int:
        rows = json.loads(body_of(exchange(running.tcp_address(), get(f"/rows/{number + 1}"))))
        assert [row["number"] for row in rows] == list(range(1, number + 2))
        return int(rows[0]["session"])

    with ThreadPoolExecutor(16) as pool:
        return set(pool.map(ask, range(count)))


def test_the_service_reads_by_few_sessions_and_no_statement_is_missed(tmp_path: Path) -> None:
    with (
        pooled_database() as url,
        deployed(
            tmp_path, documented_start(), workers=2, app="pgbouncer/rows.py", environment={"DATABASE_URL": url}
        ) as running,
    ):
        assert len(sessions_of(running, 200)) <= SESSIONS
        running.supervisor.process.send_signal(signal.SIGHUP)
        running.supervisor.wait_for("reload done")
        assert len(sessions_of(running, 50)) <= SESSIONS
        with pytest.raises(psycopg.OperationalError, match="authentication failed"):
            psycopg.connect(url.replace("change-me", "guess"), connect_timeout=5)


def test_connections_fit_into_the_pooler_also_during_a_reload() -> None:
    connections = int(next(line for line in rows_py() if line.startswith("CONNECTIONS =")).split()[2])

    assert connections * 2 <= SETTINGS.getint("pgbouncer", "max_client_conn")  # those of a worker and its replacement


def rows_py() -> list[str]:
    return (FILES / "pgbouncer" / "rows.py").read_text().splitlines()
