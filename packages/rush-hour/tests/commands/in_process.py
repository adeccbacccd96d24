"""A command line, run in this process: fast, and its code can be watched."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from rush_hour.cli import run


@dataclass(frozen=True)
class Said:
    """What came of it."""

    code: int
    out: str
    err: str


def rush_hour(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> Said:
    """Run `rush-hour` with arguments; the signal handlers that it sets do not outlive it."""
    capsys.readouterr()
    with handlers_restored():
        code = run([str(argument) for argument in arguments])
    return Said(code, *capsys.readouterr())


@contextmanager
def handlers_restored() -> Iterator[None]:
    """Set the signal handlers back after the block."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
