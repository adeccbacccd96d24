"""Parts that all systems of a bench share, started once: run directory, database, nginx's program."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from rush_hour.rig.interpreter import find_interpreter
from rush_hour.rig.machine import backlog
from rush_hour.rig.parts import nginx, postgres
from rush_hour.rig.parts.errand import Surroundings, prepare
from rush_hour.rig.parts.part import Part
from rush_hour.rig.parts.run_directory import RunDirectory
from rush_hour.rig.shared import Rig, database_environment, shared_values
from rush_hour.rig.suite.placeholders import filled_words
from rush_hour.rig.suite.suite import Suite
from rush_hour.rig.watch.profiling import find_profiler
from rush_hour.units import parse_duration_s


@dataclass(frozen=True, slots=True, kw_only=True)
class RigOptions:
    """Options of the rig.

    Attributes:
        suite_path: the suite file; of an application without one, the application in its directory.
        logs: directory for the logs of all parts; made if needed. None for one that is gone with the run.
        database_url: a server to use instead of a private one.
        nginx: a program to use instead of the wheel's.
        profile: whether the busiest process of each server is sampled.
        cpus: that the parts may use; None for those that the rig may.
    """

    suite_path: Path
    logs: Path | None
    database_url: str | None
    nginx: Path | None
    profile: bool = False
    cpus: Sequence[int] | None = None


@contextmanager
def shared_rig(suite: Suite, options: RigOptions, on_step: Callable[[str], None]) -> Iterator[tuple[Rig, Part | None]]:
    """Start what the systems of a suite share, and stop it afterwards.

    Args:
        suite: says whether there is a database, and what is in it.
        options: how to set it up.
        on_step: told what is being done.

    Yields:
        The rig, and the private database server if there is one.

    Raises:
        StartError: something did not come up.
        UsageError: an option is wrong.
    """
    directory = options.suite_path.parent.absolute()
    if options.database_url is not None:
        postgres.check_database_url(options.database_url)
    needs_nginx = any(system.front is not None for system in suite.systems)
    program = nginx.find_nginx(options.nginx) if needs_nginx else None
    profiler = find_profiler() if options.profile else None
    with ExitStack() as stack:
        run_directory = stack.enter_context(RunDirectory(cpus=options.cpus))
        logs = (options.logs or run_directory.path / "logs").absolute()
        logs.mkdir(parents=True, exist_ok=True)
        database_url, server = None, None
        if suite.database is not None:
            server_url = options.database_url
            if server_url is None:
                on_step("starting PostgreSQL")
                server_url, server = stack.enter_context(postgres.private_server(run_directory, logs / "postgres.log"))
            on_step("loading the database")
            sql_files = [directory / file for file in suite.database.load]
            database_url = stack.enter_context(
                postgres.fresh_database(server_url, sql_files, drop=options.database_url is not None)
            )
        rig = Rig(
            run_directory=run_directory,
            suite_directory=directory,
            logs=logs,
            workers=suite.workers,
            threads=suite.threads,
            backlog=backlog(),
            nginx=program,
            database_url=database_url,
            profiler=profiler,
        )
        _prepare(suite, rig, on_step)
        yield rig, server


def _prepare(suite: Suite, rig: Rig, on_step: Callable[[str], None]) -> None:
    """Run what prepares the suite, in its directory."""
    interpreter = find_interpreter(suite.venv, suite.python, rig.suite_directory)
    values = shared_values(rig, interpreter)
    prepare(
        [filled_words(command, values) for command in suite.prepare],
        Surroundings(
            run_directory=rig.run_directory,
            environment=interpreter.environment() | database_environment(rig.database_url),
            directory=rig.suite_directory,
        ),
        name="suite",
        logs=rig.logs,
        timeout_s=parse_duration_s(suite.prepare_timeout, what="prepare_timeout"),
        on_step=on_step,
    )
