"""Texts with placeholders such as `{{user}}`, in whose places come values of a user. Pure."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Self
from urllib.parse import quote, quote_plus

_PLACEHOLDER = re.compile(r"\{\{ *([A-Za-z_][A-Za-z0-9_]*) *\}\}")
_SENT_AS_IT_IS = "!#$%&'()*+,/:;=?@[]~"

Escape = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Filling:
    """A text with placeholders.

    Attributes:
        parts: text and names of values, in turn; the first and the last are text.
        escape: writes a value in the way that the text around it needs.
    """

    parts: tuple[str, ...]
    escape: Escape = str

    @classmethod
    def parse(cls, text: str, escape: Escape = str) -> Self:
        """Find the placeholders of a text."""
        return cls(tuple(_PLACEHOLDER.split(text)), escape)

    @property
    def literals(self) -> tuple[str, ...]:
        """The text between the placeholders."""
        return self.parts[::2]

    @property
    def names(self) -> frozenset[str]:
        """The names of the values that are filled in."""
        return frozenset(self.parts[1::2])

    def fill(self, values: Mapping[str, str]) -> str:
        """Return the text with the values in it."""
        if len(self.parts) == 1:
            return self.parts[0]
        filled = list(self.parts)
        filled[1::2] = [self.escape(values[name]) for name in self.parts[1::2]]
        return "".join(filled)


def as_target(text: str) -> Filling:
    """Return a path and query whose values are percent-encoded; one that is all of it is taken for a path itself."""
    filling = Filling.parse(text, _whole_value)
    if filling.literals == ("", ""):
        return Filling(filling.parts, path_of)
    return filling


def as_form(fields: Mapping[str, str]) -> Filling:
    """Return a body of form fields (`application/x-www-form-urlencoded`)."""
    pairs = "&".join(f"{_quoted_around(name)}={_quoted_around(value)}" for name, value in fields.items())
    return Filling.parse(pairs, quote_plus)


def as_json(document: object) -> Filling:
    """Return a JSON document in whose texts values are filled in."""
    return Filling.parse(json.dumps(document), _inside_json)


def path_of(location: str) -> str:
    """Return path and query of a URL or path, with what cannot be sent percent-encoded."""
    if re.match("[A-Za-z][A-Za-z0-9+.-]*://", location):
        _, slash, rest = location.split("://", 1)[1].partition("/")
        location = slash + rest
    return quote(location.partition("#")[0], safe=_SENT_AS_IT_IS) or "/"


def _whole_value(value: str) -> str:
    return quote(value, safe="")


def _inside_json(value: str) -> str:
    return json.dumps(value)[1:-1]


def _quoted_around(text: str) -> str:
    """Quote a text but for its placeholders."""
    filling = Filling.parse(text)
    quoted = [f"{{{{{part}}}}}" if number % 2 else quote_plus(part) for number, part in enumerate(filling.parts)]
    return "".join(quoted)
