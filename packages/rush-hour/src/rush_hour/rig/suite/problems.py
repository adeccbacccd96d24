"""Problems of a suite: a key and what is wrong with it, and those of values that several tables have."""

import shlex
from collections.abc import Collection

from rush_hour.credentials import HIDDEN, is_secret
from rush_hour.errors import UsageError
from rush_hour.rig.suite.placeholders import placeholders_in
from rush_hour.toml_file import KeyPath
from rush_hour.units import parse_duration_s

Problem = tuple[KeyPath, str]


def under(key_path: KeyPath, problems: list[Problem]) -> list[Problem]:
    """Return the problems of a table as those of what it stands in."""
    return [((*key_path, *inner), what) for inner, what in problems]


def number_problems(**numbers: int | None) -> list[Problem]:
    """Return which numbers are not above 0."""
    return [
        ((name,), f"expected a number above 0, got {number!r}")
        for name, number in numbers.items()
        if number is not None and number < 1
    ]


def placeholder_problem(key_path: KeyPath, template: str, known: Collection[str]) -> list[Problem]:
    """Return which placeholder of a template is unknown."""
    unknown = placeholders_in(template) - set(known)
    if not unknown:
        return []
    shown = HIDDEN if is_secret(str(key_path[-1])) else min(unknown)
    return [(key_path, f"expected placeholders among {', '.join(sorted(known))}; got {{{shown}}}")]


def prepare_problems(commands: list[str], timeout: str, known: Collection[str]) -> list[Problem]:
    """Return what is wrong with commands that prepare something."""
    problems: list[Problem] = []
    for number, command in enumerate(commands):
        problems += command_problem(("prepare", number), command)
        problems += placeholder_problem(("prepare", number), command, known)
    return problems + duration_problem(("prepare_timeout",), timeout)


def command_problem(key_path: KeyPath, command: str) -> list[Problem]:
    """Return what is wrong with a command line."""
    try:
        words = shlex.split(command)
    except ValueError as error:
        return [(key_path, f"expected a command line, got {command!r}: {str(error).lower()}")]
    return [] if words else [(key_path, f"expected a command line, got {command!r}")]


def duration_problem(key_path: KeyPath, text: str, *, zero_is_fine: bool = False) -> list[Problem]:
    """Return what is wrong with a duration."""
    try:
        parse_duration_s(text, what="", zero_is_fine=zero_is_fine)
    except UsageError as error:
        return [(key_path, str(error).removeprefix(": ").rstrip("."))]
    return []
