"""`api_hour reload` and `api_hour stop`: tell a running daemon, which its pid file leads to, what to do."""

import os
import select
import signal
from pathlib import Path

from api_hour.config.location import Location
from api_hour.errors import ConfigError, ControlError
from api_hour.process.pidfile import signal_daemon


def reload(location: Location) -> int:
    """Tell the daemon to replace its workers one by one; return the exit code 0.

    Raises:
        ApiHourError: it is not known which daemon, or there is none.
    """
    os.close(signal_daemon(_pid_file(location), signal.SIGHUP))
    return 0


def stop(location: Location, *, timeout_s: float) -> int:
    """Tell the daemon to end and wait for it; return the exit code 0.

    Args:
        location: what leads to the daemon.
        timeout_s: how long to wait; 0 for not at all.

    Raises:
        ApiHourError: it is not known which daemon, there is none, or it does not end in time.
    """
    path = _pid_file(location)
    pid_fd = signal_daemon(path, signal.SIGTERM)
    try:
        ended, _, _ = select.select([pid_fd], [], [], timeout_s)
    finally:
        os.close(pid_fd)
    if timeout_s and not ended:
        raise ControlError(f"--timeout: the daemon that holds {path} has not ended within {timeout_s:g} s; it goes on.")
    return 0


def _pid_file(location: Location) -> Path:
    if location.pid_file is None:
        raise ConfigError(
            "--pid: expected the pid file of the daemon; got none. Give the same --pid, or the same -c, or -ac and "
            "TARGET, as at its start."
        )
    return location.pid_file
