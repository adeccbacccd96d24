"""`api_hour reload` and `api_hour stop`: tell a running daemon, which its pid file leads to, what to do."""

import os
import select
import signal
import time
from collections.abc import Callable
from contextlib import chdir, suppress
from pathlib import Path

from api_hour.config.location import Location
from api_hour.errors import ConfigError, ControlError, NoAnswer
from api_hour.process.pidfile import signal_daemon
from api_hour.supervisor.monitor.facts import DaemonFacts
from api_hour.supervisor.policy.events import DaemonState

POLL_S = 0.1


def reload(location: Location, *, timeout_s: float) -> int:
    """Tell the daemon to replace its workers one by one; return the exit code 0.

    Args:
        location: what leads to the daemon. With its monitor, the end of the reload is waited for.
        timeout_s: how long; 0 for not at all.

    Raises:
        ApiHourError: it is not known which daemon, there is none, or the reload failed or does not end in time.
    """
    path = _pid_file(location)
    monitor = _monitor(location) if timeout_s else None
    before = None if monitor is None else monitor()
    os.close(signal_daemon(path, signal.SIGHUP))
    if monitor is None or before is None:
        return 0
    end_at_s = time.monotonic() + timeout_s
    while (facts := monitor()) is None or _is_reloading(before, facts):
        if time.monotonic() > end_at_s:
            raise ControlError(f"--timeout: the reload has not ended within {timeout_s:g} s; it goes on.")
        time.sleep(POLL_S)
    if facts.reload_failure:
        raise ControlError(f"the reload failed, the daemon goes on as before: {facts.reload_failure}")
    return 0


def _monitor(location: Location) -> Callable[[], DaemonFacts | None] | None:
    """Return what asks the daemon's monitor, and gives None when nobody answers; None if no monitor is known."""
    bind = location.monitor_bind()
    if bind is None:
        return None
    from api_hour.commands.asking import fetch_status, read_status  # noqa: PLC0415  # no daemon needs an HTTP client

    def ask() -> DaemonFacts | None:
        with suppress(NoAnswer), chdir(location.chdir):  # a unix socket's path may be relative to it
            return read_status(fetch_status(bind), bind)
        return None

    return ask


def _is_reloading(before: DaemonFacts, now: DaemonFacts) -> bool:
    """Tell whether a reload that was asked for has not ended, or not been heard of yet."""
    return now.totals.reloads == before.totals.reloads or now.state is DaemonState.RELOADING


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
