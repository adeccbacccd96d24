"""Addresses: every form that is read, what is refused, and how each is written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_hour.config import Bind, FdBind, TcpBind, UdpBind, UnixBind, parse_bind
from api_hour.config.binds import leaves_ipv4_to_others, localhost_pair, name_binds
from api_hour.errors import ConfigError

FORMS = "HOST:PORT, [IPV6]:PORT, unix:PATH, unix:@NAME, udp:HOST:PORT, udp:[IPV6]:PORT or fd://N"


@pytest.mark.parametrize(
    ("text", "bind"),
    [
        ("127.0.0.1:8000", TcpBind(host="127.0.0.1", port=8000)),
        ("localhost:0", TcpBind(host="localhost", port=0)),
        ("example.org:65535", TcpBind(host="example.org", port=65535)),
        (":8008", TcpBind(host="0.0.0.0", port=8008)),  # noqa: S104  # what `:PORT` asks for
        ("[::1]:8000", TcpBind(host="::1", port=8000)),
        ("[::]:8000", TcpBind(host="::", port=8000)),
        ("unix:/run/api_hour.sock", UnixBind(path="/run/api_hour.sock")),
        ("unix:relative.sock", UnixBind(path="relative.sock")),
        ("unix:with:colon:80", UnixBind(path="with:colon:80")),
        ("unix:@name", UnixBind(path="@name")),
        ("udp:127.0.0.1:53", UdpBind(host="127.0.0.1", port=53)),
        ("udp::53", UdpBind(host="0.0.0.0", port=53)),  # noqa: S104
        ("udp:[::1]:53", UdpBind(host="::1", port=53)),
        ("udp:53", TcpBind(host="udp", port=53)),
        ("fd://3", FdBind(fd=3)),
    ],
)
def test_every_form_of_an_address_is_read(text: str, bind: Bind) -> None:
    assert parse_bind(text) == bind


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":",
        "8000",
        "localhost",
        "localhost:",
        "localhost:http",
        "localhost:-1",
        "localhost:+1",
        "localhost: 1",
        "localhost:1_0",
        "localhost:65536",
        "localhost:" + "9" * 5000,
        "localhost:\u0661",
        "::1:8000",
        "[::1]",
        "[::1:8000",
        "::1]:8000",
        "[]:8000",
        "[127.0.0.1]:8000",
        "unix:",
        "unix:@",
        "unix:a\0b",
        "udp:",
        "udp:a:b",
        "udp:::1:53",
        "udp:[::1]",
        "fd:3",
        "fd://",
        "fd://-1",
        "fd://x",
        "http://localhost:8000",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_bind(text)

    assert str(caught.value) == (f"--bind: expected {FORMS}, such as 127.0.0.1:8000; got {text!r}.")


PATHS = st.text(st.characters(exclude_characters="\0"), min_size=1).filter(lambda path: path != "@")


@given(
    st.builds(TcpBind, host=st.sampled_from(["a", "127.0.0.1", "::1", "fe80::1"]), port=st.integers(0, 65535))
    | st.builds(UdpBind, host=st.sampled_from(["a", "127.0.0.1", "::1", "fe80::1"]), port=st.integers(0, 65535))
    | st.builds(
        UnixBind, path=st.text(st.characters(exclude_characters="\0"), min_size=1).filter(lambda path: path != "@")
    )
    | st.builds(FdBind, fd=st.integers(0, 999_999))
)
def test_an_address_is_written_as_it_is_read(bind: Bind) -> None:
    assert parse_bind(str(bind)) == bind


def test_an_abstract_address_is_told_from_a_path() -> None:
    assert UnixBind(path="@name").is_abstract
    assert not UnixBind(path="name@").is_abstract


def test_addresses_that_are_the_same_have_different_names() -> None:
    any_port = TcpBind(host="127.0.0.1", port=0)

    assert name_binds([any_port, UnixBind(path="a"), any_port, any_port]) == [
        "127.0.0.1:0",
        "unix:a",
        "127.0.0.1:0 (2)",
        "127.0.0.1:0 (3)",
    ]


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        ([], False),
        (["0.0.0.0:80"], True),
        (["127.0.0.1:80"], True),
        (["localhost:80"], True),
        (["0.0.0.0:81"], False),
        (["udp:0.0.0.0:80"], False),
        (["[::1]:80"], False),
        (["[::ffff:127.0.0.1]:80"], False),
        (["unix:a.sock", "0.0.0.0:80"], True),
    ],
)
def test_ipv4_is_left_to_another_address_of_the_same_port(others: list[str], expected: bool) -> None:
    bind = parse_bind("[::]:80")

    assert leaves_ipv4_to_others(bind, [*map(parse_bind, others), bind]) is expected


@pytest.mark.parametrize("text", ["[::]:0", "[::1]:80", "0.0.0.0:80", "example.org:80", "unix:a.sock", "fd://3"])
def test_only_every_address_of_ipv6_has_ipv4_to_leave(text: str) -> None:
    others = [parse_bind("0.0.0.0:80"), parse_bind("0.0.0.0:0")]

    assert not leaves_ipv4_to_others(parse_bind(text), others)


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("localhost:80", ["127.0.0.1:80", "[::1]:80"]),
        ("LocalHost:0", ["127.0.0.1:0", "[::1]:0"]),
        ("udp:localhost:80", ["udp:127.0.0.1:80", "udp:[::1]:80"]),
    ],
)
def test_localhost_has_two_addresses(text: str, pair: list[str]) -> None:
    assert localhost_pair(parse_bind(text)) == tuple(map(parse_bind, pair))


@pytest.mark.parametrize("text", ["127.0.0.1:80", "localhost.example:80", "unix:localhost"])
def test_others_have_one(text: str) -> None:
    assert localhost_pair(parse_bind(text)) is None
