import json
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rush_hour.load.workload.filling import Filling, as_form, as_json, as_target, path_of
from rush_hour.load.workload.wire_text import unfit_in_target

TEXTS = st.text(max_size=8)


def test_values_are_filled_in() -> None:
    filling = Filling.parse("a {{x}} b {{ y_2 }}{{x}}")

    assert filling.names == {"x", "y_2"}
    assert filling.fill({"x": "1", "y_2": "2", "z": "3"}) == "a 1 b 21"


@pytest.mark.parametrize("text", ["", "plain", "{x}", "{{}}", "{{a b}}", "{{1}}", '{"a": {"b": 1}}', "{{ a"])
def test_other_braces_are_text(text: str) -> None:
    assert Filling.parse(text).names == set()
    assert Filling.parse(text).fill({}) == text


@given(one=TEXTS, two=TEXTS)
def test_a_form_has_the_values_that_were_filled_in(one: str, two: str) -> None:
    form = as_form({"a b": "{{one}}", "c": "<{{two}}&>"})

    assert parse_qsl(form.fill({"one": one, "two": two}), keep_blank_values=True) == [("a b", one), ("c", f"<{two}&>")]


@given(value=TEXTS)
def test_json_has_the_values_that_were_filled_in(value: str) -> None:
    filled = as_json({"a": ["{{value}}", 1], "b": {"c": "x{{value}}"}, "d": None}).fill({"value": value})

    assert json.loads(filled) == {"a": [value, 1], "b": {"c": "x" + value}, "d": None}


@given(value=TEXTS)
def test_a_value_in_a_path_is_one_part_of_it(value: str) -> None:
    target = as_target("/a/{{value}}/b?c={{value}}").fill({"value": value})

    assert unfit_in_target(target) is None
    path, query = urlsplit(target).path, urlsplit(target).query
    assert [unquote(part) for part in path.split("/")] == ["", "a", value, "b"]
    assert parse_qsl(query, keep_blank_values=True) == [("c", value)]


@pytest.mark.parametrize(
    ("location", "path"),
    [
        ("/orders/17", "/orders/17"),
        ("/a?b=c&d=%20", "/a?b=c&d=%20"),
        ("http://127.0.0.1:8000/a/b?c", "/a/b?c"),
        ("https://host", "/"),
        ("/a b/é#part", "/a%20b/%C3%A9"),
        ("", "/"),
    ],
)
def test_a_value_that_is_the_whole_path_may_be_a_path_or_a_url(location: str, path: str) -> None:
    assert path_of(location) == path
    assert as_target("{{next}}").fill({"next": location}) == path
    assert unfit_in_target(path) is None
