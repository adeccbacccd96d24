from pathlib import Path

import psycopg
import pytest
from msgspec.structs import replace
from rig.deadlines import TIMEOUT_S
from rig.environments import made_environment

from rush_hour.errors import StartError, UsageError
from rush_hour.load.workload.specs import RequestSpec
from rush_hour.rig.stack import RigOptions, shared_rig
from rush_hour.rig.suite.suite import DatabaseSpec, Suite
from rush_hour.rig.suite.system_spec import Front, SystemSpec

SHORT_S = TIMEOUT_S / 10  # and yet long enough for a program to begin
PLAIN = Suite(
    name="s",
    title="S",
    requests=[RequestSpec(path="/")],
    systems=[SystemSpec(name="a", title="A", command="serve {port}")],
)
FRONTED = Suite(
    name="s",
    title="S",
    requests=[RequestSpec(path="/")],
    systems=[SystemSpec(name="a", title="A", command="serve {socket}", front=Front(protocol="http", port=8080))],
)
WITH_DATABASE = Suite(
    name="s",
    title="S",
    requests=[RequestSpec(path="/")],
    systems=PLAIN.systems,
    database=DatabaseSpec(load=["schema.sql"]),
)


def options_for(directory: Path, **changes: object) -> RigOptions:
    settings = {"logs": directory / "logs", "database_url": None, "nginx": None}
    return RigOptions(suite_path=directory / "suite.toml", **(settings | changes))  # type: ignore[arg-type]


def databases(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        return {name for (name,) in connection.execute("SELECT datname FROM pg_database")}


def test_a_plain_suite_needs_neither_database_nor_nginx(tmp_path: Path) -> None:
    steps: list[str] = []

    with shared_rig(PLAIN, options_for(tmp_path), steps.append) as (rig, server):
        assert (rig.nginx, rig.database_url, server) == (None, None, None)
        assert (rig.workers, rig.suite_directory, rig.logs) == (2, tmp_path, tmp_path / "logs")
        assert rig.run_directory.path.is_dir()

    assert steps == []
    assert not rig.run_directory.path.exists()
    assert (tmp_path / "logs").is_dir()


def test_a_suite_is_prepared_when_its_database_is_up(tmp_path: Path) -> None:
    (tmp_path / "schema.sql").write_text("CREATE TABLE agents (name text)")
    insert = (
        "import os, psycopg; psycopg.connect(os.environ['DATABASE_URL'], autocommit=True).execute('DROP TABLE agents')"
    )
    suite = replace(WITH_DATABASE, prepare=[f'{{python}} -c "{insert}"', "sh -c 'pwd; echo {workers} {threads}'"])
    steps: list[str] = []

    with shared_rig(suite, options_for(tmp_path), steps.append) as (rig, _):
        assert rig.database_url is not None
        with psycopg.connect(rig.database_url) as connection:
            assert connection.execute("SELECT to_regclass('agents')").fetchone() == (None,)

    assert steps[2].startswith("preparing: ")
    assert steps[3] == "preparing: sh -c 'pwd; echo 2 1'"
    assert (tmp_path / "logs" / "suite.prepare-2.log").read_text() == f"{tmp_path}\n2 1\n"


def test_a_suite_that_cannot_be_prepared_ends_the_bench(tmp_path: Path) -> None:
    suite = replace(PLAIN, prepare=["sh -c 'echo no such table; exit 4'"])

    with pytest.raises(StartError) as caught, shared_rig(suite, options_for(tmp_path), print):
        pytest.fail("it was prepared")

    assert str(caught.value) == "prepare: sh -c 'echo no such table; exit 4': exit code 4.\nno such table"


def test_what_prepares_a_suite_has_its_time(tmp_path: Path) -> None:
    suite = replace(PLAIN, prepare=["sh -c 'echo waiting; sleep 1000'"], prepare_timeout=f"{SHORT_S:g}s")

    with pytest.raises(StartError) as caught, shared_rig(suite, options_for(tmp_path), print):
        pytest.fail("it was prepared")

    assert str(caught.value) == f"prepare: sh -c 'echo waiting; sleep 1000': not done after {SHORT_S:g} s.\nwaiting"


def test_a_suite_is_prepared_in_its_environment(tmp_path: Path) -> None:
    programs = made_environment(tmp_path / "venv")
    suite = replace(PLAIN, prepare=["sh -c 'command -v hello; echo {python}'"], venv="venv")

    with shared_rig(suite, options_for(tmp_path), print):
        said = (tmp_path / "logs" / "suite.prepare-1.log").read_text()

    assert said == f"{programs}/hello\n{programs}/python\n"


def test_without_a_place_for_them_logs_go_with_the_run(tmp_path: Path) -> None:
    with shared_rig(PLAIN, options_for(tmp_path, logs=None), print) as (rig, _):
        assert rig.logs == rig.run_directory.path / "logs"
        assert rig.logs.is_dir()

    assert not rig.logs.exists()


def test_a_suite_with_a_front_needs_nginx(tmp_path: Path) -> None:
    with shared_rig(FRONTED, options_for(tmp_path), print) as (rig, _):
        assert rig.nginx is not None
        assert rig.nginx.is_file()

    with pytest.raises(UsageError), shared_rig(FRONTED, options_for(tmp_path, nginx=tmp_path), print):
        pytest.fail("a directory is no nginx")


def test_the_database_of_a_suite_runs_in_the_runs_directory(tmp_path: Path) -> None:
    (tmp_path / "schema.sql").write_text("CREATE TABLE agents (name text)")
    steps: list[str] = []

    with shared_rig(WITH_DATABASE, options_for(tmp_path), steps.append) as (rig, server):
        assert server is not None
        assert server.process_ids()
        assert rig.database_url is not None
        assert f"host={rig.run_directory.path}/postgres" in rig.database_url
        with psycopg.connect(rig.database_url) as connection:
            assert connection.execute("SELECT * FROM agents").fetchall() == []

    assert steps == ["starting PostgreSQL", "loading the database"]
    assert server.exit_code == 0
    assert "database system is ready" in (tmp_path / "logs" / "postgres.log").read_text()


def test_a_server_that_is_there_already_lends_a_database(tmp_path: Path, postgres_url: str) -> None:
    (tmp_path / "schema.sql").write_text("CREATE TABLE agents (name text)")
    before = databases(postgres_url)
    steps: list[str] = []

    with shared_rig(WITH_DATABASE, options_for(tmp_path, database_url=postgres_url), steps.append) as (rig, server):
        assert server is None
        assert rig.database_url is not None
        [made] = databases(postgres_url) - before
        assert f"/{made}?" in rig.database_url

    assert databases(postgres_url) == before
    assert steps == ["loading the database"]


def test_a_wrong_database_url_is_refused_before_anything_starts(tmp_path: Path) -> None:
    options = options_for(tmp_path, database_url="mysql://h/d")

    with pytest.raises(UsageError) as caught, shared_rig(WITH_DATABASE, options, print):
        pytest.fail("it started")

    assert str(caught.value) == "--database: expected postgresql://USER@HOST/DATABASE, got 'mysql://h/d'."
    assert not (tmp_path / "logs").exists()
