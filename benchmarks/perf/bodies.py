"""Times of large bodies: `rush-hour load` beside curl, which uploads, and wrk, which reads chunks.

One connection, one request after the other: 128 MB sent, and 200,000 chunks of 16 bytes read. What belongs to the
generator itself would show as the server's latency.
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from rich.table import Table

from rush_hour.report.terminal.console import make_console

OURS = "rush-hour"
OUR_PROGRAM = str(Path(sys.executable).with_name(OURS))
SERVER = Path(__file__).with_name("body_server.py")
UPLOAD_BYTES = 128 * 1024 * 1024
REQUESTS = 5  # of each turn
TURNS = 5
WRK_MEDIAN = re.compile(r"50%\s+([\d.]+)(us|ms|s)")
UNITS_MS = {"us": 0.001, "ms": 1.0, "s": 1000.0}

Take = Callable[[str, Path], float]  # asks a URL, with a file to upload, and returns the median of what it took, in ms


def main() -> None:
    """Let all take turns on both kinds of body, and print a table of each."""
    console = make_console()
    kinds: dict[str, dict[str, Take]] = {
        "128 MB sent": {OURS: upload_ours, "curl": upload_curl},
        "200,000 chunks of 16 bytes read": {OURS: read_ours, "wrk": read_wrk},
    }
    with server_url() as url, tempfile.TemporaryDirectory() as directory:
        file = Path(directory, "body")
        file.write_bytes(bytes(range(256)) * (UPLOAD_BYTES // 256))
        for title, takes in kinds.items():
            present = {name: take for name, take in takes.items() if name == OURS or shutil.which(name)}
            turns: dict[str, list[float]] = {name: [] for name in present}
            for number in range(1, TURNS + 1):
                print(f"{title}, turn {number} of {TURNS}", file=sys.stderr, flush=True)
                for name, take in present.items():
                    turns[name].append(take(url, file))
            console.print(f"{title}, ms; medians of {TURNS} turns", bodies_table(turns), "")


def bodies_table(turns: dict[str, list[float]]) -> Table:
    """Return medians; ratios are of ours to the peer, measured in the same turn."""
    table = Table(box=None, pad_edge=False)
    table.add_column("generator")
    for heading in ("median", "least", "most", "ours / its"):
        table.add_column(heading, justify="right")
    for name, taken_ms in turns.items():
        ratio = median(ours / its for ours, its in zip(turns[OURS], taken_ms, strict=True))
        beside = "" if name == OURS else f"{ratio:.2f}"
        table.add_row(name, *(f"{one:.1f}" for one in (median(taken_ms), min(taken_ms), max(taken_ms))), beside)
    return table


def upload_ours(url: str, file: Path) -> float:
    """Upload with `rush-hour load`."""
    return load(url, "--method=POST", "--expect-status=200", "--expect-body=any", f"--body-file={file}")


def upload_curl(url: str, file: Path) -> float:
    """Upload with curl; its connecting does not count."""
    asked = ["-T", str(file), "-X", "POST", url]
    command = ["curl", "-sS", "-o", "/dev/null", "-w", "%{time_connect} %{time_total}", *asked]
    times_ms: list[float] = []
    for _ in range(REQUESTS):
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        connected_s, total_s = map(float, said.split())
        times_ms.append((total_s - connected_s) * 1000)
    return median(times_ms)


def read_ours(url: str, _file: Path) -> float:
    """Read chunks with `rush-hour load`."""
    return load(url, "--expect-status=200", "--expect-body=any")


def read_wrk(url: str, _file: Path) -> float:
    """Read chunks with wrk."""
    said = subprocess.run(
        ["wrk", "-t1", "-c1", "-d1s", "--latency", url], check=True, capture_output=True, text=True
    ).stdout
    match = WRK_MEDIAN.search(said)
    assert match is not None, said
    return float(match[1]) * UNITS_MS[match[2]]


def load(url: str, *options: str) -> float:
    """Load a URL with `rush-hour load`, and return the median of the latencies in ms."""
    with tempfile.TemporaryDirectory() as directory:
        result_file = Path(directory, "result.json")
        pace = ["-t1", "-c1", "-d60s", "--closed-loop", f"--max-requests={REQUESTS}", "--timeout=20s"]
        command = [OUR_PROGRAM, "load", *pace, *options, "--json", str(result_file), url]
        said = subprocess.run(command, check=False, capture_output=True, text=True)
        assert result_file.exists(), said.stderr
        result = json.loads(result_file.read_text())["result"]
    assert result["responses_good"] == REQUESTS, result
    return float(result["latency_us"]["p50"]) / 1000


@contextmanager
def server_url() -> Iterator[str]:
    """Run the server, and return where it is."""
    process = subprocess.Popen([sys.executable, SERVER], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None, "it is a pipe"
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}/"
    finally:
        process.terminate()
        process.communicate()


if __name__ == "__main__":
    main()
