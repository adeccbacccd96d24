"""What a run sends, where, how often, and what counts as a good answer."""

import socket
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from rush_hour.core.result import PlanFacts
from rush_hour.core.schedule import Schedule
from rush_hour.credentials import hide_in_bad_url
from rush_hour.errors import StartError, UsageError
from rush_hour.load.transport.address import Address
from rush_hour.load.transport.host import usable_host
from rush_hour.load.transport.tls import Tls
from rush_hour.load.workload.request import Requests
from rush_hour.load.workload.wire_text import unfit_in_url

DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadPlan:
    """One run of the load generator.

    Attributes:
        url: as the user wrote it, but without user and password: it is shown.
        tls: how to speak TLS; None for plain HTTP.
        schedule: when each measured request is due.
        processes: event loops; each owns a share of the connections.
        timeout_s: how long an answer may take from the moment its request was sent, in seconds.
        warmup: load before the measurement, on the same connections; None for none.
        seed: what all that is drawn by chance comes from, as the result records it.
        connection_per_request: whether each request is sent on a connection of its own.
        spread: whether connections go to all addresses of the server in turn, not to the first that answers.
    """

    url: str
    address: Address
    requests: Requests
    schedule: Schedule
    processes: int
    timeout_s: float
    tls: Tls | None = None
    warmup: Schedule | None = None
    seed: int = 0
    connection_per_request: bool = False
    spread: bool = False

    def facts(self) -> PlanFacts:
        """Return the plan as the result file records it."""
        schedule = self.schedule
        return PlanFacts(
            url=self.url,
            rate_per_s=schedule.arrivals.offered_per_s,
            duration_s=schedule.duration_s,
            warmup_s=0.0 if self.warmup is None else self.warmup.duration_s,
            connections=schedule.connections,
            processes=self.processes,
            arrivals=schedule.arrivals.name,
            timeout_s=self.timeout_s,
            seed=self.seed,
            max_requests=schedule.max_requests,
            connection_per_request=self.connection_per_request,
        )


def parse_url(url: str) -> SplitResult:
    """Read an `http://` or `https://` URL.

    Raises:
        UsageError: it is not one.
    """
    if (unfit := unfit_in_url(url)) is not None:
        raise UsageError(f"URL: expected visible ASCII characters alone; {unfit}.")
    try:
        parts = urlsplit(url)
        is_usable = parts.scheme in DEFAULT_PORTS and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a bad port, or brackets that are not closed
        is_usable = False
    if not is_usable:
        raise UsageError(
            f"URL: expected http:// or https:// and HOST:PORT/PATH, such as http://127.0.0.1:8008/agents; "
            f"got {hide_in_bad_url(url)!r}."
        )
    return parts


def resolve(
    url: SplitResult, *, unix: Path | None = None, connect_to: str | None = None, sources: tuple[str, ...] = ()
) -> Address:
    """Find the addresses of a URL's server, in the system's order.

    Args:
        url: what `parse_url` returned.
        unix: a unix socket to connect to instead.
        connect_to: `HOST:PORT` to connect to instead.
        sources: addresses of this machine to connect from, in turn; none for the one that the system chooses.

    Raises:
        UsageError: `connect_to` is not HOST:PORT.
        StartError: the host has no address.
    """
    if unix is not None:
        return Address(family=socket.AF_UNIX, sockaddr=str(unix), label=f"unix:{unix}")
    host, port = usable_host(str(url.hostname), what="URL"), url.port or DEFAULT_PORTS[url.scheme]
    if connect_to is not None:
        host, port = _parse_host_and_port(connect_to)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise StartError(f"URL: no address found for host {host!r}: {error.strerror}.") from error
    label = f"{host}:{port}"
    first, *others = dict.fromkeys((family, sockaddr) for family, _, _, _, sockaddr in found)
    return Address(
        family=first[0],
        sockaddr=first[1],
        label=label,
        sources=sources,
        others=tuple(Address(family=family, sockaddr=sockaddr, label=label) for family, sockaddr in others),
    )


def _parse_host_and_port(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    bare_host = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if not (colon and bare_host and port.isascii() and port.isdigit() and 0 < int(port) <= 65535):
        raise UsageError(f"--connect-to: expected HOST:PORT, such as 127.0.0.1:8008; got {text!r}.")
    return usable_host(bare_host, what="--connect-to"), int(port)
