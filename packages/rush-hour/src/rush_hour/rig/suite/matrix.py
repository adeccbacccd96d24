"""Matrices: what a system is tried with, in all combinations. Each is a system of its own, named by its values. Pure.

A system has only the names of a matrix that it uses: a placeholder that stands nowhere in it does not multiply it.
"""

import math
import re
import string
from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

from msgspec.structs import replace

from rush_hour.rig.suite.placeholders import placeholders_of
from rush_hour.rig.suite.suite import Suite
from rush_hour.rig.suite.system_spec import SystemSpec

EXCLUDE = "exclude"
LOAD_NAMES = frozenset({"connections", "rate"})  # of a matrix: they are offered to a system, and need no placeholder
OWN_KEYS = frozenset({"threads", "workers"})  # of a matrix: they take the place of a system's keys
_UNFIT_IN_NAME = re.compile(r"[^A-Za-z0-9._]+")
_FIRST_VALUE = re.compile(r"-[a-z][a-z0-9_]*=")


def expand(suite: Suite) -> Suite:
    """Return a checked suite with a system for each combination, in the order of the matrix."""
    return replace(suite, systems=[one for system in suite.systems for one in systems_of(system, suite.matrix)])


def systems_of(system: SystemSpec, matrix: Mapping[str, Any]) -> list[SystemSpec]:
    """Return what becomes of one system.

    Args:
        system: its own matrix takes the place of the suite's.
        matrix: of the suite.
    """
    own = matrix_of(system, matrix)
    if not axes_of(system, matrix):
        return [system]
    left_out = own.get(EXCLUDE, [])
    return [_system_with(system, values) for values in _combinations(system, matrix) if not _is_in(values, left_out)]


def matrix_of(system: SystemSpec, matrix: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the matrix that a system has: its own, or the suite's."""
    return matrix if system.matrix is None else system.matrix


def axes_of(system: SystemSpec, matrix: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Return the names of its matrix that a system uses, with their values."""
    used = placeholders_of(system) | LOAD_NAMES
    return {name: values for name, values in matrix_of(system, matrix).items() if name in used and name != EXCLUDE}


def count_of(system: SystemSpec, matrix: Mapping[str, Any]) -> int:
    """Return how many combinations there are for a system, those among them that are left out."""
    return math.prod(len(values) for values in axes_of(system, matrix).values())


def values_of(system: SystemSpec) -> dict[str, Any]:
    """Return the values of a matrix that a system has, after `expand`."""
    return {name: values[0] for name, values in (system.matrix or {}).items()}


def name_part(value: object) -> str:
    """Return a value as it stands in a system's name, and so in names of files."""
    return _UNFIT_IN_NAME.sub("-", str(value)).strip("-") or "none"


def base_name(name: str) -> str:
    """Return the name that a system has in its file."""
    return _FIRST_VALUE.split(name, maxsplit=1)[0]


def _combinations(system: SystemSpec, matrix: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    axes = axes_of(system, matrix)
    for values in product(*axes.values()):
        yield dict(zip(axes, values, strict=True))


def _is_in(values: Mapping[str, Any], left_out: list[dict[str, Any]]) -> bool:
    return any(values.items() >= combination.items() for combination in left_out)


def _system_with(system: SystemSpec, values: Mapping[str, Any]) -> SystemSpec:
    """Return a system with the values of one combination: they stand in its texts as if they had been written there."""
    texts = {name: value for name, value in values.items() if name not in LOAD_NAMES | OWN_KEYS}
    return replace(
        system,
        name="-".join([system.name, *(f"{name}={name_part(value)}" for name, value in values.items())]),
        title=f"{system.title} ({', '.join(_shown(name, value) for name, value in values.items())})",
        command=_with_texts(system.command, texts),
        env={name: _with_texts(value, texts) for name, value in system.env.items()},
        prepare=[_with_texts(command, texts) for command in system.prepare],
        workers=values.get("workers", system.workers),
        threads=values.get("threads", system.threads),
        matrix={name: [value] for name, value in values.items()},
    )


def _shown(name: str, value: object) -> str:
    return f"{name} {str(value) or 'none'}"


def _with_texts(template: str, values: Mapping[str, Any]) -> str:
    """Fill in some placeholders of a template, which stays one."""
    parts: list[str] = []
    for literal, name, _spec, _conversion in string.Formatter().parse(template):
        parts.append(_escaped(literal))
        if name is not None:
            parts.append(_escaped(str(values[name])) if name in values else f"{{{name}}}")
    return "".join(parts)


def _escaped(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")
