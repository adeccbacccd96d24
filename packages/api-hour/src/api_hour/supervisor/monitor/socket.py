"""The monitor's own socket: bound by the supervisor, inherited by its successor, by no worker."""

import logging
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from api_hour.config import Settings
from api_hour.control.addresses import describe_address
from api_hour.supervisor.sockets.binding import bound_sockets
from api_hour.supervisor.sockets.files import SocketFiles

if TYPE_CHECKING:
    from api_hour.supervisor.monitor.server import Monitor

LOG = logging.getLogger("api_hour.supervisor")

NAME_PREFIX = "--monitor "  # of inherited sockets, so that they are taken for no other
BACKLOG = 64


@contextmanager
def monitor_of(
    settings: Settings, inherited: dict[str, socket.socket], files: SocketFiles
) -> "Iterator[Monitor | None]":
    """Give the monitor that is asked for, not started yet; None for none. It is closed at the end.

    Args:
        settings: whether and where.
        inherited: sockets that listen already, by name; the monitor's are taken out.
        files: how to make and remove a socket file.

    Raises:
        StartError: the address cannot be listened on.
    """
    ours = {
        name.removeprefix(NAME_PREFIX): inherited.pop(name) for name in [*inherited] if name.startswith(NAME_PREFIX)
    }
    bind = settings.monitor_bind()
    if bind is None:
        for listener in ours.values():
            listener.close()
        yield None
        return
    with bound_sockets((bind,), BACKLOG, ours, files, option="--monitor", with_twins=False) as listeners:
        # Most daemons have no monitor, and prometheus-client takes as long to import as the rest of the supervisor.
        from api_hour.supervisor.monitor.pages import Pages  # noqa: PLC0415
        from api_hour.supervisor.monitor.server import Monitor  # noqa: PLC0415

        [listener] = listeners.values()
        LOG.info("monitor on %s", describe_address(listener))
        pages = Pages(needs_engines=settings.ready_needs_engines)
        with closing(Monitor(listener, pages, name=f"{NAME_PREFIX}{bind}")) as monitor:
            yield monitor
