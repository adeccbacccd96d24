"""Logging: to standard error by default, or as a file says."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from api_hour.errors import ConfigError
from api_hour.log import configure_logging


@contextmanager
def configured(logconfig: Path | None, *, level: str = "info", log_file: Path | None = None) -> Iterator[None]:
    """Configure logging as in a new process, and put everything back as it was, pytest's own handlers too."""
    root = logging.getLogger()
    handlers, old_level = root.handlers[:], root.level
    root.handlers.clear()
    try:
        configure_logging(logconfig, level=level, log_file=log_file)
        yield
    finally:
        logging.captureWarnings(False)
        for handler in root.handlers:
            handler.close()
        root.handlers[:] = handlers
        root.setLevel(old_level)


def test_facts_go_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    with configured(None):
        logging.getLogger("api_hour.test").info("it is %s", "so")
        logging.getLogger("api_hour.test").debug("not this")

    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.endswith("INFO api_hour.test: it is so\n")
    assert output.err.count("\n") == 1


def test_warnings_of_python_are_logged(capsys: pytest.CaptureFixture[str]) -> None:
    with configured(None):
        warnings.showwarning("mind this", UserWarning, "app.py", 7)

    first_line = capsys.readouterr().err.splitlines()[0]
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


def test_a_file_that_cannot_be_used_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "logging.ini"
    path.write_text("[loggers]\n")

    with pytest.raises(ConfigError) as caught, configured(path):
        pass

    assert str(caught.value) == f"--logconfig: {path}: KeyError: 'formatters'"


def test_the_level_is_the_one_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    with configured(None, level="warning"):
        logging.getLogger("api_hour.test").info("not this")
        logging.getLogger("api_hour.test").warning("but this")

    assert capsys.readouterr().err.endswith("WARNING api_hour.test: but this\n")


def test_a_log_file_that_is_moved_away_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    with configured(None, log_file=path):
        logging.getLogger("api_hour.test").info("first")
        path.rename(tmp_path / "a.log.1")
        logging.getLogger("api_hour.test").info("second")

    assert (tmp_path / "a.log.1").read_text().endswith("first\n")
    assert path.read_text().endswith("second\n")


def test_a_line_that_cannot_be_written_fails_nobody(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "logs").mkdir()
    with configured(None, log_file=tmp_path / "logs" / "a.log"):
        (tmp_path / "logs").rename(tmp_path / "gone")

        logging.getLogger("api_hour.test").info("lost")

    assert "FileNotFoundError" in capsys.readouterr().err


def test_a_log_file_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught, configured(None, log_file=tmp_path):
        pass

    assert str(caught.value) == f"--log-file: {tmp_path} cannot be written to: Is a directory."
