"""Placeholders: what stands in braces in a command line or in the environment, filled in when a system starts."""

import shlex
import string
from collections.abc import Mapping

from rush_hour.rig.suite.system_spec import SystemSpec

SHARED_PLACEHOLDERS = frozenset(
    {"backlog", "database_address", "database_url", "python", "run_directory", "threads", "workers"}
)
PLACEHOLDERS = SHARED_PLACEHOLDERS | {"port", "socket"}
RULE_PLACEHOLDERS = frozenset({"threads", "workers"})


def fill_in(template: str, values: Mapping[str, object]) -> str:
    """Replace the placeholders of a template that `read_suite` has checked."""
    return template.format_map(values)


def filled_words(command: str, values: Mapping[str, object]) -> list[str]:
    """Return the words of a command line, filled in: what is filled in is never split."""
    return [fill_in(word, values) for word in shlex.split(command)]


def placeholders_of(system: SystemSpec) -> set[str]:
    """Return the names of the placeholders in a system's command and environment, and in what prepares it."""
    return set().union(*map(placeholders_in, (system.command, *system.env.values(), *system.prepare)))


def told_to_server(system: SystemSpec) -> set[str]:
    """Return those in its command and environment alone: what the server itself is told, such as where to listen."""
    return set().union(*map(placeholders_in, (system.command, *system.env.values())))


def placeholders_in(template: str) -> set[str]:
    """Return what stands in braces. A conversion or format belongs to the name, so that it is an unknown one."""
    try:
        fields = list(string.Formatter().parse(template))
    except ValueError:
        return {template}  # a brace that is not closed: reported as an unknown placeholder
    return {
        name + (f"!{conversion}" if conversion else "") + (f":{spec}" if spec else "")
        for _, name, spec, conversion in fields
        if name is not None
    }
