"""`rush-hour bench`: every system of a suite under the same load."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from rush_hour.commands import options
from rush_hour.commands.application_options import ApplicationOptions
from rush_hour.commands.bench_load_options import BenchLoadOptions
from rush_hour.commands.output_directory import make_output
from rush_hour.commands.repeat_options import PAIRED_BLOCKS, RepeatOptions
from rush_hour.commands.required import check_required, show_required, worse_code
from rush_hour.commands.showing import show_results
from rush_hour.errors import OutputLost, RushHourError, StartError, UsageError
from rush_hour.exit_codes import UNTRUSTED
from rush_hour.load.limits import raise_open_file_limit
from rush_hour.report.result_directory import ResultDirectory
from rush_hour.report.terminal.console import make_console
from rush_hour.report.terminal.live.progress import TerminalProgress
from rush_hour.results.document import Document
from rush_hour.rig.bench import Order, run_bench
from rush_hour.rig.blocks import turns_left
from rush_hour.rig.load_settings import highest_per_s, load_of
from rush_hour.rig.machine import Provenance, machine_facts, provenance
from rush_hour.rig.pairs import paired, parse_paired
from rush_hour.rig.published import read_published
from rush_hour.rig.resuming import check_resumable
from rush_hour.rig.stack import RigOptions
from rush_hour.rig.suite.choosing import check_overrides, choose, choose_requests, override
from rush_hour.rig.suite.digest import digests_of


def bench(
    suite: Annotated[Path | None, options.SUITE] = None,
    /,
    *,
    application: ApplicationOptions = ApplicationOptions(),
    load: BenchLoadOptions = BenchLoadOptions(),
    repeat: RepeatOptions = RepeatOptions(),
    only: Annotated[tuple[str, ...], options.ONLY] = (),
    request: Annotated[tuple[str, ...], options.REQUESTS] = (),
    output: Annotated[Path | None, options.OUTPUT] = None,
    workers: Annotated[int | None, options.WORKERS] = None,
    server_threads: Annotated[int | None, options.SERVER_THREADS] = None,
    database: Annotated[str | None, options.DATABASE] = None,
    nginx: Annotated[Path | None, options.NGINX] = None,
    profile: Annotated[bool, options.PROFILE] = False,
    label: Annotated[str | None, options.LABEL] = None,
    base: Annotated[str | None, options.PAIRED] = None,
) -> int:
    """Start systems of a suite, or one application, offer each a request rate, and report which of them hold."""
    if label is not None and repeat.resume is not None:
        raise UsageError("--label: expected none with --resume: the result has the one that it was begun with.")
    revision = None if base is None else parse_paired(base)
    started = provenance(label)
    found, suite_path = application.suite(suite, what="SUITE")
    read = choose_requests(override(found, workers=workers, threads=server_threads), request)
    systems = choose(read, only)
    check_overrides(systems, {"workers": workers, "threads": server_threads, **load.overrides}, by="--only")
    check_overrides(systems, {"rate": load.load_profile}, by="--only", option="--load-profile")
    settings = load.settings(read.load, suite_path.parent)
    loads = [load_of(system, settings) for system in systems]
    options.check_processes(settings.processes, min(each.connections for each in loads))
    raise_open_file_limit(max(each.connections for each in loads))
    published = [] if read.published is None else read_published(suite_path.parent / read.published)
    before = repeat.resumed(output)
    repeats = repeat.settings(before, PAIRED_BLOCKS if revision is not None else None)
    with paired(revision, systems, suite_path.parent) as pairs:
        if before is not None:
            digests = digests_of(read, pairs.as_written, suite_path.parent)
            check_resumable(before, read, pairs.systems, settings, machine=machine_facts(), digests=digests)
            pairs.check_resumable(before)
        results = ResultDirectory(
            repeat.resume or make_output(output, f"{read.name}-{datetime.now(UTC):%Y-%m-%dT%H-%M-%SZ}")
        )
        order = Order(suite=read, pairs=pairs, load=settings, repeats=repeats, resumed=before, published=published)
        rig_options = RigOptions(
            suite_path=suite_path, logs=results.path / "logs", database_url=database, nginx=nginx, profile=profile
        )
        _run(order, rig_options, results, started, highest_per_s(loads))
    kept = None if results.document is None else check_required(results.document)
    if kept is not None:
        show_required(kept)
    if results.lost:
        raise OutputLost("\n".join(results.lost))
    return worse_code(_exit_code(results.document), kept)


def _run(
    order: Order, rig_options: RigOptions, results: ResultDirectory, started: Provenance, rate_per_s: float | None
) -> None:
    """Bench, and show what was found, also of what was finished before Ctrl-C."""
    try:
        with TerminalProgress(
            make_console(stderr=True),
            systems=turns_left(order.resumed, [system.name for system in order.pairs.systems], order.repeats),
            duration_s=order.load.duration_s,
            warmup_s=order.load.warmup_s,
            rate_per_s=rate_per_s,
        ) as progress:
            if order.pairs.is_same:
                progress.warn("no file that git knows differs from the other revision: the same code is compared")
            run_bench(order, rig_options, keep=results.keep, provenance=started, progress=progress)
    finally:
        show_results(results)


def _exit_code(document: Document | None) -> int:
    """Return 0 when every system that can run here was measured and its figures can be trusted; a failure is worse."""
    if document is None or all(system.status == "unavailable" for system in document.systems):
        return StartError.exit_code
    if any(system.status == "failed" for system in document.systems):
        return RushHourError.exit_code
    runs = [run for system in document.systems for run in system.runs]
    return 0 if all(run.verdict.trusted for run in runs) else UNTRUSTED
