"""The destination of a load as it was said: it can travel, and is looked up on the host that connects."""

import socket
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import SplitResult

from rush_hour.errors import StartError, UsageError
from rush_hour.load.transport.address import Address
from rush_hour.load.transport.host import usable_host

DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """A host and port, or a unix socket.

    Attributes:
        host: a name or an address, without brackets.
        unix: a unix socket to connect to instead; None for none.
        sources: addresses of the sending host to connect from, in turn; none for the one that the system chooses.
        said_in: the option or argument that names the host.
        known: its addresses, where they have been looked up; what is pickled has none, for another host may see others.
    """

    host: str
    port: int
    unix: Path | None = None
    sources: tuple[str, ...] = ()
    said_in: str = "URL"
    known: Address | None = None

    def __reduce__(self) -> tuple[Callable[..., "Destination"], tuple[object, ...]]:
        """Leave out what was looked up on this host."""
        return _restore, (self.host, self.port, self.unix, self.sources, self.said_in)

    def looked_up(self) -> "Destination":
        """Return the destination with its addresses, so that all that happens on this host uses the same.

        Raises:
            UsageError: the host can be neither a name nor an address.
            StartError: it has no address.
        """
        return replace(self, known=self.resolve())

    def resolve(self) -> Address:
        """Return the addresses in the system's order, the first with the others.

        Raises:
            UsageError: the host can be neither a name nor an address.
            StartError: it has no address.
        """
        if self.known is not None:
            return self.known
        if self.unix is not None:
            return Address(family=socket.AF_UNIX, sockaddr=str(self.unix), label=f"unix:{self.unix}")
        host = usable_host(self.host, what=self.said_in)
        try:
            found = socket.getaddrinfo(host, self.port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise StartError(f"URL: no address found for host {host!r}: {error.strerror}.") from error
        label = f"{host}:{self.port}"
        first, *others = dict.fromkeys((family, sockaddr) for family, _, _, _, sockaddr in found)
        return Address(
            family=first[0],
            sockaddr=first[1],
            label=label,
            sources=self.sources,
            others=tuple(Address(family=family, sockaddr=sockaddr, label=label) for family, sockaddr in others),
        )


def _restore(host: str, port: int, unix: Path | None, sources: tuple[str, ...], said_in: str) -> Destination:
    return Destination(host=host, port=port, unix=unix, sources=sources, said_in=said_in)


def destination_of(
    url: SplitResult, *, unix: Path | None = None, connect_to: str | None = None, sources: tuple[str, ...] = ()
) -> Destination:
    """Return where a URL leads to.

    Args:
        url: what `parse_url` returned.
        unix: a unix socket to connect to instead.
        connect_to: `HOST:PORT` to connect to instead.
        sources: see `Destination`.

    Raises:
        UsageError: `connect_to` is not HOST:PORT.
    """
    host, port, said_in = str(url.hostname), url.port or DEFAULT_PORTS[url.scheme], "URL"
    if connect_to is not None:
        host, port, said_in = *_parse_host_and_port(connect_to), "--connect-to"
    return Destination(host=host, port=port, unix=unix, sources=sources, said_in=said_in)


def _parse_host_and_port(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    bare_host = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if not (colon and bare_host and port.isascii() and port.isdigit() and 0 < int(port) <= 65535):
        raise UsageError(f"--connect-to: expected HOST:PORT, such as 127.0.0.1:8008; got {text!r}.")
    return bare_host, int(port)
