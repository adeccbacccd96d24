"""The `api_hour` command up to the point where the daemon would start."""

import os
from pathlib import Path

import pytest

from api_hour import cli
from api_hour.commands import serve
from api_hour.config import Settings
from api_hour.control.spec import WorkerSpec

OF_OTHERS = frozenset({"FORWARDED_ALLOW_IPS", "GUNICORN_CMD_ARGS", "PORT", "WEB_CONCURRENCY"})


def clear_options(monkeypatch: pytest.MonkeyPatch, directory: Path) -> None:
    """Let no option come from outside, neither from the environment nor from the working directory."""
    for name in list(os.environ):
        if name.startswith(("API_HOUR_", "UVICORN_")) or name in OF_OTHERS:
            monkeypatch.delenv(name)
    monkeypatch.chdir(directory)


def leave_process_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the command change neither the logging nor the title of the process that runs the tests."""
    monkeypatch.setattr(serve, "begin_logging", lambda _spec: None)
    monkeypatch.setattr(serve, "name_supervisor", lambda _name: None)


def run_recorded(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> tuple[Settings, WorkerSpec]:
    """Run a command line and return what the daemon would run with; logging is left alone."""
    monkeypatch.chdir(Path.cwd())  # the command changes directory: the old one comes back with the test's end
    runs: list[tuple[Settings, WorkerSpec]] = []

    def record(settings: Settings, spec: WorkerSpec, **_given: object) -> int:
        runs.append((settings, spec))
        return 0

    leave_process_alone(monkeypatch)
    monkeypatch.setattr(serve, "run_daemon", record)
    assert cli.run(arguments) == 0
    [run] = runs
    return run
