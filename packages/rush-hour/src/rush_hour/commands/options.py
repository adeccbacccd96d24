"""Every command-line option, declared once: name, short form, help and how its value is read."""

import json
import re
import socket
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cyclopts import Parameter, Token

from rush_hour.core.expectation import Expectation, parse_statuses
from rush_hour.core.profile.grammar import SHAPES
from rush_hour.errors import UsageError
from rush_hour.load.transport.address import IP_BIND_ADDRESS_NO_PORT
from rush_hour.rig.catalogue.reading import builtin_servers
from rush_hour.units import join_names, parse_count, parse_duration_s, parse_rate_per_s

DEFAULT_SUITE = Path("benchmarks/suites/published.toml")
_SHA256 = re.compile(r"[0-9A-Fa-f]{64}")


def read_with(parse: Callable[..., Any], name: str, **options: Any) -> Callable[[Any, Sequence[Token]], Any]:
    """Return how an option's value is read: by a function that is told the option's name."""

    def read(_type: Any, tokens: Sequence[Token]) -> Any:
        return parse(tokens[0].value, what=name, **options)

    return read


def show_seconds(duration_s: float | None) -> str:
    """Return a default duration as help shows it."""
    return f"{duration_s:g}s" if duration_s else "none"


def flag(name: str | list[str], help_: str) -> Parameter:
    """Return an option without a value, that has no opposite.

    Args:
        name: or several.
        help_: what it does.
    """
    return Parameter(name=name, negative="", show_default=False, help=help_)


def _check_existing(name: str) -> Callable[[Any, Path | None], None]:
    def check(_type: Any, path: Path | None) -> None:
        if path is not None:
            check_file(name, path)

    return check


def check_file(name: str, path: Path) -> None:
    """Refuse what is no file.

    Raises:
        UsageError: it is none. The message begins with the name of the option or argument.
    """
    if not path.is_file():
        raise UsageError(f"{name}: expected a file, got {str(path)!r}.")


def _check_sources(_type: Any, sources: Sequence[str]) -> None:
    """Refuse what is no address of this machine."""
    for source in sources:
        try:
            address = ip_address(source)
            with socket.socket(socket.AF_INET6 if address.version == 6 else socket.AF_INET) as sock:
                sock.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
                sock.bind((str(address), 0))
        except (OSError, ValueError) as error:
            raise UsageError(f"--source: expected an IP address of this machine, got {source!r}: {error}.") from error


def parse_expected_statuses(text: str) -> frozenset[int]:
    """Read the value of `--expect-status`.

    Raises:
        UsageError: it is not status codes.
    """
    statuses = parse_statuses(text)
    if statuses is None:
        raise UsageError(f"--expect-status: expected status codes such as 200, 2xx or 200,404; got {text!r}.")
    return statuses


def parse_expected_body(text: str) -> Expectation | None:
    """Read the value of `--expect-body`, and return an Expectation of the body alone; None for `probe`.

    Raises:
        UsageError: it is none of the forms, or the JSON cannot be read.
    """
    kind, colon, value = text.partition(":")
    if text == "probe":
        return None
    if text == "any":
        return Expectation()
    if kind == "sha256" and _SHA256.fullmatch(value):
        return Expectation(sha256=value.lower())
    if kind == "json" and colon:
        return Expectation(json=_read_json(value))
    raise UsageError(f"--expect-body: expected probe, any, sha256:HEX, json:TEXT or json:@FILE; got {text!r}.")


def _read_json(value: str) -> str:
    try:
        text = Path(value[1:]).read_text(encoding="utf-8") if value.startswith("@") else value
        json.loads(text)
    except RecursionError as error:
        raise UsageError("--expect-body: expected JSON that is not nested so deep.") from error
    except (OSError, ValueError) as error:
        raise UsageError(f"--expect-body: expected JSON, or @ and a file of JSON; got {value!r}: {error}") from error
    return text


