"""Logging as a spec says."""

from pathlib import Path

import pytest

from api_hour.config.log_options import LogOptions
from api_hour.config.worker_options import WorkerOptions
from api_hour.control import logs
from api_hour.control.spec import WorkerSpec


def test_logging_is_as_the_options_say(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[tuple[object, ...]] = []
    monkeypatch.setattr(logs, "configure_logging", lambda *where, **how: given.append((*where, how)))
    options = LogOptions(logconfig=Path("log.ini"), log_level="debug", log_file=Path("a.log"), log_format="json")

    logs.begin_logging(
        WorkerSpec(
            target="app:C",
            name="demo",
            chdir="/",
            main_yaml=None,
            worker=WorkerOptions(),
            log=options,
            prints_to_log=True,
        ),
        worker_id=3,
    )

    how = {
        "level": "debug", "log_file": Path("a.log"), "prints_to_log": True, "log_format": "json", "worker_id": 3,
        "use_colors": False,
    }  # fmt: skip
    assert given == [(Path("log.ini"), how)]
