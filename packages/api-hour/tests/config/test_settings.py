"""Options that say more than their values."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from recorded_daemon import clear_options, run_recorded

from api_hour.config import Settings
from api_hour.config.http_options import HttpOptions
from api_hour.config.log_options import LogOptions
from api_hour.config.worker_options import WorkerOptions


@pytest.fixture(autouse=True)
def no_options_from_outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clear_options(monkeypatch, tmp_path)


def test_a_reload_for_development_means_one_worker_that_keeps_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    settings, spec = run_recorded(monkeypatch, "--reload", "-w4", "--drain-timeout", "10", "app:C")

    assert (settings.workers, settings.drain_timeout_s) == (1, 0.0)
    assert (spec.worker.workers, spec.worker.drain_timeout_s) == (1, 0.0)


@pytest.mark.parametrize("group", [WorkerOptions, HttpOptions, LogOptions])
def test_every_option_of_a_group_travels_with_it(group: Any) -> None:
    values: dict[str, Any] = {field.name: object() for field in fields(group)}

    part = Settings(**values).part(group)

    assert type(part) is group
    assert {name: getattr(part, name) for name in values} == values


def test_what_the_command_line_says_comes_to_the_workers_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = ["--max-requests", "7", "--max-body", "2M", "--access-log-file", "a.log", "--graceful-timeout", "1.5"]
    settings, spec = run_recorded(monkeypatch, *arguments, "app:C")

    assert spec.worker == settings.part(WorkerOptions)
    assert spec.http == settings.part(HttpOptions)
    assert spec.log == settings.part(LogOptions)
    assert (spec.worker.max_requests, spec.worker.graceful_timeout_s) == (7, 1.5)
    assert (spec.http.body_bytes, spec.http.graceful_timeout_s) == (2 << 20, 1.5)
    assert spec.log.access_log_file == tmp_path / "a.log"