RATE = Parameter(
    name=["--rate", "-R"],
    metavar="NUMBER",
    converter=read_with(parse_rate_per_s, "--rate"),
    help="Requests per second over all connections, such as 4000 or 2.5k.",
)
LOAD_PROFILE = Parameter(
    name=["--profile", "--load-profile"],
    metavar="SPEC",
    help=f"How the rate changes, in place of -R and -d: {join_names([*SHAPES, 'a TOML file of phases'], 'or')}.",
)
LOAD_PROFILE_OF_BENCH = Parameter(
    name="--load-profile", metavar="SPEC", help="How the rate changes, as --profile of `rush-hour load` has it."
)
CONNECTIONS = Parameter(
    name=["--connections", "-c"],
    metavar="NUMBER",
    converter=read_with(parse_count, "--connections"),
    help="Connections that are kept open.",
)
LEAST_CONNECTIONS = Parameter(
    name=["--connections", "-c"],
    metavar="NUMBER",
    converter=read_with(parse_count, "--connections"),
    help="Connections to begin with; more are used where rate times latency asks for them.",
)
MAX_CONNECTIONS = Parameter(
    name="--max-connections",
    metavar="NUMBER",
    converter=read_with(parse_count, "--max-connections"),
    help="Connections that rate and latency may ask for at the most.",
)
SEARCH_BUDGET = Parameter(
    name="--budget",
    metavar="TIME",
    converter=read_with(parse_duration_s, "--budget"),
    show_default=show_seconds,
    help="How long all of it may take, such as 10m; a longer one gives a better answer.",
)
PROCESSES = Parameter(
    name=["--threads", "-t"],
    metavar="NUMBER",
    converter=read_with(parse_count, "--threads"),
    help="Processes of the load generator; wrk2 has threads.",
)
DURATION = Parameter(
    name=["--duration", "-d"],
    show_default=show_seconds,
    metavar="TIME",
    converter=read_with(parse_duration_s, "--duration"),
    help="How long to measure, such as 30s, 5m or 1h.",
)
WARMUP = Parameter(
    name="--warmup",
    show_default=show_seconds,
    metavar="TIME",
    converter=read_with(parse_duration_s, "--warmup", zero_is_fine=True),
    help="How long to load before measuring; 0 for none.",
)
TIMEOUT = Parameter(
    name=["--timeout", "-T"],
    show_default=show_seconds,
    metavar="TIME",
    converter=read_with(parse_duration_s, "--timeout"),
    help="How long an answer may take after its request was sent.",
)
ARRIVALS = Parameter(name="--arrivals", help="Even gaps between requests, or exponential ones (poisson).")
SEED = Parameter(
    name="--seed", metavar="NUMBER", help="Chooses what is drawn by chance; the same seed gives the same run."
)
CLOSED_LOOP = flag(
    "--closed-loop",
    "No rate: each connection sends its next request when it has its answer. Says nothing of waiting users.",
)
MAX_REQUESTS = Parameter(
    name="--max-requests",
    metavar="NUMBER",
    converter=read_with(parse_count, "--max-requests"),
    help="End after so many requests, if the duration is not over before.",
)
CONNECTION_PER_REQUEST = flag("--connection-per-request", "No keep-alive: a new connection for each request.")

METHOD = Parameter(name="--method", metavar="NAME", help="HTTP method.")
HEADER = Parameter(
    name=["--header", "-H"],
    negative="",
    metavar="HEADER",
    show_default=False,
    help="Header to send, 'Name: value'. May be repeated.",
)
BODY = Parameter(name="--body", metavar="TEXT", help="Body to send.")
BODY_FILE = Parameter(name="--body-file", validator=_check_existing("--body-file"), help="File whose bytes are sent.")
TARGET_FILE = Parameter(
    name="--target-file",
    validator=_check_existing("--target-file"),
    help="TOML file of several requests and their weights, sent to the URL's server.",
)
SCRIPT = Parameter(
    name=["--script", "-s"],
    validator=_check_existing("--script"),
    help="Python file with any of request(number), response(status, headers, body), done(summary).",
)
EXPECT_STATUS = Parameter(
    name="--expect-status",
    metavar="STATUS",
    help="Status of a good answer: 200, 2xx or 200,404. By default that of a request sent before.",
)
EXPECT_BODY = Parameter(
    name="--expect-body",
    metavar="BODY",
    help="Body of a good answer: probe (that of a request sent before), any, sha256:HEX, json:TEXT or json:@FILE.",
)

