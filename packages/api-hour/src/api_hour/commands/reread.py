"""A reload's options: the command line that a daemon was started with, its files and the environment, read again."""

from contextlib import chdir
from dataclasses import replace
from pathlib import Path

from api_hour.commands.launch import Launch, plan
from api_hour.config.renewal import renew
from api_hour.errors import ConfigError
from api_hour.supervisor.renewal import Renewed


class Rereading:
    """Reads what a running daemon was told again: see `Reread`.

    Args:
        launch: what it was told at its start.
        launched_in: what relative paths are relative to.
    """

    def __init__(self, launch: Launch, launched_in: Path) -> None:
        self._running = launch
        self._launched_in = launched_in

    def __call__(self) -> Renewed:
        """Return the options that count from now on.

        Raises:
            ApiHourError: they cannot be; those of before still count.
        """
        try:
            with chdir(self._launched_in):
                return self._read()
        except OSError as error:
            raise ConfigError(f"{self._launched_in}, where the daemon was started: {error.strerror}.") from error

    def _read(self) -> Renewed:
        read = self._running.again()
        renewed = renew(self._running.settings, read.settings)
        launch = replace(read, settings=renewed.settings, again=self._running.again)
        settings, spec, warnings = plan(launch)
        self._running = launch
        kept = (
            f"{option} stays until the daemon is restarted, or a successor (USR2) takes over" for option in renewed.kept
        )
        return Renewed(settings=settings, spec=spec, changes=renewed.changes, warnings=(*kept, *warnings))
