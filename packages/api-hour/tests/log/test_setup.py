"""Logging: to standard error by default, or as a file says."""

import json
import logging
import logging.config
import os
import re
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

import api_hour
from api_hour.errors import ConfigError
from api_hour.log import JsonFormatter, configure_logging
from api_hour.log.setup import OWN_LOGGERS


@contextmanager
def configured(
    logconfig: Path | None, *, level: str = "info", log_file: Path | None = None, use_colors: bool = False
) -> Iterator[None]:
    """Configure logging as in a new process, and put everything back as it was, pytest's own handlers too."""
    names = (*OWN_LOGGERS, "py.warnings", None)
    loggers = [logging.getLogger(name) for name in names]
    before = [
        (logger, logger.__class__, logger.handlers[:], logger.level, logger.propagate, logger.disabled)
        for logger in loggers
    ]
    everybody = [logger for logger in logging.root.manager.loggerDict.values() if isinstance(logger, logging.Logger)]
    enabled = [logger for logger in everybody if not logger.disabled]
    last_resort = logging.lastResort
    for logger in loggers:
        logger.handlers.clear()
    try:
        configure_logging(logconfig, level=level, log_file=log_file, use_colors=use_colors)
        yield
    finally:
        logging.captureWarnings(False)
        logging.lastResort = last_resort
        for logger, kind, handlers, old_level, propagate, disabled in before:
            for handler in logger.handlers:
                handler.close()
            logger.__class__ = kind
            logger.handlers[:], logger.propagate, logger.disabled = handlers, propagate, disabled
            logger.setLevel(old_level)
        for logger in enabled:
            logger.disabled = False


def test_facts_go_to_standard_error(capfd: pytest.CaptureFixture[str]) -> None:
    with configured(None):
        logging.getLogger("api_hour.test").info("it is %s", "so")
        logging.getLogger("api_hour.test").debug("not this")

    output = capfd.readouterr()
    assert output.out == ""
    assert output.err.endswith("INFO api_hour.test: it is so\n")
    assert output.err.count("\n") == 1


def test_warnings_of_python_are_logged(capfd: pytest.CaptureFixture[str]) -> None:
    with configured(None):
        warnings.showwarning("mind this", UserWarning, "app.py", 7)

    first_line = capfd.readouterr().err.splitlines()[0]
    assert first_line.endswith("WARNING py.warnings: app.py:7: UserWarning: mind this")


def test_a_file_says_how_to_log(tmp_path: Path) -> None:
    (tmp_path / "logging.ini").write_text(
        "[loggers]\nkeys = root\n[handlers]\nkeys = file\n[formatters]\nkeys = plain\n"
        "[logger_root]\nlevel = INFO\nhandlers = file\n"
        f"[handler_file]\nclass = FileHandler\nformatter = plain\nargs = ({str(tmp_path / 'app.log')!r},)\n"
        "[formatter_plain]\nformat = <%(message)s>\n"
    )
    earlier = logging.getLogger("api_hour.earlier")

    with configured(tmp_path / "logging.ini"):
        earlier.info("kept")

    assert (tmp_path / "app.log").read_text() == "<kept>\n"


