"""What is said of a project that was found, and of what to do next."""

import os
import shlex
from collections.abc import Iterator
from pathlib import Path

from rush_hour.rig.detect.database_use import USUAL_NAME
from rush_hour.rig.detect.project import Project
from rush_hour.rig.detect.suite_text import chosen_servers, framework_title

ROUTES_SHOWN = 4
INDENT = " " * 8


def found_lines(project: Project) -> Iterator[str]:
    """Yield what was found."""
    facts, interpreter = project.facts, project.interpreter
    what = "a factory of a" if facts.is_factory else "a"
    yield f"found   {what} {framework_title(project)} application: {facts.target} ({facts.interface.upper()})"
    having = ", ".join(
        f"{package} {interpreter.packages[package]}"
        for server in project.servers
        if (package := server.package(interpreter.packages)) is not None
    )
    where = _shown(interpreter.environment or interpreter.python)
    yield f"{INDENT}Python {interpreter.version} in {where}, with {having or 'none of the servers that serve it'}"
    if project.note is not None:
        yield f"{INDENT}it could not be imported, so its files alone say this: {project.note.splitlines()[0]}"
    yield from _database_lines(project)
    yield f"{INDENT}{_routes_line(project)}"


def next_lines(project: Project, output: Path) -> Iterator[str]:
    """Yield what to do next."""
    if project.note is not None and "ModuleNotFoundError" in project.note.partition("\n")[0]:
        yield "missing the application's packages in this interpreter; install them, or name another one with --venv"
    if not project.servers:
        wanted = " ".join(server.packages[0] for server in chosen_servers(project))
        python = shlex.quote(_shown(project.interpreter.python))
        yield f"missing {python} -m pip install {wanted}"
    if project.database is not None and not project.migrations and not project.schema_files:
        yield "edit    `prepare` or `load`: what makes the tables that the application reads was not found"
    if project.facts.routes and all(route.needs_login for route in project.facts.routes):
        yield "edit    `[session]`: every route that was found wants somebody who has logged in"
    yield f"next    rush-hour bench {shlex.quote(str(output))} --duration 5s"


def _database_lines(project: Project) -> Iterator[str]:
    use = project.database
    if use is None:
        return
    names = " and ".join(use.variables)
    as_ = "" if use.variables == (USUAL_NAME,) and use.dialect is None else ", which is set in `env`"
    yield f"{INDENT}its database's URL is in {names}{as_}: a fresh PostgreSQL is started for it"
    yield from (f"{INDENT}its tables are made by: {what}" for what in (*project.migrations, *project.schema_files))


def _routes_line(project: Project) -> str:
    routes = project.facts.routes
    if not routes:
        return "no route that answers to GET without parameters: / is asked for"
    shown = ", ".join(route.path + (" (with login)" if route.needs_login else "") for route in routes[:ROUTES_SHOWN])
    more = f", and {len(routes) - ROUTES_SHOWN} more" if len(routes) > ROUTES_SHOWN else ""
    return f"GET {shown}{more}"


def _shown(path: Path) -> str:
    """Return a path as it is shortest from here."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative
