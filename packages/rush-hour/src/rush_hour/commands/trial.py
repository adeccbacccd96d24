"""`rush-hour try`: one application on every server that can serve it, ranked."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from msgspec import structs

from rush_hour.commands import options
from rush_hour.commands.capacity_options import parse_slo
from rush_hour.commands.output_directory import make_empty_directory, make_output
from rush_hour.commands.showing import show_results
from rush_hour.commands.trial_options import (
    TARGET_ARGUMENT,
    TrialOptions,
    TrialPlaceOptions,
    TriedApplicationOptions,
    TriedLoadOptions,
)
from rush_hour.commands.trial_subject import find_tried, subject_of
from rush_hour.errors import OutputLost, StartError
from rush_hour.exit_codes import UNTRUSTED
from rush_hour.load.limits import raise_open_file_limit
from rush_hour.report.result_directory import ResultDirectory
from rush_hour.report.terminal.console import make_console
from rush_hour.report.terminal.live.trial_view import TrialView
from rush_hour.results.document import Document
from rush_hour.rig.machine import machine_facts, provenance
from rush_hour.rig.resuming import check_trial_resumable
from rush_hour.rig.stack import RigOptions
from rush_hour.rig.suite.digest import digests_of
from rush_hour.rig.trial.candidates import Axes
from rush_hour.rig.trial.emitting import emit
from rush_hour.rig.trial.fetching import scratch_environment
from rush_hour.rig.trial.record import TrialRecord
from rush_hour.rig.trial.settings import Subject, TrialSettings
from rush_hour.rig.trial.trial import run_trial


def trial(
    app: Annotated[str, TARGET_ARGUMENT],
    /,
    *,
    application: TriedApplicationOptions = TriedApplicationOptions(),
    load: TriedLoadOptions = TriedLoadOptions(),
    asked: TrialOptions = TrialOptions(),
    place: TrialPlaceOptions = TrialPlaceOptions(),
) -> int:
    """Serve an application by every server that can, and rank them by what they hold at an objective."""
    started, before = provenance(place.label), place.resumed()
    options.check_connections(load.connections, load.max_connections)
    if place.emit is not None:
        make_empty_directory(place.emit, what="--emit")
    settings = _settings(asked, load, place)
    options.check_processes(settings.processes, settings.connections)
    console = make_console(stderr=True)
    with ExitStack() as stack:
        view = stack.enter_context(TrialView(console, settings.budget_s))
        found, servers = find_tried(app, application)
        own_venv = found.venv
        if application.fetch:
            layered = stack.enter_context(scratch_environment(found.interpreter, servers, view))
            found = replace(found, interpreter=layered, venv=str(layered.python.parent.parent))
        axes = Axes(workers=asked.worker_counts(place.cpus), threads=asked.threads, loops=asked.loops)
        subject = subject_of(found, servers, load, axes, front=asked.front is not None)
        raise_open_file_limit(settings.most_connections)
        name = f"{subject.suite.name}-{datetime.now(UTC):%Y-%m-%dT%H-%M-%SZ}"
        results = ResultDirectory(place.resume or make_output(place.output, f"try-{name}"))
        rig_options = RigOptions(
            suite_path=found.directory / app,
            logs=results.path / "logs",
            database_url=None,
            nginx=place.nginx,
            cpus=place.server_cpus,
        )
        record = TrialRecord(
            subject,
            settings,
            started,
            rig_options,
            machine_facts(),
            digests=_digests(subject, found.directory, own_venv),
        )
        if before is not None:
            check_trial_resumable(before, record.document())
            record.go_on_with(before)
        stack.enter_context(_on_cpus(place.load_cpus))
        try:
            run_trial(subject, settings, rig_options, record, keep=results.keep, progress=view)
        finally:  # also of what was found before Ctrl-C
            view.clear()
            show_results(results)
    if place.emit is not None:
        _emit(place.emit, results, subject, found.directory, own_venv)
    if results.lost:
        raise OutputLost("\n".join(results.lost))
    return _exit_code(results.document)


def _settings(asked: TrialOptions, load: TriedLoadOptions, place: TrialPlaceOptions) -> TrialSettings:
    """Return how it is tried."""
    return TrialSettings(
        objective=parse_slo(asked.slo),
        budget_s=asked.budget_s,
        connections=load.connections,
        most_connections=load.max_connections,
        processes=load.load_processes,
        timeout_s=load.timeout_s,
        seed=asked.seed,
        repeats=asked.repeats,
        load_cpus=place.load_cpus,
    )


def _digests(subject: Subject, directory: Path, venv: str | None) -> dict[str, str]:
    """Return what the contenders' systems are known again by, in the application's environment, not a scratch one."""
    systems = [structs.replace(one.spec, venv=venv) for one in subject.entrants]
    return digests_of(structs.replace(subject.suite, venv=venv), systems, directory)


@contextmanager
def _on_cpus(cpus: tuple[int, ...] | None) -> Iterator[None]:
    """Let this process, and those that it starts to send, use some CPUs only."""
    before = os.sched_getaffinity(0)
    if cpus is not None:
        os.sched_setaffinity(0, cpus)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _emit(
    directory: Path, results: ResultDirectory, subject: Subject, application_directory: Path, venv: str | None
) -> None:
    """Write what deploys the best contender.

    Raises:
        OutputLost: this or something of the results cannot be written.
    """
    if results.document is None:
        return
    console = make_console()
    try:
        written = emit(directory, results.document, subject, application_directory, venv)
    except OutputLost as error:
        raise OutputLost("\n".join([*results.lost, str(error)])) from error
    for path in written:
        console.print(f"written: {path}", soft_wrap=True)


def _exit_code(document: Document | None) -> int:
    """Return 0 where at least one contender has a rate that can be trusted."""
    placed = (
        []
        if document is None or document.trial is None
        else [one for one in document.trial.contenders if one.place is not None]
    )
    if document is None or not placed:
        return StartError.exit_code
    runs = [run for system in document.systems for run in system.runs if system.name == placed[0].name]
    return 0 if all(run.verdict.trusted for run in runs) else UNTRUSTED
