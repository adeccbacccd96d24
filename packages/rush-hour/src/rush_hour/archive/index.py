"""The index beside documents: what each file says for a history, as long as its stamp stays.

A line for each file, and before them the digest of all lines: two commands that write at once, or a merge, make no
other index of it. One of another form, release or digest, or one that cannot be read, is none. Where it cannot be
written, all files are read each time.
"""

import hashlib
from pathlib import Path
from typing import Literal

import msgspec

from rush_hour import __version__
from rush_hour.judge.history.points import Point
from rush_hour.output_file import write_output
from rush_hour.results.document import SCHEMA_VERSION

INDEX_NAME = ".rush-hour-history.json"
FORM = 2  # to be raised when something else is taken from documents

# Taken, left out by its kind, without a time, another file of JSON, or unreadable.
Finding = Literal["taken", "kind", "undated", "other", "unreadable"]

# Of a file: inode, size, time of change of what is in it, and of anything about it, in ns; the last cannot be set.
Stamp = tuple[int, int, int, int]


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is known of one file.

    Attributes:
        file: its path below the directory.
        stamp: as it was when it was read; None, which none has, for what was not read.
        detail: the kind of a document that is left out, or why it cannot be read.
        points: one for each system that was measured.
    """

    file: str
    stamp: Stamp | None
    finding: Finding
    detail: str = ""
    points: list[Point] = []  # msgspec makes a new one for each


class _Head(msgspec.Struct, frozen=True):
    """The first line: what the others were made with."""

    form: int
    schema_version: int
    release: str
    digest: str


def _head_of(lines: bytes) -> _Head:
    return _Head(FORM, SCHEMA_VERSION, __version__, hashlib.blake2b(lines, digest_size=16).hexdigest())


def read_index(directory: Path) -> dict[str, Entry]:
    """Return what an index says, by file; nothing without one that is of use."""
    try:
        head, _, lines = (directory / INDEX_NAME).read_bytes().partition(b"\n")
        if msgspec.json.decode(head, type=_Head) != _head_of(lines):
            return {}
        entries = msgspec.json.Decoder(Entry).decode_lines(lines)
    except (OSError, ValueError, RecursionError, msgspec.MsgspecError):
        return {}
    return {entry.file: entry for entry in entries}


def write_index(directory: Path, entries: list[Entry]) -> None:
    """Write an index; an earlier one is replaced.

    Raises:
        OutputLost: it cannot be written.
    """
    lines = msgspec.json.Encoder().encode_lines(entries)
    write_output(directory / INDEX_NAME, msgspec.json.encode(_head_of(lines)) + b"\n" + lines)
