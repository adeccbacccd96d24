"""What a run sends, where, how often, and what counts as a good answer."""

import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from rush_hour.core.result import PlanFacts
from rush_hour.core.schedule import Schedule
from rush_hour.errors import StartError, UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where to connect: what `socket.connect` needs.

    Attributes:
        family: `socket.AF_INET`, `AF_INET6` or `AF_UNIX`.
        sockaddr: the address in that family's form.
        label: the address for reading.
    """

    family: int
    sockaddr: Any
    label: str

    @property
    def is_local(self) -> bool:
        """Whether the server is on this machine, so that it shares its cores with the load generator."""
        return self.family == socket.AF_UNIX or str(self.sockaddr[0]).startswith(("127.", "::1"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What a good answer is.

    Attributes:
        status: the status code; None for any below 400.
        body: the body, to the byte; None for any.
    """

    status: int | None = None
    body: bytes | None = None

    def accepts_status(self, status: int) -> bool:
        """Whether an answer with this status can be good."""
        return status < 400 if self.status is None else status == self.status


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """The request that is sent over and over."""

    method: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadPlan:
    """One run of the load generator.

    Attributes:
        url: as the user wrote it.
        warmup_s: load before the measurement, in seconds, on the same connections; 0 for none.
        processes: event loops; each owns a share of the connections.
        timeout_s: how long an answer may take from the moment its request was sent, in seconds.
    """

    url: str
    address: Address
    request: Request
    expectation: Expectation
    rate_per_s: float
    duration_s: float
    warmup_s: float
    connections: int
    processes: int
    timeout_s: float

    @property
    def schedule(self) -> Schedule:
        """When each measured request is due."""
        return Schedule(rate_per_s=self.rate_per_s, duration_s=self.duration_s, connections=self.connections)

    @property
    def warmup_schedule(self) -> Schedule | None:
        """When each request of the warm-up is due; None without one."""
        if self.warmup_s == 0:
            return None
        return Schedule(rate_per_s=self.rate_per_s, duration_s=self.warmup_s, connections=self.connections)

    def facts(self) -> PlanFacts:
        """Return the plan as the result file records it."""
        return PlanFacts(
            url=self.url,
            rate_per_s=self.rate_per_s,
            duration_s=self.duration_s,
            warmup_s=self.warmup_s,
            connections=self.connections,
            processes=self.processes,
            arrivals="constant",
            timeout_s=self.timeout_s,
        )


def parse_url(url: str) -> SplitResult:
    """Read an `http://` URL.

    Raises:
        UsageError: it is not one.
    """
    try:
        parts = urlsplit(url)
        is_usable = parts.scheme == "http" and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a bad port, or brackets that are not closed
        is_usable = False
    if not is_usable or not url.isascii() or any(character.isspace() for character in url):
        raise UsageError(f"URL: expected http://HOST:PORT/PATH, such as http://127.0.0.1:8008/agents; got {url!r}.")
    return parts


def resolve(url: SplitResult, unix_path: Path | None) -> Address:
    """Find the address of a URL's server.

    Args:
        url: what `parse_url` returned.
        unix_path: a unix socket to connect to instead; None for the URL's own host and port.

    Raises:
        StartError: the host has no address.
    """
    if unix_path is not None:
        return Address(family=socket.AF_UNIX, sockaddr=str(unix_path), label=f"unix:{unix_path}")
    host, port = str(url.hostname), url.port or 80
    try:
        family, _, _, _, sockaddr = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise StartError(f"URL: no address found for host {host!r}: {error.strerror}.") from error
    return Address(family=family, sockaddr=sockaddr, label=f"{host}:{port}")


def build_request(url: SplitResult, headers: tuple[str, ...] = (), *, method: str = "GET") -> Request:
    """Return the bytes of a request: only `Host` is added to the headers given.

    Args:
        url: what `parse_url` returned; its path and query are the target.
        headers: lines such as `Accept: application/json`.
        method: the HTTP method.

    Raises:
        UsageError: a header is not `Name: value`.
    """
    target = (url.path or "/") + (f"?{url.query}" if url.query else "")
    lines = [f"{method} {target} HTTP/1.1"]
    for header in headers:
        name, colon, value = header.partition(":")
        if (
            not (colon and name and name.isascii() and not any(c.isspace() for c in name))
            or "\n" in value
            or "\r" in value
        ):
            raise UsageError(f"--header: expected 'Name: value', got {header!r}.")
        lines.append(f"{name}: {value.strip()}")
    if not any(line.lower().startswith("host:") for line in lines[1:]):
        lines.insert(1, f"Host: {url.netloc.rpartition('@')[2]}")
    return Request(method=method, data="\r\n".join([*lines, "", ""]).encode("latin-1"))
