"""How the daemon logs: to standard error or a file, or as a logging.config file says. The same in every process."""

import json
import logging
import logging.config
import logging.handlers
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


class LogFile(logging.handlers.WatchedFileHandler):
    """A file that may be moved away: a new one is begun. A line that cannot be written fails nobody who logs."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line; an error goes to standard error."""
        try:
            super().emit(record)
        except OSError:  # WatchedFileHandler lets those of opening through
            self.handleError(record)


def configure_logging(logconfig: Path | str | None, *, level: str = "info", log_file: Path | str | None = None) -> None:
    """Set logging up once for this process; Python's warnings are logged too.

    Args:
        logconfig: a file in the format of `logging.config.fileConfig`, which says everything; None to log
            in one format to one place.
        level: what is logged at least, without `logconfig`.
        log_file: where to, without `logconfig`; None for standard error. A file that is moved away is begun anew.

    Raises:
        ConfigError: a file cannot be used.
    """
    logging.captureWarnings(True)
    if logconfig is not None:
        _read_logconfig(logconfig)
        return
    try:
        handler = logging.StreamHandler() if log_file is None else LogFile(log_file, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"--log-file: {log_file} cannot be written to: {error.strerror}.") from error
    logging.basicConfig(level=level.upper(), format=LOG_FORMAT, handlers=[handler])


def _read_logconfig(path: Path | str) -> None:
    try:
        logging.config.fileConfig(path, disable_existing_loggers=False)
    except Exception as error:
        raise ConfigError(f"--logconfig: {path}: {type(error).__name__}: {error}") from error
