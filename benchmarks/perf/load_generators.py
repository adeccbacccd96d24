"""Costs of load generators: `rush-hour load` beside wrk, wrk2, h2load and oha, those that are on PATH.

The server is nginx with a body of 6 KB, one worker. All take turns on the same 400 connections, one process or thread
each: as fast as it goes, then at 4,000 requests/s. CPU time is what the operating system says of the whole command;
each runs for a short and for a longer time, and the difference is what its requests cost, its start-up left out.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from rich.table import Table

from rush_hour.errors import StartError
from rush_hour.load.plan import parse_url
from rush_hour.load.probe import ask_once
from rush_hour.load.transport.destination import destination_of
from rush_hour.load.workload.request import build_request
from rush_hour.report.terminal.console import make_console
from rush_hour.rig.parts.nginx import find_nginx
from rush_hour.rig.parts.part import Part, base_environment
from rush_hour.rig.parts.ports import Ports
from rush_hour.rig.parts.run_directory import RunDirectory
from rush_hour.rig.parts.waiting import wait_until

REPETITIONS = 5
SHORT_S, LONG_S = 1, 5
BODY = "x" * 6926
OUR_PROGRAM = str(Path(sys.executable).with_name("rush-hour"))
OURS = "rush-hour"

NGINX = """\
daemon off;
worker_processes 1;
worker_rlimit_nofile 32768;
pid {directory}/nginx.pid;
events {{ worker_connections 16384; }}
http {{
    access_log off;
    keepalive_requests 1000000000;
    client_body_temp_path {directory}/1;
    proxy_temp_path {directory}/2;
    fastcgi_temp_path {directory}/3;
    uwsgi_temp_path {directory}/4;
    scgi_temp_path {directory}/5;
    server {{
        listen 127.0.0.1:{port} backlog=16384;
        root {directory};
    }}
}}
"""

FULL_SPEED = {
    OURS: f"{OUR_PROGRAM} load --wrk2 -t1 -c400 -d{{duration}}s --closed-loop {{url}}",
    "wrk": "wrk -t1 -c400 -d{duration}s {url}",
    "wrk2": "wrk2 -t1 -c400 -d{duration}s -R 1M {url}",
    "oha": "oha --no-tui -c 400 -z {duration}s {url}",
    "h2load": "h2load --h1 -t1 -c400 -D{duration} {url}",
}
CONSTANT_RATE = {
    OURS: f"{OUR_PROGRAM} load --wrk2 -t1 -c400 -d{{duration}}s -R 4000 {{url}}",
    "wrk2": "wrk2 -t1 -c400 -d{duration}s -R 4000 {url}",
    "oha": "oha --no-tui -c 400 -z {duration}s -q 4000 --latency-correction {url}",
}
MANY_CONNECTIONS = {
    OURS: f"{OUR_PROGRAM} load --wrk2 -t1 -c10000 -d{{duration}}s -R 4000 {{url}}",
    "wrk2": "wrk2 -t1 -c10000 -d{duration}s -R 4000 {url}",
    "wrk": "wrk -t1 -c10000 -d{duration}s {url}",
}
REQUESTS = re.compile(r"(\d+) requests in|requests: .*, (\d+) done|\[200\] (\d+) responses")


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Requests and usage of one run of one generator; memory is that of its largest process."""

    requests: int
    cpu_s: float
    max_rss_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Costs of the requests of one generator."""

    requests_per_s: float
    cpu_us_per_request: float


def main() -> None:
    """Run the repetitions and print a table for each kind of load."""
    console = make_console()
    with nginx_url() as url:
        for title, commands in (("full speed", FULL_SPEED), ("4,000 requests/s", CONSTANT_RATE)):
            present = {name: command for name, command in commands.items() if is_installed(name)}
            costs: defaultdict[str, list[Cost]] = defaultdict(list)
            for number in range(1, REPETITIONS + 1):
                print(f"{title}, repetition {number} of {REPETITIONS}", file=sys.stderr, flush=True)
                for name, command in present.items():
                    costs[name].append(measure(command, url))
            console.print(ratio_table(f"{title}, 400 connections, medians of {REPETITIONS} repetitions", costs), "")
        console.print(memory_table(url))


def is_installed(name: str) -> bool:
    """Return whether a generator is there: a peer on PATH, where our own command of wrk2's name is not wrk2."""
    found = shutil.which(name)
    return name == OURS or (found is not None and Path(found).parent != Path(OUR_PROGRAM).parent)


