"""The header with which a proxy begins a connection, to say whose it is: HAProxy's PROXY protocol, versions 1 and 2.

https://www.haproxy.org/download/3.2/doc/proxy-protocol.txt

Rule that must hold: what is not exactly such a header is refused, as soon as it shows; nobody is believed half. Pure.
"""

import ipaddress
import re
import struct

from api_hour.http.message.errors import Refusal
from api_hour.http.wire.address import LAST_PORT, Address, plain_host

V2_SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"
V1_BYTES = 107  # the longest line of version 1, its end included

_PORT = rb"(0|[1-9][0-9]{0,4})"
_V1 = re.compile(
    rb"PROXY (?:TCP(?:(4) ([0-9.]+) ([0-9.]+)|(6) ([0-9A-Fa-f:.]+) ([0-9A-Fa-f:.]+)) "
    + _PORT + rb" " + _PORT + rb"|UNKNOWN(?: [^\r\n]*)?)\r\n"
)  # fmt: skip
_V1_WORD = b"PROXY "
_V1_BEGINNING = re.compile(rb"[^\r\n]*\r?")

_V2_HEAD_BYTES = 16
_LOCAL, _PROXY = 0x20, 0x21
_TCP4, _TCP6 = 0x11, 0x21
_ADDRESSES_BYTES = {0: 0, 1: 12, 2: 36, 3: 216}  # by family: unspecified, IPv4, IPv6, unix
_TRANSPORTS = (0, 1, 2)  # unspecified, streams, datagrams

_NO_ADDRESS = "the PROXY protocol header names no address"


def read_proxy_header(data: bytes) -> tuple[Address | None, bytes] | None:
    """Return the client that a header names, and what follows; None if the header is not whole.

    The client is None where the header has none, or one that has no address: then it is who connected.

    Raises:
        Refusal: the data does not begin with such a header.
    """
    if V2_SIGNATURE.startswith(data[: len(V2_SIGNATURE)]):
        return _read_v2(data)
    end = data.find(b"\r\n", 0, V1_BYTES)
    if end < 0 and _may_be_v1(data):
        return None
    line = _V1.fullmatch(data, 0, max(end, 0) + 2)
    if line is None:
        raise Refusal(400, "expected a PROXY protocol header")
    rest = data[end + 2 :]
    if line[7] is None:
        return None, rest
    try:
        client, _server = [_address(text, line[1] or line[4]) for text in (line[2] or line[5], line[3] or line[6])]
    except ValueError:
        raise Refusal(400, _NO_ADDRESS) from None
    port = int(line[7])
    if max(port, int(line[8])) > LAST_PORT:
        raise Refusal(400, _NO_ADDRESS)
    return (client, port), rest


def _may_be_v1(data: bytes) -> bool:
    """Tell whether what came may be the beginning of a line."""
    return (
        len(data) < V1_BYTES
        and data[: len(_V1_WORD)] == _V1_WORD[: len(data)]
        and _V1_BEGINNING.fullmatch(data) is not None
    )


def _address(text: bytes, version: bytes) -> str:
    """Return an address of a version; ValueError when it is none (also with zeros before a number of IPv4)."""
    kind = ipaddress.IPv4Address if version == b"4" else ipaddress.IPv6Address
    return plain_host(str(kind(text.decode("ascii"))))


def _read_v2(data: bytes) -> tuple[Address | None, bytes] | None:
    if len(data) < _V2_HEAD_BYTES:
        return None
    command, family, length_bytes = struct.unpack_from("!BBH", data, len(V2_SIGNATURE))
    if command not in (_LOCAL, _PROXY):
        raise Refusal(400, "this version of the PROXY protocol is not spoken here, 1 and 2 are")
    addresses_bytes = _ADDRESSES_BYTES.get(family >> 4)
    if command == _PROXY and (
        addresses_bytes is None or length_bytes < addresses_bytes or family & 0x0F not in _TRANSPORTS
    ):
        raise Refusal(400, _NO_ADDRESS)
    end = _V2_HEAD_BYTES + length_bytes
    if len(data) < end:
        return None
    if command == _LOCAL or family not in (_TCP4, _TCP6):  # the proxy's own connection, or no address
        return None, data[end:]
    host, port_at = (data[16:20], 24) if family == _TCP4 else (data[16:32], 48)
    (port,) = struct.unpack_from("!H", data, port_at)
    return (plain_host(str(ipaddress.ip_address(host))), port), data[end:]
