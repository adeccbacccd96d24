"""The options of the two logs."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from api_hour.config.values import check_access_log, check_file, check_log_format, check_new_file, read_log_level
from api_hour.log.formats import TEXT

LogLevel = Literal["trace", "debug", "info", "warning", "error", "critical"]


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class LogOptions:
    """The daemon's log and the access log."""

    logconfig: Annotated[
        Path | None,
        Parameter(
            validator=check_file,
            help="Logging configuration in the format of logging.config.fileConfig; or, by its name, JSON or YAML.",
        ),
    ] = None
    log_level: Annotated[
        LogLevel,
        Parameter(
            converter=read_log_level, help="What is logged at least; a logging configuration says it for itself."
        ),
    ] = "info"
    log_file: Annotated[
        Path | None,
        Parameter(
            validator=check_new_file,
            help="File to log to instead of standard error; it may be moved away, and a new one is begun.",
        ),
    ] = None
    log_format: Annotated[
        str,
        Parameter(
            name="--log-format",
            validator=check_log_format,
            help="Form of the daemon's lines: text, json, or a format of logging's, such as '%(name)s %(message)s'.",
        ),
    ] = TEXT
    use_colors: Annotated[
        bool,
        Parameter(name="--use-colors", help="Colour the levels of what is logged to standard error."),
    ] = False
    access_log: Annotated[
        str | None,
        Parameter(
            name="--access-log",
            validator=check_access_log,
            help="Write a line for each request: json, common, combined, or a format of Gunicorn's atoms; or off.",
        ),
    ] = None
    access_log_file: Annotated[
        Path | None,
        Parameter(
            name="--access-log-file",
            validator=check_new_file,
            help="File for it, instead of standard output (or the logging configuration's logger api_hour.access).",
        ),
    ] = None
