"""Reading the catalogue: the package's own table of servers, and those of people, whose tables come first.

Everything that can be wrong in a file is found when it is read, and told with file, line and key.
"""

import os
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import get_args

from msgspec import Struct

from rush_hour.rig.application.facts import Interface
from rush_hour.rig.catalogue.server import Server
from rush_hour.rig.suite.placeholders import PLACEHOLDERS
from rush_hour.rig.suite.problems import Problem, command_problem, number_problems, placeholder_problem
from rush_hour.toml_file import TomlFile

OWN_FILE = Path("rush-hour", "servers.toml")  # below the directory of people's configuration
_BUILTIN = Path(__file__).with_name("servers.toml")
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
_KNOWN = PLACEHOLDERS - {"socket"} | {"target", "module", "object"}


class Catalogue(Struct, frozen=True, forbid_unknown_fields=True):
    """A file of servers."""

    servers: list[Server]


@cache
def builtin_servers() -> tuple[Server, ...]:
    """Return the servers that the package knows."""
    return read_servers(_BUILTIN)


def known_servers(file: Path | None = None, environment: Mapping[str, str] | None = None) -> tuple[Server, ...]:
    """Return all servers: the package's, in their order, and people's own after them.

    One of the same name as another takes its place: of the file before those of the configuration, and of these before
    the package's.

    Args:
        file: a file of servers; None for none.
        environment: that says where configuration is; None for this process's.

    Raises:
        UsageError: something is wrong in a file.
    """
    own = own_file(os.environ if environment is None else environment)
    files = [path for path in (own, file) if path is not None]
    servers = {server.name: server for server in builtin_servers()}
    for path in files:
        servers |= {server.name: server for server in read_servers(path)}
    return tuple(servers.values())


def own_file(environment: Mapping[str, str]) -> Path | None:
    """Return the file of servers in people's configuration, as XDG has it; None if there is none."""
    home = environment.get("HOME")
    base = environment.get("XDG_CONFIG_HOME") or (f"{home}/.config" if home else None)
    path = None if base is None else Path(base) / OWN_FILE
    return path if path is not None and path.is_file() else None


def read_servers(path: Path) -> tuple[Server, ...]:
    """Read and check a file of servers.

    Raises:
        UsageError: it cannot be read, is not TOML, or something in it is not what it must be.
    """
    file = TomlFile.read(path)
    catalogue: Catalogue = file.convert(Catalogue)
    names: set[str] = set()
    for number, server in enumerate(catalogue.servers):
        for key_path, what in _problems(server, names):
            raise file.error(("servers", number, *key_path), what)
        names.add(server.name)
    return tuple(catalogue.servers)


def servers_of(interface: Interface, servers: Sequence[Server] | None = None) -> list[Server]:
    """Return the servers that serve an interface.

    Args:
        interface: it.
        servers: among which; None for the package's own.
    """
    return [server for server in servers or builtin_servers() if interface in server.commands]


def _problems(server: Server, names: set[str]) -> list[Problem]:
    problems: list[Problem] = []
    if not _NAME.fullmatch(server.name):
        problems.append((("name",), f"expected lower-case letters, digits, - and _; got {server.name!r}"))
    if server.name in names:
        problems.append((("name",), f"expected a name of its own, got {server.name!r} again"))
    if not server.packages:
        problems.append((("packages",), "expected at least one distribution, got none"))
    if not server.commands:
        problems.append((("commands",), "expected a command for asgi or wsgi, got none"))
    if server.loops and server.loop_option is None:
        problems.append((("loops",), "expected a key 'loop_option' with it, found none"))
    problems += number_problems(reload_workers=server.reload_workers)
    for interface, command in server.commands.items():
        if interface not in get_args(Interface):
            problems.append((("commands", interface), "expected commands for asgi or wsgi; got another interface"))
        problems += _command_problems(("commands", interface), command)
    return problems


def _command_problems(key_path: tuple[str, str], command: str) -> list[Problem]:
    problems = command_problem(key_path, command) + placeholder_problem(key_path, command, _KNOWN)
    if not problems and not ("{target}" in command or ("{module}" in command and "{object}" in command)):
        problems.append((key_path, "expected {target}, or {module} and {object}, in it; found neither"))
    if not problems and "{port}" not in command:
        problems.append((key_path, "expected {port} in it, found none"))
    return problems
