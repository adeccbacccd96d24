"""Everything that is found of a project: which application, made how, served by what, with which database."""

import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from rush_hour.errors import StartError, UsageError
from rush_hour.rig.application.facts import ApplicationFacts, Interface, Route, describe_application
from rush_hour.rig.catalogue.reading import known_servers
from rush_hour.rig.catalogue.server import Server
from rush_hour.rig.detect.candidates import Candidate, choose_candidates, find_candidates
from rush_hour.rig.detect.database_use import DatabaseUse, find_database_use, has_driver
from rush_hour.rig.detect.django_project import DjangoProject, find_django_projects
from rush_hour.rig.detect.import_roots import TOP
from rush_hour.rig.detect.interpreter import FoundInterpreter
from rush_hour.rig.detect.sources import Sources, read_sources
from rush_hour.rig.suite.application_suite import able_servers

NOWHERE = "://rush_hour@127.0.0.1:1/rush_hour"  # the database of an application that is only imported
SCHEMA_FILE = "schema.sql"
SHOWN = 10  # candidates


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """What was found.

    Attributes:
        directory: what the application's modules are imported from, and where it runs.
        facts: what the application is.
        note: why there is no more in the facts than the files say; None when it was imported.
        interpreter: the one that has its packages.
        servers: those that are installed and serve it, without other ways to run them.
        database: from where it reads its database's URL; None if it needs none of the rig's.
        migrations: commands that make the schema, in `directory`.
        schema_files: SQL files that do, from `directory`, if there are no such commands.
    """

    directory: Path
    facts: ApplicationFacts
    note: str | None
    interpreter: FoundInterpreter
    servers: Sequence[Server]
    database: DatabaseUse | None
    migrations: Sequence[str]
    schema_files: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Named:
    """The application, before it is imported."""

    target: str
    root: PurePosixPath
    framework: str = ""
    interface: Interface | None = None
    is_factory: bool = False


def look_at(target: str | None, directory: Path, interpreter: FoundInterpreter) -> Project:
    """Find out what can be benched.

    Args:
        target: `module:object`; None to look for it.
        directory: the project's.
        interpreter: the one that has its packages.

    Raises:
        UsageError: there is no application, or there are several.
        StartError: it was named, and cannot be imported.
    """
    sources = read_sources(directory)
    named = find_named(target, sources) if target is not None else find_unnamed(directory, sources)
    where = directory / named.root
    before = find_database_use(sources, installed=interpreter.packages)
    facts, note = _facts(named, where, interpreter, dict.fromkeys(before.variables, f"{before.scheme}{NOWHERE}"))
    use = find_database_use(sources, looked_up=facts.variables, installed=interpreter.packages)
    needs_database = bool(use.variables) and has_driver(interpreter.packages)
    commands = migrations(facts, where, interpreter) if needs_database else []
    return Project(
        directory=where,
        facts=facts,
        note=note,
        interpreter=interpreter,
        servers=[
            server
            for server in able_servers(facts, known_servers())
            if server.variant_of is None and server.package(interpreter.packages) is not None
        ],
        database=use if needs_database else None,
        migrations=commands,
        schema_files=find_schema_files(where) if needs_database and not commands else [],
    )


def find_named(target: str, sources: Sources) -> _Named:
    """Return what a target names, and from where its module is imported."""
    parts = target.partition(":")[0].split(".")
    for root in (TOP, PurePosixPath("src")):
        paths = (root.joinpath(*parts).with_suffix(".py"), root.joinpath(*parts, "__init__.py"))
        if any(path in sources.trees or path in sources.broken for path in paths):
            return _Named(target=target, root=root)
    roots = [candidate.root for candidate in find_candidates(sources) if candidate.target == target]
    roots += [project.directory for project in find_django_projects(sources) if target in project.targets.values()]
    return _Named(target=target, root=roots[0] if roots else TOP)


