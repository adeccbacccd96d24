"""Every command-line option, declared once: name, short form, help and how its value is read."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from cyclopts import Parameter, Token

from rush_hour.errors import UsageError
from rush_hour.units import parse_count, parse_duration_s, parse_rate_per_s


def _read_with(parse: Callable[..., Any], name: str, **options: Any) -> Callable[[Any, Sequence[Token]], Any]:
    def read(_type: Any, tokens: Sequence[Token]) -> Any:
        return parse(tokens[0].value, what=name, **options)

    return read


def _check_file(name: str) -> Callable[[Any, Path], None]:
    def check(_type: Any, path: Path) -> None:
        if not path.is_file():
            raise UsageError(f"{name}: expected a file, got {str(path)!r}.")

    return check


RATE = Parameter(
    name=["--rate", "-R"],
    converter=_read_with(parse_rate_per_s, "--rate"),
    help="Requests per second over all connections, such as 4000 or 2.5k.",
)
CONNECTIONS = Parameter(
    name=["--connections", "-c"],
    converter=_read_with(parse_count, "--connections"),
    help="Connections that are kept open.",
)
PROCESSES = Parameter(
    name=["--threads", "-t"],
    converter=_read_with(parse_count, "--threads"),
    help="Processes of the load generator; wrk2 has threads.",
)
DURATION = Parameter(
    name=["--duration", "-d"],
    converter=_read_with(parse_duration_s, "--duration"),
    help="How long to measure, such as 30s, 5m or 1h.",
)
WARMUP = Parameter(
    name="--warmup",
    converter=_read_with(parse_duration_s, "--warmup", zero_is_fine=True),
    help="How long to load before measuring; 0 for none.",
)
TIMEOUT = Parameter(
    name=["--timeout", "-T"],
    converter=_read_with(parse_duration_s, "--timeout"),
    help="How long an answer may take after its request was sent.",
)
HEADER = Parameter(name=["--header", "-H"], negative="", help="Header to send, 'Name: value'. May be repeated.")
LATENCY = Parameter(name=["--latency", "-L"], negative="", help="Print the latency distribution (wrk2's text).")
SERVICE_TIME = Parameter(
    name=["--u_latency", "-U"],
    negative="",
    help="Print the distribution from the moment of sending too (wrk2's text).",
)
UNIX = Parameter(name="--unix", help="Unix socket to connect to instead of the URL's host.")
JSON = Parameter(name="--json", help="File to write the result to.")
WRK2 = Parameter(name="--wrk2", negative="", help="Print what wrk2 prints.")

URL = Parameter(help="http://HOST:PORT/PATH")
SYSTEM = Parameter(help="Name of a system in the suite.")
SUITE = Parameter(validator=_check_file("SUITE"), help="Suite file.")
SUITE_OPTION = Parameter(name="--suite", validator=_check_file("--suite"), help="Suite file.")
ONLY = Parameter(name="--only", negative="", help="System to bench; may be repeated. Without it: all of them.")
OUTPUT = Parameter(name="--output", help="Directory for result.json, histograms and logs.")
WORKERS = Parameter(
    name=["--workers", "-w"],
    converter=_read_with(parse_count, "--workers"),
    help="Worker processes of each system; by default the suite's.",
)
DATABASE = Parameter(
    name="--database",
    help="PostgreSQL server to use instead of a private one: URL of a database whose role may create databases.",
)
NGINX = Parameter(name="--nginx", help="nginx program to use instead of the installed package's.")

DEFAULT_SUITE = Path("benchmarks/suites/published.toml")


def check_processes(processes: int, connections: int) -> None:
    """Refuse more processes than connections: each process owns at least one.

    Raises:
        UsageError: there are more.
    """
    if processes > connections:
        raise UsageError(f"--threads: expected at most as many as --connections ({connections}), got {processes}.")
