"""The `api_hour` command up to the point where the daemon would start."""

import os
from pathlib import Path

import pytest

from api_hour import cli
from api_hour.config import Settings
from api_hour.worker.spec import WorkerSpec


def clear_options(monkeypatch: pytest.MonkeyPatch, directory: Path) -> None:
    """Let no option come from outside, neither from the environment nor from the working directory."""
    for name in list(os.environ):
        if name.startswith("API_HOUR_") or name == "WEB_CONCURRENCY":
            monkeypatch.delenv(name)
    monkeypatch.chdir(directory)


def run_recorded(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> tuple[Settings, WorkerSpec]:
    """Run a command line and return what the daemon would run with; logging is left alone."""
    monkeypatch.chdir(Path.cwd())  # the command changes directory: the old one comes back with the test's end
    runs: list[tuple[Settings, WorkerSpec]] = []

    def record(settings: Settings, spec: WorkerSpec, *, launched_in: Path) -> int:
        runs.append((settings, spec))
        return 0

    monkeypatch.setattr(cli, "configure_logging", lambda _logconfig: None)
    monkeypatch.setattr(cli, "run_daemon", record)
    assert cli.run(arguments) == 0
    [run] = runs
    return run
