"""The slowest answers of a run, kept while they come.

Rules that must hold:

1. An answer that is not among the slowest so far costs its caller one comparison, with `Slowest.floor_ns`.
2. Where every answer is slower than the one before, as under overload, each costs an entry in a short list, which is
   cut back to the slowest only when it is full.

Pure.
"""

from dataclasses import dataclass

from rush_hour.core.records import CODES, GOOD, KIND_BITS, KIND_MASK, REQUEST_SHIFT

SLOWEST = 10  # answers that are told of
ROOM = 128  # entries


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowAnswer:
    """One of the slowest answers.

    Attributes:
        due_ns: when its request was due, since the start of the schedule.
        request: its number, as the tags of its records have it: see `core/records.py`.
        connection: its number in the plan.
        latency_ns: from the moment it was due.
        service_time_ns: from the moment it was sent.
    """

    due_ns: int
    request: int
    connection: int
    latency_ns: int
    service_time_ns: int
    status: int
    is_good: bool


class Slowest:
    """The slowest answers of one process.

    Args:
        start_at_ns: when the schedule starts.

    Attributes:
        floor_ns: an answer that took no longer is none of them.
    """

    __slots__ = ("_entries", "_start_at_ns", "floor_ns")

    def __init__(self, start_at_ns: int) -> None:
        self._start_at_ns = start_at_ns
        self._entries: list[tuple[int, int, int, int, int]] = []
        self.floor_ns = -1

    def add(self, latency_ns: int, answered_at_ns: int, sent_at_ns: int, connection: int, tag: int) -> None:
        """Take an answer that took longer than `floor_ns`.

        Args:
            latency_ns: from the moment its request was due.
            answered_at_ns: on the clock of the start.
            sent_at_ns: on the same clock.
            connection: its number.
            tag: of its record.
        """
        self._entries.append((latency_ns, answered_at_ns, sent_at_ns, connection, tag))
        if len(self._entries) == ROOM:
            self._cut()
            self.floor_ns = self._entries[-1][0]

    def answers(self) -> list[SlowAnswer]:
        """Return the slowest answers, slowest first."""
        self._cut()
        return [
            SlowAnswer(
                due_ns=answered_at_ns - latency_ns - self._start_at_ns,
                request=tag >> REQUEST_SHIFT,
                connection=connection,
                latency_ns=latency_ns,
                service_time_ns=answered_at_ns - sent_at_ns,
                status=tag >> KIND_BITS & CODES - 1,
                is_good=tag & KIND_MASK == GOOD,
            )
            for latency_ns, answered_at_ns, sent_at_ns, connection, tag in self._entries
        ]

    def _cut(self) -> None:
        self._entries.sort(reverse=True)
        del self._entries[SLOWEST:]
