"""Formats of the access log: what each atom shows, what is refused, and that no client can forge a line."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from noted import Exchange, entry, request

from api_hour.access_log import line_maker
from api_hour.access_log.atoms import ATOMS
from api_hour.access_log.entry import PID
from api_hour.errors import ConfigError

LOCAL_TIME = time.strftime("[%d/%b/%Y:%H:%M:%S %z]", time.localtime(1_795_537_252))
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-Part: a: b\r\n\r\n"
FULL = request(authorization=b"Basic am9lOnNlY3JldA==", referer=b"http://a/", user_agent=b'curl "8"')


@pytest.mark.parametrize(
    ("atom", "shown"),
    [
        ("h", "192.0.2.1"),
        ("l", "-"),
        ("u", "joe"),
        ("t", LOCAL_TIME),
        ("r", "GET /agents?page=2 HTTP/1.1"),
        ("m", "GET"),
        ("U", "/agents"),
        ("q", "page=2"),
        ("H", "HTTP/1.1"),
        ("s", "200"),
        ("B", "17"),
        ("b", "17"),
        ("f", "http://a/"),
        ("a", r"curl \x228\x22"),
        ("T", "1"),
        ("M", "1234"),
        ("D", "1234567"),
        ("L", "1.234568"),
        pytest.param("p", f"<{PID}>", id="p"),
        ("request_id", "-"),
        ("{User-Agent}i", r"curl \x228\x22"),
        ("{accept}i", "-"),
        ("{x-part}o", "a: b"),
        ("{Server}o", "-"),
    ],
)
def test_an_atom_shows_what_gunicorn_s_shows(atom: str, shown: str) -> None:
    assert line_maker(f"%({atom})s")(entry(FULL, Exchange(head=HEAD))) == shown


def test_every_atom_is_tried() -> None:
    assert sorted(ATOMS) == sorted([*"hlutrmUqHsBbfaTMDLp", "request_id"])


@pytest.mark.parametrize(
    ("atom", "shown"),
    [("h", "-"), ("u", "-"), ("r", "-"), ("m", "-"), ("U", "-"), ("q", ""), ("f", "-"), ("H", "HTTP/1.1"), ("b", "-")],
)
def test_an_atom_of_a_request_that_was_not_understood(atom: str, shown: str) -> None:
    assert line_maker(f"%({atom})s")(entry(None, Exchange(client=None), response_bytes=0)) == shown


@pytest.mark.parametrize("credentials", [b"Bearer abc", b"Basic", b"Basic !!", b"Basic abc", b"Basic OnNlY3JldA=="])
def test_a_user_is_known_from_basic_credentials_alone(credentials: bytes) -> None:
    assert line_maker("%(u)s")(entry(request(authorization=credentials))) == "-"


def test_the_version_is_the_client_s() -> None:
    assert line_maker("%(H)s %(r)s")(entry(request(b"/", is_http_1_0=True))) == "HTTP/1.0 GET / HTTP/1.0"


def test_the_named_formats() -> None:
    given = entry(request(b"/", user_agent=b"curl"))
    common = f'192.0.2.1 - - {LOCAL_TIME} "GET / HTTP/1.1" 200 17'

    assert line_maker("common")(given) == common
    assert line_maker("combined")(given) == line_maker("-")(given) == f'{common} "-" "curl"'


def test_a_format_may_hold_text_and_percent_signs() -> None:
    assert line_maker("100%% of %(m)s{}")(entry(FULL)) == "100% of GET{}"


@given(
    st.binary(max_size=20),
    st.binary(max_size=20),
    st.lists(st.sampled_from(["r", "U", "q", "a", "f", "u", "{x}i", "{x}o"]), min_size=1),
)
def test_no_client_can_end_a_line_or_a_field(target: bytes, header: bytes, atoms: list[str]) -> None:
    head = b"HTTP/1.1 200 OK\r\nX: " + header.replace(b"\r\n", b"") + b"\r\n\r\n"
    client = request(target, user_agent=header, referer=header, x=header, authorization=b"Basic " + header)
    line = line_maker('"' + '" "'.join(f"%({atom})s" for atom in atoms) + '"')(entry(client, Exchange(head=head)))

    assert re.fullmatch(r'"[ !#-~]*"( "[ !#-~]*")*', line)
    assert line.count('"') == 2 * len(atoms)
    assert not re.search(r"\\(?!x[0-9a-f]{2})", line)


KNOWN = " ".join(f"%({atom})s" for atom in sorted(ATOMS, key=str.lower)) + " %({Header}i)s %({Header}o)s"


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("%(h)s %(z)s", "the unknown atom %(z)s"),
        ("%({A}e)s", "the unknown atom %({A}e)s"),
        ("%({a b}i)s", "the unknown atom %({a b}i)s"),
        ("%()s", "the unknown atom %()s"),
        ("%h", "a % without an atom (write %% for itself)"),
        ("%(s)d", "a % without an atom (write %% for itself)"),
    ],
)
def test_an_unknown_atom_is_refused(text: str, wrong: str) -> None:
    with pytest.raises(ConfigError) as caught:
        line_maker(text)

    assert str(caught.value) == f"--access-log: {wrong} in {text!r}; known are {KNOWN}."


@pytest.mark.parametrize("text", ["", "yes", "100%%", "%(h)s\n"])
def test_a_format_without_an_atom_or_of_several_lines_is_refused(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        line_maker(text)

    assert str(caught.value) == (
        "--access-log: expected json, common, combined, off or a format such as "
        f"'%(h)s %(l)s %(u)s %(t)s \"%(r)s\" %(s)s %(b)s'; got {text!r}."
    )
