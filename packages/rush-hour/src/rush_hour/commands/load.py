"""`rush-hour load`: one run of the load generator."""

import sys
from pathlib import Path
from typing import Annotated

from rush_hour import options
from rush_hour.cli import INTERRUPTED
from rush_hour.core.result import LoadReport
from rush_hour.errors import RushHourError
from rush_hour.load.plan import LoadPlan, build_request, parse_url, resolve
from rush_hour.load.probe import expect_what_is_answered
from rush_hour.load.run import Observer, run_load
from rush_hour.report.progress import TerminalProgress
from rush_hour.report.result_file import check_writable, load_file, write_result
from rush_hour.report.terminal import load_summary, make_console
from rush_hour.report.wrk2_text import wrk2_text


def load(
    url: Annotated[str, options.URL],
    /,
    *,
    rate_per_s: Annotated[float, options.RATE],
    connections: Annotated[int, options.CONNECTIONS] = 10,
    processes: Annotated[int, options.PROCESSES] = 2,
    duration_s: Annotated[float, options.DURATION] = 10.0,
    warmup_s: Annotated[float, options.WARMUP] = 0.0,
    timeout_s: Annotated[float, options.TIMEOUT] = 2.0,
    header: Annotated[tuple[str, ...], options.HEADER] = (),
    unix: Annotated[Path | None, options.UNIX] = None,
    json: Annotated[Path | None, options.JSON] = None,
    wrk2: Annotated[bool, options.WRK2] = False,
    latency: Annotated[bool, options.LATENCY] = False,
    u_latency: Annotated[bool, options.SERVICE_TIME] = False,
) -> int:
    """Offer a URL a constant request rate; report goodput, and latency from when each request was due."""
    options.check_processes(processes, connections)
    parts = parse_url(url)
    if json is not None:
        check_writable(json)
    address = resolve(parts, unix)
    plan = LoadPlan(
        url=url,
        address=address,
        request=build_request(parts, header),
        expectation=expect_what_is_answered(parts, address, header),
        rate_per_s=rate_per_s,
        duration_s=duration_s,
        warmup_s=warmup_s,
        connections=connections,
        processes=processes,
        timeout_s=timeout_s,
    )
    with TerminalProgress(make_console(stderr=True)) as progress:
        report, is_interrupted = run_load(plan, Observer(on_phase=progress.step, on_second=progress.second))
    if json is not None:
        write_result(json, load_file(report))
    if wrk2:
        _print_as_wrk2(report, show_latency=latency, show_service_time=u_latency)
    else:
        make_console().print(load_summary(report))
    if is_interrupted:
        return INTERRUPTED
    return 0 if report.verdict.trusted else RushHourError.exit_code


def _print_as_wrk2(report: LoadReport, *, show_latency: bool, show_service_time: bool) -> None:
    text = wrk2_text(report.plan, report.result, show_latency=show_latency, show_service_time=show_service_time)
    sys.stdout.write(text)
    for doubt in report.verdict.warnings:
        sys.stderr.write(f"{doubt.code}: {doubt.message} {doubt.hint}\n")
