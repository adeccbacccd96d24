"""Rows as JSON: the same bytes as by dictionaries, for every name and every value."""

import ipaddress
import json
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
import pytest
from asyncpg.pgproto import pgproto
from hypothesis import given
from hypothesis import strategies as st

from api_hour.engines.rows import row_encoder

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(), TEXT, st.binary(), st.decimals(),
    st.uuids(), st.dates(), st.times(), st.datetimes(), st.datetimes(timezones=st.just(UTC)),
    st.timedeltas(timedelta(days=-1000), timedelta(days=1000)),
)  # fmt: skip
VALUES = st.one_of(SCALARS, st.lists(SCALARS, max_size=3))
TABLES = st.lists(TEXT, unique=True, max_size=5).flatmap(
    lambda names: st.tuples(st.just(tuple(names)), st.lists(st.tuples(*[VALUES] * len(names)), max_size=4))
)


@given(table=TABLES)
def test_the_bytes_are_those_of_dictionaries(table: tuple[tuple[str, ...], list[tuple[Any, ...]]]) -> None:
    names, rows = table

    assert row_encoder(names)(rows) == msgspec.json.encode([dict(zip(names, row, strict=True)) for row in rows])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


@given(rows=st.lists(st.tuples(JSON, st.lists(JSON, max_size=3)), max_size=3))
def test_json_columns_are_put_in_as_they_are(rows: list[tuple[Any, list[Any]]]) -> None:
    texts = [(7, json.dumps(value, indent=1), [json.dumps(item) for item in array]) for value, array in rows]

    body = row_encoder(("n", "value", "array"), frozenset({1, 2}))(texts)

    assert json.loads(body) == [{"n": 7, "value": value, "array": array} for value, array in rows]
    assert all(text.encode() in body for _, text, _ in texts)


def test_null_in_a_json_column_is_null() -> None:
    assert row_encoder(("value",), frozenset({0}))([(None,), (["1", None],)]) == b'[{"value":null},{"value":[1,null]}]'


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Decimal("12.30"), '"12.30"'),
        (Decimal("NaN"), '"NaN"'),
        (float("inf"), "null"),
        (UUID(int=10), '"00000000-0000-0000-0000-00000000000a"'),
        (pgproto.UUID("0000000000000000000000000000000a"), '"00000000-0000-0000-0000-00000000000a"'),
        (date(2026, 2, 3), '"2026-02-03"'),
        (time(4, 5), '"04:05:00"'),
        (datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC), '"2026-02-03T04:05:06Z"'),
        (timedelta(days=1, seconds=3), '"P1DT3S"'),
        (ipaddress.ip_network("10.0.0.0/8"), '"10.0.0.0/8"'),
        (ipaddress.ip_interface("::1/64"), '"::1/64"'),
        (b"\x00\xff", '"AP8="'),
        ('</script>\u2028\x7f\n"', '"</script>\u2028\x7f\\n\\""'),
        (2**63 - 1, "9223372036854775807"),
        ({"a": 1}.items().mapping, '{"a":1}'),
    ],
)
def test_a_value_has_its_form(value: Any, expected: str) -> None:
    assert row_encoder(("value",))([(value,)]).decode() == f'[{{"value":{expected}}}]'


@pytest.mark.parametrize("name", ["", "?column?", "class", "é\u2028", 'quoted "name"', "back\\slash", "line\n", "%s"])
def test_a_column_may_have_any_name(name: str) -> None:
    assert json.loads(row_encoder((name, "other"))([(1, 2)])) == [{name: 1, "other": 2}]


def test_columns_of_the_same_name_are_refused() -> None:
    with pytest.raises(ValueError) as caught:
        row_encoder(("id", "name", "id"))

    assert str(caught.value) == "rows as JSON: expected columns of different names, got 'id' twice; name one by AS"


def test_a_value_without_a_form_is_refused() -> None:
    with pytest.raises(TypeError) as caught:
        row_encoder(("shape",))([(object(),)])

    assert str(caught.value) == (
        "rows as JSON: 'object' has no form in JSON; cast the column in the query, such as column::text"
    )
