"""Addresses of a server, and the ways to them."""

import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rush_hour.errors import UsageError

IP_BIND_ADDRESS_NO_PORT = 24  # in.h; the port is chosen with the server's address, so that each has all of them


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """An address as `socket.connect` takes it.

    Attributes:
        family: `socket.AF_INET`, `AF_INET6` or `AF_UNIX`.
        sockaddr: the address in that family's form.
        label: the address for reading.
        others: further addresses of the same name, to be tried in this order.
        sources: addresses of this machine to connect from, in turn; none for the one that the system chooses.
    """

    family: int
    sockaddr: Any
    label: str
    others: tuple["Address", ...] = ()
    sources: tuple[str, ...] = ()

    @property
    def is_local(self) -> bool:
        """Whether the server is on this machine, so that it shares its cores with the load generator."""
        return self.family == socket.AF_UNIX or str(self.sockaddr[0]).startswith(("127.", "::1"))

    def open_socket(self, *, blocking: bool, source: str | None = None) -> socket.socket:
        """Return a socket of the address's family, not connected.

        Args:
            blocking: whether its calls wait.
            source: the local address to send from; None for the one that the system chooses.

        Raises:
            OSError: there is no room for it, or the source is not this machine's.
        """
        kind = socket.SOCK_STREAM if blocking else socket.SOCK_STREAM | socket.SOCK_NONBLOCK
        sock = socket.socket(self.family, kind)
        try:
            if self.family != socket.AF_UNIX:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if source is not None:
                sock.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
                sock.bind((source, 0))
        except OSError:
            sock.close()
            raise
        return sock


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way to the server.

    Attributes:
        place: of the address among those of the name.
        source: the local address to send from; None for the one that the system chooses.
    """

    address: Address
    place: int
    source: str | None


class Ways:
    """All ways to the server: each of its addresses, from each of our own.

    Args:
        address: the first of the server's.
        spread: whether connections take the server's addresses in turn, and not the first that answers.

    Raises:
        UsageError: no source can reach an address.
    """

    def __init__(self, address: Address, *, spread: bool = False) -> None:
        self._spread = spread
        self.addresses = (address, *address.others)
        self._by_place = [
            [Way(address=one, place=place, source=source) for source in _sources_for(one, address.sources)]
            for place, one in enumerate(self.addresses)
        ]
        if not any(self._by_place):
            got = ", ".join(address.sources)
            raise UsageError(f"--source: expected an address of the kind that {address.label} has, got {got}.")

    def choose(self, turn: int, place: int) -> list[Way]:
        """Return all ways in the order in which they are to be tried, the first one last.

        Args:
            turn: a number that is another one for each connection and each time: sources are taken in turn.
            place: of the address that answered the last time, if they are not spread.
        """
        first = turn if self._spread else place
        chosen: list[Way] = []
        for number in range(len(self._by_place)):
            ways = self._by_place[(first + number) % len(self._by_place)]
            chosen += [ways[(turn + step) % len(ways)] for step in range(len(ways))]
        chosen.reverse()
        return chosen


def _sources_for(address: Address, sources: Sequence[str]) -> list[str | None]:
    """Return the sources that can reach an address: those of its family."""
    if not sources:
        return [None]
    return [source for source in sources if (":" in source) == (address.family == socket.AF_INET6)]
