import os
import sys
from pathlib import Path

import pytest
from rig.environments import made_environment

from rush_hour.errors import StartError
from rush_hour.rig.interpreter import find_interpreter
from rush_hour.rig.machine import package_versions
from rush_hour.rig.parts.part import base_environment


def test_without_a_name_it_is_rush_hours_own(tmp_path: Path) -> None:
    own = find_interpreter(None, None, tmp_path)

    assert own.python == Path(sys.executable)
    assert own.environment() == base_environment()
    assert own.versions(["pytest", "no-such-thing"]) == package_versions(["pytest", "no-such-thing"])


def test_a_virtual_environment_is_activated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONHOME", "/nowhere")
    monkeypatch.setenv("VIRTUAL_ENV", "/elsewhere")
    programs = made_environment(tmp_path / "venv")

    environment = find_interpreter("venv", None, tmp_path).environment()

    assert environment["PATH"] == f"{programs}{os.pathsep}{os.environ['PATH']}"
    assert environment["VIRTUAL_ENV"] == str(tmp_path / "venv")
    assert "PYTHONHOME" not in environment


def test_an_interpreter_has_its_own_directory_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIRTUAL_ENV", "/elsewhere")
    python = tmp_path / "somewhere" / "python3"
    python.parent.mkdir()
    python.symlink_to(sys.executable)

    interpreter = find_interpreter(None, "somewhere/python3", tmp_path)

    assert interpreter.python == python
    assert interpreter.environment()["PATH"].split(os.pathsep)[0] == str(python.parent)
    assert "VIRTUAL_ENV" not in interpreter.environment()


def test_versions_are_those_of_the_environment(tmp_path: Path) -> None:
    made_environment(tmp_path / "venv", greeting="3.2.1")

    assert find_interpreter("venv", None, tmp_path).versions(["greeting", "pytest"]) == {
        "greeting": "3.2.1",
        "pytest": "not installed",
    }


@pytest.mark.parametrize(
    ("program", "told"),
    [
        ("#!/bin/sh\necho no encodings >&2; exit 3\n", "{} does not run: exit code 3: no encodings"),
        ("#!/bin/sh\nexit 3\n", "{} does not run: exit code 3: "),
        (
            "#!/bin/sh\necho hello\n",
            "{} does not tell which packages it has: Expecting value: line 1 column 1 (char 0)",
        ),
    ],
)
def test_an_interpreter_that_does_not_run_is_told(tmp_path: Path, program: str, told: str) -> None:
    python = tmp_path / "python"
    python.write_text(program)
    python.chmod(0o755)

    with pytest.raises(StartError) as caught:
        find_interpreter(None, "python", tmp_path).versions(["pytest"])

    assert str(caught.value) == told.format(python)
