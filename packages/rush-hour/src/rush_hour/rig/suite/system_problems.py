"""Problems of a system's table: what its types do not say."""

import re
from collections.abc import Collection
from pathlib import Path

from rush_hour.rig.suite.front_problems import option_problems
from rush_hour.rig.suite.interpreter_problems import interpreter_problems
from rush_hour.rig.suite.placeholders import told_to_server
from rush_hour.rig.suite.problems import (
    Problem,
    command_problem,
    duration_problem,
    number_problems,
    placeholder_problem,
    prepare_problems,
)
from rush_hour.rig.suite.system_spec import SystemSpec
from rush_hour.toml_file import KeyPath

_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_DISTRIBUTION = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")


def system_problems(system: SystemSpec, directory: Path, known: Collection[str]) -> list[Problem]:
    """Return what is wrong with a system.

    Args:
        system: the system.
        directory: what its paths are relative to.
        known: placeholders that it may have.
    """
    problems: list[Problem] = []
    if not _NAME.fullmatch(system.name):
        problems.append((("name",), f"expected lower-case letters, digits and hyphens, got {system.name!r}"))
    if not (directory / system.directory).is_dir():
        problems.append((("directory",), f"expected a directory, got {system.directory!r}"))
    problems += _port_problems(system)
    problems += option_problems(system.front)
    problems += number_problems(workers=system.workers, threads=system.threads)
    problems += interpreter_problems(system.venv, system.python, directory)
    problems += command_problem(("command",), system.command)
    for number, requirement in enumerate(system.requires):
        problems += command_problem(("requires", number, "command"), requirement.command)
    problems += _name_problems(system)
    problems += _placeholder_problems(system, known)
    problems += prepare_problems(system.prepare, system.prepare_timeout, known)
    problems += duration_problem(("grace",), system.grace)
    return problems + duration_problem(("ready_timeout",), system.ready_timeout)


def _port_problems(system: SystemSpec) -> list[Problem]:
    ports: list[tuple[KeyPath, int]] = [(("port",), system.port)]
    ports += [(("front", "port"), system.front.port)] if system.front else []
    return [(key, f"expected a port from 1 to 65535, got {port}") for key, port in ports if not 1 <= port <= 65535]


def _name_problems(system: SystemSpec) -> list[Problem]:
    """Return which names of variables and of packages cannot be ones."""
    problems: list[Problem] = [
        (("env", name), f"expected the name of a variable, without '='; got {name!r}")
        for name in system.env
        if not name or "=" in name
    ]
    return problems + [
        (("packages", number), f"expected the name of a distribution, got {package!r}")
        for number, package in enumerate(system.packages)
        if not _DISTRIBUTION.fullmatch(package)
    ]


def _placeholder_problems(system: SystemSpec, known: Collection[str]) -> list[Problem]:
    problems = placeholder_problem(("command",), system.command, known)
    for name, value in system.env.items():
        problems += placeholder_problem(("env", name), value, known)
    where = ["port"] if system.front is None else ["socket", "port"]
    if not told_to_server(system) & set(where):
        needed = " or ".join(f"{{{name}}}" for name in where)
        problems.append((("command",), f"expected {needed} in it or in env: that is where requests are sent"))
    return problems
