"""Accounts of requests: what became of each, and what may be forgiven. Pure: no clock, no sockets.

Every request is noted once. Forgiven is only what a killed worker cannot have answered: a connection that ended while
the request was in flight, and that was the killed worker's or may have been, because no answer on it (or nginx) had
said whose it was.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

NOTICE_S = 0.5  # in which a client may send to a worker that was killed, before it sees the end of the connection


class Outcome(StrEnum):
    """The end of a request."""

    RIGHT = "right"  # answered, every byte as it must be
    WRONG = "wrong"  # answered with something else
    HUNG = "hung"  # no whole answer in time
    LOST = "lost"  # the connection ended without a whole answer
    RACED = "raced"  # a kept connection ended before a byte of the answer, and the request may be sent again
    UNTOLD = "untold"  # a kept connection was closed while idle, and no answer had said that it would be
    GIVEN_UP = "given up"  # the client has reset the connection, as it meant to
    BEHIND = "behind"  # pipelined behind one whose answer said that it is the last (RFC 9112, 9.6), or did not come


FAULTS = (Outcome.WRONG, Outcome.HUNG, Outcome.LOST, Outcome.RACED, Outcome.UNTOLD)
FORGIVABLE = (Outcome.LOST, Outcome.RACED, Outcome.UNTOLD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A request that was not answered as it must be.

    Attributes:
        what: what was asked for.
        outcome: what became of it.
        worker: the process id that an answer on the connection said; None if none did, and always through nginx.
        begun_at_s: when it was sent, or when the connection became idle, by the machine's monotonic clock.
        ended_at_s: when it was found.
        detail: in words.
    """

    what: str
    outcome: Outcome
    worker: int | None
    begun_at_s: float
    ended_at_s: float
    detail: str

    def in_words(self, run_at_s: float) -> str:
        """Say it, with times since the run began."""
        begun_s, ended_s = self.begun_at_s - run_at_s, self.ended_at_s - run_at_s
        return f"from {begun_s:.2f} to {ended_s:.2f} s, worker {self.worker}: {self.detail}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """The worker that was killed, and when."""

    pid: int
    at_s: float


def is_forgiven(fault: Fault, kill: Kill | None) -> bool:
    """Tell whether it is the killed worker's doing, or may be."""
    return (
        kill is not None
        and fault.outcome in FORGIVABLE
        and fault.worker in (kill.pid, None)
        and fault.begun_at_s <= kill.at_s + NOTICE_S
        and fault.ended_at_s >= kill.at_s
    )


class Accounts:
    """All that was noted: how many of what became what.

    Attributes:
        counts: by what was asked for and outcome.
        faults: those that count against the server, and those that are forgiven, when the kill is known.
    """

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, Outcome]] = Counter()
        self.faults: list[Fault] = []

    def note(self, what: str, outcome: Outcome) -> None:
        """Count a request."""
        self.counts[what, outcome] += 1

    def total(self, outcome: Outcome | None = None) -> int:
        """Return how many there were; of one outcome, if it is given."""
        return sum(number for (_, each), number in self.counts.items() if outcome in (None, each))

    def unforgiven(self, kill: Kill | None) -> list[Fault]:
        """Return the faults that count against the server."""
        return [fault for fault in self.faults if not is_forgiven(fault, kill)]


def group_faults(faults: Iterable[Fault]) -> dict[tuple[Outcome, str], list[Fault]]:
    """Return faults by outcome and what was asked for."""
    found: dict[tuple[Outcome, str], list[Fault]] = {}
    for fault in faults:
        found.setdefault((fault.outcome, fault.what), []).append(fault)
    return dict(sorted(found.items()))
