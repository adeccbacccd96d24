"""Tracebacks in a log: each with all those that it was raised from or during, as one event that its last line names."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rush_hour.results.evidence import LogLine

_TRACEBACK = re.compile(r"\s*(?P<group>\+ Exception Group )?Traceback \(most recent call last\):")
_GROUP = re.compile(r"\s*\| (?P<text>\w+(?:\.\w+)*: .*)")
_CHAINED = ("During handling of the above exception", "The above exception was the direct cause")
_MORE_TEXT = (" ", "- ")  # how lines begin that belong to an exception's text


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """A traceback.

    Attributes:
        number: of its first line.
        text: of its last line: the exception; of a group of exceptions, the group.
    """

    number: int
    text: str


def with_tracebacks_as_one(lines: Iterable[LogLine]) -> Iterator[LogLine | Raised]:
    """Return the lines of a log, and in place of those of a traceback the traceback."""
    tracebacks = _Tracebacks()
    for line in lines:
        yield from tracebacks.take(line)
    yield from tracebacks.end()


class _Tracebacks:
    """Takes lines, and keeps those of a traceback until it is whole."""

    def __init__(self) -> None:
        self._began_at: int | None = None  # the first line of the one that is being read
        self._is_group = False
        self._raised: Raised | None = None  # one that is whole, unless another one belongs to it

    def take(self, line: LogLine) -> list[LogLine | Raised]:
        """Take a line, and return what is complete."""
        if (match := _TRACEBACK.match(line.text)) and not (self._is_group and self._began_at is not None):
            before = self.end()
            self._is_group = match["group"] is not None
            self._began_at = self._began_at or line.number
            return before
        if self._began_at is not None:
            return self._go_on(self._began_at, line)
        if self._raised is None:
            return [line]
        if line.text.startswith(_CHAINED):
            self._began_at, self._raised = self._raised.number, None
        elif line.text and not line.text.startswith(_MORE_TEXT):
            return [*self.end(), line]
        return []

    def end(self) -> list[LogLine | Raised]:
        """Return the traceback that is whole, if there is one."""
        raised, self._raised = self._raised, None
        return [] if raised is None else [raised]

    def _go_on(self, began_at: int, line: LogLine) -> list[LogLine | Raised]:
        text = line.text
        if self._is_group:
            if match := _GROUP.match(text):
                self._raised, self._began_at = Raised(number=began_at, text=match["text"]), None
        elif text and not text.startswith((" ", *_CHAINED)):
            self._raised, self._began_at = Raised(number=began_at, text=text), None
        return []
