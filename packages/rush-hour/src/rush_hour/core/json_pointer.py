"""JSON Pointers (RFC 6901): where in a document a value stands. Pure."""

import re
from typing import Any

_POINTER = re.compile(r"(?:/(?:[^~/]|~[01])*)*")
_INDEX = re.compile(r"0|[1-9][0-9]*")


def is_pointer(text: str) -> bool:
    """Whether a text is a pointer, such as `/orders/0/id`; an empty one means the whole document."""
    return _POINTER.fullmatch(text) is not None


def resolve(document: Any, pointer: str) -> Any:
    """Return the value that a pointer points to.

    Raises:
        LookupError: there is none.
    """
    for token in pointer.split("/")[1:]:
        name = token.replace("~1", "/").replace("~0", "~")
        if isinstance(document, dict):
            document = document[name]
        elif isinstance(document, list) and _INDEX.fullmatch(name):
            document = document[int(name)]
        else:
            raise LookupError(name)
    return document
