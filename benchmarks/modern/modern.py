"""Bench the frameworks of today, one workload after the other, and compare: `make modern`.

Options are those of `rush-hour bench`, such as `--only 'fastapi*'` or `--duration 2s`; `--workload json` takes one
workload alone. Each is a bench of `benchmarks/suites/modern.toml` by itself, whose command line is printed. Meanwhile
the upstream that `/wait` asks is up, and in the last workload there are slow clients too.

The exit code is 0 when every system that can run was measured and none gave a bad answer, else 1; 130 after Ctrl-C.
What does not come up beside slow clients is a finding, and no failure.
"""

import argparse
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path

from megabyte import make_file
from modern_figures import TITLES, bad_answers_of, cells_of, failures_of
from modern_workloads import SLOW_CLIENTS, SLOW_PATH, WORKLOADS, Workload
from rich.console import Console
from rich.table import Table

from rush_hour.exit_codes import INTERRUPTED
from rush_hour.results.document import Document
from rush_hour.results.file import read_document
from rush_hour.rig.suite.reading import read_suite

BENCHMARKS = Path(__file__).parents[1]
SUITE = BENCHMARKS / "suites" / "modern.toml"
RUSH_HOUR = Path(sys.executable).with_name("rush-hour")


def main(arguments: Sequence[str]) -> int:
    """Bench, compare, and return the exit code."""
    signal.signal(signal.SIGINT, lambda *_: None)  # it comes to the bench too, which writes what is finished, and ends
    parser = argparse.ArgumentParser(prog="modern", description=__doc__, allow_abbrev=False)
    parser.add_argument("--workload", action="append", choices=[one.name for one in WORKLOADS], help="only this one")
    parser.add_argument("-R", "--rate", help="requests per second, in place of those of each workload")
    parser.add_argument("--keep", type=Path, help="directory for results, reports and logs")
    options, bench_options = parser.parse_known_args(arguments)
    make_file()
    chosen = [one for one in WORKLOADS if options.workload is None or one.name in options.workload]
    ports = {system.port for system in read_suite(SUITE).systems}
    if any(one.has_slow_clients for one in chosen) and (taken := sorted(filter(is_taken, ports))):
        parser.error(f"port {taken[0]}: expected nothing there: slow clients connect to it; stop what serves on it")
    with tempfile.TemporaryDirectory(prefix="modern-") as temporary, upstream() as environment:
        results = options.keep or Path(temporary)
        documents: dict[str, Document] = {}
        problems: list[str] = []
        findings: list[str] = []
        for one in chosen:
            with slow_clients(ports) if one.has_slow_clients else nullcontext():
                load = ["--rate", options.rate or one.rate, *bench_options]
                code = bench(one, results / one.name, load, environment)
            if not (results / one.name / "result.json").is_file():
                problems.append(f"{one.name}: no result: exit code {code}")
            else:
                documents[one.name] = read_document(results / one.name / "result.json")
                problems += bad_answers_of(one.name, documents[one.name])
                (findings if one.has_slow_clients else problems).extend(failures_of(one.name, documents[one.name]))
            if code == INTERRUPTED:
                break
    show(documents, [*problems, *findings])
    return code if code == INTERRUPTED else int(bool(problems))


def bench(workload: Workload, output: Path, load: Sequence[str], environment: Mapping[str, str]) -> int:
    """Bench all systems by a workload, keep the report beside the result, and return the bench's exit code."""
    requests = [word for name in workload.requests for word in ("--request", name)]
    command = [str(RUSH_HOUR), "bench", str(SUITE), *requests, "--output", str(output), *load]
    print(f"{workload.name}: rush-hour {' '.join(command[1:])}", file=sys.stderr, flush=True)
    done = subprocess.run(command, stdout=subprocess.PIPE, env=environment, text=True, check=False)
    if output.is_dir():
        (output / "report.txt").write_text(done.stdout)
    return done.returncode


@contextmanager
def upstream() -> Iterator[dict[str, str]]:
    """Start the upstream; give the environment that says where it is."""
    with program("modern/upstream.py") as process:
        assert process.stdout is not None
        name, _, url = process.stdout.readline().strip().partition("=")
        yield os.environ | {name: url}


@contextmanager
def slow_clients(ports: set[int]) -> Iterator[None]:
    """Have slow clients, and say how many there were."""
    [port] = ports
    with program("perf/slow_clients.py", str(port), str(SLOW_CLIENTS), SLOW_PATH) as process:
        yield
        process.terminate()
        assert process.stdout is not None
        print(process.stdout.read().strip(), file=sys.stderr, flush=True)


@contextmanager
def program(path: str, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    """Run a program of benchmarks until the end of the block; Ctrl-C does not reach it."""
    command = [sys.executable, str(BENCHMARKS / path), *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        try:
            yield process
        finally:
            process.terminate()


def is_taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def show(documents: Mapping[str, Document], remarks: Sequence[str]) -> None:
    """Print a table for each figure, with a row for each system and a column for each workload, and what to know."""
    console = Console(width=140)
    for title, figure in TITLES.items():
        table = Table(box=None, pad_edge=False)
        table.add_column("system")
        for name in documents:
            table.add_column(name, justify="right")
        for system, cells in cells_of(documents, figure).items():
            table.add_row(system, *cells)
        console.print(f"{title}:", table, "", sep="\n")
    print("~ the machine was too busy: not to be trusted. % of the requests due had good answers: it does not hold.")
    for remark in remarks:
        print(f"! {remark}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
