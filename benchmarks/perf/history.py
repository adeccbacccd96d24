"""How long `rush-hour history` takes over 10,000 documents: the first time, and with its index.

The documents are copies of one result, with other times, commits and figures, that change ten times.

    python benchmarks/perf/history.py RESULT.json [--documents 10000]
"""

import argparse
import hashlib
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from rush_hour.results.document import Document
from rush_hour.results.file import encode_document, read_document
from rush_hour.results.run import LoadResult

FIRST = datetime(2024, 1, 1, tzinfo=UTC)
SPREAD, STEP, PARTS = 0.03, 0.05, 11
SETTLED_S = 3


def main() -> None:
    """Make the documents, and look at them three times."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("result", type=Path)
    parser.add_argument("--documents", type=int, default=10_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        size = make(Path(directory), read_document(arguments.result), arguments.documents)
        print(f"{arguments.documents:,} documents, {size / 2**20:,.0f} MiB")
        time.sleep(SETTLED_S)  # what was written just now is read again
        for what in ("first", "with the index", "with the index"):
            began_at_s = time.monotonic()
            command = [str(Path(sys.executable).with_name("rush-hour")), "history", directory]
            said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
            print(f"{what}: {time.monotonic() - began_at_s:.2f} s; {said.splitlines()[0]}")


def make(directory: Path, document: Document, number: int) -> int:
    """Write documents, and return their size in bytes."""
    rng = np.random.default_rng(20261212)
    size = 0
    for at in range(number):
        part = at * PARTS // number
        factor = float(np.exp(rng.normal(part % 2 * np.log1p(STEP), SPREAD)))
        system = document.systems[0]
        runs = [
            replace(run, result=slower(run.result, factor), verdict=replace(run.verdict, trusted=True))
            for run in system.runs
        ]
        moment = (FIRST + timedelta(hours=at)).isoformat()
        made = replace(
            document,
            started_at=moment,
            commit=hashlib.sha256(moment.encode()).hexdigest()[:40],
            systems=[replace(system, runs=runs)],
            result=None,
        )
        path = directory / f"{at // 1000:02}" / f"{at:06}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data := encode_document(made))
        size += len(data)
    return size


def slower(result: LoadResult, factor: float) -> LoadResult:
    """Return a result whose latencies are longer by a factor."""
    summary = result.latency_us
    if summary is None:
        return result
    names = ("p50", "p75", "p90", "p95", "p99", "p99_9", "p99_99", "max")
    return replace(
        result, latency_us=replace(summary, **{name: round(getattr(summary, name) * factor) for name in names})
    )


if __name__ == "__main__":
    main()
