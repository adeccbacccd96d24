"""A project looked at as a whole: its files, and its own interpreter."""

import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from rush_hour.errors import StartError
from rush_hour.rig.application.facts import Route, describe_application
from rush_hour.rig.detect.interpreter import FoundInterpreter, look_for_interpreter
from rush_hour.rig.detect.project import find_schema_files, look_at, migrations

FACTORY = "from starlette.applications import Starlette\ndef create_app():\n    return Starlette()\n"


@pytest.fixture(scope="module")
def interpreter() -> FoundInterpreter:
    """That of the tests."""
    return look_for_interpreter(Path("/"), python=sys.executable, variables={})


def test_servers_are_those_that_are_installed_and_can_be_told_of_a_factory(
    tmp_path: Path, interpreter: FoundInterpreter
) -> None:
    (tmp_path / "main.py").write_text(FACTORY + "app = create_app()\n")
    packages = {"uvicorn": "0.54", "daphne": "4.2", "gunicorn": "27"}
    chosen = replace(interpreter, packages=packages)

    made, object_ = look_at("main:create_app", tmp_path, chosen), look_at(None, tmp_path, chosen)

    assert [server.name for server in made.servers] == ["uvicorn"]
    assert [server.name for server in object_.servers] == ["uvicorn", "daphne"]
    assert (made.facts.is_factory, object_.facts.target) == (True, "main:app")


def test_an_import_that_hangs_leaves_what_the_files_say(
    tmp_path: Path, interpreter: FoundInterpreter, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient = partial(describe_application, timeout_s=1.0)
    monkeypatch.setattr("rush_hour.rig.detect.project.describe_application", impatient)
    (tmp_path / "main.py").write_text("from flask import Flask\napp = Flask('')\nimport time\ntime.sleep(1000)\n")

    found = look_at(None, tmp_path, interpreter)

    assert (found.facts.target, found.facts.framework, found.facts.routes) == ("main:app", "flask", [Route(path="/")])
    assert found.note is not None
    assert found.note.startswith("the import of main:app was not done after 1 s.")
    with pytest.raises(StartError):
        look_at("main:app", tmp_path, interpreter)


def test_a_module_in_src_is_imported_from_there(tmp_path: Path, interpreter: FoundInterpreter) -> None:
    (tmp_path / "src" / "shop").mkdir(parents=True)
    (tmp_path / "src" / "shop" / "__init__.py").write_text(FACTORY)

    for target in ("shop:create_app", None):
        assert look_at(target, tmp_path, interpreter).directory == tmp_path / "src"


def test_what_makes_the_tables(tmp_path: Path, interpreter: FoundInterpreter) -> None:
    (tmp_path / "main.py").write_text(FACTORY)
    facts = look_at(None, tmp_path, interpreter).facts
    (tmp_path / "alembic.ini").touch()
    with_alembic = replace(interpreter, packages={"alembic": "1"})

    assert migrations(facts, tmp_path, replace(interpreter, packages={})) == []
    assert migrations(facts, tmp_path, with_alembic) == ["{python} -m alembic upgrade head"]


def test_a_schema_file_is_taken_if_there_is_one_only(tmp_path: Path) -> None:
    assert find_schema_files(tmp_path) == []
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "schema.sql").touch()
    assert find_schema_files(tmp_path) == ["shop/schema.sql"]
    (tmp_path / "schema.sql").touch()
    assert find_schema_files(tmp_path) == []
