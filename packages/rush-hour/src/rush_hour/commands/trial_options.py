"""The options of `rush-hour try`, in the groups that its help shows."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from rush_hour.commands import options
from rush_hour.commands.capacity_options import DEFAULT_OBJECTIVE, MOST_CONNECTIONS, SLO
from rush_hour.commands.options import read_with
from rush_hour.errors import UsageError
from rush_hour.report.result_directory import RESULT_NAME
from rush_hour.results.document import Document
from rush_hour.results.file import read_document
from rush_hour.rig.application.facts import Interface
from rush_hour.rig.machine import usable_cores
from rush_hour.units import parse_count

LOOPS = ("asyncio", "uvloop")


def parse_counts(text: str, *, what: str) -> tuple[int, ...]:
    """Read whole numbers above 0 with commas between them."""
    return tuple(dict.fromkeys(parse_count(part.strip(), what=what) for part in text.split(",")))


def parse_loops(text: str, *, what: str) -> tuple[str, ...]:
    """Read names of event loops with commas between them."""
    names = tuple(dict.fromkeys(part.strip() for part in text.split(",")))
    if not set(names) <= set(LOOPS):
        raise UsageError(f"{what}: expected event loops among {', '.join(LOOPS)}, with commas; got {text!r}.")
    return names


def parse_cpus(text: str, *, what: str) -> tuple[int, ...]:
    """Read numbers of CPUs such as `0,1` or `0-3`, which this process may use."""
    cpus: list[int] = []
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        is_span = first.isdecimal() and (last.isdecimal() if dash else True)
        if not is_span or int(last or first) < int(first):
            raise UsageError(f"{what}: expected numbers of CPUs, such as 0,1 or 0-3; got {text!r}.")
        cpus += range(int(first), int(last or first) + 1)
    allowed = os.sched_getaffinity(0)
    if not cpus or not set(cpus) <= allowed:
        shown = ",".join(map(str, sorted(allowed)))
        raise UsageError(f"{what}: expected CPUs among those that may be used here, {shown}; got {text!r}.")
    return tuple(dict.fromkeys(cpus))


def _show(values: Any) -> str:
    return ",".join(map(str, values))


TARGET_ARGUMENT = Parameter(name="APP", help="MODULE:OBJECT, such as shop.main:app, or a function that makes one.")
SERVER = Parameter(
    name="--server",
    negative="",
    metavar="NAME",
    show_default=False,
    help="Server to try, which may be repeated; without it, all that are installed and serve the application.",
)
REQUESTS = Parameter(
    name="--requests", metavar="FILE", help="TOML file of requests and sessions, as a target file or a suite has them."
)
WORKERS = Parameter(
    name=["--workers", "-w"],
    negative="",
    metavar="NUMBERS",
    converter=read_with(parse_counts, "--workers"),
    show_default=False,
    help="Worker processes to try, such as 1,2,4; by default one for each core that affinity and quota allow.",
)
THREADS = Parameter(
    name="--threads",
    negative="",
    metavar="NUMBERS",
    converter=read_with(parse_counts, "--threads"),
    show_default=_show,
    help="Threads of each worker to try, such as 1,4,16, of servers that have them.",
)
LOOP = Parameter(
    name="--loops",
    negative="",
    metavar="NAMES",
    converter=read_with(parse_loops, "--loops"),
    show_default=False,
    help="Event loops to try, asyncio,uvloop; by default what each server chooses.",
)
REPEATS = Parameter(
    name="--repeats",
    metavar="NUMBER",
    converter=read_with(parse_count, "--repeats"),
    help="How often the last round is held, each time with new starts in another order.",
)
RESUME = Parameter(
    name="--resume", metavar="DIR", help="Results of the same trial to go on with: the turns that are missing."
)
FRONT = Parameter(name="--front", help="What stands before each server.")
FETCH = Parameter(
    name="--fetch",
    negative="",
    show_default=False,
    help="Install servers that are missing into a scratch environment, which is gone afterwards.",
)
EMIT = Parameter(
    name="--emit",
    metavar="DIR",
    help="Directory for the winner's systemd unit, nginx site, Dockerfile and suite.",
)
CPUS = Parameter(
    name="--cpus",
    negative="",
    metavar="LIST",
    converter=read_with(parse_cpus, "--cpus"),
    help="CPUs that servers may use, such as 0,1 or 0-3.",
)
LOAD_CPUS = Parameter(
    name="--load-cpus",
    negative="",
    metavar="LIST",
    converter=read_with(parse_cpus, "--load-cpus"),
    help="CPUs that the load generator may use.",
)
LOAD_PROCESSES = Parameter(
    name="--load-processes",
    metavar="NUMBER",
    converter=read_with(parse_count, "--load-processes"),
    help="Processes of the load generator.",
)


@Parameter(name="*", group="Application")
@dataclass(frozen=True, slots=True, kw_only=True)
class TriedApplicationOptions:
    """Options of the application and its servers."""

    server: Annotated[tuple[str, ...], SERVER] = ()
    servers: Annotated[Path | None, options.SERVERS] = None
    directory: Annotated[Path | None, options.DIRECTORY] = None
    venv: Annotated[Path | None, options.VENV] = None
    interface: Annotated[Interface | None, options.INTERFACE] = None
    fetch: Annotated[bool, FETCH] = False


@Parameter(name="*", group="What is sent")
@dataclass(frozen=True, slots=True, kw_only=True)
class TriedLoadOptions:
    """Options of the load."""

    path: Annotated[str | None, options.PATH] = None
    requests: Annotated[Path | None, REQUESTS] = None
    connections: Annotated[int, options.LEAST_CONNECTIONS] = 10
    max_connections: Annotated[int, options.MAX_CONNECTIONS] = MOST_CONNECTIONS
    load_processes: Annotated[int, LOAD_PROCESSES] = 1
    timeout_s: Annotated[float, options.TIMEOUT] = 2.0


@Parameter(name="*", group="Trial")
@dataclass(frozen=True, slots=True, kw_only=True)
class TrialOptions:
    """Options of the trial itself."""

    slo: Annotated[str, SLO] = DEFAULT_OBJECTIVE
    budget_s: Annotated[float, options.SEARCH_BUDGET] = 600.0
    workers: Annotated[tuple[int, ...], WORKERS] = ()
    threads: Annotated[tuple[int, ...], THREADS] = (1, 4)
    loops: Annotated[tuple[str, ...], LOOP] = ()
    front: Annotated[Literal["nginx"] | None, FRONT] = None
    repeats: Annotated[int, REPEATS] = 1
    seed: Annotated[int, options.SEED] = 1

    def worker_counts(self, cpus: Sequence[int] | None) -> tuple[int, ...]:
        """Return how many workers are tried.

        Args:
            cpus: that servers are pinned to; None for all.
        """
        return self.workers or (usable_cores(cpus),)


@Parameter(name="*", group="Machine and results")
@dataclass(frozen=True, slots=True, kw_only=True)
class TrialPlaceOptions:
    """Options of where it runs and what is written."""

    cpus: Annotated[tuple[int, ...] | None, CPUS] = None
    load_cpus: Annotated[tuple[int, ...] | None, LOAD_CPUS] = None
    nginx: Annotated[Path | None, options.NGINX] = None
    output: Annotated[Path | None, options.OUTPUT] = None
    resume: Annotated[Path | None, RESUME] = None
    emit: Annotated[Path | None, EMIT] = None
    label: Annotated[str | None, options.LABEL] = None

    def resumed(self) -> Document | None:
        """Return what there is of the trial that is gone on with; None where none is.

        Raises:
            UsageError: there is none, or other options do not go with it.
        """
        if self.resume is None:
            return None
        given = [name for name, value in (("--output", self.output), ("--label", self.label)) if value is not None]
        if given:
            raise UsageError(f"--resume: expected no {given[0]} with it: it goes on where it ended.")
        return read_document(self.resume / RESULT_NAME)

    @property
    def server_cpus(self) -> tuple[int, ...] | None:
        """The CPUs that servers are limited to; None for all that this process may use, whatever the load has."""
        if self.cpus is None and self.load_cpus is not None:
            return tuple(sorted(os.sched_getaffinity(0)))
        return self.cpus
