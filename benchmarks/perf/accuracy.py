"""Accuracy of the latencies: `rush-hour load`, and wrk2 if it is on PATH, against servers of known latency.

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

from rush_hour.report.terminal.console import make_console

OURS = "rush-hour"
OUR_PROGRAM = str(Path(sys.executable).with_name(OURS))
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


@dataclass(frozen=True, slots=True)
class Turn:
    """The percentiles of one measurement in microseconds: the truth, and what a generator read."""

    truth: dict[str, int]
    read: dict[str, int]

    def error_us(self, name: str) -> int:
        """Return by how much a percentile was read wrong."""
        return abs(self.read[name] - self.truth[name])


Read = Callable[[str, Case], dict[str, int]]  # loads a URL and returns the percentiles
Turns = dict[str, list[Turn]]  # by generator
UNCALIBRATED = frozenset({"frozen-once"})  # over before wrk2, which leaves its first 10 s out, begins to measure

CASES = (
    Case("instant", 1000, 100, 5),
    Case("instant", 4000, 100, 5),
    Case("fixed", 1000, 400, 5),
    Case("fixed", 4000, 400, 5),
    Case("bimodal", 1000, 100, 5),
    Case("bimodal", 4000, 400, 5),
    Case("frozen-once", 1000, 100, 10),
    Case("frozen", 1000, 100, 10),
)
TURNS = 5
WRK2_ROW = re.compile(r"^\s+(\d+\.\d+)\s+(0\.\d+|1\.0+)\s", re.MULTILINE)


@dataclass(slots=True)
class Server:
    """A running server of known latency; its truth is there when it has been stopped."""

    url: str
    truth: dict[str, int]


def main() -> None:
    """Measure each behaviour at each rate in turns, and print what was read and how wrong it was."""
    found = generators()
    measured = {case: take_turns(case, found) for case in CASES}
    console = make_console()
    console.print(readings_table(measured), "")
    console.print(errors_table(measured))


def take_turns(case: Case, found: dict[str, Read]) -> Turns:
    """Let the generators measure one after the other, several times."""
    turns: Turns = {name: [] for name in found}
    for number in range(1, TURNS + 1):
        print(f"{case}, turn {number} of {TURNS}", file=sys.stderr, flush=True)
        for name, read in found.items():
            if name == OURS or case.behaviour not in UNCALIBRATED:
                turns[name].append(measure(case, read))
    return turns


def measured_turns(turns: Turns) -> Iterator[tuple[str, list[Turn]]]:
    """Yield the turns of each generator that has measured."""
    return ((generator, taken) for generator, taken in turns.items() if taken)


def readings_table(measured: dict[Case, Turns]) -> Table:
    """Return the truth beside what was read, medians of the turns."""
    title = f"latency in µs: truth, and what was read; medians of {TURNS} turns"
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for heading in ("server", "rate/s", "connections", "generator"):
        table.add_column(heading, justify="left" if heading in {"server", "generator"} else "right")
    for name in PERCENTILES:
        table.add_column(f"{name} true", justify="right")
        table.add_column("read", justify="right")
    for case, turns in measured.items():
        for generator, taken in measured_turns(turns):
            cells = [
                f"{median(side[name] for side in sides):,.0f}"
                for name in PERCENTILES
                for sides in ([turn.truth for turn in taken], [turn.read for turn in taken])
            ]
            table.add_row(case.behaviour, f"{case.rate_per_s:,}", str(case.connections), generator, *cells)
    return table


def errors_table(measured: dict[Case, Turns]) -> Table:
    """Return by how much p50 and p99 were read wrong, and in how many turns ours was nearer than its."""
    table = Table(title="read wrong by, in µs: median and worst turn", title_justify="left", box=None, pad_edge=False)
    for heading in ("server", "rate/s", "connections", "generator"):
        table.add_column(heading, justify="left" if heading in {"server", "generator"} else "right")
    for name in ("p50", "p99"):
        for heading in (name, "worst", "ours less in"):
            table.add_column(heading, justify="right")
    for case, turns in measured.items():
        for generator, taken in measured_turns(turns):
            cells: list[str] = []
            for name in ("p50", "p99"):
                errors_us = [turn.error_us(name) for turn in taken]
                pairs = zip(turns[OURS], taken, strict=True)
                less = sum(ours.error_us(name) < its.error_us(name) for ours, its in pairs)
                beside = "" if generator == OURS else f"{less} of {TURNS}"
                cells += [f"{median(errors_us):,.0f}", f"{max(errors_us):,}", beside]
            table.add_row(case.behaviour, f"{case.rate_per_s:,}", str(case.connections), generator, *cells)
    return table


def generators() -> dict[str, Read]:
    """Return what measures: ours, and wrk2 where it is not our own command of that name."""
    wrk2 = shutil.which("wrk2")
    is_wrk2 = wrk2 is not None and Path(wrk2).parent != Path(OUR_PROGRAM).parent
    found: dict[str, Read] = {OURS: read_ours}
    return found | {"wrk2": read_wrk2} if is_wrk2 else found


def measure(case: Case, read: Read) -> Turn:
    """Let one generator measure once."""
    with running(case.behaviour) as server:
        figures = read(server.url, case)
    return Turn(FROZEN_TRUTH_US.get(case.behaviour, server.truth), figures)


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
