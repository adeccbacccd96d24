"""`rush-hour init`: what it prints, writes and refuses."""

import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands.in_process import handlers_restored

from rush_hour.cli import run
from rush_hour.rig.suite.reading import read_suite
from rush_hour.rig.suite.suite import Suite

FLASK = "from flask import Flask\napp = Flask(__name__)\n@app.get('/')\ndef index(): return 'hello'\n"


@pytest.fixture(autouse=True)
def in_a_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Run in a directory of its own, in the environment of the tests."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VIRTUAL_ENV", sys.prefix)
    with handlers_restored():
        yield


def wrote(path: Path) -> Suite:
    return read_suite(path)


def test_a_suite_is_written_and_what_was_found_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "app.py").write_text(FLASK)

    code = run(["init"])

    lines = capsys.readouterr().out.splitlines()
    assert code == 0
    assert lines[0] == "found   a Flask application: app:app (WSGI)"
    assert lines[1].split(" in ")[0] == "        Python " + ".".join(map(str, sys.version_info[:3]))
    assert lines[2:] == ["        GET /", "wrote   suite.toml", "next    rush-hour bench suite.toml --duration 5s"]
    suite = wrote(tmp_path / "suite.toml")
    assert [request.path for request in suite.requests] == ["/"]
    assert "api-hour" in {system.name for system in suite.systems}
    assert suite.database is None
    assert list(tmp_path.glob(".*")) == []  # nothing unfinished is left


def test_a_file_that_is_there_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "app.py").write_text(FLASK)
    (tmp_path / "suite.toml").write_text("mine")

    codes = [run(["init"]), run(["init", "-o", "other.toml"])]

    assert codes == [2, 0]
    assert capsys.readouterr().err == (
        "rush-hour: --output: suite.toml is there already, and stays as it is; name another file with -o.\n"
    )
    assert (tmp_path / "suite.toml").read_text() == "mine"
    assert wrote(tmp_path / "other.toml").systems


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "app.py").write_text(FLASK)
    (tmp_path / "bench").mkdir()

    assert run(["init", "-o", "bench/suite.toml"]) == 0

    assert {system.directory for system in wrote(tmp_path / "bench" / "suite.toml").systems} == {"../src"}


def test_a_directory_without_an_application_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "notes.py").write_text("x = 1")
    (tmp_path / "broken.py").write_text("def f(:")

    assert run(["init"]) == 2

    assert capsys.readouterr().err == (
        f"rush-hour: APP: no application was found in {tmp_path}: no manage.py of Django, and nothing that makes one "
        "of another framework. Name it, as `rush-hour init shop.main:app`, or its directory with --directory.\n"
        "These files are no Python, and were not read:\n  broken.py: invalid syntax in line 1\n"
    )
    assert not (tmp_path / "suite.toml").exists()


def test_of_several_applications_one_must_be_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.py").write_text(FLASK)

    codes = [run(["init"]), run(["init", "two:app"])]

    captured = capsys.readouterr()
    assert codes == [2, 0]
    assert captured.err == (
        "rush-hour: APP: there are several applications; name the one that is meant:\n"
        "  rush-hour init one:app    # in one.py\n  rush-hour init two:app    # in two.py\n"
    )
    assert captured.out.startswith("found   a Flask application: two:app (WSGI)\n")


def test_commands_that_are_proposed_say_where_and_can_be_pasted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    back = tmp_path / "back end"
    for name in ("one", "two"):
        (back / name).mkdir(parents=True)
        (back / name / "main.py").write_text(FLASK)

    assert run(["init", "--directory", "back end"]) == 2

    proposed = [line.partition("#")[0] for line in capsys.readouterr().err.splitlines()[1:]]
    assert [shlex.split(line) for line in proposed] == [
        ["rush-hour", "init", "main:app", "--directory", f"back end/{name}"] for name in ("one", "two")
    ]
    assert run(shlex.split(proposed[1])[1:]) == 0


def test_an_application_that_raises_is_described_by_its_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "app.py").write_text(FLASK + "raise RuntimeError('no settings')\n")

    assert run(["init"]) == 0

    assert capsys.readouterr().out.splitlines()[2] == (
        "        it could not be imported, so its files alone say this: "
        "app:app cannot be imported: RuntimeError: no settings."
    )


def test_one_that_is_named_and_raises_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "app.py").write_text("raise RuntimeError('no settings')\n")

    assert run(["init", "app:app"]) == 3

    assert capsys.readouterr().err.startswith("rush-hour: app:app cannot be imported: RuntimeError: no settings.\n")
    assert not (tmp_path / "suite.toml").exists()


def test_without_a_server_it_says_what_to_install(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "app.py").write_text("def app(environ, start_response): pass\n")
    (tmp_path / "python3").symlink_to(Path(sys.executable).resolve())

    assert run(["init", "--python", str(tmp_path / "python3")]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "found   a WSGI application: app:app (WSGI)"
    assert lines[1].endswith(", with none of the servers that serve it")
    assert lines[-2].startswith("missing ")
    assert lines[-2].endswith("python3 -m pip install gunicorn api-hour")
    assert [system.name for system in wrote(tmp_path / "suite.toml").systems] == ["gunicorn", "api-hour"]


DATABASE = """
import os
from fastapi import FastAPI

app = FastAPI()
url = os.environ["SHOP_DATABASE_URL"]

@app.get("/orders")
async def orders(): return []
"""


def test_a_database_is_given_where_its_url_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "main.py").write_text(DATABASE)

    assert run(["init"]) == 0

    suite = wrote(tmp_path / "suite.toml")
    assert suite.database is not None
    assert suite.systems[0].env == {"SHOP_DATABASE_URL": "{database_url}"}
    lines = capsys.readouterr().out.splitlines()
    assert lines[2].strip() == (
        "its database's URL is in SHOP_DATABASE_URL, which is set in `env`: a fresh PostgreSQL is started for it"
    )
    assert lines[-2] == "edit    `prepare` or `load`: what makes the tables that the application reads was not found"


def test_a_directory_that_is_not_there_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", "--directory", "nowhere"]) == 2

    assert capsys.readouterr().err == "rush-hour: --directory: expected a directory, got 'nowhere'.\n"
