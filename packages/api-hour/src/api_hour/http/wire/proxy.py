"""Trusted proxies, and the client that they report. Off unless configured.

A client can write any header, so only headers from an address that is trusted count, and of a list of addresses only
what trusted proxies have added: it is read from its end to the first address that is not trusted. Pure.
"""

import ipaddress
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import zip_longest
from typing import Self

from api_hour.config.http_options import TRUSTED_PROXIES, HttpOptions, ProxyHeaders
from api_hour.http.wire.address import LAST_PORT, Address, plain_host
from api_hour.http_token import TOKEN

_PAIR = re.compile(rf'[ \t]*(?:({TOKEN})=(?:"((?:[^"\\]|\\.)*+)"|([^\s";,]*)))?[ \t]*(?:;|\Z)')
_WITH_PORT = re.compile(r"(?:\[([^\]]*)\]|([^:]*))(?::(?:([0-9]+)|_[0-9A-Za-z._-]+))?")
_SCHEMES = {"http": "http", "https": "https", "ws": "http", "wss": "https"}
_MAPPED_BITS = 96  # before an IPv4 address that is written as IPv6


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """Which proxies are trusted with what.

    Attributes:
        trusted: addresses and networks of proxies, such as `10.0.0.0/8`; `unix` for those that come by a unix socket;
            `*` for all.
        headers: where they name the client: `X-Forwarded-For` and `X-Forwarded-Proto`, or `Forwarded`
            (RFC 7239), or nowhere.
        protocol: whether each connection from them begins with a PROXY protocol header, of version 1 or 2; with TLS,
            before the handshake.
    """

    trusted: Sequence[str] = TRUSTED_PROXIES
    headers: ProxyHeaders | None = None
    protocol: bool = False

    @classmethod
    def of_options(cls, options: HttpOptions) -> Self | None:
        """Return the proxies that the daemon's options trust; None when they trust none."""
        if options.proxy_headers is None and not options.proxy_protocol:
            return None
        return cls(trusted=options.trusted_proxies, headers=options.proxy_headers, protocol=options.proxy_protocol)

    def trusts(self, address: str | None) -> bool:
        """Tell whether a peer is a trusted proxy; None is the peer of a unix socket."""
        if "*" in self.trusted:
            return True
        return "unix" in self.trusted if address is None else _is_in(address, tuple(self.trusted))


@lru_cache(maxsize=1024)
def _is_in(address: str, trusted: tuple[str, ...]) -> bool:
    try:
        found = ipaddress.ip_address(plain_host(address))
    except ValueError:
        return False
    return any(found in _network(text) for text in trusted if text != "unix")


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    """Return a network; one of IPv4 that is written as IPv6 as IPv4, as addresses are."""
    network = ipaddress.ip_network(text, strict=False)
    if network.version == 4 or network.prefixlen < _MAPPED_BITS or network.network_address.ipv4_mapped is None:
        return network
    return ipaddress.IPv4Network((network.network_address.ipv4_mapped, network.prefixlen - _MAPPED_BITS))


@dataclass(frozen=True, slots=True)
class Origin:
    """The client of a request, as proxies name it; None for what is not said."""

    client: Address | None = None
    scheme: str | None = None


def origin_of(headers: dict[str, str], proxy: Proxy) -> Origin:
    """Return what a trusted proxy's headers say of the client."""
    hops: Iterable[tuple[str, str]]
    if proxy.headers == "x-forwarded":
        hops = _x_forwarded(headers.get("x-forwarded-for", ""), headers.get("x-forwarded-proto", ""))
    elif proxy.headers == "forwarded":
        hops = map(_forwarded, reversed(_items(headers.get("forwarded", ""))))
    else:
        return Origin()
    return _first_untrusted(hops, proxy)


def _first_untrusted(hops: Iterable[tuple[str, str]], proxy: Proxy) -> Origin:
    """Return what the farthest trusted proxy says; hops are nodes and schemes, the nearest first."""
    origin = Origin()
    for node, scheme in hops:
        address = _address(node)
        origin = Origin(address or origin.client, _SCHEMES.get(scheme.lower(), origin.scheme))
        if address is None or not proxy.trusts(address[0]):
            break
    return origin


def _address(node: str) -> Address | None:
    """Return the address of a node (RFC 7239, 6); a port that is none, or hidden, is 0, and zones mean nothing here."""
    parts = _WITH_PORT.fullmatch(node)
    host = node if parts is None else (parts[1] or parts[2] or "")
    digits = "" if parts is None else parts[3] or ""
    port = int(digits) if 0 < len(digits) <= len(str(LAST_PORT)) else 0
    try:
        return plain_host(str(ipaddress.ip_address(host.partition("%")[0]))), port if port <= LAST_PORT else 0
    except ValueError:
        return None


def _x_forwarded(fors: str, protos: str) -> Iterator[tuple[str, str]]:
    """Yield what each proxy has added, its address and its scheme: they are paired from the end, where the nearest is.

    One scheme alone is that of all: some proxies replace it.
    """
    nodes, schemes = _items(fors) or [""], _items(protos)
    if len(schemes) == 1:
        schemes *= len(nodes)
    return zip_longest(reversed(nodes), reversed(schemes[-len(nodes) :]), fillvalue="")


def _items(value: str) -> list[str]:
    return [item for part in value.split(",") if (item := part.strip(" \t"))]


def _forwarded(element: str) -> tuple[str, str]:
    """Return `for` and `proto` of an element (RFC 7239, 4), which has no comma; nothing of a malformed one."""
    found: dict[str, str] = {}
    position = 0
    while position < len(element):
        pair = _PAIR.match(element, position)
        if pair is None or (pair[1] and pair[1].lower() in found):
            return "", ""
        if pair[1]:
            found[pair[1].lower()] = pair[3] if pair[2] is None else re.sub(r"\\(.)", r"\1", pair[2])
        position = pair.end()
    return found.get("for", ""), found.get("proto", "")
