"""How true the latencies are: `rush-hour load`, and wrk2 if it is on PATH, against servers of known latency.

The truth is what the server itself took, or for a frozen one what follows from arithmetic: of 10 s at an even rate,
one frozen second delays a tenth of the requests by 1 s down to 0 s, so that the 95th percentile is 0.5 s and the 99th
0.9 s; two frozen seconds delay a fifth. The way over loopback comes on top: it is what is left on the instant server.
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from rich.table import Table

from rush_hour.report.terminal import make_console

OUR_PROGRAM = str(Path(sys.executable).with_name("rush-hour"))
SERVER = Path(__file__).with_name("known_server.py")
PERCENTILES = ("p50", "p95", "p99", "max")
FROZEN_TRUTH_US = {
    "frozen-once": {"p50": 0, "p95": 500_000, "p99": 900_000, "max": 1_000_000},
    "frozen": {"p50": 0, "p95": 750_000, "p99": 950_000, "max": 1_000_000},
}


@dataclass(frozen=True, slots=True)
class Case:
    """One measurement; there are connections enough that none is still busy when its next request is due."""

    behaviour: str
    rate_per_s: int
    connections: int
    duration_s: int


Read = Callable[[str, Case], dict[str, int]]  # loads a URL and returns the percentiles

CASES = (
    Case("instant", 1000, 100, 5),
    Case("instant", 4000, 100, 5),
    Case("fixed", 1000, 100, 5),
    Case("fixed", 4000, 100, 5),
    Case("bimodal", 1000, 100, 5),
    Case("bimodal", 4000, 400, 5),
    Case("frozen-once", 1000, 100, 10),
    Case("frozen", 1000, 100, 10),
)
REPETITIONS = 3
WRK2_ROW = re.compile(r"^\s+(\d+\.\d+)\s+(0\.\d+|1\.0+)\s", re.MULTILINE)


@dataclass(slots=True)
class Server:
    """A running server of known latency; its truth is there when it has been stopped."""

    url: str
    truth: dict[str, int]


def main() -> None:
    """Measure each behaviour at each rate and print medians of the repetitions."""
    table = Table(title="latency in µs: truth, and what was read", title_justify="left", box=None, pad_edge=False)
    for heading in ("server", "rate/s", "generator"):
        table.add_column(heading)
    for name in PERCENTILES:
        table.add_column(f"{name} true", justify="right")
        table.add_column("read", justify="right")
    for case in CASES:
        for generator, read in generators().items():
            print(f"{generator}: {case}", file=sys.stderr, flush=True)
            runs = [measure(case, read) for _ in range(REPETITIONS)]
            cells = [f"{median(run[which][name] for run in runs):,.0f}" for name in PERCENTILES for which in (0, 1)]
            table.add_row(case.behaviour, f"{case.rate_per_s:,}", generator, *cells)
    make_console().print(table)


def generators() -> dict[str, Read]:
    """Return what measures: ours, and wrk2 where it is not our own command of that name."""
    wrk2 = shutil.which("wrk2")
    is_wrk2 = wrk2 is not None and Path(wrk2).parent != Path(OUR_PROGRAM).parent
    found: dict[str, Read] = {"rush-hour": read_ours}
    return found | {"wrk2": read_wrk2} if is_wrk2 else found


def measure(case: Case, read: Read) -> tuple[dict[str, int], dict[str, int]]:
    """Return the truth and what a generator read."""
    with running(case.behaviour) as server:
        figures = read(server.url, case)
    return FROZEN_TRUTH_US.get(case.behaviour, server.truth), figures


def read_ours(url: str, case: Case) -> dict[str, int]:
    """Load a URL with `rush-hour load` and return its percentiles."""
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory, "result.json")
        command = [OUR_PROGRAM, "load", "-t1", f"-c{case.connections}", f"-R{case.rate_per_s}", f"-d{case.duration_s}"]
        subprocess.run([*command, "--json", file, url], check=False, capture_output=True)
        result = json.loads(file.read_text())["result"]
    assert result["responses_good"] == result["requests_due"] == case.rate_per_s * case.duration_s, result
    latency = result["latency_us"]
    return {name: int(latency[name]) for name in PERCENTILES}


def read_wrk2(url: str, case: Case) -> dict[str, int]:
    """Load a URL with wrk2, which leaves its first 10 s out, and return the percentiles of its spectrum."""
    command = ["wrk2", "-t1", f"-c{case.connections}", f"-R{case.rate_per_s}", f"-d{case.duration_s + 10}", "-L", url]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    rows = [(float(ratio), round(float(value_ms) * 1000)) for value_ms, ratio in WRK2_ROW.findall(text)]
    wanted = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}
    return {name: next(value_us for at, value_us in rows if at >= ratio) for name, ratio in wanted.items()}


@contextmanager
def running(behaviour: str) -> Iterator[Server]:
    """Run a server of known latency."""
    process = subprocess.Popen([sys.executable, SERVER, behaviour], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        server = Server(url=f"http://127.0.0.1:{process.stdout.readline().strip()}/", truth={})
        yield server
    finally:
        process.terminate()
        text, _ = process.communicate()
    server.truth = json.loads(text)


if __name__ == "__main__":
    main()
