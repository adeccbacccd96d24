"""`rush-hour serve` and `rush-hour database`: what a bench starts, kept up for a person to look at."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import msgspec

from rush_hour.commands import options
from rush_hour.commands.application_options import ApplicationOptions
from rush_hour.credentials import without_password
from rush_hour.errors import StartError
from rush_hour.report.terminal.console import make_console
from rush_hour.report.terminal.live.progress import TerminalProgress
from rush_hour.results.resources import Role
from rush_hour.rig.parts.part import Part
from rush_hour.rig.stack import RigOptions, shared_rig
from rush_hour.rig.suite.choosing import check_overrides, choose_one, override
from rush_hour.rig.suite.reading import read_suite
from rush_hour.rig.system import running_system

LOOK_INTERVAL_S = 0.5


def serve(
    system: Annotated[str | None, options.SYSTEM] = None,
    /,
    *,
    suite: Annotated[Path | None, options.SUITE_OPTION] = None,
    application: ApplicationOptions = ApplicationOptions(),
    workers: Annotated[int | None, options.WORKERS] = None,
    server_threads: Annotated[int | None, options.SERVER_THREADS] = None,
    database: Annotated[str | None, options.DATABASE] = None,
    nginx: Annotated[Path | None, options.NGINX] = None,
) -> int:
    """Start one system of a suite, with its proxy and its database, or an application; keep it up until Ctrl-C."""
    found, suite_path = application.suite(suite, what="--suite")
    read = override(found, workers=workers, threads=server_threads)
    spec = choose_one(read, system, what="SYSTEM")
    check_overrides([spec], {"workers": workers, "threads": server_threads}, by="SYSTEM")
    console = make_console(stderr=True)
    rig_options = RigOptions(suite_path=suite_path, logs=None, database_url=database, nginx=nginx)
    with (
        _until_ctrl_c(),
        TerminalProgress(console) as progress,
        shared_rig(read, rig_options, progress.step) as (rig, server),
    ):
        progress.step(f"starting {spec.name}")
        with running_system(spec, read, rig, on_step=progress.step) as running:
            progress.clear()
            for note in running.notes:
                console.print(note)
            make_console().print(f"{spec.name} answers at {running.url}", soft_wrap=True)
            _print_database(rig.database_url)
            console.print(f"logs: {rig.logs}; Ctrl-C stops everything", soft_wrap=True)
            _stay({**running.parts(), **_database_part(server)})
    return 0


def database(
    *,
    suite: Annotated[Path, options.SUITE_OPTION] = options.DEFAULT_SUITE,
    database: Annotated[str | None, options.DATABASE] = None,
) -> int:
    """Start a suite's database and keep it up until Ctrl-C, for systems that are started by hand."""
    alone = msgspec.structs.replace(read_suite(suite), systems=[])
    console = make_console(stderr=True)
    rig_options = RigOptions(suite_path=suite, logs=None, database_url=database, nginx=None)
    with (
        _until_ctrl_c(),
        TerminalProgress(console) as progress,
        shared_rig(alone, rig_options, progress.step) as (rig, server),
    ):
        progress.clear()
        _print_database(rig.database_url)
        console.print("Ctrl-C stops it", soft_wrap=True)
        _stay(_database_part(server))
    return 0


def _database_part(server: Part | None) -> dict[Role, Part]:
    return {} if server is None else {"database": server}


def _print_database(url: str | None) -> None:
    if url is None:
        return
    shown = without_password(url)
    make_console().print(f"export DATABASE_URL='{shown}'", soft_wrap=True, markup=False)
    if shown != url:
        make_console(stderr=True).print("the password is that of --database: export PGPASSWORD too", soft_wrap=True)


class _Enough(KeyboardInterrupt):
    """Ctrl-C that ends what was to go on until then."""


@contextmanager
def _until_ctrl_c() -> Iterator[None]:
    """Let the block end in peace when somebody has had enough; Ctrl-C before that is an interruption."""
    try:
        yield
    except _Enough:
        return


def _stay(parts: dict[Role, Part]) -> None:
    """Wait for Ctrl-C.

    Raises:
        KeyboardInterrupt: it came.
        StartError: a part ended by itself.
    """
    while True:
        try:
            time.sleep(LOOK_INTERVAL_S)
        except KeyboardInterrupt as interrupt:
            raise _Enough from interrupt
        for role, part in parts.items():
            if part.exit_code is not None:
                raise StartError(f"the {role} ended with exit code {part.exit_code}.\n{part.log_tail()}")
