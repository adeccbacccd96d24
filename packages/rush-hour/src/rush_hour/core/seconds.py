"""The rows of a timeline that are whole seconds: each begins at the end of the one before. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from math import ceil, floor
from typing import Protocol, TypeVar

from rush_hour.core.figures import TimelineRow

LATE_S = 0.1  # by which the last second in which requests were due may end after them
LONGEST_SILENCE_S = 86_400  # that is told by the second
WHOLE_S = 0.9  # a second may end later than it should, if whoever counts was not awake, and the next one is shorter


class Timed(Protocol):
    """A row."""

    @property
    def at_s(self) -> float:
        """Its end."""


Row = TypeVar("Row", bound=Timed)


def whole_seconds(rows: Iterable[Row], shortest_s: float = WHOLE_S) -> Iterator[tuple[float, Row]]:
    """Yield when each row began, and the row; without those that were cut short, as the last one is.

    Args:
        rows: of all seconds from 0 on, in their order.
        shortest_s: the length from which on a row says what a second says.
    """
    began_s = 0.0
    for row in rows:
        if row.at_s - began_s >= shortest_s:
            yield began_s, row
        began_s = row.at_s


def silent_seconds(rows: Sequence[TimelineRow], end_s: float) -> list[TimelineRow]:
    """Return the seconds at the end that have no row, for nothing was sent, answered or failed in them.

    Of a silence longer than a day, the first row stands for all that is before the last day.

    Args:
        rows: those that there are, in their order.
        end_s: of the run.
    """
    last = max(0, ceil(rows[-1].at_s - (1 - WHOLE_S))) if rows else 0
    end = floor(end_s) + 1
    return [
        TimelineRow(at_s=float(second), sent=0, good=0, bad=0, failed=0, p50_us=None, p99_us=None)
        for second in range(max(last + 1, end - LONGEST_SILENCE_S), end)
    ]
