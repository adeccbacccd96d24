import subprocess
import sys
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from rig.environments import made_environment

from rush_hour.rig.catalogue.server import Server
from rush_hour.rig.interpreter import Interpreter
from rush_hour.rig.trial.fetching import scratch_environment

HELLO = Server(name="hello", title="Hello", packages=["hello"], commands={"wsgi": "hello {port} {target}"})
NOWHERE = Server(name="no", title="Nowhere", packages=["rush-hour-nowhere"], commands={"wsgi": "no {port} {target}"})


@dataclass
class Told:
    """Who notes what is told."""

    steps: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def step(self, text: str) -> None:
        self.steps.append(text)

    def warn(self, text: str) -> None:
        self.warnings.append(text)


def make_wheel(directory: Path) -> None:
    """Write a wheel whose program says hello."""
    with zipfile.ZipFile(directory / "hello-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("hello.py", "def main():\n    print('hello from the wheel')\n")
        wheel.writestr("hello-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: hello\nVersion: 1.0\n")
        wheel.writestr(
            "hello-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr("hello-1.0.dist-info/entry_points.txt", "[console_scripts]\nhello = hello:main\n")
        wheel.writestr("hello-1.0.dist-info/RECORD", "")


def test_a_server_is_installed_beside_the_applications_packages_and_nothing_of_them_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_wheel(tmp_path)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    programs = made_environment(tmp_path / "venv", shop="3.1")
    module = next((tmp_path / "venv").glob("lib/*/site-packages")) / "shop.py"
    module.write_text("NAME = 'the shop'\n")
    before = sorted(path for path in (tmp_path / "venv").rglob("*") if "__pycache__" not in path.parts)
    told = Told()

    with scratch_environment(Interpreter(python=programs / "python", is_own=False), [HELLO, NOWHERE], told) as layered:
        assert layered.versions(["hello", "shop"]) == {"hello": "1.0", "shop": "3.1"}
        say = [str(layered.python), "-c", "import shop; print(shop.NAME)"]
        assert subprocess.run(say, capture_output=True, text=True, check=True).stdout == "the shop\n"
        program = layered.python.parent / "hello"
        assert subprocess.run([program], capture_output=True, text=True, check=True).stdout == "hello from the wheel\n"

    assert not layered.python.exists()
    assert sorted(path for path in (tmp_path / "venv").rglob("*") if "__pycache__" not in path.parts) == before
    assert told.steps == ["making an environment for servers", "installing Hello", "installing Nowhere"]
    assert [warning.partition(":")[0] for warning in told.warnings] == ["Nowhere could not be installed"]


def test_programs_of_the_applications_environment_are_run_by_the_scratch_interpreter(tmp_path: Path) -> None:
    programs = made_environment(tmp_path / "venv", tool="1.0")
    packages = next((tmp_path / "venv").glob("lib/*/site-packages"))
    (packages / "tool.py").write_text("import sys\ndef main():\n    print(sys.prefix)\n")
    (packages / "tool-1.0.dist-info" / "entry_points.txt").write_text("[console_scripts]\ntool = tool:main\n")

    with scratch_environment(Interpreter(python=programs / "python", is_own=False), [], Told()) as layered:
        said = subprocess.run([layered.python.parent / "tool"], capture_output=True, text=True, check=True).stdout
        assert said.strip() == str(layered.python.parent.parent)
        assert (layered.python.parent / "hello").resolve() == programs / "hello"
        assert said.strip() != sys.prefix
