"""`rush-hour bench`: every system of a suite under the same load."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from rush_hour.commands import options
from rush_hour.errors import OutputLost, RushHourError, StartError, UsageError
from rush_hour.exit_codes import UNTRUSTED
from rush_hour.load.limits import raise_open_file_limit
from rush_hour.report.published import Published, compare, read_published
from rush_hour.report.result_directory import RESULT_NAME, ResultDirectory
from rush_hour.report.terminal.bench_report import bench_report
from rush_hour.report.terminal.console import make_console
from rush_hour.report.terminal.progress import TerminalProgress
from rush_hour.results.document import Document
from rush_hour.rig.bench import LoadSettings, choose, run_bench
from rush_hour.rig.machine import provenance
from rush_hour.rig.stack import RigOptions
from rush_hour.rig.suite import Suite, read_suite
from rush_hour.units import parse_duration_s


def bench(
    suite: Annotated[Path, options.SUITE] = options.DEFAULT_SUITE,
    /,
    *,
    only: Annotated[tuple[str, ...], options.ONLY] = (),
    output: Annotated[Path | None, options.OUTPUT] = None,
    rate_per_s: Annotated[float | None, options.RATE] = None,
    connections: Annotated[int | None, options.CONNECTIONS] = None,
    processes: Annotated[int | None, options.PROCESSES] = None,
    duration_s: Annotated[float | None, options.DURATION] = None,
    warmup_s: Annotated[float | None, options.WARMUP] = None,
    timeout_s: Annotated[float | None, options.TIMEOUT] = None,
    workers: Annotated[int | None, options.WORKERS] = None,
    database: Annotated[str | None, options.DATABASE] = None,
    nginx: Annotated[Path | None, options.NGINX] = None,
    label: Annotated[str | None, options.LABEL] = None,
) -> int:
    """Start each system of a suite, offer it a constant request rate, and report which of them hold."""
    started = provenance(label)
    read = read_suite(suite)
    systems = choose(read, only)
    defaults = read.load
    load = LoadSettings(
        rate_per_s=rate_per_s or defaults.rate,
        connections=connections or defaults.connections,
        processes=processes or defaults.processes,
        duration_s=duration_s or parse_duration_s(defaults.duration, what="duration"),
        warmup_s=(
            parse_duration_s(defaults.warmup, what="warmup", zero_is_fine=True) if warmup_s is None else warmup_s
        ),
        timeout_s=timeout_s or parse_duration_s(defaults.timeout, what="timeout"),
    )
    options.check_processes(load.processes, load.connections)
    raise_open_file_limit(load.connections)
    published = None if read.published is None else read_published(suite.parent / read.published)
    results = ResultDirectory(_make_output(output, read))
    rig_options = RigOptions(
        suite_path=suite, logs=results.path / "logs", workers=workers, database_url=database, nginx=nginx
    )
    try:
        with TerminalProgress(make_console(stderr=True)) as progress:
            run_bench(read, systems, load, rig_options, keep=results.keep, provenance=started, progress=progress)
    finally:  # also of what was finished before Ctrl-C
        _report(results, published)
    if results.lost:
        raise OutputLost("\n".join(results.lost))
    return _exit_code(results.document)


def _report(results: ResultDirectory, published: Published | None) -> None:
    """Print what was found out; nothing before the first system is finished."""
    document = results.document
    if document is None or not document.systems:
        return
    comparison = [] if published is None else compare(published, document.systems)
    console = make_console()
    console.print(bench_report(document, comparison))
    console.print(f"\nresult: {results.path / RESULT_NAME}; logs: {results.path / 'logs'}", soft_wrap=True)


def _make_output(output: Path | None, suite: Suite) -> Path:
    """Make the directory of the results; one with results in it is not overwritten."""
    if output is not None and (output / RESULT_NAME).exists():
        raise UsageError(f"--output: {output} has results already; name another directory.")
    try:
        if output is None:
            return _new_directory(Path("rush-hour-results"), f"{suite.name}-{datetime.now(UTC):%Y-%m-%dT%H-%M-%SZ}")
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--output: {error.filename} cannot be made: {error.strerror}.") from error
    return output


def _new_directory(parent: Path, name: str) -> Path:
    """Make a directory of this name, numbered if another bench has it."""
    directory, number = parent / name, 1
    while True:
        try:
            directory.mkdir(parents=True)
        except FileExistsError:
            number += 1
            directory = parent / f"{name}-{number}"
        else:
            return directory


def _exit_code(document: Document | None) -> int:
    """Return 0 when every system that can run here was measured and its figures can be trusted; a failure is worse."""
    if document is None or all(system.status == "unavailable" for system in document.systems):
        return StartError.exit_code
    if any(system.status == "failed" for system in document.systems):
        return RushHourError.exit_code
    runs = [run for system in document.systems for run in system.runs]
    return 0 if all(run.verdict.trusted for run in runs) else UNTRUSTED
