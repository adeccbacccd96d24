"""Sends a daemon's facts to a StatsD server, in datagrams: nobody waits for whoever reads them."""

import socket
from typing import Any

from api_hour.config.binds import TcpBind, UnixBind
from api_hour.supervisor.monitor.facts import DaemonFacts
from api_hour.supervisor.monitor.statsd_lines import statsd_lines

DATAGRAM_BYTES = 1432  # what an Ethernet frame carries, whatever is on the way
SEND_TIMEOUT_S = 1.0  # of a unix socket whose reader is slow


class StatsdSender:
    """Sends what has happened since the last time.

    Args:
        server: its address.
        prefix: the first part of each name.
        tags: for each line, in DogStatsD's form.
    """

    def __init__(self, server: TcpBind | UnixBind, *, prefix: str, tags: str) -> None:
        self._server = server
        self._prefix = prefix
        self._tags = tags
        self._sent: DaemonFacts | None = None

    def __call__(self, facts: DaemonFacts) -> None:
        """Send the lines.

        Raises:
            OSError: the server's name is not known, or it is known that nobody listens.
        """
        lines = statsd_lines(self._sent, facts, prefix=self._prefix, tags=self._tags)
        with self._connect() as connection:
            for datagram in datagrams(lines):
                connection.send(datagram)
        self._sent = facts

    def close(self) -> None:
        """Nothing is held."""

    def _connect(self) -> socket.socket:
        family, address = _address_of(self._server)
        connection = socket.socket(family, socket.SOCK_DGRAM)
        try:
            connection.settimeout(SEND_TIMEOUT_S)
            connection.connect(address)
        except OSError:
            connection.close()
            raise
        return connection


def datagrams(lines: list[str]) -> list[bytes]:
    """Join lines to as few datagrams as have room for them."""
    joined = [b""]
    for line in lines:
        encoded = line.encode()
        if joined[-1] and len(joined[-1]) + 1 + len(encoded) > DATAGRAM_BYTES:
            joined.append(b"")
        joined[-1] += b"\n" * bool(joined[-1]) + encoded
    return joined


def _address_of(server: TcpBind | UnixBind) -> tuple[socket.AddressFamily, Any]:
    """Look a server up, anew each time: it may move. IPv4 comes first, for that is where most of them listen.

    Raises:
        OSError: its name is not known.
    """
    if isinstance(server, UnixBind):
        return socket.AF_UNIX, "\0" + server.path[1:] if server.is_abstract else server.path
    found = socket.getaddrinfo(server.host, server.port, type=socket.SOCK_DGRAM)
    family, _, _, _, address = min(found, key=lambda one: one[0] is not socket.AF_INET)
    return family, address
