"""Paths with typed parts: `/agents/{number:int}` is a route, `/agents/7` gives `{"number": 7}`.

What is compared is the path as it was sent, so an encoded slash is a character of a part and not its end; what is given
is decoded. A value that does not fit its type does not match: the path is unknown then, and nothing is raised.
Pure.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import unquote
from uuid import UUID


@dataclass(frozen=True, slots=True)
class PartType:
    """A kind of path part.

    Args:
        regex: what it looks like, as sent.
        convert: makes the value; ValueError when there is no such value.
    """

    regex: str
    convert: Callable[[str], Any]


PART_TYPES = {
    "str": PartType(r"[^/]+", unquote),
    "int": PartType(r"-?[0-9]{1,18}", int),  # what fits into 64 bits
    "date": PartType(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", date.fromisoformat),
    "uuid": PartType(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}", UUID),
    "path": PartType(r".+", unquote),
}

_PART = re.compile(r"\{([A-Za-z_]\w*)(?::(\w+))?\}")


class PathPattern:
    """A path with parts.

    Args:
        path: such as `/agents/{number:int}`; a part without a type is a `str`.

    Attributes:
        shape: what it matches, whatever its parts are called.

    Raises:
        ValueError: a part is malformed, of an unknown type, or there twice.
    """

    __slots__ = ("_convert", "_regex", "shape")

    def __init__(self, path: str) -> None:
        self._convert: dict[str, Callable[[str], Any]] = {}
        pieces: list[str] = []
        literal_at = 0
        for part in _PART.finditer(path):
            pieces += [_literal(path, literal_at, part.start()), self._add_part(path, *part.groups(default="str"))]
            literal_at = part.end()
        pieces.append(_literal(path, literal_at, len(path)))
        self.shape = "".join(pieces)
        self._regex = re.compile(self.shape)

    def match(self, raw_path: str) -> dict[str, Any] | None:
        """Return the values of the parts by name; None when the path does not match."""
        found = self._regex.fullmatch(raw_path)
        if found is None:
            return None
        try:
            return {
                name: convert(text) for (name, convert), text in zip(self._convert.items(), found.groups(), strict=True)
            }
        except ValueError:  # the 31st of February
            return None

    def _add_part(self, path: str, name: str, type_name: str) -> str:
        if name in self._convert:
            raise ValueError(f"route: the part {name!r} is there twice in {path!r}; give one another name")
        part_type = PART_TYPES.get(type_name)
        if part_type is None:
            raise ValueError(f"route: expected one of {', '.join(PART_TYPES)} after the colon, got {type_name!r}")
        self._convert[name] = part_type.convert
        return f"({part_type.regex})"


def is_fixed(path: str) -> bool:
    """Tell whether a path has no parts, so that it matches itself only."""
    return "{" not in path and "}" not in path


def _literal(path: str, start: int, end: int) -> str:
    text = path[start:end]
    if not is_fixed(text):
        raise ValueError(f"route: expected {{name}} or {{name:type}} between braces, got {path!r}")
    return re.escape(text)
