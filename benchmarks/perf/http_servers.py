"""What an HTTP server costs: API-Hour's engine beside its peers, from one run, as ratios.

Repeats the suite `hello.toml` at its own rate and at one that no server holds, so that every system is started anew
and all take turns, and prints medians. Options are passed on to `rush-hour bench`.
"""

import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from statistics import median

from rich.table import Table

from rush_hour.report.result_file import BenchFile, SystemEntry, read_result
from rush_hour.report.terminal import make_console

SUITE = Path(__file__).parents[1] / "suites" / "hello.toml"
RUSH_HOUR = Path(sys.executable).with_name("rush-hour")
PEERS = Path(__file__).parents[2] / ".venv-peers" / "bin"
REPETITIONS = 5
OURS = "api-hour"
LOADS: dict[str, list[str]] = {"15,000 requests/s": [], "full speed": ["--rate", "100k"]}

Measured = defaultdict[str, list[SystemEntry]]  # of each system, one entry for each repetition


def main(options: list[str]) -> None:
    """Run the repetitions and print a table for each load."""
    measured: dict[str, Measured] = {load: defaultdict(list) for load in LOADS}
    for number in range(1, REPETITIONS + 1):
        for load, load_options in LOADS.items():
            print(f"{load}, repetition {number} of {REPETITIONS}", file=sys.stderr, flush=True)
            for entry in run_once([*load_options, *options]).systems:
                measured[load][entry.name].append(entry)
    console = make_console()
    for load, entries in measured.items():
        console.print(ratio_table(f"one worker, {load}, medians of {REPETITIONS} repetitions", entries))


def run_once(options: list[str]) -> BenchFile:
    """Bench every system once and return the result; a system that failed ends the measurement."""
    with tempfile.TemporaryDirectory() as output:
        command = [str(RUSH_HOUR), "bench", str(SUITE), "--output", f"{output}/bench", *options]
        environment = os.environ | {"PATH": f"{os.environ['PATH']}{os.pathsep}{PEERS}"}
        subprocess.run(command, check=False, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        bench = read_result(Path(output, "bench", "result.json"))
    assert isinstance(bench, BenchFile)
    for entry in bench.systems:
        if entry.load is None:
            sys.exit(f"{entry.name}: {entry.status}: {entry.reason}")
    return bench


def ratio_table(title: str, entries: Measured) -> Table:
    """Return medians over the repetitions; ratios are of ours to the peer, measured in the same repetition."""
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    table.add_column("system")
    for heading in ("CPU µs/request", "ours / its", "good answers/s", "p99 µs", "memory MB"):
        table.add_column(heading, justify="right")
    for name, repeated in entries.items():
        ratios = [ours / its for ours, its in zip(cpu_us(entries[OURS]), cpu_us(repeated), strict=True)]
        loads = [entry.load.result for entry in repeated if entry.load is not None]
        table.add_row(
            name,
            f"{median(cpu_us(repeated)):.1f}",
            f"{median(ratios):.2f}",
            f"{median(load.goodput_per_s for load in loads):,.0f}",
            f"{median(load.latency_us.p99 for load in loads if load.latency_us is not None):,.0f}",
            f"{median(entry.resources.server.max_rss_bytes for entry in repeated if entry.resources) / 1e6:.0f}",
        )
    return table


def cpu_us(entries: Iterable[SystemEntry]) -> list[float]:
    """Return the server's CPU time for each good answer, in microseconds."""
    return [
        entry.resources.server.cpu_s * 1e6 / entry.load.result.responses_good
        for entry in entries
        if entry.load is not None and entry.resources is not None
    ]


if __name__ == "__main__":
    main(sys.argv[1:])
