"""The header that begins a connection from a proxy."""

import socket
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_hour.http.message.errors import Refusal
from api_hour.http.wire.proxy_protocol import V1_BYTES, V2_SIGNATURE, read_proxy_header

EXPECTED = "expected a PROXY protocol header"
NO_ADDRESS = "the PROXY protocol header names no address"


def v2(command: int, family: int, block: bytes) -> bytes:
    return V2_SIGNATURE + bytes([command, family]) + len(block).to_bytes(2) + block


PORTS = b"\x30\x39\x00\x50"
IPV4 = bytes([1, 2, 3, 4, 10, 0, 0, 1]) + PORTS
IPV6 = socket.inet_pton(socket.AF_INET6, "2001:db8::1") + socket.inet_pton(socket.AF_INET6, "::1") + PORTS
MAPPED = socket.inet_pton(socket.AF_INET6, "::ffff:1.2.3.4") + bytes(16) + PORTS
TLV = b"\x04\x00\x03abc"


@pytest.mark.parametrize(
    ("header", "client"),
    [
        (b"PROXY TCP4 1.2.3.4 10.0.0.1 12345 80\r\n", ("1.2.3.4", 12345)),
        (b"PROXY TCP4 255.255.255.255 0.0.0.0 65535 0\r\n", ("255.255.255.255", 65535)),
        (b"PROXY TCP6 2001:db8::1 ::1 12345 80\r\n", ("2001:db8::1", 12345)),
        (b"PROXY TCP6 2001:DB8:0::1 ::1 0 80\r\n", ("2001:db8::1", 0)),
        (b"PROXY TCP6 ::ffff:1.2.3.4 ::1 1 2\r\n", ("1.2.3.4", 1)),
        (b"PROXY TCP6 " + b" ".join([b"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"] * 2) + b" 65535 65535\r\n",
         ("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 65535)),
        (b"PROXY UNKNOWN\r\n", None),
        (b"PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n", None),
        (b"PROXY UNKNOWN " + b"x" * (V1_BYTES - 16) + b"\r\n", None),
        (v2(0x21, 0x11, IPV4), ("1.2.3.4", 12345)),
        (v2(0x21, 0x11, IPV4 + TLV), ("1.2.3.4", 12345)),
        (v2(0x21, 0x21, IPV6), ("2001:db8::1", 12345)),
        (v2(0x21, 0x21, IPV6 + TLV * 10), ("2001:db8::1", 12345)),
        (v2(0x21, 0x21, MAPPED), ("1.2.3.4", 12345)),
        (v2(0x20, 0x00, b""), None),
        (v2(0x20, 0x11, IPV4), None),
        (v2(0x20, 0xFF, b"x"), None),
        (v2(0x21, 0x00, b"whatever"), None),
        (v2(0x21, 0x12, IPV4), None),
        (v2(0x21, 0x31, bytes(216)), None),
        (v2(0x21, 0x32, bytes(216) + TLV), None),
    ],
)  # fmt: skip
def test_a_header_names_the_client_or_nobody(header: bytes, client: tuple[str, int] | None) -> None:
    assert read_proxy_header(header + b"GET /") == (client, b"GET /")
    assert read_proxy_header(header) == (client, b"")
    for end in range(len(header)):
        assert read_proxy_header(header[:end]) is None


@pytest.mark.parametrize(
    ("data", "message"),
    [
        *(
            (data, EXPECTED)
            for data in (
                b"GET / HTTP/1.1\r\n", b"\x16\x03\x01", b"\r\n\r\n\x00\r\nQUIT\r", b"\r\n\r\nG",
                b"PROXX", b"proxy TCP4 1.2.3.4 10.0.0.1 1 2\r\n", b"PROXY " + b"x" * 107,
                b"PROXY UNKNOWN " + b"x" * (V1_BYTES - 15) + b"\r\n",
                b"PROXY\r\n", b"PROXY \r\n", b"PROXY  UNKNOWN\r\n", b"PROXY UNKNOWNX\r\n", b"PROXY\tUNKNOWN\r\n",
                b"PROXY TCP4\r\n", b"PROXY TCP4 1.2.3.4\r\n", b"PROXY TCP5 1.2.3.4 10.0.0.1 1 2\r\n",
                b"PROXY UDP4 1.2.3.4 10.0.0.1 1 2\r\n", b"PROXY tcp4 1.2.3.4 10.0.0.1 1 2\r\n",
                b"PROXY TCP4  1.2.3.4 10.0.0.1 1 2\r\n", b"PROXY TCP4 1.2.3.4\t10.0.0.1 1 2\r\n",
                b"PROXY TCP4 1.2.3.4 10.0.0.1 1 2 \r\n", b"PROXY TCP4 1.2.3.4 10.0.0.1 1 2 3\r\n",
                b"PROXY TCP4 1.2.3.4 10.0.0.1 01 2\r\n", b"PROXY TCP4 1.2.3.4 10.0.0.1 1 00\r\n",
                b"PROXY TCP4 1.2.3.4 10.0.0.1 -1 2\r\n", b"PROXY TCP4 1.2.3.4 10.0.0.1 1 +2\r\n",
                b"PROXY TCP4 1.2.3.4 10.0.0.1 123456 2\r\n", b"PROXY TCP4 1.2.3.4 10.0.0.1 1\r\n",
                b"PROXY TCP4 x 10.0.0.1 1 2\r\n", b"PROXY TCP4 ::1 ::1 1 2\r\n", b"PROXY TCP4 1.2.3.4 ::1 1 2\r\n",
                b"PROXY TCP6 [::1] ::1 1 2\r\n", b"PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n",
                b"PROXY TCP4 1.2.3.4 10.0.0.1 1 2\n", b"PROXY TCP4 1.2.3.4 10.0.0.1 1 2\rx", b"PROXY UNKNOWN\n",
                "PROXY TCP4 1.2.3.4 10.0.0.1 1 ²\r\n".encode(),
            )
        ),
        *(
            (data, NO_ADDRESS)
            for data in (
                b"PROXY TCP4 01.2.3.4 10.0.0.1 1 2\r\n", b"PROXY TCP4 1.2.3.4 10.0.0.001 1 2\r\n",
                b"PROXY TCP4 1.2.3.256 10.0.0.1 1 2\r\n", b"PROXY TCP4 1.2.3 10.0.0.1 1 2\r\n",
                b"PROXY TCP4 1.2.3.4.5 10.0.0.1 1 2\r\n", b"PROXY TCP4 1.2.3.4 10.0.0. 1 2\r\n",
                b"PROXY TCP4 1.2.3.4 10.0.0.1 65536 2\r\n", b"PROXY TCP4 1.2.3.4 10.0.0.1 1 65536\r\n",
                b"PROXY TCP6 1.2.3.4 ::1 1 2\r\n", b"PROXY TCP6 ::1 1.2.3.4 1 2\r\n", b"PROXY TCP6 :::1 ::1 1 2\r\n",
                b"PROXY TCP6 1::2::3 ::1 1 2\r\n", b"PROXY TCP6 ::12345 ::1 1 2\r\n", b"PROXY TCP6 ::1 : 1 2\r\n",
                v2(0x21, 0x11, b"xx"), v2(0x21, 0x11, IPV4[:-1]), v2(0x21, 0x21, IPV6[:-1]), v2(0x21, 0x21, IPV4),
                v2(0x21, 0x31, bytes(215)), v2(0x21, 0x41, IPV4), v2(0x21, 0x13, IPV4), v2(0x21, 0xF0, IPV6),
            )
        ),
        *(
            (v2(command, 0x11, IPV4), "this version of the PROXY protocol is not spoken here, 1 and 2 are")
            for command in (0x11, 0x22, 0x2F, 0x31, 0x00)
        ),
    ],
)  # fmt: skip
def test_anything_else_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(Refusal) as caught:
        read_proxy_header(data)

    assert (caught.value.status, str(caught.value)) == (400, f"Bad Request: {message}")


@given(data=st.binary() | st.binary().map(V2_SIGNATURE.__add__) | st.binary().map(b"PROXY ".__add__))
def test_no_data_breaks_the_reading(data: bytes) -> None:
    with suppress(Refusal):
        read_proxy_header(data)
