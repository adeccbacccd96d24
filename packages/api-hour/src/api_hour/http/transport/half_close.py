"""Clients that have closed their end and may still be there: some close only the direction in which they send.

A unix socket knows at once. TCP does not: the kernel of a client that is gone says so only when something is sent to
it. So it is asked now and then, by keep-alive probes; and what it has said is looked for, since event loops watch no
connection that has been read to its end.
"""

import select
import socket
from asyncio import BaseTransport

PROBE_INTERVAL_S = 15  # between the probes of TCP, and before the first
PROBES = 3  # without an answer

_GONE = select.POLLHUP | select.POLLERR


def begin_probing(transport: BaseTransport) -> None:
    """Have the kernel find out whether the client is still there."""
    connection = transport.get_extra_info("socket")
    if connection is not None and connection.family != socket.AF_UNIX:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, PROBE_INTERVAL_S)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, PROBE_INTERVAL_S)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, PROBES)


def is_gone(transport: BaseTransport) -> bool:
    """Tell whether the client is known to be there no more."""
    connection = transport.get_extra_info("socket")
    if connection is None or connection.fileno() < 0:
        return False
    poll = select.poll()
    poll.register(connection.fileno(), 0)
    return any(events & _GONE for _, events in poll.poll(0))
