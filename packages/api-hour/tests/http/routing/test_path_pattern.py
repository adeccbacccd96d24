"""Paths with typed parts."""

from datetime import date
from typing import Any
from urllib.parse import quote
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_hour.http.routing.path_pattern import PathPattern, is_fixed

SOME_UUID = "0f8fad5b-d9cb-469f-a165-70867728950e"


@pytest.mark.parametrize(
    ("path", "raw_path", "parameters"),
    [
        ("/a/{name}", "/a/x%2Fy%20%C3%A9", {"name": "x/y é"}),
        ("/a/{name:str}", "/a/7", {"name": "7"}),
        ("/a/{number:int}", "/a/7", {"number": 7}),
        ("/a/{number:int}", "/a/-007", {"number": -7}),
        ("/a/{number:int}", "/a/999999999999999999", {"number": 999_999_999_999_999_999}),
        ("/a/{day:date}", "/a/2024-02-29", {"day": date(2024, 2, 29)}),
        ("/a/{key:uuid}", f"/a/{SOME_UUID.upper()}", {"key": UUID(SOME_UUID)}),
        ("/a/{rest:path}", "/a/b/c%20d//", {"rest": "b/c d//"}),
        ("/{a:int}-{b}/v1.0/{c}.txt", "/7-x-y/v1.0/z.txt", {"a": 7, "b": "x-y", "c": "z"}),
        ("/{rest:path}/{last:int}", "/a/b/7", {"rest": "a/b", "last": 7}),
    ],
)
def test_a_value_that_fits_has_the_type_that_the_path_says(
    path: str, raw_path: str, parameters: dict[str, Any]
) -> None:
    assert PathPattern(path).match(raw_path) == parameters


@pytest.mark.parametrize(
    ("path", "raw_path"),
    [
        ("/a/{name}", "/a/"),
        ("/a/{name}", "/a/b/"),
        ("/a/{number:int}", "/a/x"),
        ("/a/{number:int}", "/a/1.5"),
        ("/a/{number:int}", "/a/+1"),
        ("/a/{number:int}", "/a/1_000"),
        ("/a/{number:int}", "/a/\u0661"),
        ("/a/{number:int}", "/a/1000000000000000000"),
        ("/a/{number:int}", "/a/7\n"),
        ("/a/{day:date}", "/a/2023-02-29"),
        ("/a/{day:date}", "/a/20230201"),
        ("/a/{key:uuid}", f"/a/{SOME_UUID.replace('-', '')}"),
        ("/a/{rest:path}", "/a/"),
        ("/v1.0/{name}", "/v1x0/a"),
    ],
)
def test_a_value_that_does_not_fit_does_not_match(path: str, raw_path: str) -> None:
    assert PathPattern(path).match(raw_path) is None


@pytest.mark.parametrize("path", ["/{}", "/{a b}", "/{a", "/a}", "/{{a}}", "/{a:}", "/{a:int:int}", "/{7}"])
def test_a_malformed_part_is_refused(path: str) -> None:
    with pytest.raises(ValueError) as caught:
        PathPattern(path)

    assert str(caught.value) == f"route: expected {{name}} or {{name:type}} between braces, got {path!r}"


def test_an_unknown_type_is_refused() -> None:
    with pytest.raises(ValueError) as caught:
        PathPattern("/{a:float}")

    assert str(caught.value) == "route: expected one of str, int, date, uuid, path after the colon, got 'float'"


def test_a_name_can_be_there_once() -> None:
    with pytest.raises(ValueError) as caught:
        PathPattern("/{a}/{a:int}")

    assert str(caught.value) == "route: the part 'a' is there twice in '/{a}/{a:int}'; give one another name"


def test_the_shape_does_not_depend_on_names() -> None:
    assert PathPattern("/{a}/{b:int}").shape == PathPattern("/{c:str}/{d:int}").shape
    assert PathPattern("/{a}").shape != PathPattern("/{a:int}").shape


@pytest.mark.parametrize(("path", "fixed"), [("/a", True), ("/{a}", False), ("/a}", False), ("/", True)])
def test_a_path_without_parts_is_fixed(path: str, fixed: bool) -> None:
    assert is_fixed(path) is fixed


@given(number=st.integers(-(10**18) + 1, 10**18 - 1), text=st.text(min_size=1), day=st.dates(), key=st.uuids())
def test_every_value_comes_back_as_it_was_put_into_the_path(number: int, text: str, day: date, key: UUID) -> None:
    pattern = PathPattern("/{number:int}/{text}/{day:date}/{key:uuid}/{rest:path}")

    found = pattern.match(f"/{number}/{quote(text, safe='')}/{day}/{key}/{quote(text, safe='')}")

    assert found == {"number": number, "text": text, "day": day, "key": key, "rest": text}
