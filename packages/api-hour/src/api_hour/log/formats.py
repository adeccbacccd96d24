"""The forms of a line in the daemon's log: `--log-format`."""

import json
import logging
from datetime import UTC, datetime

from api_hour.log.context import LineContext
from api_hour.log.local_time import ZONE

TEXT = "text"
JSON = "json"
TRACE = 5  # what uvicorn has below DEBUG
COLOURS = {  # SGR, of ECMA-48
    TRACE: 34, logging.DEBUG: 36, logging.INFO: 32, logging.WARNING: 33, logging.ERROR: 31, logging.CRITICAL: 91,
}  # fmt: skip
_NO_COLOUR = 39
LOG_FORMAT = "%(asctime)s [%(process)d] %(levelname)s %(name)s: %(message)s"

_CONTEXT = LineContext()
_CONTEXT_FIELDS = frozenset({"worker_id", "request_id"})
_STANDARD_ATTRIBUTES = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonFormatter(logging.Formatter):
    """Makes each line a JSON object: time, level, logger, process_id, message, and what the call gives as `extra`.

    A worker's lines have its number in `worker_id`, those about a request its id in `request_id`, if requests have
    ids. An exception comes in `exception`, the ends of its lines inside the text. For `logging.ini`:
    `class = api_hour.log.JsonFormatter`.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return one line, without its end."""
        _CONTEXT.filter(record)
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "process_id": record.process,
            "message": record.getMessage(),
        }
        passed_over = _STANDARD_ATTRIBUTES | line.keys()
        fields = {name: value for name, value in vars(record).items() if name not in passed_over}
        line |= {name: value for name, value in fields.items() if value is not None or name not in _CONTEXT_FIELDS}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        if record.stack_info:
            line["stack"] = self.formatStack(record.stack_info)
        return json.dumps(line, default=str)


class LineFormatter(logging.Formatter):
    """Writes a line with a time that names its offset from UTC."""

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: ARG002, N802  # logging's
        """Return the time, in the zone of whoever started the daemon."""
        return datetime.fromtimestamp(record.created, ZONE).isoformat(" ", timespec="milliseconds")


class ColouredFormatter(LineFormatter):
    """Writes the level in its colour."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  # logging's
        """Return the line of a record."""
        level = record.levelname
        record.levelname = f"\x1b[{COLOURS.get(record.levelno, _NO_COLOUR)}m{level}\x1b[0m"
        try:
            return super().formatMessage(record)
        finally:
            record.levelname = level


def formatter_of(text: str, *, is_coloured: bool = False) -> logging.Formatter:
    """Return what makes a line of a record.

    Args:
        text: `text`, `json`, or a format with the attributes of a `logging.LogRecord`, `worker_id` and `request_id`.
        is_coloured: whether levels have colours; in JSON they have none.

    Raises:
        ValueError: it is none of these.
    """
    if text == JSON:
        return JsonFormatter()
    try:
        if not text:
            raise ValueError(text)  # noqa: TRY301  # logging takes it for its default
        kind = ColouredFormatter if is_coloured else LineFormatter
        formatter = kind(LOG_FORMAT if text == TEXT else text)
        record = logging.makeLogRecord({"name": "api_hour", "msg": "a trial"})
        _CONTEXT.filter(record)
        formatter.format(record)
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"expected text, json or a format such as {LOG_FORMAT!r}; got {text!r}.") from error
    return formatter
