"""What `rush-hour try` tries: the application, what is sent to it, and every server with its settings."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from rush_hour.commands.application_options import FoundApplication, find_application
from rush_hour.commands.trial_options import TriedApplicationOptions, TriedLoadOptions
from rush_hour.errors import StartError, UsageError
from rush_hour.load.workload.specs import RequestSpec, SessionSpec, WorkloadSpec, workload_problems
from rush_hour.load.workload.target_file import read_target_file
from rush_hour.rig.catalogue.reading import known_servers
from rush_hour.rig.catalogue.server import Server
from rush_hour.rig.suite.application_suite import able_servers, find_servers, suite_of
from rush_hour.rig.suite.suite import LoadDefaults
from rush_hour.rig.trial.candidates import Axes, candidates_of, is_there, missing_of, spec_of
from rush_hour.rig.trial.settings import Entrant, Subject

IMPORT_TIMEOUT_S = 120.0  # of an application: one that takes long is told, and tried


def find_tried(target: str, application: TriedApplicationOptions) -> tuple[FoundApplication, list[Server]]:
    """Return an application, and the servers that could serve it.

    Args:
        target: `module:object`.
        application: the options.

    Raises:
        UsageError: an option is wrong.
        StartError: the application cannot be imported.
    """
    found = find_application(
        target,
        "APP",
        application.directory,
        application.venv,
        application.interface,
        timeout_s=IMPORT_TIMEOUT_S,
    )
    servers = known_servers(application.servers)
    if application.server:
        return found, find_servers(application.server, found.facts, servers)
    return found, able_servers(found.facts, servers)


def subject_of(
    found: FoundApplication, servers: Sequence[Server], load: TriedLoadOptions, axes: Axes, *, front: bool
) -> Subject:
    """Return what is tried.

    Args:
        found: the application, in the environment in which it is served.
        servers: that could serve it.
        load: what is sent.
        axes: the settings.
        front: whether nginx is before each server.

    Raises:
        UsageError: an option is wrong.
        StartError: no server is installed.
    """
    facts, interpreter = found.facts, found.interpreter
    names = [name for server in servers for name in server.distributions]
    installed = interpreter.installed([*names, *([facts.framework] if facts.framework else [])])
    where = interpreter.environment().get("PATH")
    programs = {name for server in servers for name in server.programs if shutil.which(name, path=where)}
    there = [server for server in servers if is_there(server, installed, programs)]
    missing = missing_of(servers, installed, programs)
    if not there:
        commands = "\n".join(f"{one.title}: {one.command}" for one in missing)
        raise StartError(
            f"no server that serves {facts.target} is installed for {interpreter.python}. Install some, or let "
            f"--fetch do it for the while:\n{commands}"
        )
    entrants = [
        Entrant(
            candidate=candidate,
            spec=spec_of(candidate, facts, venv=found.venv, installed=installed, front=front),
        )
        for candidate in candidates_of(there, facts.interface, axes, installed)
    ]
    sent = _sent(load, found.directory)
    suite = replace(
        suite_of(facts, [], path="/", venv=found.venv, installed=installed),
        requests=sent.requests,
        session=sent.session,
        systems=[entrant.spec for entrant in entrants],
        load=LoadDefaults(connections=load.connections, processes=load.load_processes, timeout=f"{load.timeout_s:g}s"),
        workers=max(axes.workers),
        threads=max(axes.threads),
    )
    return Subject(application=facts, suite=suite, entrants=entrants, missing=missing)


def _sent(load: TriedLoadOptions, directory: Path) -> WorkloadSpec:
    """Return what is sent; files that requests name are found from the application's directory."""
    if load.requests is None:
        sent = WorkloadSpec(requests=[RequestSpec(path=load.path or "/")])
        for _, what in workload_problems(sent, directory):
            raise UsageError(f"--path: {what}.")
        return sent
    if load.path is not None:
        raise UsageError("--path: expected either a path or --requests, got both.")
    _, sent = read_target_file(load.requests)
    beside = load.requests.absolute().parent
    session = sent.session
    if session is not None:
        data = None if session.data is None else str(beside / session.data)
        steps = [replace(step, body_file=_found(step.body_file, beside)) for step in session.requests]
        session = SessionSpec(requests=steps, data=data, timeout=session.timeout)
    requests = [replace(one, body_file=_found(one.body_file, beside)) for one in sent.requests]
    return WorkloadSpec(requests=requests, session=session)


def _found(file: str | None, directory: Path) -> str | None:
    return None if file is None else str(directory / file)
