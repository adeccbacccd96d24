"""Every option is declared once: in `Settings`, or in the group that it belongs to, which is a part of `Settings`.

From that one declaration come the command-line flag, its help, the environment variable (`API_HOUR_` and the
flag's name) and the key in a configuration file. The last of these wins: default, configuration file, environment,
command line.

A reload reads them again (`renewal.py`), and takes all but those that are marked `UNTIL_RESTART`.

A group is a value that travels whole (`Settings.part`) to whoever acts on it: the policy, the workers, HTTP.

Nothing here opens a socket or starts a process; only the number of cores is read.
"""

from dataclasses import dataclass, fields, replace
from typing import Annotated, TypeVar

from cyclopts import Parameter

from api_hour.config.address_options import AddressOptions
from api_hour.config.application_options import ApplicationOptions
from api_hour.config.http_options import HttpOptions
from api_hour.config.location import Location
from api_hour.config.log_options import LogOptions
from api_hour.config.metrics_options import MetricsOptions
from api_hour.config.reload_options import ReloadOptions
from api_hour.config.until_restart import UNTIL_RESTART
from api_hour.config.values import check_name, read_mode, show_mode
from api_hour.config.worker_options import WorkerOptions

Part = TypeVar("Part", WorkerOptions, HttpOptions, LogOptions)


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Settings(
    ReloadOptions, LogOptions, MetricsOptions, HttpOptions, WorkerOptions, AddressOptions, ApplicationOptions, Location
):
    """Everything that can be set about a daemon; in `--help`, the groups come in the reverse order.

    No class of options has slots: several that have cannot be joined.
    """

    ready_needs_engines: Annotated[
        bool,
        UNTIL_RESTART,
        Parameter(
            name="--ready-needs-engines",
            negative="",
            help="Let /health/ready say no while an engine is up in no worker.",
        ),
    ] = False
    daemon: Annotated[
        bool,
        UNTIL_RESTART,
        Parameter(
            name=["--daemon", "-D"],
            negative="",
            help="Go into the background; the command ends when the daemon serves, or says why it does not.",
        ),
    ] = False
    name: Annotated[
        str | None,
        UNTIL_RESTART,
        Parameter(name=["--name", "-n"], validator=check_name, help="Name in the titles of the processes: TARGET's."),
    ] = None
    user: Annotated[
        str | None,
        UNTIL_RESTART,
        Parameter(name=["--user", "-u"], help="User, by name or number, that the workers run as; needs root."),
    ] = None
    group: Annotated[
        str | None,
        UNTIL_RESTART,
        Parameter(name=["--group", "-g"], help="Group that the workers run as; by default the user's."),
    ] = None
    umask: Annotated[
        int | None,
        UNTIL_RESTART,
        Parameter(
            name=["--umask", "-m"],
            converter=read_mode,
            show_default=show_mode,
            help="Bits that new files of the workers do not get, in octal. By default those of whoever starts it.",
        ),
    ] = None

    def part(self, group: type[Part]) -> Part:
        """Return the options of one group."""
        return group(**{field.name: getattr(self, field.name) for field in fields(group)})

    def as_served(self) -> "Settings":
        """Return what is served with: `--reload` means one worker, and that a replaced one keeps no connection.

        So after an edit the old code is gone a moment after the new code serves.
        """
        return replace(self, workers=1, drain_timeout_s=0.0) if self.reload else self
