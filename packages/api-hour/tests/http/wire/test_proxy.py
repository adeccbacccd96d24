"""Trusted proxies, and the client that they report."""

import asyncio
import json
import socket

import pytest
from event_loops import on_each_loop
from http_connection import connected
from hypothesis import given
from hypothesis import strategies as st

from api_hour.http import HttpServer, Limits, Proxy, Request, Router
from api_hour.http.wire.proxy import Origin, origin_of
from api_hour.http.wire.proxy_protocol import V2_SIGNATURE

X_FORWARDED = Proxy(trusted=("10.0.0.0/8", "unix"), headers="x-forwarded")
FORWARDED = Proxy(trusted=("10.0.0.0/8", "unix"), headers="forwarded")
V1 = b"PROXY TCP4 1.2.3.4 10.0.0.1 12345 80\r\n"
V2 = V2_SIGNATURE + b"\x21\x11\x00\x0c" + bytes([1, 2, 3, 4, 10, 0, 0, 1]) + b"\x30\x39\x00\x50"


@pytest.mark.parametrize(
    ("address", "is_trusted"),
    [("10.1.2.3", True), ("11.1.2.3", False), ("::ffff:10.1.2.3", True), ("::1", False), (None, True), ("x", False)],
)
def test_a_proxy_is_trusted_by_its_address(address: str | None, is_trusted: bool) -> None:
    assert X_FORWARDED.trusts(address) is is_trusted


@pytest.mark.parametrize(
    ("trusted", "is_trusted"),
    [("::ffff:10.1.2.3", True), ("::ffff:10.0.0.0/104", True), ("::ffff:11.0.0.0/104", False), ("::/0", False)],
)
def test_a_network_of_ipv4_may_be_written_as_ipv6(trusted: str, is_trusted: bool) -> None:
    assert Proxy(trusted=(trusted,)).trusts("10.1.2.3") is is_trusted
    assert Proxy(trusted=(trusted,)).trusts("::ffff:10.1.2.3") is is_trusted


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
        ("9.9.9.9, 1.2.3.4, 10.0.0.2", "http, https", Origin(("1.2.3.4", 0), "http")),
        ("9.9.9.9, 1.2.3.4, 10.0.0.2", "ftp, https, http", Origin(("1.2.3.4", 0), "https")),
        ("1.2.3.4, 10.0.0.1, 10.0.0.2", "https, http", Origin(("1.2.3.4", 0), "https")),
        ("1.2.3.4", "https, http", Origin(("1.2.3.4", 0), "http")),
        ("", "https, http", Origin(None, "http")),
        ("1.2.3.4", "WSS", Origin(("1.2.3.4", 0), "https")),
        ("1.2.3.4", "ws", Origin(("1.2.3.4", 0), "http")),
        ("1.2.3.4", "wsss", Origin(("1.2.3.4", 0), None)),
        ("1.2.3.4,, \t,10.0.0.2,", ",https,", Origin(("1.2.3.4", 0), "https")),
        ("1.2.3.4:65535", "", Origin(("1.2.3.4", 65535), None)),
        ("1.2.3.4:65536", "", Origin(("1.2.3.4", 0), None)),
        ("1.2.3.4:" + "9" * 5000, "", Origin(("1.2.3.4", 0), None)),
        ("[::1]:99999", "", Origin(("::1", 0), None)),
        ("1.2.3.4:x", "", Origin(None, None)),
        ("::ffff:1.2.3.4", "", Origin(("1.2.3.4", 0), None)),
        ("1.2.3.4, ::FFFF:10.0.0.1", "", Origin(("1.2.3.4", 0), None)),
        ("[::ffff:102:304]:5", "", Origin(("1.2.3.4", 5), None)),
        ("fe80::1%eth0", "", Origin(("fe80::1", 0), None)),
        ('[fe80::1%"\x1b]:5', "", Origin(("fe80::1", 5), None)),
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
        ('for="[::1]:65536";proto=wss', Origin(("::1", 0), "https")),
        ("for=1.2.3.4;proto=WS", Origin(("1.2.3.4", 0), "http")),
        ('for="1.2.3.4:_hidden"', Origin(("1.2.3.4", 0), None)),
        ('for="_hidden:_port", for=10.0.0.1', Origin(("10.0.0.1", 0), None)),
        ('for="[::ffff:1.2.3.4]:80"', Origin(("1.2.3.4", 80), None)),
        ('for="[fe80::1%25eth0]"', Origin(("fe80::1", 0), None)),
        ('for=1.2.3.4;ext="a;b\\"c";proto=https', Origin(("1.2.3.4", 0), "https")),
        ("for=1.2.3.4;for=5.6.7.8", Origin(None, None)),
        ("for=1.2.3.4;proto=https,", Origin(("1.2.3.4", 0), "https")),
        ("for=,for=10.0.0.1", Origin(("10.0.0.1", 0), None)),
        # What a client has written does not hide what a proxy has added.
        ('for="forged, for=1.2.3.4;proto=https', Origin(("1.2.3.4", 0), "https")),
        ('for="forged, for="[2001:db8::1]"', Origin(("2001:db8::1", 0), None)),
        ('=;"\\, for=1.2.3.4, for=10.0.0.1', Origin(("1.2.3.4", 0), None)),
        ("for=1.2.3.4 forged, for=10.0.0.1", Origin(("10.0.0.1", 0), None)),
        ("", Origin(None, None)),
        ("proto=https;;", Origin(None, "https")),
    ],
)
def test_the_forwarded_header_is_read(forwarded: str, origin: Origin) -> None:
    assert origin_of({"forwarded": forwarded}, FORWARDED) == origin


