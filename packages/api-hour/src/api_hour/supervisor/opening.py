"""The sockets, the monitor and the pid file that a supervisor holds while it serves."""

import logging
import os
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from api_hour.config.settings import Settings
from api_hour.control.addresses import describe_address
from api_hour.process.pidfile import PidFile
from api_hour.process.privileges import Identity
from api_hour.supervisor.monitor.pusher import Pusher
from api_hour.supervisor.monitor.pushing import pushers_of
from api_hour.supervisor.monitor.socket import monitor_of
from api_hour.supervisor.sockets.binding import bound_sockets
from api_hour.supervisor.sockets.files import Ownership, SocketFiles
from api_hour.supervisor.sockets.inherited import inherited_listeners, systemd_sockets

if TYPE_CHECKING:
    from api_hour.supervisor.monitor.server import Monitor  # see monitor/socket.py

LOG = logging.getLogger("api_hour.supervisor")


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """The sockets, by the names of their addresses (`name_binds`), the pid file, the monitor, and who sends metrics."""

    listeners: Mapping[str, socket.socket]
    pid_file: PidFile
    monitor: "Monitor | None" = None
    pushers: Sequence[Pusher] = ()

    def shown(self) -> list["Monitor | Pusher"]:
        """Return all that show how the daemon is."""
        return [*self.pushers, *([] if self.monitor is None else [self.monitor])]

    def inheritable(self) -> dict[str, socket.socket]:
        """Return all that a successor inherits, by name."""
        return {**self.listeners, **({} if self.monitor is None else {self.monitor.name: self.monitor.listener})}

    def close_listeners(self) -> None:
        """Let go of the listening sockets; the monitor's stays."""
        for listener in self.listeners.values():
            listener.close()


@contextmanager
def opened(settings: Settings, name: str, owner: Identity | None, files: Ownership) -> Iterator[Held]:
    """Open the sockets and write the pid file; release both at the end.

    Args:
        settings: addresses, backlog, mode of socket files, pid file.
        name: of the daemon, for receivers of metrics.
        owner: the owner of socket files.
        files: whether socket files are ours; a successor, whose they are not yet, writes the pid file later.

    Raises:
        ConfigError: what sends metrics is not installed.
        StartError: an address cannot be listened on, or the pid file is held by another or cannot be written.
    """
    open_already = inherited_listeners() | systemd_sockets(os.environ, os.getpid())
    socket_files = SocketFiles(mode=settings.unix_mode, owner=owner, ownership=files)
    with (
        monitor_of(settings, open_already, socket_files) as monitor,
        pushers_of(settings, name) as pushers,
        bound_sockets(settings.binds(), settings.backlog, open_already, socket_files) as listeners,
        PidFile(settings.pid_file) as pid_file,
    ):
        if files.is_ours:
            pid_file.write()
        for listener in listeners.values():
            LOG.info("listening on %s", describe_address(listener))
        yield Held(listeners=listeners, pid_file=pid_file, monitor=monitor, pushers=pushers)
