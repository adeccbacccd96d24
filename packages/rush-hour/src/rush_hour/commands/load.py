"""`rush-hour load`: one run of the load generator."""

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import SplitResult

from cyclopts import Parameter

from rush_hour import __version__, options
from rush_hour.cli import INTERRUPTED, UNTRUSTED
from rush_hour.core.arrivals import Arrivals, ClosedLoop, Constant, Poisson
from rush_hour.core.result import LoadReport
from rush_hour.core.schedule import Schedule
from rush_hour.credentials import hide_in_url
from rush_hour.errors import OutputLost, UsageError
from rush_hour.load.plan import LoadPlan, parse_url
from rush_hour.load.probe import SAFE_METHODS, ask_once, expect_what_is_answered
from rush_hour.load.run import Observer, run_load
from rush_hour.load.transport.address import Address
from rush_hour.load.transport.destination import destination_of
from rush_hour.load.transport.host import usable_host
from rush_hour.load.transport.tls import Tls
from rush_hour.load.workload.request import OneRequest, Request, Requests, build_request
from rush_hour.load.workload.script import Script
from rush_hour.load.workload.target_file import read_target_file
from rush_hour.report.csv_file import write_csv
from rush_hour.report.hlog import write_hlog
from rush_hour.report.live_view import LiveView
from rush_hour.report.output_file import check_writable
from rush_hour.report.result_file import load_file, write_result
from rush_hour.report.terminal import load_summary, make_console
from rush_hour.report.wrk2_figures import wrk2_report
from rush_hour.report.wrk2_text import format_report


@Parameter(name="*", group="Load")
@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How much is sent, how often, for how long."""

    rate_per_s: Annotated[float | None, options.RATE] = None
    connections: Annotated[int, options.CONNECTIONS] = 10
    processes: Annotated[int, options.PROCESSES] = 2
    duration_s: Annotated[float, options.DURATION] = 10.0
    warmup_s: Annotated[float, options.WARMUP] = 0.0
    timeout_s: Annotated[float, options.TIMEOUT] = 2.0
    arrivals: Annotated[Literal["constant", "poisson"], options.ARRIVALS] = "constant"
    seed: Annotated[int, options.SEED] = 1
    closed_loop: Annotated[bool, options.CLOSED_LOOP] = False
    max_requests: Annotated[int | None, options.MAX_REQUESTS] = None
    connection_per_request: Annotated[bool, options.CONNECTION_PER_REQUEST] = False


@Parameter(name="*", group="Request")
@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is sent, and what a good answer is."""

    method: Annotated[str, options.METHOD] = "GET"
    header: Annotated[tuple[str, ...], options.HEADER] = ()
    body: Annotated[str | None, options.BODY] = None
    body_file: Annotated[Path | None, options.BODY_FILE] = None
    target_file: Annotated[Path | None, options.TARGET_FILE] = None
    script: Annotated[Path | None, options.SCRIPT] = None
    expect_status: Annotated[str | None, options.EXPECT_STATUS] = None
    expect_body: Annotated[str | None, options.EXPECT_BODY] = None


@Parameter(name="*", group="Connection")
@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """How the server is reached."""

    unix: Annotated[Path | None, options.UNIX] = None
    connect_to: Annotated[str | None, options.CONNECT_TO] = None
    insecure: Annotated[bool, options.INSECURE] = False
    cacert: Annotated[Path | None, options.CA_CERT] = None
    cert: Annotated[Path | None, options.CERT] = None
    key: Annotated[Path | None, options.KEY] = None
    server_name: Annotated[str | None, options.SERVER_NAME] = None
    source: Annotated[tuple[str, ...], options.SOURCE] = ()
    spread: Annotated[bool, options.SPREAD] = False

    def tls(self, url: SplitResult) -> Tls | None:
        """Return how to speak TLS; None for `http://`."""
        if url.scheme != "https":
            return None
        return Tls.read(
            server_name=self._server_name(url),
            verifies=not self.insecure,
            ca_file=self.cacert,
            cert_file=self.cert,
            key_file=self.key,
        )

    def _server_name(self, url: SplitResult) -> str:
        if self.server_name is not None:
            return usable_host(self.server_name, what="--server-name")
        return str(url.hostname).partition("%")[0]