def measure(command: str, url: str) -> Cost:
    """Run a generator twice, and return what the requests of the longer run cost beyond the shorter one's."""
    short, long = (run_once(command.format(duration=duration_s, url=url)) for duration_s in (SHORT_S, LONG_S))
    requests = long.requests - short.requests
    return Cost(
        requests_per_s=requests / (LONG_S - SHORT_S),
        cpu_us_per_request=(long.cpu_s - short.cpu_s) * 1e6 / requests,
    )


def run_once(command: str) -> Usage:
    """Run a generator to its end; exit code 4 says that its figures are in doubt, which at full speed they are."""
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(command.split(), stdout=output, stderr=subprocess.STDOUT)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read()
    match = REQUESTS.search(text)
    if match is None:
        sys.exit(f"{command}: exit code {process.returncode}: {text}")
    return Usage(
        requests=int(next(filter(None, match.groups()))),
        cpu_s=used.ru_utime + used.ru_stime,
        max_rss_bytes=used.ru_maxrss * 1024,
    )


def ratio_table(title: str, costs: dict[str, list[Cost]]) -> Table:
    """Return medians; ratios are of ours to the peer, measured in the same repetition."""
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    table.add_column("generator")
    for heading in ("requests/s", "ours / its", "CPU µs/request", "ours / its"):
        table.add_column(heading, justify="right")
    for name, repeated in costs.items():
        pairs = list(zip(costs[OURS], repeated, strict=True))
        table.add_row(
            name,
            f"{median(cost.requests_per_s for cost in repeated):,.0f}",
            f"{median(ours.requests_per_s / its.requests_per_s for ours, its in pairs):.2f}",
            f"{median(cost.cpu_us_per_request for cost in repeated):.1f}",
            f"{median(ours.cpu_us_per_request / its.cpu_us_per_request for ours, its in pairs):.2f}",
        )
    return table


def memory_table(url: str) -> Table:
    """Return how much memory 10,000 connections take."""
    table = Table(title="10,000 connections, 4,000 requests/s", title_justify="left", box=None, pad_edge=False)
    table.add_column("generator")
    table.add_column("memory MB", justify="right")
    for name, command in MANY_CONNECTIONS.items():
        if is_installed(name):
            usage = run_once(command.format(duration=LONG_S, url=url))
            table.add_row(name, f"{usage.max_rss_bytes / 1e6:.0f}")
    return table


@contextmanager
def nginx_url() -> Iterator[str]:
    """Start nginx with one worker and a constant body, and stop it afterwards."""
    with RunDirectory() as run_directory, Ports() as ports, ExitStack() as stack:
        port = ports.take(8009)
        configuration = run_directory.path / "nginx.conf"
        configuration.write_text(NGINX.format(directory=run_directory.path, port=port))
        (run_directory.path / "body").write_text(BODY)
        url = f"http://127.0.0.1:{port}/body"
        logs = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        nginx = Part(
            [str(find_nginx(None)), "-c", str(configuration), "-e", "stderr"],
            run_directory,
            log_path=logs / "nginx.log",
            environment=base_environment(),
            directory=run_directory.path,
        )
        wait_until(lambda: problem_of(url), stack.enter_context(nginx), what="nginx", timeout_s=10.0)
        yield url


def problem_of(url: str) -> str | None:
    """Return why a URL does not answer; None when it does."""
    parts = parse_url(url)
    try:
        ask_once(build_request(parts), destination_of(parts).resolve())
    except StartError as error:
        return str(error)
    return None


if __name__ == "__main__":
    main()
