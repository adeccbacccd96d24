import pickle
import socket
from pathlib import Path

import pytest

from rush_hour.errors import StartError, UsageError
from rush_hour.load.plan import parse_url
from rush_hour.load.transport.destination import destination_of


def test_every_address_of_a_name_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [
        (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("::1", 80, 0, 0)),
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 80)),
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 80)),
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_arguments, **_options: found)

    address = destination_of(parse_url("http://dual.test/")).resolve()

    assert address.sockaddr == ("::1", 80, 0, 0)
    assert [other.sockaddr for other in address.others] == [("127.0.0.1", 80)]
    assert {address.label, *(other.label for other in address.others)} == {"dual.test:80"}


def test_an_address_may_have_a_zone_and_a_name_must_have_labels() -> None:
    zone = socket.if_nametoindex("lo")

    assert destination_of(parse_url("http://[::1%25lo]/")).resolve().sockaddr == ("::1", 80, 0, zone)
    assert destination_of(parse_url("http://x/"), connect_to="[::1%lo]:80").resolve().sockaddr == ("::1", 80, 0, zone)
    for url, connect_to in (("http://a..b/", None), ("http://x/", "a..b:80")):
        with pytest.raises(UsageError):
            destination_of(parse_url(url), connect_to=connect_to).resolve()


def test_addresses_are_found_for_ipv4_ipv6_and_unix_sockets() -> None:
    ipv4 = destination_of(parse_url("https://127.0.0.1/")).resolve()
    ipv6 = destination_of(parse_url("http://[::1]:8008/")).resolve()
    unix = destination_of(parse_url("http://x/"), unix=Path("/tmp/x.sock")).resolve()

    assert (ipv4.family, ipv4.sockaddr, ipv4.is_local) == (socket.AF_INET, ("127.0.0.1", 443), True)
    assert (ipv6.family, ipv6.sockaddr[:2], ipv6.is_local) == (socket.AF_INET6, ("::1", 8008), True)
    assert (unix.family, unix.sockaddr, unix.label) == (socket.AF_UNIX, "/tmp/x.sock", "unix:/tmp/x.sock")
    assert not destination_of(parse_url("http://192.0.2.1/")).resolve().is_local


def test_a_host_without_an_address_is_named() -> None:
    with pytest.raises(StartError) as caught:
        destination_of(parse_url("http://no-such-host.invalid/")).resolve()

    assert str(caught.value).startswith("URL: no address found for host 'no-such-host.invalid': ")


def test_another_address_may_be_connected_to() -> None:
    address = destination_of(parse_url("http://example.org/"), connect_to="127.0.0.1:8008").resolve()

    assert (address.sockaddr, address.label) == (("127.0.0.1", 8008), "127.0.0.1:8008")
    assert destination_of(parse_url("http://x/"), connect_to="[::1]:80").resolve().sockaddr[:2] == ("::1", 80)


@pytest.mark.parametrize("text", ["", "host", "host:", ":80", "host:0", "host:70000", "host:http"])
def test_other_addresses_are_refused(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        destination_of(parse_url("http://x/"), connect_to=text).resolve()

    assert str(caught.value) == f"--connect-to: expected HOST:PORT, such as 127.0.0.1:8008; got {text!r}."


def test_what_was_looked_up_is_used_from_then_on_and_does_not_travel(monkeypatch: pytest.MonkeyPatch) -> None:
    said = destination_of(parse_url("http://x/"), connect_to="127.0.0.1:8008", sources=("127.0.0.5",))
    known = said.looked_up()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_arguments, **_options: pytest.fail("looked up again"))

    assert known.resolve() is known.looked_up().resolve() is known.known
    assert pickle.loads(pickle.dumps(known)) == said  # noqa: S301  # our own


def test_a_host_that_is_none_is_told_with_the_option_that_has_it() -> None:
    destination = destination_of(parse_url("http://x/"), connect_to="a..b:80")

    with pytest.raises(UsageError) as caught:
        pickle.loads(pickle.dumps(destination)).resolve()  # noqa: S301  # our own

    assert str(caught.value) == (
        "--connect-to: expected a host name whose labels have 1 to 63 letters, digits and hyphens, got 'a..b'."
    )