@Parameter(name="*", group="Output")
@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """What is written, and how it is printed."""

    json: Annotated[Path | None, options.JSON] = None
    hlog: Annotated[Path | None, options.HLOG] = None
    csv: Annotated[Path | None, options.CSV] = None
    wrk2: Annotated[bool, options.WRK2] = False
    latency: Annotated[bool, options.LATENCY] = False
    u_latency: Annotated[bool, options.SERVICE_TIME] = False
    batch_latency: Annotated[bool, options.BATCH_LATENCY] = False
    version: Annotated[bool, options.VERSION] = False

    def files(self) -> list[Path]:
        """Return the files that will be written."""
        return [path for path in (self.json, self.hlog, self.csv) if path is not None]


def load(
    url: Annotated[str, options.URL],
    /,
    *,
    pace: Pace = Pace(),
    asked: Asked = Asked(),
    reached: Reached = Reached(),
    output: Output = Output(),
) -> int:
    """Offer a URL a constant request rate; report goodput, and latency from when each request was due."""
    if output.version:
        sys.stdout.write(f"rush-hour {__version__}\n")
    parts = parse_url(url)
    options.check_processes(pace.processes, pace.connections)
    schedule = _schedule(pace)
    for file in output.files():
        check_writable(file)
    destination = destination_of(
        parts, unix=reached.unix, connect_to=reached.connect_to, sources=reached.source
    ).looked_up()
    tls = reached.tls(parts)
    server = _Server(destination.resolve(), tls, pace.timeout_s, is_judged=not output.wrk2)
    requests = _requests(asked, parts, server, pace.seed)
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
        spread=reached.spread,
    )
    with LiveView(make_console(stderr=True), schedule.duration_s) as view:
        report, is_interrupted = run_load(plan, Observer(on_phase=view.step, on_second=view.second))
    _print(report, output)
    lost = _write(report, output)
    if isinstance(requests, Script):
        requests.done(report.result)
    if lost:
        raise OutputLost("\n".join(lost))
    if output.wrk2:
        return 0  # as wrk2 does after every run, whatever came of it
    if is_interrupted:
        return INTERRUPTED
    return 0 if report.verdict.trusted else UNTRUSTED


def _schedule(pace: Pace) -> Schedule:
    arrivals, duration_s = _arrivals(pace), pace.duration_s
    if pace.max_requests is not None:
        duration_s = min(duration_s, arrivals.time_for_s(pace.max_requests))
    return Schedule(
        arrivals=arrivals, duration_s=duration_s, connections=pace.connections, max_requests=pace.max_requests
    )


def _arrivals(pace: Pace) -> Arrivals:
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


@dataclass(frozen=True, slots=True)
class _Server:
    """Who is asked what a good answer is.

    Attributes:
        timeout_s: for connecting, and for an answer.
        is_judged: whether an answer that nobody wants ends the command; wrk2 takes any.
    """

    address: Address
    tls: Tls | None
    timeout_s: float
    is_judged: bool

    def expect(self, request: Request, asked: Asked, statuses: frozenset[int] | None = None) -> Request:
        """Return a request with what is expected: as asked for, or as the server answers if asking changes nothing.

        Args:
            request: what to send.
            asked: says what is expected.
            statuses: of a good answer, where a target file says so.

        Raises:
            StartError: there is no server, or its answer is not a good one.
            UsageError: what is expected cannot be read or found out.
        """
        overridden = _overridden(request, asked, statuses)  # which also finds what is wrong with the options
        is_said = asked.expect_body not in {None, "probe"} and (asked.expect_status or statuses) is not None
        if asked.expect_body != "probe" and (request.method not in SAFE_METHODS or is_said):
            return overridden
        if not self.is_judged:
            ask_once(request, self.address, self.tls, timeout_s=self.timeout_s)
            return overridden
        said = overridden.expectation.statuses if (asked.expect_status or statuses) is not None else None
        probed = expect_what_is_answered(request, self.address, self.tls, statuses=said, timeout_s=self.timeout_s)
        if probed.expectation.body is None and asked.expect_body in {None, "probe"}:
            _tell_that_it_changes(request, asked)
        return _overridden(probed, asked, statuses)


