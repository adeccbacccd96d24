"""The options that lead from a command line to a running daemon: its files and its monitor."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from api_hour.config.binds import MONITOR_FORMS, TcpBind, UnixBind, parse_bind
from api_hour.config.until_restart import UNTIL_RESTART
from api_hour.config.values import check_directory, check_file, check_monitor, check_new_file


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Location:
    """The places of a daemon's configuration, pid file and monitor."""

    auto_config: Annotated[
        bool,
        Parameter(
            name=["--auto_config", "-ac"],
            negative="",
            help="Read the configuration from etc/APP/, APP being TARGET's module.",
        ),
    ] = False
    config_dir: Annotated[
        Path | None,
        Parameter(name="--config_dir", validator=check_directory, help="Directory that holds main/main.yaml."),
    ] = None
    config: Annotated[
        Path | None,
        Parameter(
            name=["--config", "-c"],
            validator=check_file,
            help="File that sets options: TOML if its name ends in .toml, else Python.",
        ),
    ] = None
    chdir: Annotated[
        Path,
        UNTIL_RESTART,
        Parameter(validator=check_directory, help="Directory to change to before TARGET is imported."),
    ] = Path()
    pid_file: Annotated[
        Path | None,
        UNTIL_RESTART,
        Parameter(
            name=["--pid", "-p"],
            validator=check_new_file,
            help="File that holds the supervisor's process id, and is locked as long as it serves.",
        ),
    ] = None
    monitor: Annotated[
        str | None,
        UNTIL_RESTART,
        Parameter(
            name="--monitor",
            validator=check_monitor,
            help=f"Address for metrics, health and status: {MONITOR_FORMS}. None by default.",
        ),
    ] = None

    def monitor_bind(self) -> TcpBind | UnixBind | None:
        """Return the parsed address of the monitor; None for no monitor."""
        if self.monitor is None:
            return None
        bind = parse_bind(self.monitor)
        assert isinstance(bind, TcpBind | UnixBind)  # see check_monitor
        return bind
