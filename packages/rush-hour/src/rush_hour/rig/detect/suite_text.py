"""The suite of a project, as text: with comments for who reads it for the first time."""

import os
import re
import shlex
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from rush_hour.rig.application.facts import Interface, Route
from rush_hour.rig.catalogue.reading import servers_of
from rush_hour.rig.catalogue.server import Server
from rush_hour.rig.detect.database_use import USUAL_NAME
from rush_hour.rig.detect.login_text import login_text
from rush_hour.rig.detect.project import Project
from rush_hour.rig.toml_text import toml_key, toml_value

REQUESTS = 4  # at most
USUAL_SERVERS: dict[Interface, tuple[str, ...]] = {"wsgi": ("gunicorn", "api_hour"), "asgi": ("uvicorn", "api_hour")}

_COMMAND_WIDTH = 110
_REQUESTS_HEAD = """\
# What is asked, by weights. Other keys: name, method, headers, body, body_file, form, json, take. A good answer has
# status 2xx and the body that a request before the load was answered, unless `expect` says what is good."""
_SYSTEMS_HEAD = """\
# What is compared: a table for each way to serve the application. {port} is a free one, {backlog} the longest queue
# that the kernel allows; the versions of `packages` are kept with the result."""


def suite_text(project: Project, suite_directory: Path) -> str:
    """Return the suite.

    Args:
        project: what was found.
        suite_directory: where the file will be: paths are relative to it.
    """
    parts = [
        *_head(project, suite_directory),
        *_database(project, suite_directory),
        *_load(),
        *_requests(project.facts.routes),
        login_text(project.facts.framework),
        *_systems(project, suite_directory),
    ]
    return "\n".join(parts)


def framework_title(project: Project) -> str:
    """Return what people call the framework; the interface where it is none that is known."""
    return project.facts.framework_title or project.facts.interface.upper()


def chosen_servers(project: Project) -> list[Server]:
    """Return the servers of the suite: those that are installed, else the usual ones."""
    usual = USUAL_SERVERS[project.facts.interface]
    return list(project.servers) or [server for server in servers_of(project.facts.interface) if server.name in usual]


def interpreter_key(project: Project, suite_directory: Path) -> tuple[str, str] | None:
    """Return the key that names the interpreter, and its value; None if it is Rush Hour's own anyway."""
    found = project.interpreter
    if found.environment is None:
        return None if found.python.resolve() == Path(sys.executable).resolve() else ("python", str(found.python))
    if found.is_beside:
        return "venv", os.path.relpath(found.environment, suite_directory)
    return None if found.environment == Path(sys.prefix) else ("venv", str(found.environment))


def _head(project: Project, suite_directory: Path) -> Iterator[str]:
    facts, title = project.facts, framework_title(project)
    yield "# What Rush Hour starts, what it asks, and how much: written by `rush-hour init`, to be edited."
    yield "# All keys are in docs/rush-hour/suites.md of Rush Hour."
    yield ""
    yield f"name = {toml_value(_slug(project))}"
    yield f"title = {toml_value(f'{title} application {facts.target}')}"
    yield "workers = 2                     # processes of each server: {workers}"
    if any("{threads}" in server.commands[facts.interface] for server in chosen_servers(project)):
        yield "threads = 4                     # threads of each process, in servers that have them: {threads}"
    key = interpreter_key(project, suite_directory)
    if key is not None:
        yield f"{key[0]} = {toml_value(key[1])}".ljust(31) + " # whose programs and packages the systems have"
    if project.database is not None:
        yield ""
        yield "# Run once, when the database is there: what makes the tables, and loads rows to be asked for."
        yield from _array("prepare", _prepare(project, suite_directory))
    yield ""


def _prepare(project: Project, suite_directory: Path) -> list[str]:
    """Return the commands that make the schema, for the suite's directory."""
    environment = _environment(project)
    told = {name: url for name, url in environment.items() if name != USUAL_NAME or url != "{database_url}"}
    directory = os.path.relpath(project.directory, suite_directory)
    words = [] if directory == "." else [shlex.quote(f"--chdir={directory}")]
    words += [shlex.quote(f"{name}={url}") for name, url in told.items()]
    prefix = " ".join(["env", *words, ""]) if words else ""
    return [prefix + command for command in project.migrations]