DICT_CONFIG = {
    "version": 1,
    "formatters": {"plain": {"format": "<%(message)s>"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "loggers": {"api_hour": {"level": "INFO", "handlers": ["console"], "propagate": False}},
}


@pytest.mark.parametrize("suffix", ["json", "yaml", "yml"])
def test_a_file_may_say_it_in_json_or_yaml(suffix: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / f"log.{suffix}"
    path.write_text(json.dumps(DICT_CONFIG) if suffix == "json" else yaml.safe_dump(DICT_CONFIG))

    with configured(path):
        logging.getLogger("api_hour.supervisor").info("said")

    assert capfd.readouterr().err == "<said>\n"
    path.write_text("[")
    with pytest.raises(ConfigError) as caught, configured(path):
        pass
    assert str(caught.value).startswith(f"--logconfig: {path}: ")


def test_levels_have_colours_where_they_are_asked_for(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with configured(None, level="trace", use_colors=True):
        for level in (5, logging.WARNING):
            logging.getLogger("api_hour.test").log(level, "said")
    traced, warned = capfd.readouterr().err.splitlines()
    with configured(None, log_file=tmp_path / "a.log", use_colors=True):
        logging.getLogger("api_hour.test").warning("said")

    assert "\x1b[34mTRACE\x1b[0m api_hour.test: said" in traced
    assert "\x1b[33mWARNING\x1b[0m api_hour.test: said" in warned
    assert "\x1b" not in (tmp_path / "a.log").read_text()


def test_a_file_that_cannot_be_used_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "logging.ini"
    path.write_text("[loggers]\n")

    with pytest.raises(ConfigError) as caught, configured(path):
        pass

    assert str(caught.value) == f"--logconfig: {path}: KeyError: 'formatters'"


def test_the_level_is_the_one_asked_for(capfd: pytest.CaptureFixture[str]) -> None:
    with configured(None, level="warning"):
        logging.getLogger("api_hour.test").info("not this")
        logging.getLogger("api_hour.test").warning("but this")

    assert capfd.readouterr().err.endswith("WARNING api_hour.test: but this\n")


def test_a_log_file_that_is_moved_away_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    with configured(None, log_file=path):
        logging.getLogger("api_hour.test").info("first")
        path.rename(tmp_path / "a.log.1")
        logging.getLogger("api_hour.test").info("second")

    assert (tmp_path / "a.log.1").read_text().endswith("first\n")
    assert path.read_text().endswith("second\n")


def test_a_line_that_cannot_be_written_fails_nobody(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "logs").mkdir()
    with configured(None, log_file=tmp_path / "logs" / "a.log"):
        (tmp_path / "logs").rename(tmp_path / "gone")

        logging.getLogger("api_hour.test").info("lost")

    assert "FileNotFoundError" in capfd.readouterr().err


def test_a_log_file_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught, configured(None, log_file=tmp_path):
        pass

    assert str(caught.value) == f"--log-file: {tmp_path} cannot be written to: Is a directory."


def json_line(**changes: object) -> dict[str, object]:
    """Return what the formatter writes of a record with some attributes changed."""
    attributes = {"name": "api_hour.test", "levelname": "INFO", "msg": "it is %s", "args": ("so",)}
    record = logging.makeLogRecord(attributes | {"created": 0.25, "process": 7} | changes)
    line = JsonFormatter().format(record)
    assert "\n" not in line
    document: dict[str, object] = json.loads(line)
    return document


PLAIN_LINE = {
    "time": "1970-01-01T00:00:00.250+00:00",
    "level": "INFO",
    "logger": "api_hour.test",
    "process_id": 7,
    "message": "it is so",
}


def test_a_line_may_be_a_json_object() -> None:
    assert json_line() == PLAIN_LINE
    assert list(json_line()) == list(PLAIN_LINE)


def test_the_fields_of_a_call_follow_and_take_no_other_field_s_place() -> None:
    line = json_line(worker_id=3, reason="reload", path=Path("/a"), level="high")

    assert line == PLAIN_LINE | {"worker_id": 3, "reason": "reload", "path": "/a"}


def test_an_exception_and_a_stack_are_text_in_the_same_line() -> None:
    try:
        int("no")
    except ValueError:
        line = json_line(exc_info=sys.exc_info(), stack_info="Stack:\n  here")

    exception = line.pop("exception")
    assert isinstance(exception, str)
    assert exception.startswith("Traceback (most recent call last):\n")
    assert exception.endswith("\nValueError: invalid literal for int() with base 10: 'no'")
    assert line == PLAIN_LINE | {"stack": "Stack:\n  here"}


def test_a_file_may_ask_for_json_lines(tmp_path: Path) -> None:
    (tmp_path / "logging.ini").write_text(
        "[loggers]\nkeys = root\n[handlers]\nkeys = file\n[formatters]\nkeys = json\n"
        "[logger_root]\nlevel = INFO\nhandlers = file\n"
        f"[handler_file]\nclass = FileHandler\nformatter = json\nargs = ({str(tmp_path / 'app.log')!r},)\n"
        "[formatter_json]\nclass = api_hour.log.JsonFormatter\n"
    )

    with configured(tmp_path / "logging.ini"):
        logging.getLogger("api_hour.test").info("worker %d serves", 3, extra={"worker_id": 3})

    line = json.loads((tmp_path / "app.log").read_text())
    assert (line["message"], line["worker_id"]) == ("worker 3 serves", 3)


# Beside an application's own logging.


def test_an_application_that_says_nothing_of_logging_has_its_warnings_shown(capfd: pytest.CaptureFixture[str]) -> None:
    with configured(None):
        logging.getLogger("myapp").warning("mind this")
        logging.getLogger("myapp").info("not this")

    [line] = capfd.readouterr().err.splitlines()
    assert line.endswith("WARNING myapp: mind this")


def test_an_application_may_configure_the_root_logger_and_no_line_comes_twice(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with configured(None):
        logging.basicConfig(
            level=logging.DEBUG, format="MYAPP %(levelname)s %(message)s", filename=tmp_path / "app.log"
        )
        logging.getLogger("myapp").debug("hello")
        warnings.showwarning("mind this", UserWarning, "app.py", 7)
        logging.getLogger("api_hour.worker").info("it serves")

    assert "MYAPP DEBUG hello\nMYAPP WARNING app.py:7: UserWarning: mind this\n" in (tmp_path / "app.log").read_text()
    assert "it serves" not in (tmp_path / "app.log").read_text()
    [line] = capfd.readouterr().err.splitlines()
    assert line.endswith("INFO api_hour.worker: it serves")


@pytest.mark.parametrize("how", ["dictConfig", "fileConfig"])
def test_who_disables_existing_loggers_means_his_own(
    how: str, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "alembic.ini"
    path.write_text(
        "[loggers]\nkeys = root\n[handlers]\nkeys = none\n[formatters]\nkeys =\n"
        "[logger_root]\nhandlers = none\n[handler_none]\nclass = NullHandler\nargs = ()\n"
    )
    with configured(None):
        if how == "dictConfig":
            logging.config.dictConfig({"version": 1, "disable_existing_loggers": True})
        else:
            logging.config.fileConfig(path)
        for name in OWN_LOGGERS:
            logging.getLogger(name).warning("still here")

    assert capfd.readouterr().err.count("still here\n") == len(OWN_LOGGERS)


def test_every_logger_of_ours_is_known() -> None:
    sources = Path(api_hour.__file__).parent.rglob("*.py")
    found = {name for path in sources for name in re.findall(r'getLogger\("(api_hour[^"]*)"\)', path.read_text())}

    assert found == set(OWN_LOGGERS)


def test_times_name_their_offset_and_an_application_cannot_make_them_jump(tmp_path: Path) -> None:
    program = """
import logging, os, time
from api_hour.access_log.atoms import _show_time
from api_hour.log import configure_logging
configure_logging(None)
logging.getLogger("api_hour.test").info(_show_time(0))
os.environ["TZ"] = "Asia/Tokyo"
time.tzset()
logging.getLogger("api_hour.test").info(_show_time(86400))
"""
    for zone, offset in (("Europe/Brussels", "+0100"), ("UTC", "+0000"), ("EST5", "-0500"), ("", "+0000")):
        ended = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, check=True, text=True, env={**os.environ, "TZ": zone}
        )
        for line in ended.stderr.splitlines():
            date, time, *_, shown = line.split(" ")
            written = datetime.fromisoformat(f"{date} {time}")
            assert abs((datetime.now(UTC) - written).total_seconds()) < 3600
            assert shown == f"{offset}]"
        assert ended.stderr.count("\n") == 2


def test_logging_can_be_set_up_again_in_the_place_of_what_was(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    old, new = tmp_path / "old.log", tmp_path / "new.log"
    with configured(None, log_file=old):
        configure_logging(None, log_file=old, log_format="old %(message)s")
        logging.getLogger("api_hour.test").info("1")
        configure_logging(None, log_file=new, log_format="new %(message)s", level="warning")
        logging.getLogger("api_hour.test").info("2")
        logging.getLogger("api_hour.test").warning("3")
        logging.getLogger("others").warning("4")

    assert old.read_text() == "old 1\n"
    assert new.read_text() == "new 3\nnew 4\n"
    assert capfd.readouterr().err == ""


def test_what_was_set_up_stays_when_a_file_cannot_be_used(tmp_path: Path) -> None:
    log, broken = tmp_path / "a.log", tmp_path / "logging.ini"
    broken.write_text(
        "[loggers]\nkeys = root\n[handlers]\nkeys = none\n[formatters]\nkeys =\n"
        "[logger_root]\nlevel = DEBUG\nhandlers = nowhere\n[handler_none]\nclass = NullHandler\n"
    )
    with configured(None, log_file=log):
        level = logging.getLogger().level
        for logconfig, log_file in ((broken, None), (None, tmp_path / "no" / "a.log")):
            with pytest.raises(ConfigError):
                configure_logging(logconfig, log_file=log_file)
            logging.getLogger("api_hour.test").info("still here")

        assert logging.getLogger().level == level
    assert log.read_text().count("still here\n") == 2


def test_a_file_that_says_how_to_log_takes_the_place_of_the_options(tmp_path: Path) -> None:
    log, logconfig = tmp_path / "a.log", tmp_path / "logging.ini"
    logconfig.write_text(
        "[loggers]\nkeys = root,own\n[handlers]\nkeys = file\n[formatters]\nkeys =\n[logger_root]\nhandlers =\n"
        "[logger_own]\nqualname = api_hour\nlevel = INFO\nhandlers = file\n"
        f"[handler_file]\nclass = FileHandler\nargs = ({str(tmp_path / 'app.log')!r},)\n"
    )
    with configured(None, log_file=log):
        configure_logging(logconfig)
        logging.getLogger("api_hour.test").info("here")

    assert (log.read_text(), (tmp_path / "app.log").read_text()) == ("", "here\n")
