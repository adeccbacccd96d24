"""Cookies (RFC 6265)."""

from http.cookies import SimpleCookie
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_hour.http.message.cookies import parse_cookies, set_cookie


@pytest.mark.parametrize(
    ("header", "cookies"),
    [
        ("", {}),
        ("a=1", {"a": "1"}),
        ("a=1; b=2", {"a": "1", "b": "2"}),
        ("a=1;b=2;", {"a": "1", "b": "2"}),
        ("a=1; a=2", {"a": "1"}),
        ('a="x y"', {"a": "x y"}),
        ('a="', {"a": '"'}),
        ("a=b=c", {"a": "b=c"}),
        ("a=", {"a": ""}),
        (" a = 1 ", {"a": "1"}),
        ("a; =1; ; b=2", {"b": "2"}),
        ("a=%20", {"a": "%20"}),
    ],
)
def test_rfc_6265_4_2_cookies_are_found_by_name(header: str, cookies: dict[str, str]) -> None:
    assert parse_cookies(header) == cookies


@pytest.mark.parametrize(
    ("options", "value"),
    [
        ({}, "a=b; Path=/; Secure; HttpOnly; SameSite=Lax"),
        ({"max_age_s": 0, "path": "/x"}, "a=b; Max-Age=0; Path=/x; Secure; HttpOnly; SameSite=Lax"),
        (
            {"domain": "example.org", "same_site": "Strict"},
            "a=b; Domain=example.org; Path=/; Secure; HttpOnly; SameSite=Strict",
        ),
        ({"secure": False, "http_only": False, "same_site": None}, "a=b; Path=/"),
        ({"same_site": "None"}, "a=b; Path=/; Secure; HttpOnly; SameSite=None"),
    ],
)
def test_rfc_6265_4_1_a_cookie_is_set(options: dict[str, Any], value: str) -> None:
    assert set_cookie("a", "b", **options) == ("Set-Cookie", value)


@pytest.mark.parametrize(
    ("name", "value"), [("", "b"), ("a b", "b"), ("a=", "b"), ("a", "b c"), ("a", "b;c"), ("a", "é"), ("a", "b\r\nc")]
)
def test_a_name_or_value_that_a_cookie_cannot_have_is_refused(name: str, value: str) -> None:
    with pytest.raises(ValueError) as caught:
        set_cookie(name, value)

    assert str(caught.value) == (
        "cookie: expected a token and a value without spaces, quotes, commas, semicolons and backslashes, "
        f"got {name!r} and {value!r}; encode the value, as base64 or in percent"
    )


def test_an_attribute_cannot_add_another() -> None:
    with pytest.raises(ValueError) as caught:
        set_cookie("a", "b", path="/; Domain=example.org")

    assert str(caught.value) == ("cookie a: expected printable ASCII without semicolons, got '/; Domain=example.org'")


def test_same_site_none_needs_a_secure_cookie() -> None:
    with pytest.raises(ValueError) as caught:
        set_cookie("a", "b", same_site="None", secure=False)

    assert str(caught.value) == "cookie a: same_site='None' is for secure cookies; add secure=True"


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E)))
def test_a_cookie_that_can_be_set_comes_back(value: str) -> None:
    try:
        _, header = set_cookie("a", value, max_age_s=60)
    except ValueError:
        return  # refused

    assert SimpleCookie(header)["a"].value == value
    assert parse_cookies(header.partition(";")[0]) == {"a": value}
