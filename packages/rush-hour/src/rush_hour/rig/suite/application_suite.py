"""A suite without a file: one application on servers that are named. Pure."""

import re
from collections.abc import Collection, Sequence

from rush_hour.errors import UsageError
from rush_hour.load.workload.specs import RequestSpec
from rush_hour.rig.application.facts import ApplicationFacts
from rush_hour.rig.catalogue.reading import servers_of
from rush_hour.rig.catalogue.server import Server
from rush_hour.rig.suite.suite import Suite
from rush_hour.rig.suite.system_spec import SystemSpec
from rush_hour.units import join_names

TARGET = re.compile(r"[A-Za-z_]\w*(?:\.\w+)*(?::\w+(?:\.\w+)*(?:\(\))?)?")
_UNFIT_IN_NAME = re.compile(r"[^A-Za-z0-9_.]+")


def find_servers(names: Sequence[str], application: ApplicationFacts, servers: Sequence[Server]) -> list[Server]:
    """Return the servers of these names, each once.

    Args:
        names: what `--server` was given.
        application: what they are to serve.
        servers: all that are known.

    Raises:
        UsageError: there is none, one is unknown, or one cannot serve the application.
    """
    by_name = {server.name: server for server in servers}
    able = able_servers(application, servers)
    fitting = ", ".join(server.name for server in able)
    if not names:
        raise UsageError(f"--server: expected the server for {application.target}, one of {fitting}; got none.")
    for name in names:
        if name not in by_name:
            raise UsageError(f"--server: expected one of {fitting}; got {name!r}.")
        if application.interface not in by_name[name].commands:
            known = join_names([interface.upper() for interface in by_name[name].commands])
            what = (
                f"{name} serves {known}, and {application.target} is an application of {application.interface.upper()}"
            )
            raise UsageError(f"--server: {what}: expected one of {fitting}.")
        if by_name[name] not in able:
            what = f"{name} serves an object, and {application.target} is a function that makes one"
            raise UsageError(f"--server: {what}: expected one of {fitting}.")
    return [by_name[name] for name in dict.fromkeys(names)]


def able_servers(application: ApplicationFacts, servers: Sequence[Server]) -> list[Server]:
    """Return which servers can serve an application: by its interface, and if it must be made first."""
    return [
        server
        for server in servers_of(application.interface, servers)
        if server.takes(application.target, is_factory=application.is_factory)
    ]


def suite_of(
    application: ApplicationFacts, servers: Sequence[Server], *, path: str, venv: str | None, installed: Collection[str]
) -> Suite:
    """Return the suite of an application.

    Args:
        application: what is served.
        servers: a system for each.
        path: what is asked for.
        venv: the environment that they run in; None for Rush Hour's own.
        installed: distributions that are there, of those of the servers and the framework.
    """
    target, what = application.target, application.framework_title or application.target
    systems = [
        SystemSpec(
            name=server.name.replace("_", "-"),
            title=f"{what} on {server.title}",
            command=server.command(target, application.interface, is_factory=application.is_factory),
            venv=venv,
            packages=server.recorded(installed, application.framework),
        )
        for server in servers
    ]
    name = _UNFIT_IN_NAME.sub("-", target).strip("-")
    return Suite(name=name, title=target, requests=[RequestSpec(path=path)], systems=systems)
