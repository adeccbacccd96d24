"""The forms of a line in the daemon's log."""

import json
import logging
import logging.config
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from api_hour.log.context import REQUEST_ID, LineContext
from api_hour.log.formats import formatter_of

PAGE = Path(__file__).parents[4] / "docs" / "api-hour" / "http.md"


@pytest.fixture
def worker() -> Iterator[None]:
    LineContext.worker_id = 3
    token = REQUEST_ID.set("r-7")
    yield
    REQUEST_ID.reset(token)
    LineContext.worker_id = None


def line(form: str, **fields: object) -> str:
    """Return the line of a record as a handler of the daemon's writes it."""
    record = logging.makeLogRecord({"name": "api_hour.test", "levelname": "INFO", "msg": "it is so", **fields})
    LineContext().filter(record)
    return formatter_of(form).format(record)


def test_text_is_the_time_the_process_the_level_the_logger_and_the_message() -> None:
    assert line("text", process=7, created=0.0).endswith(" [7] INFO api_hour.test: it is so")


def test_a_format_has_the_attributes_of_a_record() -> None:
    assert line("%(levelname)s <%(message)s>") == "INFO <it is so>"


@pytest.mark.usefixtures("worker")
def test_a_format_has_the_worker_and_the_request() -> None:
    assert line("%(worker_id)s %(request_id)s %(message)s") == "3 r-7 it is so"
    assert line("%(worker_id)s", worker_id=5) == "5", "of whom the supervisor speaks"


def test_json_is_an_object_a_line() -> None:
    try:
        int("no")
    except ValueError:
        document = json.loads(line("json", process=7, created=0.0, exc_info=sys.exc_info()))

    assert document.pop("exception").endswith("ValueError: invalid literal for int() with base 10: 'no'")
    assert document == {
        "time": "1970-01-01T00:00:00.000+00:00",
        "level": "INFO",
        "logger": "api_hour.test",
        "process_id": 7,
        "message": "it is so",
    }


@pytest.mark.usefixtures("worker")
def test_json_has_the_worker_and_the_request() -> None:
    document = json.loads(line("json"))

    assert (document["worker_id"], document["request_id"]) == (3, "r-7")


@pytest.mark.parametrize("form", ["", "jason", "%(nothing)s", "%(message)d", "100 %", "%(message)"])
def test_what_is_no_format_is_refused(form: str) -> None:
    with pytest.raises(ValueError, match=r"\Aexpected text, json or a format such as '%\(asctime\)s .*; got "):
        formatter_of(form)


@pytest.mark.usefixtures("worker")
def test_an_application_s_own_logging_has_them_by_a_filter(tmp_path: Path) -> None:
    """The configuration is that of docs/api-hour/http.md, but for where it goes, and whose logger it is."""
    text = PAGE.read_text()
    [found] = re.findall(r"^```yaml\n(version: 1\n.*?)^```", text, re.MULTILINE | re.DOTALL)
    configuration = yaml.safe_load(found)
    path = tmp_path / "a.log"
    configuration["handlers"]["console"] |= {"class": "logging.FileHandler", "filename": str(path)}
    configuration["loggers"] = {"an.application": configuration.pop("root")}

    logging.config.dictConfig({**configuration, "incremental": False, "disable_existing_loggers": False})
    logger = logging.getLogger("an.application")
    logger.propagate = False
    try:
        logger.info("here")
    finally:
        [handler] = logger.handlers
        logger.removeHandler(handler)
        handler.close()

    assert path.read_text() == "r-7 here\n"
