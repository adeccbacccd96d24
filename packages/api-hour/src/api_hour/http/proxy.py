"""What proxies before the server are believed: whom they speak for. Off unless configured.

A client can write any header, so only headers from an address that is trusted count, and of a list of addresses only
what trusted proxies have added: it is read from its end to the first address that is not trusted. Pure.
"""

import ipaddress
import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

from api_hour.config.http_options import TRUSTED_PROXIES, HttpOptions, ProxyHeaders
from api_hour.http.errors import Refusal

Address = tuple[str, int]

V2_SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"
V1_BYTES = 107  # the longest line of version 1, its end included
V2_BYTES = 16 + 65535

_V1 = re.compile(rb"PROXY (?:(TCP[46]) (\S+) (\S+) ([0-9]{1,5}) ([0-9]{1,5})|UNKNOWN[^\r\n]*)\r\n")
_FORWARDED_PAIR = re.compile(r'\s*(?:([!#$%&\'*+.^_`|~0-9A-Za-z-]+)=("(?:[^"\\]|\\.)*"|[^\s";,]*))?\s*')
_WITH_PORT = re.compile(r"(?:\[([^\]]*)\]|([^:]*))(?::([0-9]{1,5}))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """Which proxies are trusted with what.

    Attributes:
        trusted: addresses and networks of proxies, such as `10.0.0.0/8`; `unix` for those that come by a unix socket;
            `*` for all.
        headers: where they say whom they speak for: `X-Forwarded-For` and `X-Forwarded-Proto`, or `Forwarded`
            (RFC 7239), or nowhere.
        protocol: whether each connection from them begins with a PROXY protocol header, of version 1 or 2.
    """

    trusted: Sequence[str] = TRUSTED_PROXIES
    headers: ProxyHeaders | None = None
    protocol: bool = False

    @classmethod
    def of_options(cls, options: HttpOptions) -> Self | None:
        """Return whom the daemon's options trust; None when they believe nobody anything."""
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
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return any(found in ipaddress.ip_network(network, strict=False) for network in trusted if network != "unix")


@dataclass(frozen=True, slots=True)
class Origin:
    """Who a request comes from; None for what is not said."""

    client: Address | None = None
    scheme: str | None = None


def origin_of(headers: dict[str, str], proxy: Proxy) -> Origin:
    """Return what a trusted proxy's headers say of the client."""
    if proxy.headers == "x-forwarded":
        scheme = headers.get("x-forwarded-proto", "").rpartition(",")[2].strip().lower()
        hops = [(part, scheme) for part in headers.get("x-forwarded-for", "").split(",")] or [("", scheme)]
    elif proxy.headers == "forwarded":
        hops = _forwarded(headers.get("forwarded", ""))
    else:
        return Origin()
    return _first_untrusted(hops, proxy)


def _first_untrusted(hops: list[tuple[str, str]], proxy: Proxy) -> Origin:
    origin = Origin()
    for node, scheme in reversed(hops):
        address = _address(node)
        origin = Origin(address or origin.client, scheme if scheme in ("http", "https") else origin.scheme)
        if address is None or not proxy.trusts(address[0]):
            break
    return origin


def _address(node: str) -> Address | None:
    match = _WITH_PORT.fullmatch(node.strip())
    host = node.strip() if match is None else (match[1] or match[2])
    port = int(match[3]) if match is not None and match[3] else 0
    try:
        return str(ipaddress.ip_address(host)), port
    except ValueError:
        return None


def _forwarded(value: str) -> list[tuple[str, str]]:
    """Return the `for` and `proto` of each element (RFC 7239, section 4); nothing of a malformed one."""
    hops: list[tuple[str, str]] = []
    pairs: dict[str, str] = {}
    position = 0
    while True:
        match = _FORWARDED_PAIR.match(value, position)
        assert match is not None  # it matches nothing too
        if match[1]:
            pairs[match[1].lower()] = re.sub(r"\\(.)", r"\1", match[2][1:-1]) if match[2][:1] == '"' else match[2]
        position = match.end()
        separator = value[position : position + 1]
        if separator != ";":
            hops.append((pairs.get("for", ""), pairs.get("proto", "").lower()))
            pairs = {}
        if separator == "":
            return hops
        if separator not in (",", ";"):
            return []
        position += 1


def read_proxy_header(data: bytes) -> tuple[Address | None, bytes] | None:
    """Return the client that a PROXY protocol header names (None for none), and what follows; None if it is not whole.

    The protocol is HAProxy's: https://www.haproxy.org/download/3.2/doc/proxy-protocol.txt

    Raises:
        Refusal: the data does not begin with such a header.
    """
    if data[:12] == V2_SIGNATURE[: len(data[:12])]:
        return _read_v2(data)
    end = data.find(b"\r\n", 0, V1_BYTES)
    if end < 0 and len(data) < V1_BYTES and data[:6] == b"PROXY "[: len(data[:6])]:
        return None
    line = _V1.match(data, 0, max(end, 0) + 2)
    if line is None:
        raise Refusal(400, "expected a PROXY protocol header")
    if line[1] is None:
        return None, data[end + 2 :]
    address = _address(line[2].decode("latin-1")) if b"[" not in line[2] else None
    if address is None or int(line[4]) > 65535:
        raise Refusal(400, "the PROXY protocol header names no address")
    return (address[0], int(line[4])), data[end + 2 :]


def _read_v2(data: bytes) -> tuple[Address | None, bytes] | None:
    if len(data) < 16:
        return None
    version_command, family, length_bytes = struct.unpack_from("!BBH", data, 12)
    if version_command not in (0x20, 0x21):
        raise Refusal(400, "this version of the PROXY protocol is not spoken here, 1 and 2 are")
    if len(data) < 16 + length_bytes:
        return None
    rest = data[16 + length_bytes :]
    address_bytes = {0x11: 4, 0x21: 16}.get(family)
    if version_command == 0x20 or address_bytes is None:  # the proxy's own check, or not TCP
        return None, rest
    if length_bytes < 2 * address_bytes + 4:
        raise Refusal(400, "the PROXY protocol header names no address")
    host = ipaddress.ip_address(data[16 : 16 + address_bytes])
    (port,) = struct.unpack_from("!H", data, 16 + 2 * address_bytes)
    return (str(host), port), rest
