"""What a file has in it, looked at in the ways that readers need: its text, its JSON, its rows. Pure."""

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from io import StringIO
from typing import Any

from rush_hour.errors import UsageError


@dataclass(frozen=True)
class Source:
    """A file.

    Attributes:
        name: of the file, for messages.
    """

    name: str
    text: str

    @cached_property
    def lines(self) -> list[str]:
        """Its lines, without what is at their ends."""
        return [line.strip() for line in self.text.splitlines()]

    @cached_property
    def json(self) -> dict[str, Any]:
        """The object that it is; empty where it is none."""
        try:
            read = json.loads(self.text)
        except (ValueError, RecursionError):
            return {}
        return read if isinstance(read, dict) else {}

    @cached_property
    def header(self) -> list[str]:
        """The columns of its first row, if it is comma-separated values; none of what cannot be."""
        first = self.text.lstrip("\ufeff").partition("\n")[0].strip()
        try:
            return next(csv.reader([first]), [])
        except csv.Error:  # a line of JSON that is longer than a field may be
            return []

    def rows(self) -> list[dict[str, str]]:
        """Return its rows, by the columns of the first one."""
        return list(csv.DictReader(StringIO(self.text.lstrip("\ufeff"))))

    def refuse(self, why: str) -> UsageError:
        """Return the error that says what was expected of it."""
        return UsageError(f"{self.name}: {why}")


def number(parts: Mapping[str, Any], *names: str) -> float | None:
    """Return the number at the end of names, one within the other; None where there is none."""
    part: Any = parts
    for name in names:
        part = part.get(name) if isinstance(part, dict) else None
    return float(part) if isinstance(part, int | float) and not isinstance(part, bool) else None


def count(parts: Mapping[str, Any], *names: str) -> int | None:
    """Return the whole number at the end of names; None where there is none."""
    found = number(parts, *names)
    return None if found is None else round(found)


def counts(part: Any) -> dict[str, int]:
    """Return counts by name; none where it is no object."""
    if not isinstance(part, dict):
        return {}
    return {str(name): int(value) for name, value in part.items() if isinstance(value, int | float)}


def times(value: float | None, factor: float) -> float | None:
    """Return a value in another unit; None where there is none."""
    return None if value is None else value * factor


def good_of(statuses: Mapping[str, int]) -> int | None:
    """Return how many answers had a status from 200 to 399; None where no status is known."""
    return sum(many for status, many in statuses.items() if status[:1] in {"2", "3"}) if statuses else None
