"""The options of how the application is found, and of what it finds."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from api_hour.config.target_text import called
from api_hour.config.until_restart import UNTIL_RESTART
from api_hour.config.values import check_directories, check_files, check_variables


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class ApplicationOptions:
    """Where an application is imported from, and the environment that it has."""

    factory: Annotated[
        bool,
        Parameter(name="--factory", negative="", help="Call what TARGET names: that returns what is served."),
    ] = False
    app_dirs: Annotated[
        tuple[Path, ...],
        Parameter(
            name="--app-dir",
            validator=check_directories,
            negative="",
            help="Directory to look for modules in, before --chdir. May be repeated.",
        ),
    ] = ()
    env_files: Annotated[
        tuple[Path, ...],
        UNTIL_RESTART,
        Parameter(
            name="--env-file",
            validator=check_files,
            negative="",
            help="File of environment variables, which those that are set already win over. May be repeated. "
            "Needs api-hour[dotenv].",
        ),
    ] = ()
    env: Annotated[
        tuple[str, ...],
        UNTIL_RESTART,
        Parameter(
            name=["--env", "-e"],
            validator=check_variables,
            negative="",
            help="NAME=VALUE, an environment variable of the application. May be repeated.",
        ),
    ] = ()

    def variables(self) -> dict[str, str]:
        """Return the environment variables of `--env`."""
        return {name: value for name, _, value in (text.partition("=") for text in self.env)}

    def target_of(self, text: str) -> str:
        """Return TARGET as a worker takes it: with `--factory`, called.

        Raises:
            ConfigError: it has none of the forms, or there is nothing to call.
        """
        return called(text) if self.factory else text
