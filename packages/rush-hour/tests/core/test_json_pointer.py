from typing import Any

import pytest

from rush_hour.core.json_pointer import is_pointer, resolve

DOCUMENT: dict[str, Any] = {  # of RFC 6901, section 5
    "foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "e^f": 3, "g|h": 4, "i\\j": 5, 'k"l': 6, " ": 7, "m~n": 8,
}  # fmt: skip


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("", DOCUMENT), ("/foo", ["bar", "baz"]), ("/foo/0", "bar"), ("/", 0), ("/a~1b", 1), ("/c%d", 2), ("/e^f", 3),
        ("/g|h", 4), ("/i\\j", 5), ('/k"l', 6), ("/ ", 7), ("/m~0n", 8),
    ],
)  # fmt: skip
def test_a_pointer_points_to_a_value(pointer: str, value: object) -> None:
    assert is_pointer(pointer)
    assert resolve(DOCUMENT, pointer) == value


@pytest.mark.parametrize("pointer", ["/none", "/foo/2", "/foo/-", "/foo/00", "/foo/-1", "/foo/0/x", "/foo/bar"])
def test_what_is_not_there_is_an_error(pointer: str) -> None:
    with pytest.raises(LookupError):
        resolve(DOCUMENT, pointer)


@pytest.mark.parametrize("text", ["foo", "foo/0", "/a~b", "/~2", "/~"])
def test_other_texts_are_no_pointers(text: str) -> None:
    assert not is_pointer(text)
