"""Where the access log goes."""

import asyncio
import logging
from pathlib import Path

import pytest
from noted import Exchange, request

from api_hour.access_log import AccessLog, open_access_log


def note(log: AccessLog) -> None:
    log.note(Exchange(), request(b"/"), status=200, response_bytes=1, duration_ns=1000, is_aborted=False)


@pytest.mark.parametrize("text", [None, "off"])
def test_there_is_none_unless_it_is_asked_for(text: str | None, tmp_path: Path) -> None:
    assert open_access_log(text, str(tmp_path / "a.log"), uses_logging=True, worker_id=1) is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("uses_logging", [True, False])
def test_a_file_goes_before_all(tmp_path: Path, uses_logging: bool) -> None:
    async def run() -> None:
        log = open_access_log("%(m)s %(U)s", str(tmp_path / "a.log"), uses_logging=uses_logging, worker_id=1)
        assert log is not None
        note(log)
        log.flush()

    asyncio.run(run())

    assert (tmp_path / "a.log").read_text() == "GET /\n"


def test_standard_output_is_where_it_goes_without_a_file(capfd: pytest.CaptureFixture[str]) -> None:
    async def run() -> None:
        log = open_access_log("%(m)s %(D)s", None, uses_logging=False, worker_id=1)
        assert log is not None
        note(log)
        log.flush()

    asyncio.run(run())

    assert capfd.readouterr().out == "GET 1\n"


def test_a_logging_configuration_may_send_it_anywhere(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    log = open_access_log("%(m)s %%s", None, uses_logging=True, worker_id=1)
    assert log is not None

    note(log)
    log.flush()

    assert [(record.name, record.levelno, record.getMessage()) for record in caplog.records] == [
        ("api_hour.access", logging.INFO, "GET %s")
    ]
