"""Suite files: which systems to start, how, and what to ask of them. TOML; a system is a table, and needs no code.

Everything that can be wrong in a file is found when it is read, and told with file, line and key.
"""

import math
import re
import shlex
import string
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from msgspec import Struct, field

from rush_hour.credentials import HIDDEN, is_secret
from rush_hour.errors import UsageError
from rush_hour.toml_file import KeyPath, TomlFile
from rush_hour.units import parse_duration_s

PLACEHOLDERS = frozenset({"backlog", "database_url", "port", "run_directory", "socket", "workers"})
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_PATH = re.compile(r"/[!-~]*")
_DISTRIBUTION = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
_SHA256 = re.compile(r"[0-9a-f]{64}")


class Front(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """nginx before the system: it listens on a port and speaks `protocol` to the system's `{socket}`."""

    protocol: Literal["http", "uwsgi"]
    port: int


class Requirement(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A command that must succeed for the system to be available; else its last line of output is the reason."""

    command: str
    hint: str = ""


class SystemSpec(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One system.

    Attributes:
        name: lower-case letters, digits and hyphens; names its log and histogram files.
        command: run without a shell; placeholders in braces are filled in, see `PLACEHOLDERS`.
        directory: where the command runs, relative to the suite file.
        port: the wanted `{port}`; a free one takes its place when it is taken.
        front: nginx before it; the load goes to the front's port then.
        env: more environment; placeholders are filled in. DATABASE_URL is always set when there is a database.
        packages: distributions whose versions are recorded.
        grace: how long it may take to stop.
        ready_timeout: how long it may take to answer rightly after it was started.
    """

    name: str
    title: str
    command: str
    directory: str = "."
    port: int = 8000
    front: Front | None = None
    env: dict[str, str] = field(default_factory=dict)
    requires: list[Requirement] = field(default_factory=list)
    packages: list[str] = field(default_factory=list)
    stop_signal: Literal["SIGTERM", "SIGINT", "SIGQUIT"] = "SIGTERM"
    grace: str = "10s"
    ready_timeout: str = "30s"


class Probe(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The request that every system is asked, and its good answer.

    Attributes:
        path: path and query.
        status: of a good answer.
        sha256: digest of a good answer's body, in hexadecimal; without it the first system's body is expected of all.
    """

    path: str
    status: int = 200
    sha256: str | None = None


class LoadDefaults(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The load that is offered unless the command line says otherwise."""

    rate: float = 1000.0
    connections: int = 100
    processes: int = 2
    duration: str = "10s"
    warmup: str = "2s"
    timeout: str = "2s"


class DatabaseSpec(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The PostgreSQL database of the systems: SQL files, relative to the suite file, are run in a fresh one."""

    load: list[str]


class Suite(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A suite file.

    Attributes:
        workers: the `{workers}` of each system.
        rules: what makes the comparison fair, printed with the results; `{workers}` is filled in.
        published: a file of published figures to compare with, relative to the suite file.
    """

    name: str
    title: str
    probe: Probe
    systems: list[SystemSpec]
    workers: int = 2
    rules: list[str] = field(default_factory=list)
    load: LoadDefaults = LoadDefaults()
    database: DatabaseSpec | None = None
    published: str | None = None


def read_suite(path: Path) -> Suite:
    """Read and check a suite file.

    Raises:
        UsageError: it cannot be read, is not TOML, or something in it is not what it must be.
    """
    file = TomlFile.read(path)
    suite: Suite = file.convert(Suite)
    for key_path, what in _problems(suite, path.parent):
        raise file.error(key_path, what)
    return suite


def fill_in(template: str, values: Mapping[str, object]) -> str:
    """Replace the placeholders of a template that `read_suite` has checked."""
    return template.format_map(values)


def _problems(suite: Suite, directory: Path) -> list[tuple[KeyPath, str]]:
    """Return what the types do not say: the first problem of each kind, with its key."""
    problems: list[tuple[KeyPath, str]] = []
    if not suite.systems:
        problems.append((("systems",), "expected at least one system, got none"))
    if suite.workers < 1:
        problems.append((("workers",), f"expected a number above 0, got {suite.workers!r}"))
    problems += _probe_problems(suite.probe)
    for number, file in enumerate(suite.database.load if suite.database else []):
        if not (directory / file).is_file():
            problems.append((("database", "load", number), f"expected a file, got {file!r}"))
    problems += _duration_problem(("load", "duration"), suite.load.duration)
    problems += _duration_problem(("load", "warmup"), suite.load.warmup, zero_is_fine=True)
    problems += _duration_problem(("load", "timeout"), suite.load.timeout)
    for key, amount in (("rate", suite.load.rate), ("connections", suite.load.connections)):
        if not 0 < amount < math.inf:
            problems.append((("load", key), f"expected a number above 0, got {amount!r}"))
    if not 1 <= suite.load.processes <= suite.load.connections:
        problems.append((("load", "processes"), f"expected 1 to 'connections', got {suite.load.processes!r}"))
    problems += _rule_problems(suite.rules)
    names: set[str] = set()
    for number, system in enumerate(suite.systems):
        problems += [(("systems", number, *key), what) for key, what in _system_problems(system, directory)]
        if system.name in names:
            problems.append((("systems", number, "name"), f"expected a name of its own, got {system.name!r} again"))
        names.add(system.name)
    return problems


def _probe_problems(probe: Probe) -> list[tuple[KeyPath, str]]:
    problems: list[tuple[KeyPath, str]] = []
    if not _PATH.fullmatch(probe.path):
        what = f"expected a path that starts with '/', in ASCII and without spaces, got {probe.path!r}"
        problems.append((("probe", "path"), what))
    if probe.sha256 is not None and not _SHA256.fullmatch(probe.sha256):
        what = f"expected 64 hexadecimal digits, in lower case, got {probe.sha256!r}"
        problems.append((("probe", "sha256"), what))
    return problems


def _rule_problems(rules: list[str]) -> list[tuple[KeyPath, str]]:
    return [
        (("rules", number), f"expected no placeholder but {{workers}}; got {{{min(unknown)}}}")
        for number, rule in enumerate(rules)
        if (unknown := _placeholders(rule) - {"workers"})
    ]


def _system_problems(system: SystemSpec, directory: Path) -> list[tuple[KeyPath, str]]:
    problems: list[tuple[KeyPath, str]] = []
    if not _NAME.fullmatch(system.name):
        problems.append((("name",), f"expected lower-case letters, digits and hyphens, got {system.name!r}"))
    if not (directory / system.directory).is_dir():
        problems.append((("directory",), f"expected a directory, got {system.directory!r}"))
    ports = [(("port",), system.port), *([(("front", "port"), system.front.port)] if system.front else [])]
    for port_key, port in ports:
        if not 1 <= port <= 65535:
            problems.append((port_key, f"expected a port from 1 to 65535, got {port}"))
    problems += _command_problem(("command",), system.command)
    for number, requirement in enumerate(system.requires):
        problems += _command_problem(("requires", number, "command"), requirement.command)
    problems += [
        (("env", name), f"expected the name of a variable, without '='; got {name!r}")
        for name in system.env
        if not name or "=" in name
    ]
    problems += [
        (("packages", number), f"expected the name of a distribution, got {package!r}")
        for number, package in enumerate(system.packages)
        if not _DISTRIBUTION.fullmatch(package)
    ]
    problems += _placeholder_problems(system)
    problems += _duration_problem(("grace",), system.grace)
    return problems + _duration_problem(("ready_timeout",), system.ready_timeout)


def _placeholder_problems(system: SystemSpec) -> list[tuple[KeyPath, str]]:
    problems: list[tuple[KeyPath, str]] = []
    templates = {("command",): system.command} | {("env", name): value for name, value in system.env.items()}
    for template_key, template in templates.items():
        unknown = _placeholders(template) - PLACEHOLDERS
        if unknown:
            known = ", ".join(sorted(PLACEHOLDERS))
            shown = HIDDEN if is_secret(template_key[-1]) else min(unknown)
            problems.append((template_key, f"expected placeholders among {known}; got {{{shown}}}"))
    needed = "port" if system.front is None else "socket"
    if needed not in placeholders_of(system):
        problems.append((("command",), f"expected {{{needed}}} in it or in env: that is where requests are sent"))
    return problems


def placeholders_of(system: SystemSpec) -> set[str]:
    """Return the names of the placeholders in a system's command and environment."""
    return set().union(*map(_placeholders, (system.command, *system.env.values())))


def _placeholders(template: str) -> set[str]:
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


def _command_problem(key_path: KeyPath, command: str) -> list[tuple[KeyPath, str]]:
    try:
        words = shlex.split(command)
    except ValueError as error:
        return [(key_path, f"expected a command line, got {command!r}: {str(error).lower()}")]
    return [] if words else [(key_path, f"expected a command line, got {command!r}")]


def _duration_problem(key_path: KeyPath, text: str, *, zero_is_fine: bool = False) -> list[tuple[KeyPath, str]]:
    try:
        parse_duration_s(text, what="", zero_is_fine=zero_is_fine)
    except UsageError as error:
        return [(key_path, str(error).removeprefix(": ").rstrip("."))]
    return []
