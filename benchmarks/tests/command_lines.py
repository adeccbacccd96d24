"""Servers started by their command lines, as a reader of the README would start them."""

import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[1]
SUITE = BENCHMARKS / "suites" / "published.toml"
TIMEOUT_S = 60.0 * float(os.environ.get("TEST_TIMEOUT_FACTOR", "1"))
AGAIN_S = TIMEOUT_S / 12

ENVIRONMENT = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


@contextmanager
def running(command: str, *, directory: Path, **env: str) -> Iterator[subprocess.Popen[str]]:
    """Run a command line in a directory; it is stopped by SIGTERM, and with all it started."""
    process = subprocess.Popen(
        shlex.split(command),
        cwd=directory,
        env={**ENVIRONMENT, **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        _stop(process)


def _stop(process: "subprocess.Popen[str]") -> None:
    """Stop a program; uWSGI loses a signal that comes while it starts its workers, so it may be told again."""
    end_at_s = time.monotonic() + TIMEOUT_S
    while time.monotonic() < end_at_s:
        process.terminate()
        try:
            process.communicate(timeout=AGAIN_S)
        except subprocess.TimeoutExpired:
            continue
        return
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def skip_if_taken(port: int) -> None:
    """The published command lines name their ports: a test of them cannot choose others."""
    if accepts(port):
        pytest.skip(f"port {port} is taken")