def _database(project: Project, suite_directory: Path) -> Iterator[str]:
    if project.database is None:
        return
    yield "# A fresh PostgreSQL database for each bench, whose URL is in DATABASE_URL and {database_url}."
    yield "[database]"
    files = [os.path.relpath(project.directory / file, suite_directory) for file in project.schema_files]
    yield f"load = {toml_value(files)}".ljust(31) + " # SQL files, run before `prepare`"
    yield ""


def _load() -> Iterator[str]:
    yield "# What is offered: a constant rate, however slowly the answers come."
    yield "[load]"
    yield "rate = 100                      # requests per second"
    yield "connections = 20"
    yield 'duration = "10s"'
    yield 'warmup = "2s"'
    yield ""
    yield "# What each system must keep for the exit code of `rush-hour bench` to be 0."
    yield "# [require]"
    yield '# all = "p99 < 100ms, good >= 99.9%"'
    yield ""


def _requests(routes: Sequence[Route]) -> Iterator[str]:
    """Yield the first routes that anybody may see, and as comments those that want a user."""
    open_ = [route for route in routes if not route.needs_login][:REQUESTS] or [Route(path="/")]
    closed = [route for route in routes if route.needs_login][: REQUESTS - 1]
    yield _REQUESTS_HEAD
    for number, route in enumerate(open_):
        yield "[[requests]]"
        yield f"path = {toml_value(route.path)}"
        yield "weight = 1"
        if number == 0:
            yield '# expect = { status = 200, body = "any" }   # for a page that is never the same twice'
        yield ""
    if closed:
        yield "# These want somebody who has logged in: see [session] below."
    for route in closed:
        yield "#"
        yield "# [[requests]]"
        yield f"# path = {toml_value(route.path)}"
    if closed:
        yield ""


def _systems(project: Project, suite_directory: Path) -> Iterator[str]:
    facts, title = project.facts, framework_title(project)
    directory = os.path.relpath(project.directory, suite_directory)
    environment = _environment(project)
    yield _SYSTEMS_HEAD
    for server in chosen_servers(project):
        command = server.command(facts.target, facts.interface, is_factory=facts.is_factory)
        yield "[[systems]]"
        yield f"name = {toml_value(server.name.replace('_', '-'))}"
        yield f"title = {toml_value(f'{title} on {server.title}')}"
        if directory != ".":
            yield f"directory = {toml_value(directory)}"
        yield f"command = {_command_text(command)}"
        if environment:
            pairs = ", ".join(f"{toml_key(name)} = {toml_value(value)}" for name, value in environment.items())
            yield f"env = {{ {pairs} }}"
        yield f"packages = {toml_value(server.recorded(project.interpreter.packages, facts.framework))}"
        yield ""


def _environment(project: Project) -> dict[str, str]:
    """Return the variables in which the application looks for its database, if it is told of it there."""
    use = project.database
    if use is None:
        return {}
    url = "{database_url}" if use.dialect is None else f"{use.scheme}{{database_address}}"
    return {name: url for name in use.variables if name != USUAL_NAME or use.dialect is not None}


def _slug(project: Project) -> str:
    package = project.facts.target.partition(":")[0].partition(".")[0]
    name = project.directory.resolve().name if package in {"app", "main", "wsgi", "asgi", "application"} else package
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "application"


def _array(key: str, texts: Sequence[str]) -> Iterator[str]:
    if not texts:
        yield f"{key} = []"
        return
    yield f"{key} = ["
    yield from (f"    {toml_value(text)}," for text in texts)
    yield "]"


def _command_text(command: str) -> str:
    """Return a command line, on several lines if it is long: it is split into words anyway."""
    lines = [""]
    for part in re.split(r" (?=-)", command):  # an option stays with its value
        if len(lines[-1]) + len(part) > _COMMAND_WIDTH:
            lines.append("")
        lines[-1] = f"{lines[-1]} {part}".strip()
    if len(lines) == 1 or "\\" in command or '"' in command:
        return toml_value(command)
    return '"""' + "\n    ".join(lines) + '"""'
