"""The logger that Gunicorn's code knows."""

import copy
import logging
from collections.abc import Iterator

import pytest

from api_hour.log.gunicorn_logger import ACCESS_LOG, ERROR_LOG, GunicornLogger, open_gunicorn_logger


@pytest.fixture(autouse=True)
def new_loggers() -> Iterator[None]:
    """Find the two loggers as they are in a new process, and leave them as they were."""
    loggers = [logging.getLogger(name) for name in (ERROR_LOG, ACCESS_LOG)]
    kept = [(logger.level, [*logger.handlers], logger.propagate) for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.NOTSET)
        logger.handlers.clear()
        logger.propagate = True
    yield
    for logger, (level, handlers, propagate) in zip(loggers, kept, strict=True):
        logger.setLevel(level)
        logger.handlers[:] = handlers
        logger.propagate = propagate


def test_it_speaks_through_gunicorns_loggers(caplog: pytest.LogCaptureFixture) -> None:
    log = open_gunicorn_logger("debug")

    for level in ("debug", "info", "warning", "error", "critical"):
        getattr(log, level)("said %d", 1)
    log.exception("failed", exc_info=ValueError("why"))  # noqa: LOG004  # it is what is tested
    log.log(logging.INFO, "by number")
    log.log("warning", "by name")
    log.log("loudly", "by another name")

    assert {record.name for record in caplog.records} == {ERROR_LOG}
    assert [(record.levelname, record.getMessage()) for record in caplog.records[-4:]] == [
        ("ERROR", "failed"),
        ("INFO", "by number"),
        ("WARNING", "by name"),
        ("INFO", "by another name"),
    ]
    assert {record.funcName for record in caplog.records} == {test_it_speaks_through_gunicorns_loggers.__name__}


def test_it_can_be_used_as_a_logger() -> None:
    log = open_gunicorn_logger("warning")

    assert log.error_log is logging.getLogger(ERROR_LOG)
    assert log.name == ERROR_LOG
    assert log.isEnabledFor(logging.WARNING)
    assert not log.isEnabledFor(logging.INFO)
    assert copy.copy(log).error_log is log.error_log
    with pytest.raises(AttributeError):
        log.nothing()


def test_lines_of_the_access_log_go_where_the_access_log_goes(caplog: pytest.LogCaptureFixture) -> None:
    lines: list[str] = []
    log = open_gunicorn_logger("info", write=lines.append, has_access_log=True)

    log.access_log.info("GET %s", "/")

    assert lines == ["GET /"]
    assert not caplog.records


def test_a_line_that_cannot_be_written_fails_nobody(capsys: pytest.CaptureFixture[str]) -> None:
    def write(_line: str) -> None:
        raise OSError("disk full")

    open_gunicorn_logger("info", write=write, has_access_log=True).access_log.info("GET /")

    assert "disk full" in capsys.readouterr().err


def test_without_an_access_log_logging_decides() -> None:
    assert not open_gunicorn_logger(None).access_log.isEnabledFor(logging.INFO)
    assert GunicornLogger().access_log.propagate
    assert open_gunicorn_logger(None, has_access_log=True).access_log.isEnabledFor(logging.INFO)
