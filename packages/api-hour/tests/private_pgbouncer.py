"""A PgBouncer of the tests' own in transaction mode, before a server of the tests' own; skipped where there is none."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from event_loops import TIMEOUT_S
from private_postgres import POLL_S, USER, PrivatePostgres

SERVER_CONNECTIONS = 2

INI = """
[databases]
postgres = host={server} user=tester dbname=postgres
[pgbouncer]
listen_port = 6432
listen_addr =
unix_socket_dir = {directory}
auth_type = any
pool_mode = transaction
server_round_robin = 1
default_pool_size = {pool_size}
min_pool_size = {pool_size}
"""


@contextmanager
def private_pgbouncer(postgres: PrivatePostgres) -> Iterator[str]:
    """Give the URL of a pooler that hands a transaction to whichever of its sessions is next."""
    with directory_of_pooler() as directory:
        ini = INI.format(server=postgres.directory, directory=directory, pool_size=SERVER_CONNECTIONS)
        url = f"postgresql://tester@/postgres?host={directory}&port=6432"
        with pooling(directory, ini, url):
            yield url


@contextmanager
def directory_of_pooler() -> Iterator[Path]:
    """Make a directory for a pooler's socket and files; skip the test where there is no pooler."""
    _program()
    with tempfile.TemporaryDirectory(prefix="api-hour-pgbouncer-") as name:
        if USER is not None:
            shutil.chown(name, USER)
        yield Path(name)


@contextmanager
def pooling(directory: Path, ini: str, url: str) -> Iterator[None]:
    """Run a pooler with these settings; at the beginning of the block a client may connect by the URL."""
    settings = directory / "pgbouncer.ini"
    settings.write_text(ini)
    with (directory / "log").open("wb") as log:
        pooler = subprocess.Popen([_program(), "-q", settings], user=USER, stdout=log, stderr=log, cwd="/")
    try:
        _wait(pooler, url, directory / "log")
        yield
    finally:
        pooler.kill()
        pooler.wait(TIMEOUT_S)


def _program() -> str:
    program = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        pytest.skip("there is no pgbouncer")
    return program


def _wait(pooler: "subprocess.Popen[bytes]", url: str, log: Path) -> None:
    end_at_s = time.monotonic() + TIMEOUT_S
    while True:
        try:
            psycopg.connect(url, connect_timeout=2).close()
        except psycopg.OperationalError:
            if pooler.poll() is not None or time.monotonic() > end_at_s:
                pytest.fail(f"PgBouncer does not come up:\n{log.read_text()}")
            time.sleep(POLL_S)
        else:
            return
