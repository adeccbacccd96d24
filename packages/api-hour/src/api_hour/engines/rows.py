"""Rows of a database to JSON, without a dictionary for each row.

The bytes are those of `msgspec.json.encode([dict(row) for row in rows])`, for which it needs a third of the time: the
names are written by the msgspec Struct type that is made for the columns of a statement, once. So NULL is null, dates
and times are ISO 8601, a UUID or a Decimal is a string, bytes are base64, and a float that JSON does not know is null.
JSON columns, which the driver gives as text, are put in as they are.
"""

import ipaddress
import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

import msgspec

Encode = Callable[[Iterable[Iterable[Any]]], bytes]

_NOT_IN_FIELD_NAME = re.compile(r'["\\\x00-\x1f]')  # msgspec writes the names of a Struct as they are
_TEXT_TYPES = (
    UUID, ipaddress.IPv4Address, ipaddress.IPv6Address, ipaddress.IPv4Network, ipaddress.IPv6Network,
    ipaddress.IPv4Interface, ipaddress.IPv6Interface,
)  # fmt: skip


@lru_cache(maxsize=1024)
def row_encoder(names: tuple[str, ...], json_columns: frozenset[int] = frozenset()) -> Encode:
    """Return the function that encodes rows of these columns as a JSON array of objects.

    Args:
        names: the columns' names, in the rows' order.
        json_columns: the positions of those whose values are JSON, as text, or arrays of it.

    Raises:
        ValueError: two columns have the same name.
    """
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise ValueError(f"rows as JSON: expected columns of different names, got {doubled[0]!r} twice; name one by AS")
    to_object = _struct(names) if _fit_a_struct(names) else _dictionary(names)
    if not json_columns:
        return lambda rows: _ENCODE([to_object(*row) for row in rows])
    positions = sorted(json_columns)
    return lambda rows: _ENCODE([to_object(*_with_json(row, positions)) for row in rows])


def _fit_a_struct(names: Sequence[str]) -> bool:
    return not any(map(_NOT_IN_FIELD_NAME.search, names))


def _struct(names: Sequence[str]) -> Callable[..., Any]:
    fields = [f"column_{position}" for position in range(len(names))]
    return msgspec.defstruct(
        "Row", [(field, Any) for field in fields], rename=dict(zip(fields, names, strict=True)), gc=False
    )


def _dictionary(names: Sequence[str]) -> Callable[..., Any]:
    return lambda *values: dict(zip(names, values, strict=True))


def _with_json(row: Iterable[Any], positions: Iterable[int]) -> list[Any]:
    values = list(row)
    for position in positions:
        values[position] = _as_json(values[position])
    return values


def _as_json(value: Any) -> Any:
    if isinstance(value, str):
        return msgspec.Raw(value.encode())
    return [_as_json(item) for item in value] if isinstance(value, list) else value


def _to_known(value: Any) -> Any:
    """Turn what msgspec does not know into what it does."""
    if isinstance(value, _TEXT_TYPES):
        return str(value)
    if hasattr(value, "items"):  # a composite value is a record of its own
        return dict(value.items())
    kind = type(value).__name__
    raise TypeError(f"rows as JSON: {kind!r} has no form in JSON; cast the column in the query, such as column::text")


_ENCODE = msgspec.json.Encoder(enc_hook=_to_known).encode
