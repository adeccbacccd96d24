"""How long a large application takes from SIGTERM to the end of its last process, under us and under uvicorn.

For a Python that has both: `python benchmarks/perf/stopping.py [RUNS]`, which `make perf-daemon` calls. An interpreter
that takes itself apart frees each object by itself. uvicorn's does not: it ends by the signal that it was sent.
"""

import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BIN = Path(sys.executable).parent
TIMEOUT_S = 120.0
POLL_S = 0.02

APP = """
{import_}

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
    elif scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"ok"})
"""

APPLICATIONS = {
    "nothing more": "",
    "500 MB of small objects": """
class Row:
    def __init__(self, number):
        self.number, self.names = number, [str(number)]

HELD = [Row(number) for number in range(2_000_000)]
""",
    "every module of the standard library": """
import importlib, sys, warnings
warnings.simplefilter("ignore")
for name in sorted(sys.stdlib_module_names - {"this", "antigravity", "idlelib", "turtle", "turtledemo", "__main__"}):
    try:
        importlib.import_module(name)
    except ImportError:
        pass
""",
}


def command_of(server: str, port: int) -> list[str]:
    """Return what serves with one worker."""
    if server == "uvicorn":
        return [str(BIN / "uvicorn"), "--port", str(port), "--log-level", "warning", "app:app"]
    return [str(BIN / "api_hour"), "-b", f"127.0.0.1:{port}", "-w1", "--log-level", "warning", "app:app"]


def wait_until_served(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait for the first answer."""
    end_at_s = time.monotonic() + TIMEOUT_S
    while time.monotonic() < end_at_s and process.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port), 5.0) as client:
                client.settimeout(TIMEOUT_S)
                client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                if client.recv(100).startswith(b"HTTP/1.1 200"):
                    return
        except OSError:
            time.sleep(POLL_S)
    raise SystemExit(f"it does not serve: {process.args!r}")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def stop_s(server: str, directory: Path) -> float:
    """Serve, stop, and return how long the end took, in seconds."""
    port = free_port()
    process = subprocess.Popen(command_of(server, port), cwd=directory, stderr=subprocess.DEVNULL)
    try:
        wait_until_served(port, process)
        began_at_s = time.perf_counter()
        process.send_signal(signal.SIGTERM)
        process.wait(TIMEOUT_S)
        return time.perf_counter() - began_at_s
    finally:
        process.kill()
        process.wait()


def main(runs: int) -> None:
    """Print a line for each application: the medians."""
    print(f"{'application':40} {'API-Hour':>10} {'uvicorn':>10}")
    for name, code in APPLICATIONS.items():
        with tempfile.TemporaryDirectory() as directory:
            Path(directory, "app.py").write_text(APP.replace("{import_}", code))
            durations_s: dict[str, list[float]] = {"api_hour": [], "uvicorn": []}
            for _ in range(runs):
                for server, found in durations_s.items():
                    found.append(stop_s(server, Path(directory)))
            medians = [f"{statistics.median(found):.2f} s" for found in durations_s.values()]
            print(f"{name:40} {medians[0]:>10} {medians[1]:>10}", flush=True)


if __name__ == "__main__":
    os.environ["PYTHONPATH"] = "."
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
