import socket
from pathlib import Path

import pytest

from rush_hour.errors import StartError, UsageError
from rush_hour.load.plan import Expectation, build_request, parse_url, resolve


def test_a_request_has_the_urls_path_query_and_host_and_nothing_else() -> None:
    request = build_request(parse_url("http://localhost:8008/agents?page=2#part"))

    assert request.data == b"GET /agents?page=2 HTTP/1.1\r\nHost: localhost:8008\r\n\r\n"


def test_headers_are_added_and_host_may_be_replaced() -> None:
    request = build_request(parse_url("http://[::1]"), ("Accept:  text/html ", "HOST: example"), method="HEAD")

    assert request.data == b"HEAD / HTTP/1.1\r\nAccept: text/html\r\nHOST: example\r\n\r\n"


@pytest.mark.parametrize("header", ["no colon", ": value", "Two words: x", "A: b\r\nC: d"])
def test_other_headers_are_refused(header: str) -> None:
    with pytest.raises(UsageError) as caught:
        build_request(parse_url("http://x/"), (header,))

    assert str(caught.value) == f"--header: expected 'Name: value', got {header!r}."


@pytest.mark.parametrize(
    "url",
    [
        "",
        "localhost:8008",
        "https://x/",
        "http:///path",
        "http://x:0/",
        "http://x:99999/",
        "http://[::1/",
        "http://x/a b",
    ],
)
def test_other_urls_are_refused(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_url(url)

    assert str(caught.value) == (
        f"URL: expected http://HOST:PORT/PATH, such as http://127.0.0.1:8008/agents; got {url!r}."
    )


def test_addresses_are_found_for_ipv4_ipv6_and_unix_sockets() -> None:
    ipv4 = resolve(parse_url("http://127.0.0.1/"), None)
    ipv6 = resolve(parse_url("http://[::1]:8008/"), None)
    unix = resolve(parse_url("http://x/"), Path("/tmp/x.sock"))

    assert (ipv4.family, ipv4.sockaddr, ipv4.is_local) == (socket.AF_INET, ("127.0.0.1", 80), True)
    assert (ipv6.family, ipv6.sockaddr[:2], ipv6.is_local) == (socket.AF_INET6, ("::1", 8008), True)
    assert (unix.family, unix.sockaddr, unix.label) == (socket.AF_UNIX, "/tmp/x.sock", "unix:/tmp/x.sock")
    assert not resolve(parse_url("http://192.0.2.1/"), None).is_local


def test_a_host_without_an_address_is_named() -> None:
    with pytest.raises(StartError) as caught:
        resolve(parse_url("http://no-such-host.invalid/"), None)

    assert str(caught.value).startswith("URL: no address found for host 'no-such-host.invalid': ")


def test_a_good_status_is_the_expected_one_or_any_below_400() -> None:
    assert [status for status in (200, 204, 302, 404, 502) if Expectation().accepts_status(status)] == [200, 204, 302]
    assert [status for status in (200, 404) if Expectation(status=404).accepts_status(status)] == [404]
