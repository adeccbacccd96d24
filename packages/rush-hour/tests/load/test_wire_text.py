import socket

import pytest

from rush_hour.errors import UsageError
from rush_hour.load.wire_text import unfit_in_header, unfit_in_target, unfit_in_url, usable_host, without_zone


@pytest.mark.parametrize("text", ["http://x/", "http://x//y/%20?a=b&c#d", "/a;b=c~'()*"])
def test_visible_ascii_can_be_sent(text: str) -> None:
    assert unfit_in_url(text) is None


@pytest.mark.parametrize(
    ("character", "shown", "encoded"),
    [
        (" ", "' '", "%20"),
        ("\t", "'\\t'", "%09"),
        ("\n", "'\\n'", "%0A"),
        ("\r", "'\\r'", "%0D"),
        ("\x00", "'\\x00'", "%00"),
        ("\x7f", "'\\x7f'", "%7F"),
        ("é", "'é'", "%C3%A9"),
        ("\u2028", "'\\u2028'", "%E2%80%A8"),
    ],
)
def test_anything_else_is_told_with_its_place(character: str, shown: str, encoded: str) -> None:
    told = f"{shown} is character 3 of it; percent-encode it: {encoded}"

    assert unfit_in_url(f"/a{character}b") == told
    assert unfit_in_target(f"/a{character}b") == told


def test_a_fragment_is_no_part_of_what_is_sent() -> None:
    assert unfit_in_target("/a#b") == "'#' is character 3 of it; percent-encode it: %23"


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("Accept", "text/html, */*;q=0.5", None),
        ("X-A", "", None),
        ("", "x", "its name is not a word"),
        ("A b", "x", "its name is not a word"),
        ("Ä", "x", "its name is not a word"),
        ("A\x01", "x", "its name is not a word"),
        ("A", "a\tb", "'\\t' is character 2 of the value of A"),
        ("A", "a\r\nB: c", "'\\r' is character 2 of the value of A"),
        ("A", "\x00", "'\\x00' is character 1 of the value of A"),
        ("A", "aé", "'é' is character 2 of the value of A"),
    ],
)
def test_a_header_is_a_word_and_visible_ascii_with_spaces(name: str, value: str, told: str | None) -> None:
    assert unfit_in_header(name, value) == told


@pytest.mark.parametrize(
    "host", ["localhost", "a.b.example.", "db_1", "1.2.3.4", "::1", "x" * 63, ".".join(["x" * 62] * 4)]
)
def test_hosts_are_taken_as_they_are(host: str) -> None:
    assert usable_host(host, what="URL") == host


@pytest.mark.parametrize(
    "host", ["a..b", ".", "", "x" * 64, "-a", "a-.b", "a,b", "ex%61mple", ".".join(["x" * 63] * 4)]
)
def test_what_is_no_host_name_is_refused(host: str) -> None:
    with pytest.raises(UsageError) as caught:
        usable_host(host, what="URL")

    assert str(caught.value) == (
        f"URL: expected a host name whose labels have 1 to 63 letters, digits and hyphens, got {host!r}."
    )


@pytest.mark.parametrize("zone", ["lo", "25lo"])
def test_a_zone_is_known_by_the_number_of_its_interface(zone: str) -> None:
    assert usable_host(f"fe80::1%{zone}", what="URL") == f"fe80::1%{socket.if_nametoindex('lo')}"
    assert usable_host("fe80::1%7", what="URL") == "fe80::1%7"


def test_a_zone_of_no_interface_is_told() -> None:
    with pytest.raises(UsageError) as caught:
        usable_host("fe80::1%none0", what="--connect-to")

    assert str(caught.value) == "--connect-to: expected a network interface after %, got 'none0'."


def test_a_zone_is_not_sent() -> None:
    assert without_zone("[fe80::1%25eth0]:80") == "[fe80::1]:80"
    assert without_zone("x:80") == "x:80"
