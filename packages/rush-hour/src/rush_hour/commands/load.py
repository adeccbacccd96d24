"""`rush-hour load`: one run of the load generator."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from rush_hour import __version__
from rush_hour.clock import utc_now
from rush_hour.commands import options
from rush_hour.commands.load_options import ConnectionOptions, OutputOptions, PaceOptions, RequestOptions
from rush_hour.commands.load_requests import Server, requests_for
from rush_hour.core.arrivals import Arrivals, ClosedLoop, Constant, Poisson
from rush_hour.core.schedule import Schedule
from rush_hour.credentials import hide_in_url
from rush_hour.errors import OutputLost, UsageError
from rush_hour.exit_codes import INTERRUPTED, UNTRUSTED
from rush_hour.load.plan import LoadPlan, parse_url
from rush_hour.load.run import Observer
from rush_hour.load.transport.destination import destination_of
from rush_hour.load.workload.script import Script
from rush_hour.output_file import check_writable
from rush_hour.report.csv_file import write_csv
from rush_hour.report.hlog import write_hlog
from rush_hour.report.terminal.console import make_console
from rush_hour.report.terminal.live_view import LiveView
from rush_hour.report.terminal.load_summary import load_summary
from rush_hour.report.wrk2.figures import wrk2_report
from rush_hour.report.wrk2.text import format_report
from rush_hour.results.document import SCHEMA_VERSION, Document, Status, System
from rush_hour.results.file import write_document
from rush_hour.results.run import Run
from rush_hour.rig.machine import Provenance, machine_facts, package_versions, provenance
from rush_hour.rig.measure import measure


def load(
    url: Annotated[str, options.URL],
    /,
    *,
    pace: PaceOptions = PaceOptions(),
    request: RequestOptions = RequestOptions(),
    connection: ConnectionOptions = ConnectionOptions(),
    output: OutputOptions = OutputOptions(),
) -> int:
    """Offer a URL a constant request rate; report goodput, and latency from when each request was due."""
    started_at = utc_now()
    if output.version:
        sys.stdout.write(f"rush-hour {__version__}\n")
    parts = parse_url(url)
    options.check_processes(pace.processes, pace.connections)
    schedule = _schedule(pace)
    for file in output.files():
        check_writable(file)
    destination = destination_of(
        parts, unix=connection.unix, connect_to=connection.connect_to, sources=connection.source
    ).looked_up()
    address, tls = destination.resolve(), connection.tls(parts)
    server = Server(address, tls, pace.timeout_s, is_judged=not output.wrk2)
    requests = requests_for(request, parts, server, pace.seed)
    plan = LoadPlan(
        url=hide_in_url(url),
        destination=destination,
        tls=tls,
        requests=requests,
        schedule=schedule,
        warmup=schedule.warm_up(pace.warmup_s),
        processes=pace.processes,
        timeout_s=pace.timeout_s,
        seed=pace.seed,
        connection_per_request=pace.connection_per_request,
        spread=connection.spread,
    )
    with LiveView(make_console(stderr=True), schedule.duration_s) as view:
        run = measure(plan, observer=Observer(on_phase=view.step, on_second=view.second))
    _print(run, output)
    lost = _write(run, output, started_at, is_local=address.is_local)
    if isinstance(requests, Script):
        requests.done(run.result)
    if lost:
        raise OutputLost("\n".join(lost))
    if output.wrk2:
        return 0  # as wrk2 does after every run, whatever came of it
    if run.is_interrupted:
        return INTERRUPTED
    return 0 if run.verdict.trusted else UNTRUSTED


def _schedule(pace: PaceOptions) -> Schedule:
    arrivals, duration_s = _arrivals(pace), pace.duration_s
    if pace.max_requests is not None:
        duration_s = min(duration_s, arrivals.time_for_s(pace.max_requests))
    return Schedule(
        arrivals=arrivals, duration_s=duration_s, connections=pace.connections, max_requests=pace.max_requests
    )


def _arrivals(pace: PaceOptions) -> Arrivals:
    if pace.closed_loop:
        if pace.rate_per_s is not None or pace.arrivals != "constant":
            raise UsageError("--closed-loop: expected no --rate and no --arrivals with it: a closed loop has no rate.")
        return ClosedLoop()
    if pace.rate_per_s is None:
        raise UsageError(
            "--rate: expected requests per second, such as -R 4000; got none. "
            "To send as fast as the server answers, use --closed-loop."
        )
    if pace.arrivals == Poisson.name:
        return Poisson(rate_per_s=pace.rate_per_s, seed=pace.seed)
    return Constant(rate_per_s=pace.rate_per_s)


def _print(run: Run, output: OutputOptions) -> None:
    if not output.wrk2:
        make_console().print(load_summary(run))
        return
    shows = {"show_latency": output.latency, "show_service_time": output.u_latency}
    sys.stdout.write(format_report(wrk2_report(run.plan, run.result, **shows)))
    for doubt in run.verdict.warnings:
        sys.stderr.write(f"{doubt.code}: {doubt.message} {doubt.hint}\n")


def _document(run: Run, started: Provenance, *, is_local: bool) -> Document:
    machine = machine_facts()
    status: Status = "interrupted" if run.is_interrupted else "ok"
    system = System(name=run.plan.url, title=run.plan.url, status=status, runs=[run])
    return Document(
        schema_version=SCHEMA_VERSION,
        kind="load",
        started_at=started.started_at,
        ended_at=utc_now(),
        command_line=started.command_line,
        label=started.label,
        commit=started.commit,
        machine=machine if is_local else None,
        generators=[machine],
        versions=package_versions(["rush-hour"]),
        systems=[system],
        plan=run.plan,
        result=run.result,
        verdict=run.verdict,
    )


def _write(run: Run, output: OutputOptions, started_at: str, *, is_local: bool) -> list[str]:
    """Write the files, each whatever becomes of the others, and return what was lost.

    Args:
        run: the run.
        output: which files.
        started_at: when the command was started.
        is_local: whether the server is on this machine.
    """
    sys.stdout.flush()  # a named pipe may have to wait

    def write_json(path: Path) -> None:
        write_document(path, _document(run, provenance(output.label, started_at), is_local=is_local))

    writers: list[tuple[Path | None, Callable[[Path], None]]] = [
        (output.json, write_json),
        (output.hlog, lambda path: write_hlog(path, run)),
        (output.csv, lambda path: write_csv(path, run.result)),
    ]
    lost: list[str] = []
    for path, write in writers:
        try:
            if path is not None:
                write(path)
        except OutputLost as error:
            lost.append(str(error))
    return lost