def _tell_that_it_changes(request: Request, asked: Asked) -> None:
    what = f"the body of {request.target} changes with each request"
    if asked.expect_body == "probe":
        raise UsageError(
            f"--expect-body: expected the same body from the server twice; {what}. "
            "Say what is good with any, sha256:HEX or json:TEXT."
        )
    sys.stderr.write(
        f"{what}: it is not looked at (--expect-body any says so, json:TEXT and sha256:HEX do otherwise)\n"
    )


def _requests(asked: Asked, url: SplitResult, server: _Server, seed: int) -> Requests:
    """Return what is sent, with what is expected: as asked for, or as the server answers now."""
    if asked.target_file is not None and (asked.script is not None or asked.body is not None or asked.body_file):
        raise UsageError("--target-file: expected neither --script nor a body with it: the file has its own.")
    if asked.target_file is not None:
        return read_target_file(
            asked.target_file,
            url,
            asked.header,
            seed=seed,
            expect=lambda one, statuses: server.expect(one, asked, statuses),
        )
    if asked.body is not None and asked.body_file is not None:
        raise UsageError("--body: expected either --body or --body-file, got both.")
    body = _read_body(asked.body_file) if asked.body_file else (asked.body or "").encode()
    one = build_request(url, asked.header, method=asked.method, body=body)
    if asked.script is None:
        return OneRequest(server.expect(one, asked))
    if asked.expect_body == "probe":
        raise UsageError("--expect-body: expected no probe with --script, whose answers may differ.")
    script = Script(asked.script, url, _overridden(one, asked), asked.header)
    script.check()
    return script


def _read_body(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"--body-file: {path} cannot be read: {error.strerror}.") from error


def _overridden(request: Request, asked: Asked, statuses: frozenset[int] | None = None) -> Request:
    """Return a request with what was said of its answer; a target file has the last word."""
    expectation = request.expectation
    expected_body = None if asked.expect_body is None else options.parse_expected_body(asked.expect_body)
    if expected_body is not None:
        expectation = replace(expected_body, statuses=expectation.statuses)
    if asked.expect_body is not None:
        expectation = replace(expectation, is_guess=False)
    if asked.expect_status is not None:
        expectation = replace(expectation, statuses=options.parse_expected_statuses(asked.expect_status))
    if statuses is not None:
        expectation = replace(expectation, statuses=statuses)
    return replace(request, expectation=expectation)


def _print(report: LoadReport, output: Output) -> None:
    if not output.wrk2:
        make_console().print(load_summary(report))
        return
    shows = {"show_latency": output.latency, "show_service_time": output.u_latency}
    sys.stdout.write(format_report(wrk2_report(report.plan, report.result, **shows)))
    for doubt in report.verdict.warnings:
        sys.stderr.write(f"{doubt.code}: {doubt.message} {doubt.hint}\n")


def _write(report: LoadReport, output: Output) -> list[str]:
    """Write the files, each whatever becomes of the others, and return what was lost."""
    sys.stdout.flush()  # a named pipe may have to wait
    writers: list[tuple[Path | None, Callable[[Path], None]]] = [
        (output.json, lambda path: write_result(path, load_file(report))),
        (output.hlog, lambda path: write_hlog(path, report)),
        (output.csv, lambda path: write_csv(path, report.result)),
    ]
    lost: list[str] = []
    for path, write in writers:
        try:
            if path is not None:
                write(path)
        except OutputLost as error:
            lost.append(str(error))
    return lost
