"""The daemon's logging: to standard error or a file, or as a logging.config file says. The same in every process.

The root logger is the application's: `logging.basicConfig` and the like find it untouched. The daemon's own loggers
have a handler of their own and pass nothing on, so that no line of theirs comes twice, and nobody who "disables
existing loggers" silences them. What others log goes to the same place until the application says where to.
"""

import json
import logging
import logging.config
import logging.handlers
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import yaml

from api_hour.errors import ConfigError
from api_hour.log.local_time import ZONE
from api_hour.log.outlet import Outlet
from api_hour.process.standard_descriptors import lead_output_to

LOG = logging.getLogger("api_hour.log")

STANDARD_ERROR = 2
TRACE = 5  # what uvicorn has below DEBUG
COLOURS = {  # SGR, of ECMA-48
    TRACE: 34, logging.DEBUG: 36, logging.INFO: 32, logging.WARNING: 33, logging.ERROR: 31, logging.CRITICAL: 91,
}  # fmt: skip
_NO_COLOUR = 39
OWN_LOGGERS = (
    "api_hour", "api_hour.access", "api_hour.config", "api_hour.container", "api_hour.engines", "api_hour.http",
    "api_hour.http.websocket", "api_hour.log", "api_hour.plugins.aiohttp", "api_hour.supervisor", "api_hour.worker",
)  # fmt: skip
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


class OutletHandler(logging.Handler):
    """Writes lines to an outlet: who logs waits for no reader. A line that cannot be written fails nobody."""

    def __init__(self, outlet: Outlet) -> None:
        super().__init__()
        self._outlet = outlet

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line; an error goes to standard error."""
        try:
            self._outlet.write(f"{self.format(record)}\n".encode("utf-8", "backslashreplace"))
        except Exception:  # noqa: BLE001  # as every handler of logging does
            self.handleError(record)

    def flush(self) -> None:
        """Wait for a moment until all is written."""
        self._outlet.flush()


class UnlessConfigured(logging.Handler):
    """Passes lines on to another handler, until the application gives the root logger one of its own."""

    def __init__(self, handler: logging.Handler) -> None:
        super().__init__()
        self._handler = handler

    def emit(self, record: logging.LogRecord) -> None:
        """Pass a line on."""
        if not logging.getLogger().handlers:
            self._handler.handle(record)


class OwnLogger(logging.Logger):
    """A logger that is not disabled with those that "exist": see `disable_existing_loggers` of logging.config."""

    @property
    def disabled(self) -> bool:  # an attribute of every other logger
        """Never; its level and its handlers may be set as of any other."""
        return False

    @disabled.setter
    def disabled(self, _value: bool) -> None:
        """Pass it over."""


def configure_logging(
    logconfig: Path | str | None,
    *,
    level: str = "info",
    log_file: Path | str | None = None,
    prints_to_log: bool = False,
    use_colors: bool = False,
) -> None:
    """Set logging up once for this process; Python's warnings are logged too.

    Args:
        logconfig: a file in the format of `logging.config.fileConfig`, or in that of `dictConfig` as JSON or YAML,
            which says everything; None to log in one format to one place.
        level: what the daemon logs at least, without `logconfig`.
        log_file: where to, without `logconfig`; None for standard error. A file that is moved away is begun anew.
        prints_to_log: whether the standard output and error of this process lead to `log_file`, too, and follow it.
        use_colors: whether levels are coloured on standard error.

    Raises:
        ConfigError: a file cannot be used.
    """
    logging.captureWarnings(True)
    logging.addLevelName(TRACE, "TRACE")
    for name in OWN_LOGGERS:
        logging.getLogger(name).__class__ = OwnLogger
    if logconfig is not None:
        _read_logconfig(logconfig)
        return
    try:
        on_moved = lead_output_to if prints_to_log else None
        handler = OutletHandler(Outlet(STANDARD_ERROR, path=log_file, on_lost=_tell_lost, on_moved=on_moved))
    except OSError as error:
        raise ConfigError(f"--log-file: {log_file} cannot be written to: {error.strerror}.") from error
    colours = use_colors and log_file is None
    handler.setFormatter(ColouredFormatter(LOG_FORMAT) if colours else LineFormatter(LOG_FORMAT))
    own = logging.getLogger("api_hour")
    own.addHandler(handler)
    own.setLevel(level.upper())
    own.propagate = False
    logging.lastResort = handler  # what others log when nobody has said where to, from WARNING on
    logging.getLogger("py.warnings").addHandler(UnlessConfigured(handler))  # which has a handler: no last resort


@contextmanager
def logging_kept() -> Iterator[None]:
    """Undo at the end what `configure_logging` does meanwhile, but for what a `logging.config` file says of others."""
    loggers = [logging.getLogger(name) for name in ("api_hour", "py.warnings")]
    handlers = [[*logger.handlers] for logger in loggers]
    own = loggers[0]
    level, propagate, last_resort = own.level, own.propagate, logging.lastResort
    show_warning = warnings.showwarning
    try:
        yield
    finally:
        for logger, kept in zip(loggers, handlers, strict=True):
            for handler in [*logger.handlers]:
                if handler not in kept:
                    logger.removeHandler(handler)
                    handler.flush()
        own.setLevel(level)
        own.propagate, logging.lastResort = propagate, last_resort
        if warnings.showwarning is not show_warning:
            logging.captureWarnings(False)


def _tell_lost(lines: int) -> None:
    LOG.warning("%d lines were lost: nobody read what was logged", lines)


def _read_logconfig(path: Path | str) -> None:
    name = str(path)
    try:
        if name.endswith(".json"):
            logging.config.dictConfig(json.loads(Path(path).read_text(encoding="utf-8")))
        elif name.endswith((".yaml", ".yml")):
            logging.config.dictConfig(yaml.safe_load(Path(path).read_text(encoding="utf-8")))
        else:
            logging.config.fileConfig(path, disable_existing_loggers=False)
    except Exception as error:
        raise ConfigError(f"--logconfig: {path}: {type(error).__name__}: {error}") from error
