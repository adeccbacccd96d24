"""Interpreters: whose programs a system runs, and which versions of packages it has.

As after the activation of a virtual environment: its programs are found first, and `VIRTUAL_ENV` names it. A system
that names none has the programs beside Rush Hour's own interpreter.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rush_hour.credentials import cut, printable
from rush_hour.errors import StartError
from rush_hour.rig.machine import NOT_INSTALLED, package_versions
from rush_hour.rig.parts.part import base_environment

ASK_TIMEOUT_S = 30.0
_TELL_VERSIONS = """\
import json, sys
from importlib.metadata import PackageNotFoundError, version

def version_of(name):
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
    except KeyError:
        return "unknown"

print(json.dumps({name: version_of(name) for name in sys.argv[1:]}))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpreter:
    """An interpreter that systems run in.

    Attributes:
        python: the program, an absolute path; links are not followed, for a virtual environment is found by its own.
        is_own: whether it is Rush Hour's, because nobody named another.
    """

    python: Path
    is_own: bool

    def environment(self) -> dict[str, str]:
        """Return the environment of commands: Rush Hour's, with the interpreter's programs found first."""
        if self.is_own:
            return base_environment()
        environment = {name: value for name, value in os.environ.items() if name not in {"PYTHONHOME", "VIRTUAL_ENV"}}
        programs = self.python.parent
        environment["PATH"] = os.pathsep.join([str(programs), os.environ.get("PATH", os.defpath)])
        if (programs.parent / "pyvenv.cfg").is_file():
            environment["VIRTUAL_ENV"] = str(programs.parent)
        return environment

    def versions(self, names: Iterable[str]) -> dict[str, str]:
        """Return the versions of distributions that are installed for it; `not installed` for others.

        Raises:
            StartError: it cannot be asked.
        """
        if self.is_own:
            return package_versions(names)
        versions: dict[str, str] = ask(self.python, _TELL_VERSIONS, *names)
        return versions

    def installed(self, names: Iterable[str]) -> set[str]:
        """Return which distributions are installed for it.

        Raises:
            StartError: it cannot be asked.
        """
        return {name for name, version in self.versions(names).items() if version != NOT_INSTALLED}


def ask(python: Path, program: str, *arguments: str) -> Any:
    """Run a program in an interpreter, isolated from what is set for others, and return the JSON that it prints.

    Raises:
        StartError: the interpreter does not run, or not to an end.
    """
    try:
        told = subprocess.run(
            [str(python), "-I", "-c", program, *arguments],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=ASK_TIMEOUT_S,
            check=True,
        )
        return json.loads(told.stdout)
    except subprocess.CalledProcessError as error:
        lines = error.stderr.decode("utf-8", "replace").strip().splitlines() or [""]
        why = f"exit code {error.returncode}: {cut(printable(lines[-1]))}"
        raise StartError(f"{python} does not run: {why}") from error
    except (OSError, subprocess.TimeoutExpired, ValueError) as error:
        raise StartError(f"{python} does not tell which packages it has: {error}") from error


def find_interpreter(venv: str | None, python: str | None, directory: Path) -> Interpreter:
    """Return the interpreter that a suite names.

    Args:
        venv: the directory of a virtual environment.
        python: a program. At most one of the two is given.
        directory: what paths are relative to.
    """
    if venv is not None:
        return Interpreter(python=program_of(directory / venv), is_own=False)
    if python is not None:
        return Interpreter(python=(directory / python).absolute(), is_own=False)
    return Interpreter(python=Path(sys.executable), is_own=True)


def program_of(venv: Path) -> Path:
    """Return the interpreter of a virtual environment."""
    return venv.absolute() / "bin" / "python"
