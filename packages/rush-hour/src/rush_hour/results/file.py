"""Document files: written whole or not at all, read whatever version they have."""

from inspect import cleandoc
from pathlib import Path
from typing import Any

import msgspec

from rush_hour.errors import UsageError
from rush_hour.output_file import write_output
from rush_hour.results.document import SCHEMA_VERSION, Document
from rush_hour.results.migrations import migrate


class _Header(msgspec.Struct):
    """The keys that tell how to read the rest."""

    schema_version: int
    kind: str


def encode_document(document: Document) -> bytes:
    """Return a document as it is written."""
    return msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n"


def write_document(path: Path, document: Document) -> None:
    """Write a document, whole or not at all.

    Raises:
        OutputLost: the file cannot be written.
    """
    write_output(path, encode_document(document))


def read_document(path: Path) -> Document:
    """Read a document of this or any earlier version.

    Raises:
        UsageError: there is none, or it is of a later version.
    """
    try:
        return decode_document(path.read_bytes(), path)
    except OSError as error:
        raise UsageError(f"{path}: the result cannot be read: {error.strerror}.") from error


def decode_document(data: bytes, path: Path) -> Document:
    """Return a document of this or any earlier version.

    Args:
        data: what is in the file.
        path: the file, for messages.

    Raises:
        UsageError: it is none, or of a later version.
    """
    try:
        version = msgspec.json.decode(data, type=_Header).schema_version
        if version == SCHEMA_VERSION:
            return msgspec.json.decode(data, type=Document)
        if not 1 <= version < SCHEMA_VERSION:
            raise UsageError(
                f"{path}: expected a result file of version 1 to {SCHEMA_VERSION}, got version {version}; "
                "read it with the release of Rush Hour that wrote it."
            )
        return msgspec.convert(migrate(msgspec.json.decode(data), version), Document)
    except msgspec.MsgspecError as error:
        raise UsageError(f"{path}: expected a result file: {error}.") from error
    except KeyError as error:
        raise UsageError(f"{path}: expected a result file: it has no {error}.") from error
    except RecursionError as error:
        raise UsageError(f"{path}: expected a result file: it is nested too deeply.") from error
    except (AttributeError, TypeError) as error:
        raise UsageError(f"{path}: expected a result file: it has another form.") from error


def is_other_json(data: bytes) -> bool:
    """Whether a file is sound JSON, and not meant to be a document: nothing in it says its version and kind."""
    try:
        found = msgspec.json.decode(data)
    except (msgspec.MsgspecError, RecursionError):
        return False
    return not (isinstance(found, dict) and found.keys() >= {"schema_version", "kind"})


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a document."""
    [schema], components = msgspec.json.schema_components([Document], ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Rush Hour result",
        **schema,
        "$defs": {name: _closed(component) for name, component in components.items()},
    }


def _closed(component: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of one type without any other members; its docstring as CPython 3.13 would keep it."""
    return component | {"description": cleandoc(component["description"]), "additionalProperties": False}
