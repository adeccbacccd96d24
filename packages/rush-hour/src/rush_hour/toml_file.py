"""TOML files that people write: read into types, with errors that name file, line and key."""

import re
import tomllib
from copy import deepcopy
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any, Self

import msgspec
from msgspec import inspect

from rush_hour.credentials import cut, hide_in_value
from rush_hour.errors import UsageError

KeyPath = tuple[str | int, ...]

_MSGSPEC_MESSAGE = re.compile(r"(?P<what>.*?)(?: - at `\$\.?(?P<path>[^`]*)`)?", re.DOTALL)
_PATH_PART = re.compile(r"([^.\[\]]+)|\[(\d+|\.\.\.)\]")
_HEADER = re.compile(r"\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(?:#.*)?")
_KEY = re.compile(r"\s*([A-Za-z0-9_.\-\"]+)\s*=")


@dataclass(frozen=True, slots=True, kw_only=True)
class TomlFile:
    """A TOML file as text, which knows its lines, and as a document."""

    path: Path
    text: str
    document: dict[str, Any]

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a file.

        Raises:
            UsageError: it cannot be read, or is not TOML.
        """
        try:
            text = path.read_text(encoding="utf-8")
            file = cls(path=path, text=text, document=tomllib.loads(text))
        except OSError as error:
            raise UsageError(f"{path}: the file cannot be read: {error.strerror}.") from error
        except UnicodeDecodeError as error:
            raise UsageError(f"{path}: expected UTF-8; {error.reason} at byte {error.start}.") from error
        except tomllib.TOMLDecodeError as error:
            raise UsageError(f"{path}: expected TOML; {error}.") from error
        except RecursionError as error:
            raise UsageError(f"{path}: expected TOML; it is nested too deep.") from error
        if (key_path := _with_nul(file.document)) is not None:
            raise file.error(key_path, "expected a text without NUL, which no program can be given")
        return file

    def convert(self, type_: type[Any]) -> Any:
        """Return the document as a msgspec type.

        Raises:
            UsageError: a key is unknown, missing or of another type.
        """
        try:
            return msgspec.convert(self.document, type_)
        except msgspec.ValidationError as error:
            raise self.error(*self._explain(str(error), type_)) from error

    def error(self, key_path: KeyPath, what: str) -> UsageError:
        """Return the error that says what is wrong with a key, and in which line it stands."""
        return UsageError(f"{self.where(key_path)}: {what}.")

    def where(self, key_path: KeyPath) -> str:
        """Return file, line and name of a key, for a message."""
        name = f": {dotted(key_path)}" if key_path else ""
        return f"{self.path}:{line_of(self.text, key_path)}{name}"

    def _explain(self, message: str, type_: type[Any]) -> tuple[KeyPath, str]:
        """Take msgspec's message apart, such as "Expected `int`, got `str` - at `$.systems[0].port`"."""
        match = _MSGSPEC_MESSAGE.fullmatch(message)
        assert match is not None, "the pattern matches every text"
        key_path: KeyPath = ()
        for name, index in _PATH_PART.findall(match["path"] or ""):
            if index == "...":  # a table whose keys are the user's own: msgspec does not say which
                key_path += (self._wrong_key(key_path, type_),)
            else:
                key_path += (int(index) if index else name,)
        what = match["what"].replace("`", "'").replace(" | null", "").replace("object", "table")
        if unknown := re.search(r"unknown field '(.+)'", what):
            return (*key_path, unknown[1]), "this key is not known here"
        if missing := re.search(r"missing required field '(.+)'", what):
            return key_path, f"expected a key {missing[1]!r}, found none"
        value = hide_in_value(_at(self.document, key_path), name=str(key_path[-1]) if key_path else "")
        if what.startswith("Invalid enum value"):
            return key_path, f"expected one of {_choices(type_, key_path)}; got {value!r}"
        return key_path, f"{what[0].lower()}{what[1:]}{':' if ', got' in what else ', got'} {cut(repr(value))}"

    def _wrong_key(self, table: KeyPath, type_: type[Any]) -> str:
        """Return the first key of a table with which alone the document is wrong."""
        for key in list(_at(self.document, table)):
            document = deepcopy(self.document)
            inside = _at(document, table)
            for other in inside.keys() - {key}:
                del inside[other]
            try:
                msgspec.convert(document, type_)
            except msgspec.ValidationError:
                return str(key)
        raise AssertionError("one of the values was found to be wrong")


def _at(document: Any, key_path: KeyPath) -> Any:
    """Return what stands below a key."""
    for part in key_path:
        document = document[part]
    return document


def _with_nul(value: Any, key_path: KeyPath = ()) -> KeyPath | None:
    """Return where a text with a NUL in it stands; None where there is none."""
    if isinstance(value, str):
        return key_path if "\0" in value else None
    inside: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        if any("\0" in key for key in value):
            return key_path
        inside = list(value.items())
    elif isinstance(value, list):
        inside = list(enumerate(value))
    found = (_with_nul(part, (*key_path, key)) for key, part in inside)
    return next((path for path in found if path is not None), None)


def line_of(text: str, key_path: KeyPath) -> int:
    """Return the number of the line that sets a key, or of the table it stands or would stand in.

    Args:
        text: a TOML document.
        key_path: such as `("systems", 1, "front", "port")`.
    """
    table: KeyPath = ()
    array_lengths: dict[str, int] = {}
    best_line, best_depth = 1, 0
    for number, line in enumerate(text.splitlines(), start=1):
        here: KeyPath = ()
        if header := _HEADER.fullmatch(line):
            names = tuple(name.strip(' "') for name in header[2].split("."))
            if header[1] == "[[":
                array_lengths = {key: n for key, n in array_lengths.items() if not key.startswith(f"{header[2]}.")}
                array_lengths[header[2]] = array_lengths.get(header[2], 0) + 1
            table = ()
            for position, name in enumerate(names):
                table += (name,)
                if length := array_lengths.get(".".join(names[: position + 1])):
                    table += (length - 1,)
            here = table
        elif key := _KEY.match(line):
            here = table + tuple(part.strip('"') for part in key[1].split("."))
        depth = _common_length(here, key_path)
        if depth > best_depth:
            best_line, best_depth = number, depth
    return best_line


def _common_length(one: KeyPath, other: KeyPath) -> int:
    return len(list(takewhile(lambda parts: parts[0] == parts[1], zip(one, other, strict=False))))


def _choices(type_: type[Any], key_path: KeyPath) -> str:
    """Return the values that a key of a closed list may have."""
    info: Any = inspect.type_info(type_)
    for part in key_path:
        info = _type_inside(info, part)
    return ", ".join(map(repr, _present(info).values))


def _present(info: inspect.Type) -> Any:
    """Return the type of a key that may be left out, where it is not."""
    if isinstance(info, inspect.UnionType):
        return next(type_ for type_ in info.types if not isinstance(type_, inspect.NoneType))
    return info


def _type_inside(info: inspect.Type, part: str | int) -> inspect.Type:
    info = _present(info)
    if isinstance(info, inspect.StructType):
        return next(field.type for field in info.fields if field.encode_name == part)
    assert isinstance(info, inspect.ListType), "only tables and arrays have something inside"
    return info.item_type


def dotted(key_path: KeyPath) -> str:
    """Return a key's name, such as `systems[1].front.port`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in key_path).removeprefix(".")
