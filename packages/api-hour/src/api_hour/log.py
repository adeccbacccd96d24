"""How the daemon logs: to standard error, or as a logging.config file says. The same in every process."""

import json
import logging
import logging.config
from datetime import UTC, datetime
from pathlib import Path

from api_hour.errors import ConfigError

LOG_FORMAT = "%(asctime)s [%(process)d] %(levelname)s %(name)s: %(message)s"

_STANDARD_ATTRIBUTES = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonFormatter(logging.Formatter):
    """Makes each line a JSON object: time, level, logger, process_id, message, and what the call gives as `extra`.

    An exception comes in `exception`, the ends of its lines inside the text. For `logging.ini`:
    `class = api_hour.log.JsonFormatter`.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return one line, without its end."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "process_id": record.process,
            "message": record.getMessage(),
        }
        passed_over = _STANDARD_ATTRIBUTES | line.keys()
        line |= {name: value for name, value in vars(record).items() if name not in passed_over}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        if record.stack_info:
            line["stack"] = self.formatStack(record.stack_info)
        return json.dumps(line, default=str)


def configure_logging(logconfig: Path | str | None) -> None:
    """Set logging up once for this process; Python's warnings are logged too.

    Args:
        logconfig: a file in the format of `logging.config.fileConfig`; None for standard error.

    Raises:
        ConfigError: the file cannot be used.
    """
    logging.captureWarnings(True)
    if logconfig is None:
        logging.basicConfig(level=logging.INFO, format=LOG_FORMAT)
        return
    try:
        logging.config.fileConfig(logconfig, disable_existing_loggers=False)
    except Exception as error:
        raise ConfigError(f"--logconfig: {logconfig}: {type(error).__name__}: {error}") from error
