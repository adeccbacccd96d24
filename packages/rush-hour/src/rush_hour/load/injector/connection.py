"""One connection of the load generator, and the request at the head of its queue."""

import socket
from typing import Protocol

from rush_hour.core.arrivals import NEVER_NS
from rush_hour.load.injector.reading import Reading
from rush_hour.load.injector.target import Target
from rush_hour.load.transport.address import Way
from rush_hour.load.transport.tls import TlsSocket

CLOSED, CONNECTING, IDLE, BUSY = range(4)  # plain integers: compared for each request
NO_BYTES = memoryview(b"")


class Connection:
    """One connection and the request at the head of its queue.

    Attributes:
        number: among all connections of the plan.
        slot: among those of this process.
        request: number of the next request due on it, or of the one in flight.
        first_request: number of the first one since it was opened, or since the run began.
        due_ns, ready_ns, sent_ns: when that request was due, could be sent, was sent.
        deadline_ns: until when its answer must have come, or the connection be open.
        lag_ns: how late the generator began with it, where each request has a connection of its own.
        read_lag_ns: for how long parts of its answer waited for the generator, but the last.
        is_stalled: whether the generator stood still while the request was in flight or the connection was opening.
        failures: connections refused, or closed while idle, in a row and without an answer between them.
        unsent: what is left of the request's first bytes, or of its rest.
        unsent_rest: the rest, if sending it has not begun.
        reading: the answer that has begun to come.
        tag: of the records of that request, without their kind.
        sent_tag: the same of its being sent.
        ways: by which it may still be tried to connect; the last is next.
        way: the one that is tried, or was taken.
        turn: how often ways were chosen.
    """

    __slots__ = (
        "deadline_ns", "due_ns", "failures", "first_request", "is_stalled", "lag_ns", "number", "read_lag_ns",
        "reading", "ready_ns", "request", "sent_ns", "sent_tag", "slot", "sock", "state", "tag", "target", "turn",
        "unsent", "unsent_rest", "way", "ways",
    )  # fmt: skip

    def __init__(self, number: int, slot: int, target: Target) -> None:
        self.number = number
        self.slot = slot
        self.target = target
        self.tag, self.sent_tag = target.tag, target.sent_tag
        self.state = CLOSED
        self.sock: socket.socket | TlsSocket | None = None
        self.request = self.first_request = number
        self.due_ns = NEVER_NS
        self.deadline_ns = NEVER_NS
        self.ready_ns = 0
        self.sent_ns = 0
        self.lag_ns = 0
        self.read_lag_ns = 0
        self.is_stalled = False
        self.failures = 0
        self.unsent = self.unsent_rest = NO_BYTES
        self.reading: Reading | None = None
        self.ways: list[Way] = []
        self.way: Way | None = None
        self.turn = 0

    def begin(self, start_at_ns: int) -> None:
        """Begin a run. Each number is an object of its own from here on, so that no first request needs new memory."""
        self.tag, self.sent_tag = self.target.tag, self.target.sent_tag
        self.first_request = self.number
        self.request = self.number + NEVER_NS - NEVER_NS
        self.ready_ns = start_at_ns - self.number - 1
        self.sent_ns = start_at_ns - self.number - 1
        self.deadline_ns = NEVER_NS - self.number - 1


class Lifetime(Protocol):
    """Decides what becomes of connections: see `lifetimes.py`."""

    def connect(self, connection: Connection) -> None:
        """Open a connection that has waited long enough after a failure."""

    def opened(self, connection: Connection) -> None:
        """Go on with a connection that is open and idle now."""

    def not_opened(self, connection: Connection, name: str) -> None:
        """Go on with one that could not be opened, by any way."""

    def ended(self, connection: Connection) -> None:
        """Go on with one that can take no further request."""

    def ended_idle(self, connection: Connection) -> None:
        """Go on with one that the server has closed while no request was on it."""
