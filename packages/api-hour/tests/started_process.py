"""A program run as a user would run it: it is waited for by what it says, and always stopped."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from event_loops import TIMEOUT_S

POLL_S = 0.01
PROGRAMS = Path(sys.executable).parent


@dataclass(slots=True)
class StartedProcess:
    """A running program; `log` is all it has said, on both outputs."""

    process: subprocess.Popen[bytes]
    log_path: Path

    @property
    def log(self) -> str:
        return self.log_path.read_text(encoding="utf-8")

    def wait_for(self, pattern: str, *, count: int = 1) -> list[re.Match[str]]:
        """Wait until a pattern is found `count` times in the log, and return what is found."""
        end_at_s = time.monotonic() + TIMEOUT_S
        while len(found := list(re.finditer(pattern, self.log))) < count:
            if self.process.poll() is not None and len(list(re.finditer(pattern, self.log))) < count:
                pytest.fail(f"ended with {self.process.returncode}, without {pattern!r}:\n{self.log}")
            if time.monotonic() > end_at_s:
                pytest.fail(f"no {pattern!r} in time:\n{self.log}")
            time.sleep(POLL_S)
        return found

    def wait(self) -> int:
        """Wait for the end and return the exit code."""
        try:
            return self.process.wait(TIMEOUT_S)
        except subprocess.TimeoutExpired:
            pytest.fail(f"it does not end:\n{self.log}")

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and return the exit code."""
        self.process.send_signal(number)
        return self.wait()


@contextmanager
def started(
    command: Sequence[str],
    *,
    directory: Path,
    environment: Mapping[str, str] | None = None,
    pass_fds: Sequence[int] = (),
) -> Iterator[StartedProcess]:
    """Start a program of the environment that runs the tests; at the end of the block it is gone.

    Args:
        command: the program's name and its arguments.
        directory: where it runs, and where its log `output.log` is.
        environment: what is added to this process's own.
        pass_fds: descriptors that it inherits.
    """
    log_path = directory / "output.log"
    with log_path.open("wb") as log:
        process = subprocess.Popen(
            [PROGRAMS / command[0], *command[1:]],
            cwd=directory,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            pass_fds=pass_fds,
        )
    try:
        yield StartedProcess(process, log_path)
    finally:
        process.terminate()
        try:
            process.wait(TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
