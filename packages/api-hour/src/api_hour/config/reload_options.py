"""The options of reloading while an application is developed."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from api_hour.config.until_restart import UNTIL_RESTART
from api_hour.config.values import check_directories


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class ReloadOptions:
    """Which changes of which files replace the worker."""

    reload: Annotated[
        bool,
        UNTIL_RESTART,
        Parameter(
            name="--reload",
            negative="",
            help="For development: one worker, replaced when a source file changes. Needs api-hour[reload].",
        ),
    ] = False
    reload_dirs: Annotated[
        tuple[Path, ...],
        UNTIL_RESTART,
        Parameter(
            name="--reload-dir",
            validator=check_directories,
            negative="",
            help="Directory to watch with --reload, instead of those of the application. May be repeated.",
        ),
    ] = ()
    reload_include: Annotated[
        tuple[str, ...],
        UNTIL_RESTART,
        Parameter(
            name="--reload-include",
            negative="",
            help="Names of files that count as sources beside *.py, *.yaml and *.toml, such as *.html. "
            "May be repeated.",
        ),
    ] = ()
    reload_exclude: Annotated[
        tuple[str, ...],
        UNTIL_RESTART,
        Parameter(
            name="--reload-exclude",
            negative="",
            help="Names of files that do not count, or of directories, such as test_*. May be repeated.",
        ),
    ] = ()
