"""Reading the documents below a directory: those that are not in its index, or have changed since.

A file that was changed within the last seconds is not taken from the index, nor put into it: it may change once more
without another time of change. What could not be read is tried again each time: that tells of who reads, and when.
"""

import os
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rush_hour.archive.index import Entry, Finding, Stamp, read_index, write_index
from rush_hour.errors import OutputLost, UsageError
from rush_hour.judge.history.points import Point, points_of
from rush_hour.judge.history.series import moment_of
from rush_hour.report.harmless import harmless
from rush_hour.results.file import decode_document, is_other_json

SETTLED_NS = 2_000_000_000  # after which a file's time of change tells of the next change


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """What is below a directory.

    Attributes:
        entries: one for each file of JSON, in the order of their paths.
        read: how many files were read; the others are from the index.
        index_lost: why there is no index; None where there is one, or none is needed.
    """

    entries: list[Entry]
    read: int
    index_lost: str | None

    @property
    def points(self) -> list[Point]:
        """All points."""
        return [point for entry in self.entries for point in entry.points]


def read_archive(directory: Path) -> Archive:
    """Read the documents below a directory; names that begin with a dot are passed over.

    Raises:
        UsageError: it is no directory.
    """
    if not directory.is_dir():
        raise UsageError(f"DIR: expected a directory with result files below it, got {str(directory)!r}.")
    known = read_index(directory)
    settled_before_ns = time.time_ns() - SETTLED_NS
    entries: list[Entry] = []
    kept: list[Entry] = []
    read = 0
    for file, found in _files(directory):
        if isinstance(found, str):
            entries.append(harmless(Entry(file, None, "unreadable", found)))
            continue
        stamp = (found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
        is_settled = found.st_ctime_ns < settled_before_ns
        entry = known.get(file)
        if entry is None or entry.stamp != stamp or not is_settled:
            entry = _entry(directory, file, stamp)
            read += 1
        entries.append(entry)
        if is_settled:
            kept.append(entry)
    lost = None if kept == list(known.values()) else _keep(directory, kept)
    return Archive(entries=entries, read=read, index_lost=lost)


def _keep(directory: Path, entries: list[Entry]) -> str | None:
    """Write the index; return why it could not be written.

    Of two commands that write at once, one finds its unfinished file gone: the other one's index is there.
    """
    try:
        write_index(directory, entries)
    except OutputLost as error:
        return None if isinstance(error.__cause__, FileNotFoundError) else str(error)
    return None


def _files(directory: Path, below: str = "") -> Iterator[tuple[str, os.stat_result | str]]:
    """Yield the files of JSON by their paths below a directory, or why one cannot be read; not what is gone meanwhile.

    A directory that cannot be read is one of them.
    """
    try:
        found = sorted(os.scandir(directory / below), key=lambda one: one.name)
    except FileNotFoundError:
        return
    except OSError as error:
        yield below or ".", f"the directory cannot be read: {error.strerror}."
        return
    for one in found:
        path = f"{below}{one.name}"
        if one.name.startswith("."):
            continue
        if one.is_dir(follow_symlinks=False):
            yield from _files(directory, f"{path}/")
        elif one.name.endswith(".json") and (facts := _facts(one)) is not None:
            yield path, facts


def _facts(one: "os.DirEntry[str]") -> os.stat_result | str | None:
    """Return what is known of a file, or why it cannot be read; None of one that is gone."""
    try:
        facts = one.stat()
    except OSError as error:
        is_gone = isinstance(error, FileNotFoundError) and not one.is_symlink()
        return None if is_gone else f"the result cannot be read: {error.strerror}."
    return facts if stat.S_ISREG(facts.st_mode) else "expected a file for the result, got none."


def _entry(directory: Path, file: str, stamp: Stamp) -> Entry:
    """Return what a file says."""

    def said(finding: Finding, detail: str = "", points: list[Point] | None = None) -> Entry:
        return harmless(Entry(file, stamp, finding, detail, points or []))

    path = directory / file
    try:
        data = path.read_bytes()
    except OSError as error:
        return harmless(Entry(file, None, "unreadable", f"the result cannot be read: {error.strerror}."))
    try:
        document = decode_document(data, path)
        if document.started_at is None:
            return said("undated")
        moment_of(document.started_at)
    except UsageError as error:
        return said("other") if is_other_json(data) else said("unreadable", str(error).removeprefix(f"{path}: "))
    except ValueError:
        return said("unreadable", f"expected an instant as started_at, got {document.started_at!r}.")
    if document.kind in {"try", "import"}:
        return said("kind", document.kind)
    return said("taken", points=points_of(document, file, document.started_at))
