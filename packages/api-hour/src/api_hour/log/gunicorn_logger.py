"""The logger that Containers written for API-Hour 0.8 and Gunicorn's hooks know: `worker.log`, `server.log`.

It speaks through the loggers that Gunicorn names, so that a logging configuration written for Gunicorn counts. What is
said there goes where the daemon's own log goes, until the application or a configuration says where to.
"""

import logging
from collections.abc import Callable
from typing import Any

ERROR_LOG = "gunicorn.error"
ACCESS_LOG = "gunicorn.access"


class LineHandler(logging.Handler):
    """Hands each message to a function."""

    def __init__(self, write: Callable[[str], None]) -> None:
        super().__init__()
        self._write = write

    def emit(self, record: logging.LogRecord) -> None:
        """Hand a message on; an error goes to standard error."""
        try:
            self._write(record.getMessage())
        except Exception:  # noqa: BLE001  # as every handler of logging does
            self.handleError(record)


class GunicornLogger:
    """A logger as Gunicorn's: all that `logging.Logger` has, and the two loggers behind it.

    Attributes:
        error_log: says what this one is told.
        access_log: takes the lines of an access log; enabled when there is one, or when logging is configured so.
    """

    def __init__(self) -> None:
        self.error_log = logging.getLogger(ERROR_LOG)
        self.access_log = logging.getLogger(ACCESS_LOG)

    def __getattr__(self, name: str) -> Any:
        """Return what the error log has: `info`, `exception`, `isEnabledFor` and the like.

        Raises:
            AttributeError: it has no such thing.
        """
        return getattr(self.__dict__.get("error_log"), name)  # a copy that is being made has none yet

    def log(self, lvl: int | str, msg: object, *args: object, **kwargs: Any) -> None:
        """Log with a level that is given as a number or by its name."""
        level = logging.getLevelNamesMapping().get(lvl.upper(), logging.INFO) if isinstance(lvl, str) else lvl
        self.error_log.log(level, msg, *args, **{"stacklevel": 2} | kwargs)


def open_gunicorn_logger(
    level: str | None, *, write: Callable[[str], None] | None = None, has_access_log: bool = False
) -> GunicornLogger:
    """Return the logger of this process.

    Args:
        level: what is logged at least; None to leave that to logging's configuration.
        write: takes the lines of the access log; None to leave them to logging, too.
        has_access_log: whether there is an access log.
    """
    log = GunicornLogger()
    if level is not None:
        log.error_log.setLevel(level.upper())
    if has_access_log:
        log.access_log.setLevel(logging.INFO)
    if write is not None:
        log.access_log.handlers[:] = [LineHandler(write)]
        log.access_log.propagate = False
    return log
