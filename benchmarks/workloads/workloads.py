"""Bench the three order books, one suite after the other, and see that every answer was good: `make workloads`.

Options are those of `rush-hour bench`, such as `--duration 60s`; `--application flask` takes one of them alone. The
exit code is 0 when all answers were good and the figures of the named requests add up to the whole, else 1; 130 after
Ctrl-C.
"""

import argparse
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from workloads_judged import Judged, judge_document

from rush_hour.exit_codes import INTERRUPTED, UNTRUSTED
from rush_hour.results.file import read_document

HERE = Path(__file__).parent
APPLICATIONS = ("flask_orders", "django_orders", "fastapi_orders")
RUSH_HOUR = Path(sys.executable).with_name("rush-hour")


def main(arguments: Sequence[str]) -> int:
    """Bench, judge, print, and return the exit code."""
    signal.signal(signal.SIGINT, lambda *_: None)  # it comes to the bench too, which writes what is finished, and ends
    parser = argparse.ArgumentParser(prog="workloads", description=__doc__, allow_abbrev=False)
    parser.add_argument("--application", default="", help="part of the name of one application")
    parser.add_argument("--keep", type=Path, help="directory for results and logs")
    options, bench_options = parser.parse_known_args(arguments)
    chosen = [name for name in APPLICATIONS if options.application in name]
    if not chosen:
        parser.error(f"--application: expected part of one of {', '.join(APPLICATIONS)}; got {options.application!r}")
    with tempfile.TemporaryDirectory(prefix="workloads-") as temporary:
        results = options.keep or Path(temporary)
        judged, code = {}, 0
        for name in chosen:
            judged[name], code = bench(name, results / name, bench_options)
            if code == INTERRUPTED:
                break
    show(judged)
    return code if code == INTERRUPTED else int(any(one.problems for found in judged.values() for one in found))


def bench(name: str, output: Path, bench_options: Sequence[str]) -> tuple[list[Judged], int]:
    """Bench an application, and return what is found of its systems, and the bench's exit code."""
    command = [str(RUSH_HOUR), "bench", str(HERE / name / "suite.toml"), "--output", str(output), *bench_options]
    print(f"{name}: {' '.join(command[1:])}", file=sys.stderr, flush=True)
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if not (output / "result.json").is_file():
        return [Judged(system="-", result=None, problems=[f"no result: exit code {done.returncode}"])], done.returncode
    judged = judge_document(read_document(output / "result.json"))
    if done.returncode not in {0, UNTRUSTED} and not any(one.problems for one in judged):
        judged.append(Judged(system="-", result=None, problems=[f"exit code {done.returncode}: {done.stdout[-500:]}"]))
    return judged, done.returncode


def show(judged: dict[str, list[Judged]]) -> None:
    """Print a row for each system, and below them what is wrong."""
    table = Table(box=None)
    for column in ("application", "system", "due", "good", "of each named request", "p50 ms", "p99 ms"):
        table.add_column(column, justify="right" if column in {"due", "good", "p50 ms", "p99 ms"} else "left")
    for name, found in judged.items():
        for one in found:
            table.add_row(name, one.system, *cells(one))
    Console(width=140).print(table)
    for name, found in judged.items():
        for one in found:
            for problem in one.problems:
                print(f"! {name} on {one.system}: {problem}")


def cells(judged: Judged) -> list[str]:
    """Return the figures of a row."""
    result = judged.result
    if result is None:
        return ["-"] * 5
    named = " + ".join(f"{request.good} {request.name}" for request in result.requests)
    latency = result.latency_us
    quantiles = ["-", "-"] if latency is None else [f"{latency.p50 / 1000:.2f}", f"{latency.p99 / 1000:.2f}"]
    return [f"{result.requests_due:,}", f"{result.responses_good:,}", named, *quantiles]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
