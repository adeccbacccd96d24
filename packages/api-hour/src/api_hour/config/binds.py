"""The addresses that `--bind` takes, and how each is written. Pure: opens no socket."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv6Address, ip_address

from api_hour.errors import ConfigError

EVERY_IPV4_ADDRESS = "0.0.0.0"  # noqa: S104  # what `:PORT` asks for

FORMS = "HOST:PORT, [IPV6]:PORT, unix:PATH, unix:@NAME, udp:HOST:PORT, udp:[IPV6]:PORT or fd://N"

MONITOR_FORMS = "HOST:PORT, [IPV6]:PORT, unix:PATH or unix:@NAME"

_PORT = re.compile(r"[0-9]{1,5}")
_FD = re.compile(r"[0-9]{1,6}")


@dataclass(frozen=True, slots=True, kw_only=True)
class TcpBind:
    """A TCP address to listen on; port 0 lets the kernel choose."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class UdpBind:
    """A UDP address to receive datagrams on; port 0 lets the kernel choose."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"udp:{TcpBind(host=self.host, port=self.port)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnixBind:
    """A unix socket to listen on: a path, or `@` and a name that has no file (an abstract address, unix(7))."""

    path: str

    def __str__(self) -> str:
        return f"unix:{self.path}"

    @property
    def is_abstract(self) -> bool:
        """Whether it is a name without a file."""
        return self.path.startswith("@")


@dataclass(frozen=True, slots=True, kw_only=True)
class FdBind:
    """A socket that whoever started the daemon has opened, by its descriptor."""

    fd: int

    def __str__(self) -> str:
        return f"fd://{self.fd}"


Bind = TcpBind | UdpBind | UnixBind | FdBind

DEFAULT_BIND = TcpBind(host="127.0.0.1", port=8000)


def parse_bind(text: str) -> Bind:
    """Read one value of `--bind`; `:PORT` is every IPv4 address.

    Raises:
        ConfigError: `text` has none of the forms.
    """
    kind, _, rest = text.partition(":")
    bind: Bind | None
    if kind == "unix":
        bind = UnixBind(path=rest) if rest not in {"", "@"} and "\0" not in rest else None
    elif kind == "fd":
        bind = FdBind(fd=int(rest[2:])) if rest.startswith("//") and _FD.fullmatch(rest[2:]) else None
    elif kind == "udp" and ":" in rest:
        address = _parse_address(rest)
        bind = None if address is None else UdpBind(host=address[0], port=address[1])
    else:
        address = _parse_address(text)
        bind = None if address is None else TcpBind(host=address[0], port=address[1])
    if bind is None:
        raise ConfigError(f"--bind: expected {FORMS}, such as {DEFAULT_BIND}; got {text!r}.")
    return bind


def _parse_address(text: str) -> tuple[str, int] | None:
    host, colon, port = text.rpartition(":")
    is_ipv6 = host.startswith("[") and host.endswith("]")
    bare_host = host[1:-1] if is_ipv6 else host
    if colon and is_ipv6 is (":" in bare_host) and _PORT.fullmatch(port) and int(port) <= 65535:
        return bare_host or EVERY_IPV4_ADDRESS, int(port)
    return None


def leaves_ipv4_to_others(bind: Bind, binds: Iterable[Bind]) -> bool:
    """Tell whether one of the addresses is `[::]`, and another is of IPv4 with the same port: that one gets IPv4.

    Alone, `[::]` serves both, if the system lets it (ipv6(7), IPV6_V6ONLY).
    """
    if not isinstance(bind, TcpBind | UdpBind) or bind.port == 0 or not _is_every_ipv6_address(bind.host):
        return False
    return any(type(other) is type(bind) and other.port == bind.port and _is_ipv4(other.host) for other in binds)


def localhost_pair(bind: Bind) -> tuple[TcpBind | UdpBind, TcpBind | UdpBind] | None:
    """Return the two addresses of `localhost`, 127.0.0.1 and ::1; None for any other host."""
    if isinstance(bind, TcpBind | UdpBind) and is_localhost(bind.host):
        return replace(bind, host="127.0.0.1"), replace(bind, host="::1")
    return None


def is_localhost(host: str) -> bool:
    """Tell whether a host is this machine, by the name that is never looked up (RFC 6761, section 6.3)."""
    return host.lower() == "localhost"


def _is_every_ipv6_address(host: str) -> bool:
    try:
        return IPv6Address(host).is_unspecified
    except ValueError:
        return False


def _is_ipv4(host: str) -> bool:
    try:
        return isinstance(ip_address(host), IPv4Address)
    except ValueError:
        return is_localhost(host)


def name_binds(binds: Iterable[Bind]) -> list[str]:
    """Give each address a name of its own: its text, with a number where the same text comes again (as port 0 may)."""
    seen: Counter[str] = Counter()
    names = []
    for text in map(str, binds):
        seen[text] += 1
        names.append(text if seen[text] == 1 else f"{text} ({seen[text]})")
    return names
