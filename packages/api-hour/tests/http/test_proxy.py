"""What proxies before the server are believed."""

import socket
from contextlib import suppress

import pytest
from event_loops import on_each_loop
from http_connection import connected
from hypothesis import given
from hypothesis import strategies as st

from api_hour.http import HttpServer, Limits, Proxy, Request, Router
from api_hour.http.errors import Refusal
from api_hour.http.proxy import V2_SIGNATURE, Origin, origin_of, read_proxy_header

X_FORWARDED = Proxy(trusted=("10.0.0.0/8", "unix"), headers="x-forwarded")
FORWARDED = Proxy(trusted=("10.0.0.0/8", "unix"), headers="forwarded")
V2_IPV4 = V2_SIGNATURE + b"\x21\x11\x00\x0c" + bytes([1, 2, 3, 4, 10, 0, 0, 1]) + b"\x30\x39\x00\x50"
V2_IPV6 = (
    V2_SIGNATURE
    + b"\x21\x21\x00\x26"
    + socket.inet_pton(socket.AF_INET6, "2001:db8::1")
    + socket.inet_pton(socket.AF_INET6, "::1")
    + b"\x30\x39\x00\x50tl"
)


@pytest.mark.parametrize(
    ("address", "is_trusted"),
    [("10.1.2.3", True), ("11.1.2.3", False), ("::ffff:10.1.2.3", True), ("::1", False), (None, True), ("x", False)],
)
def test_a_proxy_is_trusted_by_its_address(address: str | None, is_trusted: bool) -> None:
    assert X_FORWARDED.trusts(address) is is_trusted


@pytest.mark.parametrize("address", ["10.1.2.3", "2001:db8::1", None, "x"])
def test_a_star_trusts_everybody(address: str | None) -> None:
    assert Proxy(trusted=("*",)).trusts(address)


def test_a_unix_socket_is_trusted_only_if_it_is_said() -> None:
    assert not Proxy(trusted=("10.0.0.0/8",)).trusts(None)


@pytest.mark.parametrize(
    ("forwarded_for", "proto", "origin"),
    [
        ("1.2.3.4", "https", Origin(("1.2.3.4", 0), "https")),
        ("1.2.3.4", "", Origin(("1.2.3.4", 0), None)),
        ("1.2.3.4, 10.0.0.1, 10.0.0.2", "HTTPS", Origin(("1.2.3.4", 0), "https")),
        ("9.9.9.9, 1.2.3.4, 10.0.0.2", "http, https", Origin(("1.2.3.4", 0), "https")),
        ("10.0.0.1", "", Origin(("10.0.0.1", 0), None)),
        ("forged, 10.0.0.2", "", Origin(("10.0.0.2", 0), None)),
        ("1.2.3.4:555", "", Origin(("1.2.3.4", 555), None)),
        ("[2001:db8::1]:555", "", Origin(("2001:db8::1", 555), None)),
        ("2001:db8::1", "", Origin(("2001:db8::1", 0), None)),
        ("", "ftp", Origin(None, None)),
        ("unknown", "https", Origin(None, "https")),
    ],
)
def test_of_a_list_only_what_trusted_proxies_added_is_believed(forwarded_for: str, proto: str, origin: Origin) -> None:
    headers = {"x-forwarded-for": forwarded_for, "x-forwarded-proto": proto}

    assert origin_of(headers, X_FORWARDED) == origin


@pytest.mark.parametrize(
    ("forwarded", "origin"),
    [
        ("for=1.2.3.4;proto=https", Origin(("1.2.3.4", 0), "https")),
        ('For="[2001:db8:cafe::17]:4711"', Origin(("2001:db8:cafe::17", 4711), None)),
        ("for=9.9.9.9, for=1.2.3.4;proto=http, for=10.0.0.1;by=10.0.0.2;proto=https", Origin(("1.2.3.4", 0), "http")),
        ('for="_hidden", for=10.0.0.1', Origin(("10.0.0.1", 0), None)),
        ('for="1.2.3.4\\:80"', Origin(("1.2.3.4", 80), None)),
        ("for=1.2.3.4 for=2.2.2.2", Origin(None, None)),
        ("", Origin(None, None)),
        ("proto=https;;", Origin(None, "https")),
    ],
)
def test_the_forwarded_header_is_read(forwarded: str, origin: Origin) -> None:
    assert origin_of({"forwarded": forwarded}, FORWARDED) == origin


@given(value=st.text())
def test_no_header_breaks_the_reading(value: str) -> None:
    for proxy in (X_FORWARDED, FORWARDED):
        origin_of({"forwarded": value, "x-forwarded-for": value, "x-forwarded-proto": value}, proxy)


def test_a_proxy_that_says_nothing_is_asked_nothing() -> None:
    assert origin_of({"x-forwarded-for": "1.2.3.4"}, Proxy()) == Origin()


