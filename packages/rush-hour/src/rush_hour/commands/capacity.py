"""`rush-hour capacity`: the highest rate at which an objective is met."""

import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

from rush_hour.clock import utc_now
from rush_hour.commands import options
from rush_hour.commands.application_options import ApplicationOptions
from rush_hour.commands.capacity_options import (
    CapacityOutputOptions,
    CapacityPaceOptions,
    CapacitySystemOptions,
    SearchOptions,
    parse_slo,
)
from rush_hour.commands.capacity_system import Facts, choose_system, started_system, with_connections_of
from rush_hour.commands.load_options import ConnectionOptions, RequestOptions
from rush_hour.commands.load_requests import Server, requests_for
from rush_hour.commands.named_files import files_of
from rush_hour.core.arrivals import ClosedLoop
from rush_hour.core.schedule import Schedule
from rush_hour.credentials import hide_in_url
from rush_hour.errors import OutputLost, RushHourError, UsageError
from rush_hour.exit_codes import UNTRUSTED
from rush_hour.judge.search.tried import SearchSettings
from rush_hour.load.limits import raise_open_file_limit
from rush_hour.load.plan import LoadPlan, parse_url
from rush_hour.load.transport.destination import destination_of
from rush_hour.output_file import check_files
from rush_hour.report.page_file import write_page
from rush_hour.report.terminal.console import make_console
from rush_hour.report.terminal.document_report import documents_report
from rush_hour.report.terminal.live.capacity_view import CapacityView
from rush_hour.results.capacity import Ending
from rush_hour.results.document import SCHEMA_VERSION, Document, Status, System
from rush_hour.results.file import write_document
from rush_hour.rig.capacity.found import capacity_of
from rush_hour.rig.capacity.measurement import Measurement, shorter
from rush_hour.rig.capacity.settings import CapacitySettings, CapacityTarget
from rush_hour.rig.machine import Provenance, machine_facts, package_versions, provenance


def capacity(
    url: Annotated[str | None, options.URL] = None,
    /,
    *,
    search: SearchOptions = SearchOptions(),
    pace: CapacityPaceOptions = CapacityPaceOptions(),
    request: RequestOptions = RequestOptions(),
    connection: ConnectionOptions = ConnectionOptions(),
    system: CapacitySystemOptions = CapacitySystemOptions(),
    application: ApplicationOptions = ApplicationOptions(),
    output: CapacityOutputOptions = CapacityOutputOptions(),
) -> int:
    """Find the highest request rate at which a URL or a system of a suite meets an objective, and what gives first."""
    started = provenance(output.label)
    check_files(files_of(output), files_of(request, connection, system, application))
    if url is not None:
        _check_alone(system, application)
        chosen = None
    else:
        _check_requests(request, connection)
        chosen = choose_system(system, application)
        pace = with_connections_of(chosen.spec, pace)
    options.check_processes(pace.processes, pace.connections)
    settings = _settings(search, pace)
    raise_open_file_limit(settings.most_connections)
    measurement = None
    try:
        with CapacityView(make_console(stderr=True), settings.budget_s, settings.objective.text) as view:
            measured = (
                nullcontext(_target_of(url or "", request, connection, pace))
                if chosen is None
                else started_system(chosen, system, pace, view.phase)
            )
            with measured as (target, facts):
                measurement = Measurement(target, settings, view)
                measurement.carry_out()
                if measurement.ending == "interrupted":
                    raise KeyboardInterrupt  # what was started ends as it does at any other
    finally:  # also of what was measured before Ctrl-C, however often that comes
        if measurement is not None and measurement.runs:
            document = _document(measurement, target, settings, started, facts)
            _show(document, output)
    return _exit_code(document)


_STATUSES: dict[Ending, Status] = {"failed": "failed", "interrupted": "interrupted"}