@given(
    nodes=st.lists(st.sampled_from(["1.2.3.4", "5.6.7.8", "10.0.0.1", "10.0.0.2", "unknown"]), min_size=1),
    schemes=st.lists(st.sampled_from(["http", "https"]), min_size=1),
)
def test_addresses_and_schemes_are_paired_from_the_end(nodes: list[str], schemes: list[str]) -> None:
    """A Forwarded header that says the same has each pair in an element."""
    paired = schemes * len(nodes) if len(schemes) == 1 else schemes
    missing = len(nodes) - len(paired)
    paired = [""] * missing + paired if missing > 0 else paired[-len(nodes) :]
    forwarded = ", ".join(f"for={node};proto={scheme}" for node, scheme in zip(nodes, paired, strict=True))

    by_two = origin_of({"x-forwarded-for": ", ".join(nodes), "x-forwarded-proto": ",".join(schemes)}, X_FORWARDED)

    assert by_two == origin_of({"forwarded": forwarded}, FORWARDED)


@given(value=st.text())
def test_no_header_breaks_the_reading(value: str) -> None:
    for proxy in (X_FORWARDED, FORWARDED):
        origin_of({"forwarded": value, "x-forwarded-for": value, "x-forwarded-proto": value}, proxy)


def test_a_proxy_that_says_nothing_is_asked_nothing() -> None:
    assert origin_of({"x-forwarded-for": "1.2.3.4"}, Proxy()) == Origin()


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
    data = V2 + GET % b""
    for cut in (0, 5, len(V2), len(V2) + 3):
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


@pytest.mark.parametrize("data", [V1 + GET % b"", V1, V2 + GET % b"", V2, b"PROXY UNKNOWN\r\n", V2_SIGNATURE])
@pytest.mark.parametrize("step", [1, 2, 3, 5, 11, 1000])
@on_each_loop
async def test_a_header_that_nobody_expects_is_400_however_it_is_split(data: bytes, step: int) -> None:
    async with connected(server(None)) as connection:
        for position in range(0, len(data), step):
            connection.protocol.data_received(data[position : position + step])

        assert (await connection.answer()).status == 400
        assert await connection.rest() == b""


@on_each_loop
async def test_a_client_of_ipv4_on_a_socket_of_both_is_shown_as_ipv4() -> None:
    loop = asyncio.get_running_loop()
    for proxy in (None, Proxy(trusted=("127.0.0.0/8",), headers="x-forwarded")):
        both = socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True)
        listening = await loop.create_server(server(proxy), sock=both)
        reader, writer = await asyncio.open_connection("127.0.0.1", both.getsockname()[1])
        writer.write(GET % b"X-Forwarded-For: ::ffff:1.2.3.4\r\nConnection: close\r\n")
        client = json.loads((await reader.read()).partition(b"\r\n\r\n")[2])[0]
        writer.close()
        listening.close()

        assert client[0] == ("127.0.0.1" if proxy is None else "1.2.3.4")
