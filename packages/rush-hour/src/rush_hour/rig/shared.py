"""What the systems of a bench share: their surroundings, started once."""

from dataclasses import dataclass
from pathlib import Path

from rush_hour.results.resources import Role
from rush_hour.rig.interpreter import Interpreter
from rush_hour.rig.parts.run_directory import RunDirectory
from rush_hour.rig.watch.database_activity import DatabaseActivitySampling
from rush_hour.rig.watch.onlookers import Onlooker
from rush_hour.rig.watch.profiling import Profiler


@dataclass(frozen=True, slots=True, kw_only=True)
class Rig:
    """Surroundings that all systems of a bench share.

    Attributes:
        suite_directory: paths of the suite are relative to it.
        logs: directory for the logs of all parts.
        workers, threads: the `{workers}` and `{threads}` of each system that does not say otherwise.
        nginx: the program.
        database_url: what the systems get as DATABASE_URL; None for a suite without a database.
        profiler: what samples the busiest process of each server; None for nothing.
    """

    run_directory: RunDirectory
    suite_directory: Path
    logs: Path
    workers: int
    threads: int
    backlog: int
    nginx: Path | None
    database_url: str | None
    profiler: Profiler | None = None


def log_paths(name: str, rig: Rig) -> dict[Role, Path]:
    """Return where the parts of a system log to, whether it has them or not.

    Args:
        name: of the system.
        rig: what all systems share.
    """
    return {"server": rig.logs / f"{name}.log", "proxy": rig.logs / f"{name}-nginx.log"}


def database_onlookers(rig: Rig) -> list[Onlooker]:
    """Return who looks at the database while a load is measured; nobody without one."""
    return [] if rig.database_url is None else [DatabaseActivitySampling(rig.database_url)]


def shared_values(rig: Rig, interpreter: Interpreter) -> dict[str, str | int]:
    """Return the values of the placeholders that need no system."""
    url = rig.database_url or ""
    return {
        "backlog": rig.backlog,
        "database_address": url.removeprefix(url.partition("://")[0]),
        "database_url": url,
        "python": str(interpreter.python),
        "run_directory": str(rig.run_directory.path),
        "threads": rig.threads,
        "workers": rig.workers,
    }


def database_environment(url: str | None) -> dict[str, str]:
    """Return what commands learn of the database by their environment."""
    return {} if url is None else {"DATABASE_URL": url}
