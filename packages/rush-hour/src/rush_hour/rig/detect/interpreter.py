"""The interpreter that has an application's packages: found, never changed."""

import os
import re
import shlex
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from rush_hour.errors import UsageError
from rush_hour.rig.interpreter import ask, program_of

ENVIRONMENT_NAMES = (".venv", "venv", "env")
REPOSITORY_MARKS = (".git", ".hg")
_TELL = """\
import json, platform, sys
from importlib.metadata import distributions
names = {each.metadata["Name"]: each.version for each in distributions()}
packages = {name: version for name, version in names.items() if name}
print(json.dumps({"executable": sys.executable, "version": platform.python_version(), "packages": packages}))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundInterpreter:
    """An interpreter.

    Attributes:
        python: the program, an absolute path; links are not followed, for an environment is known by its own.
        environment: the directory of its virtual environment; None for an interpreter without one.
        is_beside: whether the environment was found beside the application, so that others find it there too.
        version: such as `3.11.7`.
        packages: installed distributions and their versions, by their normalised names.
    """

    python: Path
    environment: Path | None
    is_beside: bool
    version: str
    packages: Mapping[str, str]


def look_for_interpreter(
    directory: Path, *, venv: Path | None = None, python: str | None = None, variables: Mapping[str, str]
) -> FoundInterpreter:
    """Return the interpreter that is named, else one that is found, with its packages.

    Args:
        directory: the application's.
        venv: the virtual environment to take.
        python: the program to take: a path, or a name on PATH.
        variables: the environment variables.

    Raises:
        UsageError: what is named is none, or there is none at all.
        StartError: it does not run.
    """
    if venv is not None and python is not None:
        raise UsageError("--venv: expected either --venv or --python, got both.")
    if venv is not None:
        return _told(_of_venv(venv), is_beside=_is_beside(venv, directory))
    path = variables.get("PATH", os.defpath)
    if python is not None:
        found = shutil.which(python, path=path)
        if found is None:
            raise UsageError(f"--python: expected a Python interpreter, got {python!r}.")
        return _told(Path(found), is_beside=_is_beside(Path(found).parent.parent, directory))
    beside = next(filter(Path.is_file, map(program_of, _environments(directory))), None)
    if beside is not None:
        return _told(beside, is_beside=True)
    active = program_of(Path(variables.get("VIRTUAL_ENV") or os.devnull))
    found = str(active) if active.is_file() else shutil.which("python3", path=path)
    if found is None:
        raise UsageError("--python: no Python interpreter was found; name the one that has the application's packages.")
    return _told(Path(found), is_beside=False)


def _of_venv(venv: Path) -> Path:
    if not program_of(venv).is_file():
        what = f"--venv: expected a virtual environment, got {str(venv)!r}, which has no bin/python."
        raise UsageError(f"{what} Make one: python3 -m venv {shlex.quote(str(venv))}")
    return program_of(venv)


def normal_name(distribution: str) -> str:
    """Return the one name of a distribution, however it is written."""
    return re.sub(r"[-_.]+", "-", distribution).lower()


def _environments(directory: Path) -> Iterator[Path]:
    """Yield where a virtual environment may be: in the directory, and above it up to the end of the repository."""
    above = [directory, *directory.parents]
    end = next((number for number, each in enumerate(above) if _is_repository(each)), 0)
    for each in above[: end + 1]:
        yield from (each / name for name in ENVIRONMENT_NAMES)


def _is_repository(directory: Path) -> bool:
    return any((directory / mark).exists() for mark in REPOSITORY_MARKS)


def _is_beside(environment: Path, directory: Path) -> bool:
    return environment.absolute() in _environments(directory)


def _told(python: Path, *, is_beside: bool) -> FoundInterpreter:
    """Ask an interpreter what it has."""
    told = ask(python.absolute(), _TELL)
    python = Path(told["executable"])  # of what stands before interpreters, such as pyenv's
    environment = python.parent.parent
    return FoundInterpreter(
        python=python,
        environment=environment if (environment / "pyvenv.cfg").is_file() else None,
        is_beside=is_beside,
        version=told["version"],
        packages={normal_name(name): version for name, version in told["packages"].items()},
    )
