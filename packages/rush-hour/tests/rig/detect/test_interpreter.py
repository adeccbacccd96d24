import os
import sys
import venv
from pathlib import Path

import pytest

from rush_hour.errors import StartError, UsageError
from rush_hour.rig.detect.interpreter import look_for_interpreter, normal_name

NO_ENVIRONMENT = (
    "--venv: expected a virtual environment, got '{0}', which has no bin/python. Make one: python3 -m venv {0}"
)


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment without packages."""
    path = tmp_path_factory.mktemp("repository") / "backend" / ".venv"
    venv.create(path, with_pip=False)
    return path


def test_an_environment_beside_the_application_is_found(environment: Path) -> None:
    found = look_for_interpreter(environment.parent, variables=os.environ)

    assert found.python == environment / "bin" / "python"
    assert (found.environment, found.is_beside) == (environment, True)
    assert found.version == ".".join(map(str, sys.version_info[:3]))
    assert found.packages == {}


def test_so_is_one_above_it_up_to_the_end_of_the_repository(environment: Path) -> None:
    inside = environment.parent / "app" / "inside"
    inside.mkdir(parents=True, exist_ok=True)
    empty = {"PATH": os.environ["PATH"]}

    outside = look_for_interpreter(inside, variables=empty)
    (environment.parent / ".git").mkdir()
    found = look_for_interpreter(inside, variables=empty)

    assert outside.environment != environment
    assert found.environment == environment


def test_what_is_named_comes_first(environment: Path, tmp_path: Path) -> None:
    (tmp_path / "venv").symlink_to(environment)
    elsewhere = look_for_interpreter(tmp_path, python=sys.executable, variables=os.environ)
    by_name = look_for_interpreter(tmp_path, venv=environment, variables=os.environ)

    assert elsewhere.python == Path(sys.executable)
    assert "pytest" in elsewhere.packages
    assert (by_name.environment, by_name.is_beside) == (environment, False)


def test_without_one_beside_it_is_the_active_one_and_else_that_on_path(environment: Path, tmp_path: Path) -> None:
    active = look_for_interpreter(tmp_path, variables={"VIRTUAL_ENV": str(environment), "PATH": os.environ["PATH"]})
    on_path = look_for_interpreter(tmp_path, variables={"PATH": str(environment / "bin")})

    assert (active.python, active.is_beside) == (environment / "bin" / "python", False)
    assert on_path.python == environment / "bin" / "python3"


def test_what_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "broken").write_text("#!/bin/sh\necho not today >&2\nexit 3\n")
    (tmp_path / "broken").chmod(0o755)
    refusals: list[tuple[dict[str, object], type[Exception], str]] = [
        (
            {"venv": tmp_path / "none"},
            UsageError,
            NO_ENVIRONMENT.format(tmp_path / "none"),
        ),
        ({"python": "no-such-python"}, UsageError, "--python: expected a Python interpreter, got 'no-such-python'."),
        (
            {"python": "python3", "venv": tmp_path},
            UsageError,
            "--venv: expected either --venv or --python, got both.",
        ),
        (
            {"variables": {"PATH": str(tmp_path)}},
            UsageError,
            "--python: no Python interpreter was found; name the one that has the application's packages.",
        ),
        (
            {"python": str(tmp_path / "broken")},
            StartError,
            f"{tmp_path}/broken does not run: exit code 3: not today",
        ),
    ]
    for options, kind, message in refusals:
        with pytest.raises(kind) as refused:
            look_for_interpreter(tmp_path, **({"variables": os.environ} | options))  # type: ignore[arg-type]
        assert str(refused.value) == message


def test_a_distribution_has_one_name() -> None:
    assert normal_name("Flask_SQLAlchemy") == normal_name("flask.sqlalchemy") == "flask-sqlalchemy"