def find_unnamed(directory: Path, sources: Sources) -> _Named:
    """Return the one application of a project.

    Raises:
        UsageError: there is none, or it cannot be known which is meant.
    """
    projects = find_django_projects(sources)
    others = [each for each in find_candidates(sources) if not any(_is_inside(each, project) for project in projects)]
    chosen = choose_candidates(others)
    if len(projects) == 1 and (projects[0].directory == TOP or not chosen):
        return _of_django(projects[0])
    if len(chosen) == 1 and not projects:
        [one] = chosen
        return _Named(
            target=one.target,
            root=one.root,
            framework=one.framework,
            interface=one.interface,
            is_factory=one.is_factory,
        )
    raise UsageError(_which(directory, projects, chosen) if projects or chosen else _nothing(directory, sources))


def _is_inside(candidate: Candidate, project: DjangoProject) -> bool:
    return project.directory == candidate.path.parent or project.directory in candidate.path.parents


def _of_django(project: DjangoProject) -> _Named:
    return _Named(
        target=project.targets[project.preferred],
        root=project.directory,
        framework="django",
        interface=project.preferred,
    )


def _which(directory: Path, projects: Sequence[DjangoProject], chosen: Sequence[Candidate]) -> str:
    """Return what to say if there are several: the command for each, to be run where this one was."""
    found = [(each.targets[each.preferred], each.directory / "manage.py", each.directory) for each in projects]
    found += [(each.target, each.path, each.root) for each in chosen]
    lines = [f"  rush-hour init {target}{_from(directory, root)}    # in {path}" for target, path, root in found]
    more = [f"  ... and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else []
    return "\n".join(["APP: there are several applications; name the one that is meant:", *lines[:SHOWN], *more])


def _from(directory: Path, root: PurePosixPath) -> str:
    named = os.path.relpath(directory / root)
    return "" if named == os.curdir else f" --directory {shlex.quote(named)}"


def _nothing(directory: Path, sources: Sources) -> str:
    """Return what to say if there is none."""
    what = (
        f"APP: no application was found in {directory}: no manage.py of Django, and nothing that makes one of another "
        "framework. Name it, as `rush-hour init shop.main:app`, or its directory with --directory."
    )
    broken = [f"  {path}: {why}" for path, why in list(sources.broken.items())[:SHOWN]]
    return "\n".join([what, "These files are no Python, and were not read:", *broken]) if broken else what


def _facts(
    named: _Named, directory: Path, interpreter: FoundInterpreter, variables: Mapping[str, str]
) -> tuple[ApplicationFacts, str | None]:
    """Import the application; if that fails, make do with what its files say."""
    try:
        return describe_application(interpreter.python, named.target, directory, environment=variables), None
    except StartError as error:
        if named.interface is None:
            raise
        facts = ApplicationFacts(
            target=named.target,
            interface=named.interface,
            framework=named.framework,
            class_name="",
            is_factory=named.is_factory,
            routes=[Route(path="/")],
            migrations="django" if named.framework == "django" else "",
        )
        return facts, str(error)


def migrations(facts: ApplicationFacts, directory: Path, interpreter: FoundInterpreter) -> list[str]:
    """Return the commands that make the schema of an application's database."""
    if facts.migrations == "django" and (directory / "manage.py").is_file():
        return ["{python} manage.py migrate --noinput"]
    if facts.migrations == "flask-migrate" or (
        facts.framework == "flask" and "flask-migrate" in interpreter.packages and (directory / "migrations").is_dir()
    ):
        return [f"{{python}} -m flask --app {facts.target} db upgrade"]
    if (directory / "alembic.ini").is_file() and "alembic" in interpreter.packages:
        return ["{python} -m alembic upgrade head"]
    return []


def find_schema_files(directory: Path) -> list[str]:
    """Return the SQL file that makes the tables, if its name says so and there is one."""
    patterns = (SCHEMA_FILE, f"*/{SCHEMA_FILE}", f"*/*/{SCHEMA_FILE}")
    found = [path.relative_to(directory) for pattern in patterns for path in sorted(directory.glob(pattern))]
    shown = [path.as_posix() for path in found if not any(part.startswith(".") for part in path.parts)]
    return shown if len(shown) == 1 else []
