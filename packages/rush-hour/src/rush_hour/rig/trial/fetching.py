"""Servers that are missing, installed into a scratch environment over the application's own, which stays as it is."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from rush_hour.errors import StartError
from rush_hour.rig.catalogue.server import Server
from rush_hour.rig.interpreter import Interpreter, ask, program_of
from rush_hour.rig.parts.errand import Surroundings, must_run
from rush_hour.rig.parts.run_directory import RunDirectory

INSTALL_TIMEOUT_S = 300.0
VENV_TIMEOUT_S = 120.0
LAYER = "rush-hour-application.pth"
_TELL_PLACES = """\
import json, sysconfig
paths = sysconfig.get_paths()
print(json.dumps([paths["purelib"], paths["platlib"]]))
"""
_OF_ENVIRONMENTS = ("python", "pip", "activate", "Activate")
# Makes the programs of all distributions that are seen, to be run by the interpreter that runs this; tells which.
_MAKE_PROGRAMS = """\
import importlib.metadata, json, os, sys
made = []
for distribution in importlib.metadata.distributions():
    for entry in distribution.entry_points:
        path = os.path.join(sys.argv[1], entry.name)
        if entry.group != "console_scripts" or os.path.exists(path) or "/" in entry.name:
            continue
        module, _, name = entry.value.partition(" ")[0].partition(":")
        with open(path, "w") as file:
            first = name.partition(".")[0]
            guard = f"if __name__ == '__main__':\\n    sys.exit({name}())\\n"  # it may be imported again, by a worker
            file.write(f"#!{sys.executable}\\nimport sys\\nfrom {module} import {first}\\n{guard}")
        os.chmod(path, 0o755)
        made.append(entry.name)
print(json.dumps(made))
"""


class Told(Protocol):
    """Who is told what is done."""

    def step(self, text: str) -> None:
        """Something begins."""

    def warn(self, text: str) -> None:
        """There is something to know."""


@contextmanager
def scratch_environment(interpreter: Interpreter, servers: Sequence[Server], told: Told) -> Iterator[Interpreter]:
    """Make an environment that has an application's packages and servers beside them; remove it afterwards.

    Args:
        interpreter: of the application's environment.
        servers: those that are wanted; one that cannot be installed is told, and left out.
        told: what is done.

    Raises:
        StartError: the environment cannot be made.
    """
    installed = interpreter.installed(name for server in servers for name in server.distributions)
    missing = [server for server in servers if server.package(installed) is None]
    with RunDirectory() as run_directory:  # which is removed even when this process is killed
        venv = run_directory.path / "servers"
        surroundings = Surroundings(
            run_directory=run_directory, environment=interpreter.environment(), directory=run_directory.path
        )
        told.step("making an environment for servers")
        _run([str(interpreter.python), "-m", "venv", str(venv)], surroundings, VENV_TIMEOUT_S)
        _lay_over(venv, interpreter)
        layered = Interpreter(python=program_of(venv), is_own=False)
        for server in missing:
            told.step(f"installing {server.title}")
            pip = [
                str(layered.python),
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                *server.requirements,
            ]
            try:
                _run(pip, replace(surroundings, environment=layered.environment()), INSTALL_TIMEOUT_S)
            except StartError as error:
                told.warn(f"{server.title} could not be installed: {str(error).splitlines()[-1]}")
        yield layered


def _lay_over(venv: Path, interpreter: Interpreter) -> None:
    """Let an environment see the packages of another one, after its own, and run their programs."""
    places = dict.fromkeys(ask(interpreter.python, _TELL_PLACES))
    own = next(venv.glob("lib/python*/site-packages"))
    lines = [f"import site; site.addsitedir({place!r})" for place in places]
    (own / LAYER).write_text("\n".join(lines) + "\n")
    programs = program_of(venv).parent
    ask(program_of(venv), _MAKE_PROGRAMS, str(programs))
    for program in interpreter.python.parent.iterdir():  # what is no Python, such as uWSGI's
        is_of_environment = program.name.startswith(_OF_ENVIRONMENTS) or (programs / program.name).exists()
        if not is_of_environment and os.access(program, os.X_OK):
            (programs / program.name).symlink_to(program)


def _run(words: Sequence[str], surroundings: Surroundings, timeout_s: float) -> None:
    log_path = surroundings.run_directory.path / "install.log"
    must_run(words, surroundings, log_path=log_path, timeout_s=timeout_s, what=" ".join(words[:4]))
