"""`rush-hour load`: one run of the load generator."""

import sys
from functools import partial
from typing import Annotated

from rush_hour import __version__
from rush_hour.clock import utc_now
from rush_hour.commands import options
from rush_hour.commands.load_options import ConnectionOptions, OutputOptions, PaceOptions, RequestOptions
from rush_hour.commands.load_record import LoadRecord
from rush_hour.commands.load_requests import Server, requests_for
from rush_hour.commands.named_files import files_of
from rush_hour.commands.required import worse_code
from rush_hour.commands.start_options import StartOptions
from rush_hour.core.arrivals import Arrivals, ClosedLoop, Constant, Poisson
from rush_hour.core.profiled_arrivals import arrivals_of
from rush_hour.core.schedule import Schedule
from rush_hour.credentials import hide_in_url
from rush_hour.errors import UsageError
from rush_hour.exit_codes import INTERRUPTED, UNTRUSTED
from rush_hour.load.plan import LoadPlan, parse_url
from rush_hour.load.run import Observer
from rush_hour.load.transport.destination import destination_of
from rush_hour.load.workload.profile_file import read_profile
from rush_hour.load.workload.request import Requests
from rush_hour.load.workload.script import Script
from rush_hour.load.workload.user_mix import UserMix
from rush_hour.output_file import check_files
from rush_hour.report.terminal.console import make_console
from rush_hour.report.terminal.live.live_view import LiveView
from rush_hour.rig.machine import provenance
from rush_hour.rig.watch.measure import measure
from rush_hour.units import join_names


def load(
    url: Annotated[str, options.URL],
    /,
    *,
    pace: PaceOptions = PaceOptions(),
    request: RequestOptions = RequestOptions(),
    connection: ConnectionOptions = ConnectionOptions(),
    start: StartOptions = StartOptions(),
    output: OutputOptions = OutputOptions(),
) -> int:
    """Offer a URL a request rate; report goodput, and latency from when each request was due."""
    started_at = utc_now()
    if output.version:
        sys.stdout.write(f"rush-hour {__version__}\n")
    parts = parse_url(url)
    options.check_processes(pace.processes, pace.connections)
    schedule, repeats = _schedule(pace), start.settings()
    require = output.required()
    output.check_runs(is_repeated=repeats is not None)
    check_files(files_of(output), pace.files | files_of(request, connection))
    destination = destination_of(
        parts, unix=connection.unix, connect_to=connection.connect_to, sources=connection.source
    ).looked_up()
    address, tls = destination.resolve(), connection.tls(parts)
    server = Server(address, tls, pace.timeout_s, is_judged=not output.wrk2)
    plan_of = partial(
        LoadPlan,
        url=hide_in_url(url),
        destination=destination,
        tls=tls,
        schedule=schedule,
        warmup=schedule.warm_up(pace.warmup_s),
        processes=pace.processes,
        timeout_s=pace.timeout_s,
        seed=pace.seed,
        connection_per_request=pace.connection_per_request,
        spread=connection.spread,
    )
    record = LoadRecord(
        provenance(output.label, started_at), output, is_local=address.is_local, repeats=repeats, require=require
    )
    requests: Requests | UserMix | None = None
    try:
        with start.starts(address) as starts:
            for place in record.turns():
                with _view(schedule) as view:
                    on_step = partial(_tell, view, place)
                    with starts(on_step) as serving:
                        requests = requests or requests_for(request, parts, server, pace.seed)
                        observer = Observer(on_phase=on_step, on_second=view.second)
                        run = measure(plan_of(requests=requests), serving, observer)
                record.keep(run, serving)
    finally:
        found = record.show()
    if isinstance(requests, Script):
        requests.done(record.runs[-1].result)
    if output.wrk2:
        return 0  # as wrk2 does after every run, whatever came of it
    if any(run.is_interrupted for run in record.runs):
        return INTERRUPTED
    return worse_code(0 if all(run.verdict.trusted for run in record.runs) else UNTRUSTED, found)


def _view(schedule: Schedule) -> LiveView:
    arrivals = schedule.arrivals
    return LiveView(make_console(stderr=True), schedule.duration_s, arrivals.offered_per_s, arrivals.profile)


def _tell(view: LiveView, place: str, step: str) -> None:
    view.step(f"{place}{step}")


def _schedule(pace: PaceOptions) -> Schedule:
    if pace.profile is not None:
        return _profiled(pace, pace.profile)
    arrivals, duration_s = _arrivals(pace), pace.duration_s or options.DEFAULT_DURATION_S
    if pace.max_requests is not None:
        duration_s = min(duration_s, arrivals.time_for_s(pace.max_requests))
    return Schedule(
        arrivals=arrivals, duration_s=duration_s, connections=pace.connections, max_requests=pace.max_requests
    )


def _profiled(pace: PaceOptions, text: str) -> Schedule:
    """Return the schedule of a profile, which says how much and for how long."""
    others = {
        "--rate": pace.rate_per_s is not None,
        "--duration": pace.duration_s is not None,
        "--max-requests": pace.max_requests is not None,
        "--closed-loop": pace.closed_loop,
    }
    if given := [name for name, is_given in others.items() if is_given]:
        what = f"expected no {join_names(given, 'or')} with it"
        raise UsageError(f"--profile: {what}: the profile says how many requests are due, and for how long.")
    profile = read_profile(text, what="--profile")
    seed = pace.seed if pace.arrivals == Poisson.name else None
    return Schedule(arrivals=arrivals_of(profile, seed), duration_s=profile.duration_s, connections=pace.connections)


def _arrivals(pace: PaceOptions) -> Arrivals:
    if pace.closed_loop:
        if pace.rate_per_s is not None or pace.arrivals != "constant":
            raise UsageError("--closed-loop: expected no --rate and no --arrivals with it: a closed loop has no rate.")
        return ClosedLoop()
    if pace.rate_per_s is None:
        raise UsageError(
            "--rate: expected requests per second, such as -R 4000; got none. "
            "To send as fast as the server answers, use --closed-loop; for a rate that changes, --profile."
        )
    if pace.arrivals == Poisson.name:
        return Poisson(rate_per_s=pace.rate_per_s, seed=pace.seed)
    return Constant(rate_per_s=pace.rate_per_s)
