import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rush_hour.rig.suite.system_spec import Front
from rush_hour.rig.toml_text import toml_key, toml_value

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.one_of(TEXTS, st.integers(-(2**63), 2**63 - 1), st.booleans()),
    lambda inside: st.one_of(st.lists(inside), st.dictionaries(TEXTS, inside)),
)


@given(key=TEXTS, value=VALUES)
def test_what_is_written_is_read_back(key: str, value: Any) -> None:
    assert tomllib.loads(f"{toml_key(key)} = {toml_value(value)}") == {key: value}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ('say "hi" \\ \x7f é', '"say \\"hi\\" \\\\ \\u007f é"'),
        (("a", 1), '["a", 1]'),
        ({"a b": None, "c": {}}, "{ c = {} }"),
        (Front(protocol="http", port=80), '{ protocol = "http", port = 80, options = {} }'),
    ],
)
def test_values_look_as_people_write_them(value: Any, text: str) -> None:
    assert toml_value(value) == text


def test_a_key_is_quoted_where_it_must_be() -> None:
    assert [toml_key(name) for name in ("a-b_1", "a b", "")] == ["a-b_1", '"a b"', '""']
