"""Documents in whose texts nothing is left that a reader would obey: what they quote is shown, not followed."""

import re
from typing import Any, TypeVar

import msgspec

# Control characters but for ends of lines and tabs, those that turn the direction of a text, and bytes of a file's name
# that are no text.
_OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


Part = TypeVar("Part")


def harmless(part: Part) -> Part:
    """Return a document, or what was taken from one, in whose texts nothing is left that would be obeyed."""
    return msgspec.convert(_without_obeyed(msgspec.to_builtins(part)), type(part))


def _without_obeyed(part: Any) -> Any:
    match part:
        case str():
            return _OBEYED.sub("\N{REPLACEMENT CHARACTER}", part)
        case list() | tuple():
            return [_without_obeyed(one) for one in part]
        case dict():
            return {_without_obeyed(key): _without_obeyed(value) for key, value in part.items()}
    return part
