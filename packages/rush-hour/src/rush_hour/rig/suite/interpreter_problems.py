"""Problems of the interpreter that a suite or a system names."""

import os
import shlex
from pathlib import Path

from rush_hour.rig.suite.problems import Problem


def interpreter_problems(venv: str | None, python: str | None, directory: Path) -> list[Problem]:
    """Return what is wrong with `venv` and `python`; both are relative to the directory."""
    if venv is not None and python is not None:
        return [(("python",), "expected either venv or python, got both")]
    if venv is not None and not _is_program(directory / venv / "bin" / "python"):
        advice = f"make it with python -m venv {shlex.quote(str(directory / venv))}"
        return [(("venv",), f"expected a virtual environment, got {venv!r}, which has no bin/python: {advice}")]
    if python is not None and not _is_program(directory / python):
        advice = "give its path, such as what command -v python3 prints"
        return [(("python",), f"expected the program of an interpreter, got {python!r}: {advice}")]
    return []


def _is_program(path: Path) -> bool:
    return path.is_file() and os.access(path, os.X_OK)
