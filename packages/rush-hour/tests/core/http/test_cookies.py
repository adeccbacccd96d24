"""Cookies as RFC 6265 has them; beside the standard library's jar, on generated answers."""

from email.message import Message
from http.client import HTTPResponse
from http.cookiejar import CookieJar as LibraryJar
from http.cookiejar import DefaultCookiePolicy
from typing import cast
from urllib.request import Request

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rush_hour.core.http.cookies import CookieJar, default_path, path_matches

HOST = "shop.example.com"
NOW_S = 1_800_000_000.0


def jar_with(*headers: str, path: str = "/", is_secure: bool = False, host: str = HOST) -> CookieJar:
    jar = CookieJar(host, is_secure=is_secure)
    jar.store(headers, path, NOW_S)
    return jar


@pytest.mark.parametrize(
    ("headers", "line"),
    [
        (["a=1"], "a=1"),
        (["a=1", "b=2"], "a=1; b=2"),
        (["a=1", "b=2", "a=3"], "a=3; b=2"),
        (["a = 1 ; Path=/"], "a=1"),
        (['a="quoted 1"'], 'a="quoted 1"'),
        (["a=1=2"], "a=1=2"),
        (["a="], "a="),
        (["nothing", "=1", ""], ""),
        (["a=1; Max-Age=0"], ""),
        (["a=1", "a=; Max-Age=-1"], ""),
        (["a=1", "a=x; Expires=Thu, 01 Jan 1970 00:00:00 GMT"], ""),
        (["a=1; Expires=Fri, 01 Jan 2100 00:00:00 GMT; Max-Age=0"], ""),
        (["a=1; Expires=nonsense"], "a=1"),
        (["a=1; Max-Age=soon"], "a=1"),
        (["a=1; Secure"], ""),
        (["a=1; HttpOnly; SameSite=Lax; Partitioned"], "a=1"),
        (["a=1; Domain=example.com"], "a=1"),
        (["a=1; domain=.Example.com"], "a=1"),
        (["a=1; Domain=other.com"], ""),
        (["a=1; Domain=ample.com"], ""),
        (["a=1; Path=/shop"], ""),
        (["a=1; Path=nowhere"], "a=1"),
    ],
)
def test_cookies_are_kept_and_sent(headers: list[str], line: str) -> None:
    assert jar_with(*headers).line("/", NOW_S) == line


def test_a_cookie_is_sent_below_its_path_the_longest_first() -> None:
    jar = jar_with("a=1", "b=2; Path=/shop", "c=3; Path=/shop/cart", path="/shop/item")

    assert jar.line("/", NOW_S) == ""
    assert jar.line("/shop", NOW_S) == "a=1; b=2"
    assert jar.line("/shop/cart", NOW_S) == "c=3; a=1; b=2"
    assert jar.line("/shopping", NOW_S) == ""


def test_cookies_of_one_name_and_two_paths_are_two() -> None:
    jar = jar_with("a=1; Path=/", "a=2; Path=/x")

    assert jar.line("/x", NOW_S) == "a=2; a=1"
    assert jar.get("a") == "1"
    assert jar.get("b") is None


def test_a_cookie_ends_when_its_time_is_over() -> None:
    jar = jar_with("a=1; Max-Age=60", "b=2", "c=3; Expires=Fri, 15 Jan 2027 08:00:30 GMT")

    assert jar.line("/", NOW_S + 29) == "a=1; b=2; c=3"
    assert jar.line("/", NOW_S + 31) == "a=1; b=2"
    assert jar.line("/", NOW_S + 61) == "b=2"


def test_secure_cookies_are_sent_over_tls() -> None:
    assert jar_with("a=1; Secure", is_secure=True).line("/", NOW_S) == "a=1"


def test_an_address_has_no_domain_above_it() -> None:
    assert jar_with("a=1; Domain=0.0.1", host="127.0.0.1").line("/", NOW_S) == ""
    assert jar_with("a=1; Domain=127.0.0.1", host="127.0.0.1").line("/", NOW_S) == "a=1"


@pytest.mark.parametrize(
    ("path", "default"), [("/", "/"), ("/a", "/"), ("/a/", "/a"), ("/a/b", "/a"), ("/a/b/c", "/a/b"), ("*", "/")]
)
def test_the_default_path_is_the_requests_directory(path: str, default: str) -> None:
    assert default_path(path) == default


def test_paths_match_at_whole_segments() -> None:
    assert path_matches("/a/b", "/a")
    assert path_matches("/a/b", "/a/")
    assert path_matches("/a", "/a")
    assert not path_matches("/ab", "/a")
    assert not path_matches("/", "/a")


class Answer:
    """What the library's jar reads of an answer."""

    def __init__(self, headers: list[str]) -> None:
        self._message = Message()
        for header in headers:
            self._message["Set-Cookie"] = header

    def info(self) -> Message:
        return self._message


def library_line(exchanges: list[tuple[str, list[str]]], path: str) -> str:
    """Return what the standard library would send."""
    jar = LibraryJar(DefaultCookiePolicy(strict_ns_domain=DefaultCookiePolicy.DomainLiberal))
    jar.clear_expired_cookies()
    for asked, headers in exchanges:
        jar.extract_cookies(cast("HTTPResponse", Answer(headers)), Request(f"http://{HOST}{asked}"))
    request = Request(f"http://{HOST}{path}")
    jar.add_cookie_header(request)
    return request.get_header("Cookie") or ""


PATHS = st.sampled_from(["/", "/a", "/a/", "/a/b", "/a/b/c", "/b", "/ab"])
HEADERS = st.builds(
    lambda name, value, path, age: f"{name}={value}" + path + age,
    st.sampled_from(["a", "b", "sid"]),
    st.text("abc123-._", min_size=1, max_size=5),
    st.sampled_from(["", "; Path=/", "; path=/a", "; Path=/a/b", "; Path=/a/"]),
    st.sampled_from(["", "; Max-Age=100", "; Max-Age=0", "; HttpOnly", "; Secure"]),
)

ANSWERS = st.lists(HEADERS, max_size=3, unique_by=lambda header: header[:1])  # the library deletes before it sets


@given(exchanges=st.lists(st.tuples(PATHS, ANSWERS), max_size=5), path=PATHS)
def test_what_is_sent_is_what_the_standard_library_sends(exchanges: list[tuple[str, list[str]]], path: str) -> None:
    """Compared as sets: the library sorts cookies of equal paths in no order."""
    jar = CookieJar(HOST, is_secure=False)
    for asked, headers in exchanges:
        jar.store(headers, asked, NOW_S)

    assert sorted(jar.line(path, NOW_S).split("; ")) == sorted(library_line(exchanges, path).split("; "))
