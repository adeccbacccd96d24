"""Suite files: TOML; a system is a table, and needs no code.

Everything that can be wrong in a file is found when it is read, and told with file, line and key.
"""

from pathlib import Path

from msgspec.structs import replace

from rush_hour.load.workload.specs import workload_problems
from rush_hour.rig.suite.interpreter_problems import interpreter_problems
from rush_hour.rig.suite.load_problems import load_problems, profile_problems
from rush_hour.rig.suite.matrix import EXCLUDE, LOAD_NAMES, expand, matrix_of
from rush_hour.rig.suite.matrix_problems import expansion_problems, matrix_problems
from rush_hour.rig.suite.placeholders import PLACEHOLDERS, RULE_PLACEHOLDERS, SHARED_PLACEHOLDERS, placeholders_in
from rush_hour.rig.suite.problems import Problem, number_problems, prepare_problems, under
from rush_hour.rig.suite.require_problems import require_problems
from rush_hour.rig.suite.suite import Suite
from rush_hour.rig.suite.system_problems import system_problems
from rush_hour.toml_file import TomlFile


def read_suite(path: Path) -> Suite:
    """Read and check a suite file.

    Raises:
        UsageError: it cannot be read, is not TOML, or something in it is not what it must be.
    """
    file = TomlFile.read(path)
    suite: Suite = file.convert(Suite)
    for key_path, what in profile_problems(file, suite) + _problems(suite, path.parent) or expansion_problems(suite):
        raise file.error(key_path, what)
    expanded: Suite = expand(_with_interpreters(suite))
    for key_path, what in require_problems(expanded):
        raise file.error(key_path, what)
    return expanded


def _with_interpreters(suite: Suite) -> Suite:
    """Return the suite with its interpreter in each system that names none."""
    systems = [
        replace(system, venv=suite.venv, python=suite.python) if system.venv is system.python is None else system
        for system in suite.systems
    ]
    return replace(suite, systems=systems)


def _problems(suite: Suite, directory: Path) -> list[Problem]:
    """Return what the types do not say: the first problem of each kind, with its key."""
    problems: list[Problem] = []
    if not suite.systems:
        problems.append((("systems",), "expected at least one system, got none"))
    problems += number_problems(workers=suite.workers, threads=suite.threads)
    problems += interpreter_problems(suite.venv, suite.python, directory)
    problems += workload_problems(suite, directory)
    for number, file in enumerate(suite.database.load if suite.database else []):
        if not (directory / file).is_file():
            problems.append((("database", "load", number), f"expected a file, got {file!r}"))
    problems += prepare_problems(suite.prepare, suite.prepare_timeout, SHARED_PLACEHOLDERS)
    problems += load_problems(suite.load)
    problems += _rule_problems(suite.rules)
    return problems + _matrix_problems(suite) + _systems_problems(suite, directory)


def _matrix_problems(suite: Suite) -> list[Problem]:
    processes = suite.load.processes
    users = [system for system in suite.systems if system.matrix is None]
    problems = under(("matrix",), matrix_problems(suite.matrix, users, processes=processes))
    for number, system in enumerate(suite.systems):
        own = matrix_problems(system.matrix or {}, [system], processes=processes)
        problems += under(("systems", number, "matrix"), own)
    return problems


def _systems_problems(suite: Suite, directory: Path) -> list[Problem]:
    problems: list[Problem] = []
    names: set[str] = set()
    for number, system in enumerate(suite.systems):
        known = PLACEHOLDERS | set(matrix_of(system, suite.matrix)) - LOAD_NAMES - {EXCLUDE}
        problems += under(("systems", number), system_problems(system, directory, known))
        if system.name in names:
            problems.append((("systems", number, "name"), f"expected a name of its own, got {system.name!r} again"))
        names.add(system.name)
    return problems


def _rule_problems(rules: list[str]) -> list[Problem]:
    return [
        (("rules", number), f"expected no placeholders but {{threads}} and {{workers}}; got {{{min(unknown)}}}")
        for number, rule in enumerate(rules)
        if (unknown := placeholders_in(rule) - RULE_PLACEHOLDERS)
    ]
