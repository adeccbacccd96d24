import socket
from pathlib import Path

import pytest

from rush_hour.errors import StartError, UsageError
from rush_hour.load.plan import parse_url, resolve


@pytest.mark.parametrize(
    "url",
    [
        "",
        "localhost:8008",
        "ftp://x/",
        "http:///path",
        "http://x:0/",
        "http://x:99999/",
        "http://[::1/",
    ],
)
def test_other_urls_are_refused(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_url(url)

    assert str(caught.value) == (
        f"URL: expected http:// or https:// and HOST:PORT/PATH, such as http://127.0.0.1:8008/agents; got {url!r}."
    )


def test_what_cannot_be_sent_is_told_with_its_place() -> None:
    with pytest.raises(UsageError) as caught:
        parse_url("http://x/a\tb")

    assert str(caught.value) == (
        "URL: expected visible ASCII characters alone; '\\t' is character 11 of it; percent-encode it: %09."
    )


def test_an_address_may_have_a_zone_and_a_name_must_have_labels() -> None:
    zone = socket.if_nametoindex("lo")

    assert resolve(parse_url("http://[::1%25lo]/")).sockaddr == ("::1", 80, 0, zone)
    assert resolve(parse_url("http://x/"), connect_to="[::1%lo]:80").sockaddr == ("::1", 80, 0, zone)
    for url, connect_to in (("http://a..b/", None), ("http://x/", "a..b:80")):
        with pytest.raises(UsageError):
            resolve(parse_url(url), connect_to=connect_to)


def test_addresses_are_found_for_ipv4_ipv6_and_unix_sockets() -> None:
    ipv4 = resolve(parse_url("https://127.0.0.1/"))
    ipv6 = resolve(parse_url("http://[::1]:8008/"))
    unix = resolve(parse_url("http://x/"), unix=Path("/tmp/x.sock"))

    assert (ipv4.family, ipv4.sockaddr, ipv4.is_local) == (socket.AF_INET, ("127.0.0.1", 443), True)
    assert (ipv6.family, ipv6.sockaddr[:2], ipv6.is_local) == (socket.AF_INET6, ("::1", 8008), True)
    assert (unix.family, unix.sockaddr, unix.label) == (socket.AF_UNIX, "/tmp/x.sock", "unix:/tmp/x.sock")
    assert not resolve(parse_url("http://192.0.2.1/")).is_local


def test_a_host_without_an_address_is_named() -> None:
    with pytest.raises(StartError) as caught:
        resolve(parse_url("http://no-such-host.invalid/"))

    assert str(caught.value).startswith("URL: no address found for host 'no-such-host.invalid': ")


def test_another_address_may_be_connected_to() -> None:
    address = resolve(parse_url("http://example.org/"), connect_to="127.0.0.1:8008")

    assert (address.sockaddr, address.label) == (("127.0.0.1", 8008), "127.0.0.1:8008")
    assert resolve(parse_url("http://x/"), connect_to="[::1]:80").sockaddr[:2] == ("::1", 80)


@pytest.mark.parametrize("text", ["", "host", "host:", ":80", "host:0", "host:70000", "host:http"])
def test_other_addresses_are_refused(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        resolve(parse_url("http://x/"), connect_to=text)

    assert str(caught.value) == f"--connect-to: expected HOST:PORT, such as 127.0.0.1:8008; got {text!r}."
