"""Logs of parts: what was written between two instants, and the end that goes into the result."""

from collections import deque
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from rush_hour.credentials import cut, hide_in_line, printable
from rush_hour.results.evidence import LogLine, PartLog
from rush_hour.results.resources import Role

END_LINES = 30
PIECE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPosition:
    """A position in a log: the end that it had at an instant.

    Attributes:
        size_bytes: of the log then.
        lines: that were complete.
    """

    size_bytes: int = 0
    lines: int = 0

    @classmethod
    def at_end_of(cls, path: Path, since: "LogPosition | None" = None) -> Self:
        """Return the end of a log as it is now; of one that is not there yet, its beginning.

        Args:
            path: of the log.
            since: an earlier end of it.
        """
        size_bytes, lines = (0, 0) if since is None else (since.size_bytes, since.lines)
        try:
            with path.open("rb") as log:
                log.seek(size_bytes)
                while piece := log.read(PIECE_BYTES):
                    size_bytes += len(piece)
                    lines += piece.count(b"\n")
        except FileNotFoundError:
            pass
        return cls(size_bytes=size_bytes, lines=lines)


def lines_between(path: Path, begin: LogPosition, end: LogPosition) -> Iterator[LogLine]:
    """Return the lines that were written between two instants, as they are."""
    if end.size_bytes == begin.size_bytes:
        return
    with path.open("rb") as log:
        log.seek(begin.size_bytes)
        left_bytes = end.size_bytes - begin.size_bytes
        for number, line in enumerate(log, start=begin.lines + 1):
            yield LogLine(number=number, text=_text(line[:left_bytes]))
            left_bytes -= len(line)
            if left_bytes <= 0:
                return


def read_part_log(role: Role, path: Path, wanted: Collection[int] = ()) -> PartLog:
    """Return the end of a log, and the lines that something points at.

    Args:
        role: of the part.
        path: of its log.
        wanted: numbers of lines.
    """
    kept: dict[int, str] = {}
    last: deque[tuple[int, bytes]] = deque(maxlen=END_LINES)
    number = 0
    with path.open("rb") as log:
        for number, line in enumerate(log, start=1):
            last.append((number, line))
            if number in wanted:
                kept[number] = _shown(line)
    kept |= {number: _shown(line) for number, line in last}
    lines = [LogLine(number=number, text=kept[number]) for number in sorted(kept)]
    return PartLog(role=role, name=path.name, lines=lines, lines_total=number)


def _text(line: bytes) -> str:
    return line.rstrip(b"\r\n").decode("utf-8", "replace")


def _shown(line: bytes) -> str:
    """Return a line, or of a long one the beginning, without secrets and what a terminal would obey."""
    return cut(printable(hide_in_line(_text(line))))
