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
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

from api_hour.errors import ConfigError
from api_hour.log.context import LineContext
from api_hour.log.formats import TEXT, TRACE, formatter_of
from api_hour.log.outlet import Outlet
from api_hour.process.standard_descriptors import lead_output_to

LOG = logging.getLogger("api_hour.log")

STANDARD_ERROR = 2
OWN_LOGGERS = (
    "api_hour", "api_hour.access", "api_hour.config", "api_hour.container", "api_hour.engines", "api_hour.http",
    "api_hour.http.websocket", "api_hour.log", "api_hour.plugins.aiohttp", "api_hour.supervisor", "api_hour.worker",
)  # fmt: skip
LAST_RESORT = logging.lastResort


class OutletHandler(logging.Handler):
    """Writes lines to an outlet: who logs waits for no reader. A line that cannot be written fails nobody."""

    def __init__(self, outlet: Outlet) -> None:
        super().__init__()
        self.outlet = outlet
        self.addFilter(LineContext())

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line; an error goes to standard error."""
        try:
            self.outlet.write(f"{self.format(record)}\n".encode("utf-8", "backslashreplace"))
        except Exception:  # noqa: BLE001  # as every handler of logging does
            self.handleError(record)

    def flush(self) -> None:
        """Wait for a moment until all is written."""
        self.outlet.flush()


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
    log_format: str = TEXT,
    worker_id: int | None = None,
    use_colors: bool = False,
) -> None:
    """Set logging up for this process, in the place of what an earlier call has set; Python's warnings are logged too.

    Args:
        logconfig: a file in the format of `logging.config.fileConfig`, or in that of `dictConfig` as JSON or YAML,
            which says everything; None to log in one format to one place.
        level: what the daemon logs at least, without `logconfig`.
        log_file: where to, without `logconfig`; None for standard error. A file that is moved away is begun anew.
        prints_to_log: whether the standard output and error of this process lead to `log_file`, too, and follow it.
        log_format: how, without `logconfig`: see `formatter_of`.
        worker_id: the number of the worker that this process is; None for the supervisor.
        use_colors: whether levels are coloured on standard error.

    Raises:
        ConfigError: a file cannot be used; all is as it was before.
    """
    LineContext.worker_id = worker_id
    logging.captureWarnings(True)
    logging.addLevelName(TRACE, "TRACE")
    for name in OWN_LOGGERS:
        logging.getLogger(name).__class__ = OwnLogger
    if logconfig is not None:
        _read_logconfig(logconfig)
        return
    try:
        outlet = _outlet_of(log_file, lead_output_to if prints_to_log else None)
    except OSError as error:
        raise ConfigError(f"--log-file: {log_file} cannot be written to: {error.strerror}.") from error
    handler = OutletHandler(outlet)
    handler.setFormatter(formatter_of(log_format, is_coloured=use_colors and log_file is None))
    own = logging.getLogger("api_hour")
    _remove_own_handlers(but=outlet)
    own.addHandler(handler)
    own.setLevel(level.upper())
    own.propagate = False
    logging.lastResort = handler  # what others log when nobody has said where to, from WARNING on
    logging.getLogger("py.warnings").addHandler(UnlessConfigured(handler))  # which has a handler: no last resort


def _outlet_of(log_file: Path | str | None, on_moved: Callable[[int], None] | None) -> Outlet:
    """Return the outlet that an earlier call has opened for the same place, or a new one."""
    for handler in logging.getLogger("api_hour").handlers:
        if isinstance(handler, OutletHandler) and handler.outlet.path == log_file:
            return handler.outlet
    return Outlet(STANDARD_ERROR, path=log_file, on_lost=_tell_lost, on_moved=on_moved)


def _remove_own_handlers(*, but: Outlet | None = None) -> None:
    """Remove what an earlier call has set, and close its file unless that is written to from now on, too."""
    for name in ("api_hour", "py.warnings"):
        logger = logging.getLogger(name)
        for handler in [*logger.handlers]:
            if isinstance(handler, OutletHandler | UnlessConfigured):
                logger.removeHandler(handler)
            if isinstance(handler, OutletHandler) and handler.outlet is not but:
                handler.outlet.close()
    logging.lastResort = LAST_RESORT


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
    loggers = [logging.getLogger(), *logging.root.manager.loggerDict.values()]
    before = [(it, [*it.handlers], it.level, it.propagate) for it in loggers if isinstance(it, logging.Logger)]
    name = str(path)
    try:
        if name.endswith(".json"):
            logging.config.dictConfig(json.loads(Path(path).read_text(encoding="utf-8")))
        elif name.endswith((".yaml", ".yml")):
            logging.config.dictConfig(yaml.safe_load(Path(path).read_text(encoding="utf-8")))
        else:
            logging.config.fileConfig(path, disable_existing_loggers=False)
    except Exception as error:
        for logger, handlers, level, propagate in before:
            logger.handlers[:], logger.propagate = handlers, propagate
            logger.setLevel(level)
        raise ConfigError(f"--logconfig: {path}: {type(error).__name__}: {error}") from error
    own = logging.getLogger("api_hour")
    if any(isinstance(handler, OutletHandler) for handler in own.handlers):  # there was no such file before
        _remove_own_handlers()
        own.propagate = True
        own.setLevel(logging.NOTSET)
