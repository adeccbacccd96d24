"""Candidates: each server with each of its settings, and the system that it is. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import product

from rush_hour.results.trial import Contender, MissingServer
from rush_hour.rig.application.facts import ApplicationFacts
from rush_hour.rig.catalogue.server import Server
from rush_hour.rig.suite.system_spec import Front, SystemSpec

READY_TIMEOUT = "60s"  # an application may take long to import
GRACE = "5s"
FRONT_PORT = 8080


@dataclass(frozen=True, slots=True, kw_only=True)
class Axes:
    """The values of the settings that are tried.

    Attributes:
        workers, threads: for servers that have them.
        loops: for servers that can be told; none for that which each chooses.
    """

    workers: tuple[int, ...]
    threads: tuple[int, ...]
    loops: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A server with its settings.

    Attributes:
        name: of its system: the server's, and what of the settings is varied.
        workers, threads, loop: None for what it does not have, or chooses itself.
    """

    name: str
    server: Server
    workers: int | None
    threads: int | None
    loop: str | None

    def contender(self) -> Contender:
        """Return it as the document has it, before anything is known of it."""
        return Contender(
            name=self.name,
            server=self.server.name,
            title=self.server.title,
            workers=self.workers,
            threads=self.threads,
            loop=self.loop,
            worker=self.server.worker,
        )

    @property
    def can_reload(self) -> bool:
        """Whether there is a signal that makes it load the application again."""
        return self.server.reload is not None and (self.workers or 1) >= self.server.reload_workers


def candidates_of(servers: Sequence[Server], interface: str, axes: Axes, installed: Collection[str]) -> list[Candidate]:
    """Return the candidates among servers that are there.

    Args:
        servers: that serve the interface.
        interface: of the application.
        axes: the values of the settings.
        installed: distributions.
    """
    found: list[Candidate] = []
    for server in servers:
        workers = axes.workers if server.uses("workers", interface) else (None,)
        threads = axes.threads if server.uses("threads", interface) else (None,)
        known = [loop for loop in axes.loops if loop in server.loops and set(server.loops[loop]) <= set(installed)]
        loops: Sequence[str | None] = known or [None]
        for count, of_each, loop in product(workers, threads, loops):
            suffix = _suffix(count, of_each, loop, axes)
            name = f"{server.name.replace('_', '-')}{suffix}"
            found.append(Candidate(name=name, server=server, workers=count, threads=of_each, loop=loop))
    return found


def _suffix(workers: int | None, threads: int | None, loop: str | None, axes: Axes) -> str:
    """Return what of the settings is varied, for a name."""
    parts = [f"w{workers}"] if workers is not None and len(axes.workers) > 1 else []
    parts += [f"t{threads}"] if threads is not None and len(axes.threads) > 1 else []
    parts += [loop] if loop is not None and len(axes.loops) > 1 else []
    return "".join(f"-{part}" for part in parts)


def missing_of(servers: Sequence[Server], installed: Collection[str], programs: Collection[str]) -> list[MissingServer]:
    """Return which servers are not there, with what brings them.

    Args:
        servers: that could serve the application.
        installed: distributions.
        programs: that are found, of those that servers need.
    """
    return [
        MissingServer(name=server.name, title=server.title, command=server.install_command)
        for server in servers
        if not is_there(server, installed, programs)
    ]


def is_there(server: Server, installed: Collection[str], programs: Collection[str]) -> bool:
    """Whether a server is installed, with all that it needs."""
    return server.package(installed) is not None and set(server.programs) <= set(programs)


def spec_of(
    candidate: Candidate,
    application: ApplicationFacts,
    *,
    venv: str | None,
    installed: Collection[str],
    front: bool = False,
) -> SystemSpec:
    """Return the system that a candidate is.

    Args:
        candidate: it.
        application: what it serves.
        venv: the environment that it runs in; None for Rush Hour's own.
        installed: distributions.
        front: whether nginx is before it.
    """
    server, facts = candidate.server, application
    contender = candidate.contender()
    return SystemSpec(
        name=candidate.name,
        title=f"{server.title}{f', {contender.settings}' if contender.settings else ''}",
        command=server.command(facts.target, facts.interface, is_factory=facts.is_factory, loop=candidate.loop),
        workers=candidate.workers,
        threads=candidate.threads,
        venv=venv,
        front=Front(protocol="http", port=FRONT_PORT) if front else None,
        packages=server.recorded(installed, facts.framework),
        ready_timeout=READY_TIMEOUT,
        grace=GRACE,
    )