UNIX = Parameter(name="--unix", help="Unix socket to connect to instead of the URL's host.")
CONNECT_TO = Parameter(name="--connect-to", metavar="HOST:PORT", help="Where to connect to instead of the URL's host.")
INSECURE = flag("--insecure", "Accept any certificate.")
CA_CERT = Parameter(
    name="--cacert", validator=_check_existing("--cacert"), help="Certificates to trust instead of the system's."
)
CERT = Parameter(
    name="--cert", validator=_check_existing("--cert"), help="Client certificate to show, in PEM, and perhaps its key."
)
KEY = Parameter(name="--key", validator=_check_existing("--key"), help="Key of the client certificate, in PEM.")
SERVER_NAME = Parameter(
    name="--server-name", metavar="NAME", help="Name that the certificate must be for (SNI), if not the URL's host."
)

SOURCE = Parameter(
    name="--source",
    negative="",
    metavar="ADDRESS",
    show_default=False,
    validator=_check_sources,
    help="Address of this machine to connect from. May be repeated: connections take them in turn.",
)
SPREAD = flag("--spread", "Connect to all addresses of the host in turn, not to the first that answers.")

JSON = Parameter(name="--json", help="File to write the result to.")
HTML = Parameter(name="--html", help="File to write the result to as a page.")
LABEL = Parameter(name="--label", metavar="TEXT", help="What to call this in the result.")
HLOG = Parameter(name="--hlog", help="File to write the latencies to, as an HdrHistogram log.")
CSV = Parameter(name="--csv", help="File to write each second of the run to.")
WRK2 = flag("--wrk2", "Print what wrk2 prints.")
LATENCY = flag(["--latency", "-L"], "Print the latency distribution (wrk2's text).")
SERVICE_TIME = flag(["--u_latency", "-U"], "Print the distribution from the moment of sending too (wrk2's text).")
BATCH_LATENCY = flag(
    ["--batch_latency", "-B"],
    "As in wrk2: one latency for each batch. A batch is one request here, so it changes nothing.",
)
VERSION = flag(["--version", "-v"], "Print the version, and go on.")

