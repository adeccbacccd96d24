"""`api_hour status`: asks the monitor of a running daemon, and shows what it says.

It is a client of `GET /status` and of nothing else, so what it shows is what any other program can have.
"""

import os
import sys

from rich.console import Console

from api_hour.commands.asking import fetch_status, read_status
from api_hour.commands.status_table import status_table
from api_hour.config import Location
from api_hour.errors import ConfigError

WIDTH = 160  # of lines at the most; a terminal folds those that are too long for it


def status(location: Location, *, as_json: bool) -> int:
    """Show how the daemon is, and return the exit code 0.

    Args:
        location: what leads to the daemon.
        as_json: whether to show the document as it is.

    Raises:
        ConfigError: it is not known which daemon.
        NoAnswer: nobody answers at its monitor, or somebody else.
    """
    bind = location.monitor_bind()
    if bind is None:
        raise ConfigError(
            "--monitor: expected the address of the daemon's monitor; got none. Give the same --monitor, or the same "
            "-c, or -ac and TARGET, as at its start."
        )
    os.chdir(location.chdir)  # a unix socket's path may be relative to it
    document = fetch_status(bind)
    if as_json:
        sys.stdout.write(f"{document.decode()}\n")
    else:
        Console(highlight=False, width=WIDTH).print(status_table(read_status(document, bind)))
    return 0
