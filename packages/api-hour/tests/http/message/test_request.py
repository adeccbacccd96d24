"""Requests, as a handler reads them."""

from dataclasses import dataclass

import pytest

from api_hour.http import HttpError, Request


def request(target: bytes = b"/", *, headers: list[tuple[bytes, bytes]] | None = None, body: bytes = b"") -> Request:
    request = Request("GET", target, headers or [], container=None)
    request.body = body
    return request


def test_its_headers_are_not_shown() -> None:
    asked = request(b"/agents?page=2", headers=[(b"cookie", b"secret")])

    assert repr(asked) == "<Request GET b'/agents?page=2'>"


def test_each_has_path_parameters_of_its_own() -> None:
    request().path_parameters["number"] = 1

    assert request().path_parameters == {}


@pytest.mark.parametrize(
    ("target", "raw_path", "path"),
    [
        (b"/", b"/", "/"),
        (b"/agents?page=2", b"/agents", "/agents"),
        (b"/agents?", b"/agents", "/agents"),
        (b"/a%20b%2Fc%C3%A9?x", b"/a%20b%2Fc%C3%A9", "/a b/cé"),
        (b"/%", b"/%", "/%"),
        (b"/%FF", b"/%FF", "/\ufffd"),
        (b"*", b"*", "*"),
    ],
)
def test_the_path_is_decoded_and_has_no_query(target: bytes, raw_path: bytes, path: str) -> None:
    asked = request(target)

    assert asked.raw_path == raw_path
    assert asked.path == path


@pytest.mark.parametrize(
    ("target", "query"),
    [
        (b"/", {}),
        (b"/?", {}),
        (b"/?a=1&b=2", {"a": "1", "b": "2"}),
        (b"/?a=1&a=2", {"a": "2"}),
        (b"/?a=&b", {"a": "", "b": ""}),
        (b"/?a=x+y%26%C3%A9", {"a": "x y&é"}),
        (b"/?a=1?b=2", {"a": "1?b=2"}),
    ],
)
def test_the_query_is_decoded(target: bytes, query: dict[str, str]) -> None:
    assert request(target).query == query


def test_headers_are_found_by_lower_case_name_and_repeated_ones_are_joined() -> None:
    asked = request(headers=[(b"host", b"a"), (b"accept", b"x"), (b"accept", b"y"), (b"x-name", b"\xe9t\xe9")])

    assert asked.headers == {"host": "a", "accept": "x, y", "x-name": "été"}
    assert asked.headers is asked.headers


def test_a_json_body_is_decoded() -> None:
    assert request(body=b'{"a": [1, null]}').json() == {"a": [1, None]}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "Input data was truncated"),
        (b"{", "Input data was truncated"),
        (b"[x]", "JSON is malformed: invalid character (byte 1)"),
        (b'"\xff"', "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"),
        (b"[" * 100_000, "it is nested too deeply"),
    ],
)
def test_a_body_that_is_no_json_is_400(body: bytes, reason: str) -> None:
    with pytest.raises(HttpError) as caught:
        request(body=body).json()

    assert caught.value.status == 400
    assert str(caught.value) == f"expected a JSON body; {reason}"


def test_repeated_query_parameters_are_given_in_order() -> None:
    assert request(b"/?a=1&b=&a=2").query_pairs == [("a", "1"), ("b", ""), ("a", "2")]


def test_cookies_of_all_lines_are_found_by_name() -> None:
    headers = [(b"cookie", b"a=1; b=2"), (b"x-cookie", b"c=3"), (b"cookie", b"d=4; a=5")]

    assert request(headers=headers).cookies == {"a": "1", "b": "2", "d": "4"}
    assert request().cookies == {}


@dataclass
class Agent:
    number: int
    name: str = "?"


def test_a_json_body_becomes_what_is_expected() -> None:
    assert request(body=b'{"number": 7}').json(Agent) == Agent(7)
    assert request(body=b"[1, 2]").json(list[int]) == [1, 2]


def test_rfc_9110_15_5_21_json_that_is_not_what_is_expected_is_422() -> None:
    with pytest.raises(HttpError) as caught:
        request(body=b'{"number": "x"}').json(Agent)

    assert caught.value.status == 422
    assert str(caught.value) == ("the JSON body is not what is expected; Expected `int`, got `str` - at `$.number`")
