"""The options of `rush-hour load`, in the groups that its help shows."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import SplitResult

from cyclopts import Parameter

from rush_hour.commands import options, result_options
from rush_hour.errors import UsageError
from rush_hour.judge.require.requirements import clauses_of
from rush_hour.load.transport.host import usable_host
from rush_hour.load.transport.tls import Tls
from rush_hour.results.document import RequireFacts


@Parameter(name="*", group="Load")
@dataclass(frozen=True, slots=True, kw_only=True)
class PaceOptions:
    """Options of the pace: how much, how often, for how long."""

    rate_per_s: Annotated[float | None, options.RATE] = None
    profile: Annotated[str | None, options.LOAD_PROFILE] = None
    connections: Annotated[int, options.CONNECTIONS] = 10
    processes: Annotated[int, options.PROCESSES] = 2
    duration_s: Annotated[
        float | None, options.DURATION, Parameter(show_default=lambda _none: f"{options.DEFAULT_DURATION_S:g}s")
    ] = None
    warmup_s: Annotated[float, options.WARMUP] = 0.0
    timeout_s: Annotated[float, options.TIMEOUT] = 2.0
    arrivals: Annotated[Literal["constant", "poisson"], options.ARRIVALS] = "constant"
    seed: Annotated[int, options.SEED] = 1
    closed_loop: Annotated[bool, options.CLOSED_LOOP] = False
    max_requests: Annotated[int | None, options.MAX_REQUESTS] = None
    connection_per_request: Annotated[bool, options.CONNECTION_PER_REQUEST] = False

    @property
    def files(self) -> dict[str, Path]:
        """The files that are read for it, by the options that name them: of a profile that is no word."""
        return {} if self.profile is None or not Path(self.profile).is_file() else {"--profile": Path(self.profile)}


@Parameter(name="*", group="Request")
@dataclass(frozen=True, slots=True, kw_only=True)
class RequestOptions:
    """Options of the request and of its good answer."""

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
class ConnectionOptions:
    """Options of the way to the server."""

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
class OutputOptions:
    """Options of the output."""

    json: Annotated[Path | None, options.JSON] = None
    html: Annotated[Path | None, options.HTML] = None
    label: Annotated[str | None, options.LABEL] = None
    require: Annotated[tuple[str, ...], result_options.REQUIRE] = ()
    hlog: Annotated[Path | None, options.HLOG] = None
    csv: Annotated[Path | None, options.CSV] = None
    wrk2: Annotated[bool, options.WRK2] = False
    latency: Annotated[bool, options.LATENCY] = False
    u_latency: Annotated[bool, options.SERVICE_TIME] = False
    batch_latency: Annotated[bool, options.BATCH_LATENCY] = False
    version: Annotated[bool, options.VERSION] = False

    def check_runs(self, *, is_repeated: bool) -> None:
        """Refuse what has room for a single run where there are several.

        Args:
            is_repeated: whether there are several runs.

        Raises:
            UsageError: something has no room for them.
        """
        for name, is_given in (("--hlog", self.hlog), ("--csv", self.csv), ("--wrk2", self.wrk2)):
            if is_repeated and is_given:
                raise UsageError(f"{name}: expected one run for it, not several starts; --json and --html have all.")

    def required(self) -> RequireFacts | None:
        """Return what is required of the run; None where nothing is.

        Raises:
            UsageError: it is no objective, or compares with what a load does not have.
        """
        if not self.require:
            return None
        if self.wrk2:
            raise UsageError("--require: expected no --wrk2 with it, whose exit code says nothing of the figures.")
        for clause in clauses_of(self.require, what="--require"):
            if clause.is_of_baseline:
                raise UsageError(
                    f"--require: clause {clause.text!r}: expected no baseline: a load has none. Write the result with "
                    "--json, and compare it with rush-hour check --baseline."
                )
        return RequireFacts(all=list(self.require))
