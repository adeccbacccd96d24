"""The service manager: it is told of the daemon's state by datagrams to NOTIFY_SOCKET (sd_notify(3)).

Without a service manager nothing is sent. A message that cannot be sent is a line in the log and no more.
"""

import logging
import socket
import time
from collections.abc import Mapping

from api_hour.supervisor.policy.events import ServiceState

LOG = logging.getLogger("api_hour.supervisor")

WATCHDOG_SHARE = 0.5  # of the time after which the service manager acts (sd_watchdog_enabled(3))
SEND_TIMEOUT_S = 1.0  # a service manager that does not read must not stop the supervisor
SERVICE_VARIABLES = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")


class ServiceManager:
    """The service manager that started this process, if one did.

    Args:
        environment: this process's environment variables.
        pid: this process's id.
    """

    def __init__(self, environment: Mapping[str, str], pid: int) -> None:
        self._address = environment.get("NOTIFY_SOCKET", "")
        self.watchdog_interval_s = _watchdog_interval_s(environment, pid) if self._address else 0.0

    def tell(self, state: ServiceState, *, successor_pid: int | None = None) -> None:
        """Say in which state the daemon is.

        Args:
            state: the state.
            successor_pid: the process that takes over, for `SUCCESSOR_IS_MAIN`.
        """
        if not self._address:
            return
        lines = [state.value]
        if state is ServiceState.RELOADING:
            lines.append(f"MONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}")
        if state is ServiceState.SUCCESSOR_IS_MAIN:
            lines = [f"{state.value}={successor_pid}"]
        self._send("\n".join(lines))

    def _send(self, message: str) -> None:
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
                sender.settimeout(SEND_TIMEOUT_S)
                sender.sendto(message.encode(), address)
        except OSError as error:
            LOG.warning("cannot tell the service manager %r at %s: %s", message, self._address, error)


def _watchdog_interval_s(environment: Mapping[str, str], pid: int) -> float:
    """Return how often the service manager is told that the daemon serves; 0 for never."""
    if environment.get("WATCHDOG_PID", str(pid)) != str(pid):
        return 0.0
    microseconds = environment.get("WATCHDOG_USEC", "")
    return int(microseconds) / 1_000_000 * WATCHDOG_SHARE if microseconds.isdecimal() else 0.0