@pytest.mark.parametrize(
    ("header", "client"),
    [
        (b"PROXY TCP4 1.2.3.4 10.0.0.1 12345 80\r\n", ("1.2.3.4", 12345)),
        (b"PROXY TCP6 2001:db8::1 ::1 12345 80\r\n", ("2001:db8::1", 12345)),
        (b"PROXY UNKNOWN\r\n", None),
        (b"PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n", None),
        (V2_IPV4, ("1.2.3.4", 12345)),
        (V2_IPV6, ("2001:db8::1", 12345)),
        (V2_SIGNATURE + b"\x20\x00\x00\x00", None),
        (V2_SIGNATURE + b"\x21\x31\x00\x02xx", None),
    ],
)
def test_a_header_of_the_proxy_protocol_names_the_client(header: bytes, client: tuple[str, int] | None) -> None:
    assert read_proxy_header(header + b"GET /") == (client, b"GET /")
    for end in range(len(header)):
        assert read_proxy_header(header[:end]) is None


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"GET / HTTP/1.1\r\n", "expected a PROXY protocol header"),
        (b"PROXY TCP4 1.2.3.4\r\n", "expected a PROXY protocol header"),
        (b"PROXY " + b"x" * 107, "expected a PROXY protocol header"),
        (b"PROXY TCP4 x 10.0.0.1 1 2\r\n", "the PROXY protocol header names no address"),
        (b"PROXY TCP4 [::1] 10.0.0.1 1 2\r\n", "the PROXY protocol header names no address"),
        (b"PROXY TCP4 1.2.3.4 10.0.0.1 99999 2\r\n", "the PROXY protocol header names no address"),
        (V2_SIGNATURE + b"\x21\x11\x00\x02xx", "the PROXY protocol header names no address"),
        (
            V2_SIGNATURE + b"\x11\x11\x00\x00",
            "this version of the PROXY protocol is not spoken here, 1 and 2 are",
        ),
    ],
)
def test_anything_else_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(Refusal) as caught:
        read_proxy_header(data)

    assert (caught.value.status, str(caught.value)) == (400, f"Bad Request: {message}")


@given(data=st.binary() | st.binary().map(V2_SIGNATURE.__add__) | st.binary().map(b"PROXY ".__add__))
def test_no_data_breaks_the_reading_of_the_proxy_protocol(data: bytes) -> None:
    with suppress(Refusal):
        read_proxy_header(data)


def server(proxy: Proxy | None) -> HttpServer:
    router = Router()

    @router.get("/")
    async def who(request: Request) -> list[object]:
        return [request.client, request.scheme]

    return HttpServer(router, proxy=proxy, limits=Limits())


GET = b"GET / HTTP/1.1\r\nHost: a\r\n%b\r\n"


@on_each_loop
async def test_headers_are_believed_only_from_a_trusted_proxy() -> None:
    request = GET % b"X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Proto: https\r\n"
    for proxy, body in (
        (None, b'[null,"http"]'),
        (Proxy(trusted=("10.0.0.0/8",), headers="x-forwarded"), b'[null,"http"]'),
        (Proxy(trusted=("unix",), headers="x-forwarded"), b'[["1.2.3.4",0],"https"]'),
    ):
        async with connected(server(proxy)) as connection:
            assert (await connection.ask(request)).body == body


@on_each_loop
async def test_a_connection_that_begins_with_the_proxy_protocol_has_its_client() -> None:
    proxy = Proxy(trusted=("unix",), protocol=True)
    data = V2_IPV4 + GET % b""
    for cut in (0, 5, len(V2_IPV4), len(V2_IPV4) + 3):
        async with connected(server(proxy)) as connection:
            if cut:
                connection.protocol.data_received(data[:cut])
            connection.protocol.data_received(data[cut:])
            assert (await connection.answer()).body == b'[["1.2.3.4",12345],"http"]'
            assert (await connection.ask(GET % b"")).body == b'[["1.2.3.4",12345],"http"]'


@on_each_loop
async def test_a_connection_that_does_not_begin_with_the_proxy_protocol_is_refused() -> None:
    async with connected(server(Proxy(trusted=("unix",), protocol=True))) as connection:
        assert (await connection.ask(GET % b"")).status == 400
        assert await connection.rest() == b""


@on_each_loop
async def test_who_is_no_trusted_proxy_cannot_speak_its_protocol() -> None:
    async with connected(server(Proxy(trusted=("10.0.0.0/8",), protocol=True))) as connection:
        assert (await connection.ask(GET % b"")).status == 200
    async with connected(server(Proxy(trusted=("10.0.0.0/8",), protocol=True))) as connection:
        assert (await connection.ask(b"PROXY TCP4 1.2.3.4 10.0.0.1 12345 80\r\n" + GET % b"")).status == 400
