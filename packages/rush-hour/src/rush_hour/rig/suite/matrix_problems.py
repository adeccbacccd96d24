"""Problems of a matrix: names and values that it cannot have, what no system uses, and too much of it."""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from rush_hour.rig.suite.matrix import EXCLUDE, LOAD_NAMES, OWN_KEYS, count_of, name_part, systems_of
from rush_hour.rig.suite.placeholders import PLACEHOLDERS, placeholders_of
from rush_hour.rig.suite.problems import Problem, command_problem, under
from rush_hour.rig.suite.suite import Suite
from rush_hour.rig.suite.system_spec import SystemSpec

MOST_SYSTEMS = 200
MOST_COMBINATIONS = 10_000  # of one system, those among them that are left out
NAME_CHARACTERS = 75  # its unix socket has a path of at most 107 bytes
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_WHOLE = OWN_KEYS | {"connections"}


def matrix_problems(matrix: Mapping[str, Any], users: Sequence[SystemSpec], *, processes: int) -> list[Problem]:
    """Return what is wrong with a matrix.

    Args:
        matrix: of the suite, or of a system.
        users: the systems that have it.
        processes: of the load generator: each owns a connection.
    """
    problems: list[Problem] = []
    used = LOAD_NAMES.union(*map(placeholders_of, users))
    for name, values in matrix.items():
        if name == EXCLUDE:
            continue
        if not _NAME.fullmatch(name) or name in PLACEHOLDERS - OWN_KEYS:
            what = "expected a name of lower-case letters, digits and '_' that is no placeholder of the rig"
            problems.append(((name,), f"{what}, got {name!r}"))
        elif not isinstance(values, list) or not values:
            problems.append(((name,), f"expected a list of values, got {values!r}"))
        elif name not in used:
            problems.append(((name,), f"expected {{{name}}} in command, env or prepare of a system; none has it"))
        else:
            problems += [((name, number), what) for number, what in _value_problems(name, values, processes)]
    return problems or _exclude_problems(matrix)


def expansion_problems(suite: Suite) -> list[Problem]:
    """Return what is wrong with what becomes of the systems; the matrices themselves are right."""
    in_all, problems = 0, list[Problem]()
    for number, system in enumerate(suite.systems):
        key = ("matrix",) if system.matrix is None else ("systems", number, "matrix")
        if (count := count_of(system, suite.matrix)) > MOST_COMBINATIONS:
            return [(key, f"expected at most {MOST_SYSTEMS} systems, got {count} combinations for {system.name!r}")]
        expanded = systems_of(system, suite.matrix)
        if not expanded:
            problems.append(((*key, EXCLUDE), f"expected to leave something of {system.name!r}, left out all of it"))
        if longest := max((one.name for one in expanded if len(one.name) > NAME_CHARACTERS), key=len, default=""):
            what = f"expected names of systems of at most {NAME_CHARACTERS} characters, got {longest!r}"
            problems.append((key if expanded != [system] else ("systems", number, "name"), what))
        problems += under(("systems", number), [problem for one in expanded for problem in _word_problems(one)])
        in_all += len(expanded)
        if in_all > MOST_SYSTEMS and count > 1:
            problems.append((key, f"expected at most {MOST_SYSTEMS} systems, got {_count(suite)}"))
            break
    return problems


def _word_problems(system: SystemSpec) -> list[Problem]:
    """Return which commands are none with the values in them, such as one with a quotation mark too many."""
    problems = command_problem(("command",), system.command)
    for number, command in enumerate(system.prepare):
        problems += command_problem(("prepare", number), command)
    return problems


def _count(suite: Suite) -> int:
    return sum(len(systems_of(system, suite.matrix)) for system in suite.systems)


def _value_problems(name: str, values: list[Any], processes: int) -> list[tuple[int, str]]:
    problems: list[tuple[int, str]] = []
    seen: set[str] = set()
    for number, value in enumerate(values):
        if (expected := _expected(name, value)) is not None:
            problems.append((number, f"expected {expected}, got {value!r}"))
        elif name_part(value) in seen:
            problems.append((number, f"expected values that differ in letters and digits, got {value!r} again"))
        elif name == "connections" and value < processes:
            problems.append((number, f"expected at least as many as 'load.processes' ({processes}), got {value!r}"))
        seen.add(name_part(value))
    return problems


def _expected(name: str, value: object) -> str | None:
    """Return what a value of this name must be; None if it is."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if name in _WHOLE:
        return None if is_number and isinstance(value, int) and value > 0 else "a whole number above 0"
    if name == "rate":
        return None if is_number and isinstance(value, int | float) and value > 0 else "a number above 0"
    return None if is_number or isinstance(value, str) else "a text or a number"


def _exclude_problems(matrix: Mapping[str, Any]) -> list[Problem]:
    combinations = matrix.get(EXCLUDE, [])
    if not isinstance(combinations, list) or not all(isinstance(one, dict) and one for one in combinations):
        what = "expected a list of combinations, such as [{ workers = 4, threads = 4 }]"
        return [((EXCLUDE,), f"{what}, got {combinations!r}")]
    problems: list[Problem] = []
    names = ", ".join(name for name in matrix if name != EXCLUDE)
    for number, combination in enumerate(combinations):
        for name, value in combination.items():
            key = (EXCLUDE, number, name)
            if name not in matrix or name == EXCLUDE:
                problems.append((key, f"expected a name of the matrix ({names}), got {name!r}"))
            elif value not in matrix[name]:
                problems.append((key, f"expected one of {', '.join(map(repr, matrix[name]))}; got {value!r}"))
    return problems