def _settings(search: SearchOptions, pace: CapacityPaceOptions) -> CapacitySettings:
    options.check_connections(pace.connections, pace.max_connections)
    return shorter(
        CapacitySettings(
            objective=parse_slo(search.slo),
            search=SearchSettings(
                precision=search.precision,
                step_s=search.step_s,
                confirm_s=search.confirm_s,
                max_rate_per_s=search.max_rate_per_s,
            ),
            budget_s=search.budget_s,
            warmup_s=pace.warmup_s,
            connections=pace.connections,
            most_connections=pace.max_connections,
            processes=pace.processes,
            arrivals=pace.arrivals,
            seed=pace.seed,
        )
    )


def _check_alone(system: CapacitySystemOptions, application: ApplicationOptions) -> None:
    if system != CapacitySystemOptions() or application != ApplicationOptions():
        raise UsageError("URL: expected either a URL, or a system that is started (--suite, --app), got both.")


def _check_requests(request: RequestOptions, connection: ConnectionOptions) -> None:
    if request != RequestOptions() or connection != ConnectionOptions():
        raise UsageError(
            "URL: expected one with options of requests and connections: a suite says what is sent itself."
        )


def _target_of(
    url: str, request: RequestOptions, connection: ConnectionOptions, pace: CapacityPaceOptions
) -> tuple[CapacityTarget, Facts]:
    """Return what answers at a URL."""
    parts = parse_url(url)
    destination = destination_of(
        parts, unix=connection.unix, connect_to=connection.connect_to, sources=connection.source
    ).looked_up()
    address, tls = destination.resolve(), connection.tls(parts)
    plan = LoadPlan(
        url=hide_in_url(url),
        destination=destination,
        tls=tls,
        requests=requests_for(request, parts, Server(address, tls, pace.timeout_s, is_judged=True), pace.seed),
        schedule=Schedule(arrivals=ClosedLoop(), duration_s=1.0, connections=1),
        processes=1,
        timeout_s=pace.timeout_s,
        seed=pace.seed,
        spread=connection.spread,
    )
    machine = machine_facts() if address.is_local else None
    target = CapacityTarget(name=plan.url, title=plan.url, plan=plan)
    return target, Facts(machine=machine, versions=package_versions(["rush-hour"]))


def _document(
    measurement: Measurement, target: CapacityTarget, settings: CapacitySettings, started: Provenance, facts: Facts
) -> Document:
    generator = machine_facts()
    status = _STATUSES.get(measurement.ending, "ok")
    base = facts.system
    return Document(
        schema_version=SCHEMA_VERSION,
        kind="capacity",
        started_at=started.started_at,
        ended_at=utc_now(),
        command_line=started.command_line,
        label=started.label,
        commit=started.commit,
        machine=facts.machine,
        generators=[generator],
        versions=facts.versions,
        suite=facts.suite,
        systems=[
            System(
                name=target.name,
                title=target.title,
                status=status,
                reason=measurement.failure,
                notes=[] if base is None else base.notes,
                versions={} if base is None else base.versions,
                command_line=None if base is None else base.command_line,
                runs=measurement.runs,
            )
        ],
        capacity=capacity_of(measurement, target, settings),
    )


def _show(document: Document, output: CapacityOutputOptions) -> None:
    """Write the files and print the report, each whatever becomes of the others.

    Raises:
        OutputLost: one could not be written.
    """
    lost: list[str] = []
    writers: list[tuple[Path | None, Callable[[Path], None]]] = [
        (output.json, lambda path: write_document(path, document)),
        (output.html, lambda path: write_page(path, [document])),
    ]
    for path, write in writers:
        try:
            if path is not None:
                write(path)
        except OutputLost as error:
            lost.append(str(error))
    make_console().print(documents_report([document]))
    if lost:
        sys.stdout.flush()
        raise OutputLost("\n".join(lost))


def _exit_code(document: Document) -> int:
    """Return 0 where the capacity can be trusted; what ended the search too soon is worse than that it cannot."""
    found = document.capacity
    assert found is not None, "it was just made"
    if found.ending == "failed":
        return RushHourError.exit_code
    return 0 if found.is_trusted else UNTRUSTED