URL = Parameter(help="http://HOST:PORT/PATH or https://HOST:PORT/PATH")
SYSTEM = Parameter(help="Name of a system in the suite; not needed where there is one alone.")
SUITE = Parameter(validator=_check_existing("SUITE"), help=f"Suite file; by default {DEFAULT_SUITE}.")
SUITE_OPTION = Parameter(
    name="--suite",
    show_default=False,
    validator=_check_existing("--suite"),
    help=f"Suite file; by default {DEFAULT_SUITE}.",
)
APP = Parameter(
    name="--app", metavar="MODULE:OBJECT", help="WSGI or ASGI application to serve, or a function that makes one."
)
SERVER = Parameter(
    name="--server",
    negative="",
    metavar="NAME",
    show_default=False,
    help="Server to run it on, which may be repeated; each is a system: "
    f"{join_names([server.name for server in builtin_servers()])}.",
)
SERVERS = Parameter(
    name="--servers",
    metavar="FILE",
    validator=_check_existing("--servers"),
    help="TOML file of servers of one's own, beside those that are known.",
)
PATH = Parameter(name="--path", metavar="PATH", help="Path and query that every request asks for; / by default.")
DIRECTORY = Parameter(name="--directory", help="Directory of the application, where its servers run; . by default.")
VENV = Parameter(name="--venv", help="Virtual environment of application and servers; by default Rush Hour's own.")
INTERFACE = Parameter(name="--interface", help="How the application is called; by default it is imported to find out.")
ONLY = Parameter(
    name="--only",
    negative="",
    metavar="NAME",
    show_default=False,
    help="System to bench, or a pattern such as 'gunicorn*'; may be repeated. Without it: all of them.",
)
REQUESTS = Parameter(
    name="--request",
    negative="",
    metavar="NAME",
    show_default=False,
    help="Request of the suite to send, by its name or a pattern; may be repeated. Without it: all of them, by weight.",
)
OUTPUT = Parameter(name="--output", help="Directory for result.json, histograms and logs.")
WORKERS = Parameter(
    name=["--workers", "-w"],
    metavar="NUMBER",
    converter=read_with(parse_count, "--workers"),
    help="Worker processes of each system; by default the suite's.",
)
SERVER_THREADS = Parameter(
    name="--server-threads",
    metavar="NUMBER",
    converter=read_with(parse_count, "--server-threads"),
    help="Threads of each worker; by default the suite's.",
)
DATABASE = Parameter(
    name="--database",
    metavar="URL",
    help="PostgreSQL server to use instead of a private one: URL of a database whose role may create databases.",
)
PROFILE = flag(
    "--profile",
    "Sample the busiest process of each server with py-spy, and keep where it spends its time. It costs speed.",
)
NGINX = Parameter(name="--nginx", help="nginx program to use instead of the installed package's.")

REPEATS = Parameter(
    name="--repeats",
    metavar="NUMBER",
    converter=read_with(parse_count, "--repeats"),
    help="Blocks, in each of which every system is started once, in an order of its own.",
)
PAIRED = Parameter(
    name="--paired",
    metavar="git:REVISION",
    help="Bench each system twice: as it is here, and as it is in another revision of its checkout; compare the two.",
)
ORDER_SEED = Parameter(
    name="--seed", metavar="NUMBER", help="Chooses the order of the systems in each block; by default a new one."
)
UNTIL = Parameter(
    name="--until",
    metavar="FIGURE",
    help="Begin no further block when a figure of each system is known so exactly, such as 'p99 ±5%'.",
)
BUDGET = Parameter(
    name="--budget",
    metavar="TIME",
    converter=read_with(parse_duration_s, "--budget"),
    help="Begin no block that would end later than that after the first one began.",
)
RESUME = Parameter(
    name="--resume", metavar="DIR", help="Results of the same bench to go on with: the blocks that are missing."
)

PROJECT_APP = Parameter(
    name="APP", help="MODULE:OBJECT, such as shop.main:app; without it, one is looked for in the directory."
)
PROJECT = Parameter(name="--directory", help="Directory of the application: its modules are imported from there.")
PROJECT_VENV = Parameter(name="--venv", help="Virtual environment of the application, if it is not found beside it.")
PROJECT_PYTHON = Parameter(name="--python", metavar="PROGRAM", help="Interpreter that has the application's packages.")
SUITE_FILE = Parameter(name=["--output", "-o"], metavar="FILE", help="Suite file to write; one that is there stays.")

DEFAULT_DURATION_S = 10.0  # of a load


def check_processes(processes: int, connections: int) -> None:
    """Refuse more processes than connections: each process owns at least one.

    Raises:
        UsageError: there are more.
    """
    if processes > connections:
        raise UsageError(f"--threads: expected at most as many as --connections ({connections}), got {processes}.")


def check_connections(connections: int, most: int) -> None:
    """Refuse fewer connections at the most than there are to begin with.

    Raises:
        UsageError: there are fewer.
    """
    if most < connections:
        raise UsageError(f"--max-connections: expected at least as many as --connections ({connections}), got {most}.")
