"""Requests and answers on the connections of one load-generating process: sent, read, and counted with the errors.

Rules that must hold:

1. A request whose connection is free is sent when it is due; one whose connection is busy is sent as soon as it is
   free. In both cases its latency counts from the due time.
2. Every request due ends in exactly one of: an answer, an error, unanswered at the end.
3. What the generator itself was late by is recorded for every request, in sending (send lag) and in reading (read lag).
4. Nothing is done but this: what is seen is written into memory that was there before (`load/ring.py`).

What becomes of connections is not decided here: see `lifetimes.py`.
"""

import heapq
import select
from bisect import bisect_right
from time import monotonic_ns

from rush_hour.core.arrivals import NEVER_NS
from rush_hour.core.expectation import BadAnswer
from rush_hour.core.faults import STALLED_PREFIX, fault_name
from rush_hour.core.http.http_response import HEAD_END, Framing, ResponseHead
from rush_hour.core.http.malformed import MalformedResponse
from rush_hour.core.records import (
    BAD,
    BYTES_READ,
    CONNECT_FAILED,
    FAILED,
    GOOD,
    KIND_BITS,
    LAST_ANSWER_NS,
    SECOND,
    SENT,
    STALLED_NS,
    TOTAL,
    TOTALS,
    UNJUDGED,
    tag_of,
)
from rush_hour.core.schedule import Schedule
from rush_hour.core.slowest import Slowest
from rush_hour.load.injector.connection import BUSY, CONNECTING, IDLE, NO_BYTES, Connection, Lifetime
from rush_hour.load.injector.reading import Reading
from rush_hour.load.injector.ring_writer import RingWriter
from rush_hour.load.injector.target import Targets
from rush_hour.load.injector.user_target import UserTargets
from rush_hour.load.transport.error_name import name_of
from rush_hour.load.transport.tls import READ_BYTES, TLS_RECORD_BYTES

STALL_NS = 100_000_000  # a jump of the clock that makes what was in flight hard to judge


class Exchange:
    """Requests and answers on one process's share of the connections.

    It has slots: of an object with 30 attributes and no slots, CPython 3.11 keeps the attributes in another way, and
    each request costs 5 % more instructions (callgrind, measured 2026-12).

    Args:
        numbers: of these connections, among all of the plan.
        targets: what is sent, and what a good answer is.
        epoll: what the connections are watched with.
        ring: where what is seen is written.

    Attributes:
        lifetime: decides what becomes of connections.
        waiting: a heap of (due, slot) of idle connections.
        in_flight: how many requests are awaited: sent, or to be sent on a connection that is being opened for them.
        queues: connections with requests that are still to come.
        is_session: whether they are those that connections begin with.
        totals: by the codes of `core.records`.
        first_bad: what was wrong with the first answer of the run that was not good; None without any.
        slowest: the slowest answers of the run.
        polled_at_ns: when epoll last returned.
        seen_at_ns: the latest look at the clock.
        give_up_at_ns: when the last answers are not waited for any more.
    """

    __slots__ = (
        "_answered_at_ns", "_buffer", "_due_of", "_epoll", "_number_of", "_pause_limit_ns", "_pause_ns",
        "_read_at_ns", "_stride", "_targets", "_timeout_ns", "_varies", "_view", "_write",
        "connections", "end_at_ns", "first_bad", "give_up_at_ns", "in_flight", "is_closed_loop", "is_running",
        "is_session", "lifetime", "polled_at_ns", "queues", "seen_at_ns", "slowest", "start_at_ns", "totals", "waiting",
    )  # fmt: skip
    lifetime: Lifetime

    def __init__(self, numbers: range, targets: Targets | UserTargets, epoll: select.epoll, ring: RingWriter) -> None:
        self._targets, self._varies = targets, targets.vary
        self._timeout_ns = 0
        self._number_of, self._write = ring.number_of, ring.write
        self._buffer = bytearray(READ_BYTES + TLS_RECORD_BYTES)
        self._view = memoryview(self._buffer)
        self._epoll = epoll
        first = targets.first(numbers[0])
        self.connections = [Connection(number, slot, first) for slot, number in enumerate(numbers)]
        self.waiting: list[tuple[int, int]] = []
        self.totals = [0] * TOTALS
        self.first_bad: BadAnswer | None = None
        self.slowest = Slowest(0)
        self.in_flight = 0
        self.queues = 0
        self.is_running = False
        self.is_closed_loop = False
        self.is_session = False
        self.start_at_ns, self.end_at_ns, self.give_up_at_ns = 0, NEVER_NS, NEVER_NS
        self.polled_at_ns = self.seen_at_ns = 0
        self._read_at_ns = 0  # when what is being handled began to be read
        self._answered_at_ns = 0  # the last one
        self._pause_ns = 0  # the longest time between two looks at the clock in this second, epoll left out
        self._pause_limit_ns = 0  # a longer one is that, or a stall

    def begin(self, schedule: Schedule, start_at_ns: int, timeout_ns: int) -> None:
        """Begin a run: no connection waits for anything yet.

        Args:
            schedule: when each request is due.
            start_at_ns: when the schedule starts, on the clock of `time.monotonic_ns`.
            timeout_ns: how long an answer may take from the moment its request was sent.
        """
        self.totals[:] = [0] * TOTALS
        self.is_session = schedule.arrivals.is_session
        self._targets.begin(is_session=self.is_session)
        self._timeout_ns = timeout_ns
        self._due_of, self._stride = schedule.due_function(), schedule.connections
        self._targets.phase_ends_ns = schedule.phase_ends_ns
        self._varies = self._targets.vary or bool(schedule.phase_ends_ns)
        self.is_closed_loop = schedule.arrivals.is_closed_loop
        self.start_at_ns = self._answered_at_ns = start_at_ns
        self.end_at_ns = start_at_ns + schedule.duration_ns
        self.give_up_at_ns = self.end_at_ns + self._timeout_ns
        self.first_bad = None
        self.slowest = Slowest(start_at_ns)
        self.is_running = True
        self.waiting.clear()
        for connection in self.connections:
            connection.begin(start_at_ns)
            connection.due_ns = start_at_ns + self._due_of(connection.number, 0, 0)
        self.queues = sum(connection.due_ns < NEVER_NS for connection in self.connections)

    # Standing still.

    def begin_watch(self, now_ns: int) -> None:
        """Begin to watch for pauses."""
        self.seen_at_ns = now_ns
        self._pause_ns = self._pause_limit_ns = 0

    def note_pause(self, now_ns: int) -> None:
        """Take note of a look at the clock. What happens for each request does this without the call."""
        if now_ns - self.seen_at_ns > self._pause_limit_ns:
            self._paused(now_ns - self.seen_at_ns)
        self.seen_at_ns = now_ns

    def _paused(self, pause_ns: int) -> None:
        """Take note of a long time between two looks at the clock."""
        self._pause_ns = max(self._pause_ns, pause_ns)
        self._pause_limit_ns = min(self._pause_ns, STALL_NS)
        if pause_ns > STALL_NS:
            self.stalled(pause_ns)

    def stalled(self, stalled_ns: int) -> None:
        """Give every request in flight the time back for which the process stood still."""
        self.totals[STALLED_NS] += stalled_ns
        self.give_up_at_ns += stalled_ns
        for connection in self.connections:
            if connection.state in {BUSY, CONNECTING}:
                connection.deadline_ns += stalled_ns
                connection.is_stalled = True

    def end_second(self, now_ns: int, open_connections: int) -> None:
        """Write down what is counted from the beginning on, and that a second is over."""
        self.totals[LAST_ANSWER_NS] = self._answered_at_ns - self.start_at_ns
        for code, value in enumerate(self.totals):
            self._write(value, 0, 0, tag_of(TOTAL, code))
        self._write(now_ns - self.start_at_ns, open_connections, self._pause_ns, SECOND)
        self._pause_ns = self._pause_limit_ns = 0

    # What is due.

    def next_request(self, connection: Connection, now_ns: int) -> None:
        """Turn to the next request of a connection."""
        connection.request += self._stride
        connection.ready_ns = now_ns
        connection.is_stalled = False
        start_at_ns = self.start_at_ns
        connection.due_ns = start_at_ns + self._due_of(
            connection.request, connection.due_ns - start_at_ns, now_ns - start_at_ns
        )
        if connection.due_ns >= NEVER_NS:
            self.queues -= 1

    def wait_for_due(self, connection: Connection) -> None:
        """Let a connection wait for the due time of its next request."""
        heapq.heappush(self.waiting, (connection.due_ns, connection.slot))

    # Sending.

    def _choose(self, connection: Connection) -> None:
        """Turn to the target of a connection's next request, and to the phase of a profile in which that is due."""
        targets = self._targets
        target = connection.target = targets.get(connection.request, connection.number)
        tag = target.tag
        if ends_ns := targets.phase_ends_ns:
            tag += bisect_right(ends_ns, connection.due_ns - self.start_at_ns) * targets.phase_step
        connection.tag, connection.sent_tag = tag, tag | SENT

    def send(self, connection: Connection) -> None:
        """Send the next request of a connection, which is open and idle."""
        if self._varies:
            self._choose(connection)
        target = connection.target
        data = target.data
        now_ns = monotonic_ns()
        if now_ns - self.seen_at_ns > self._pause_limit_ns:
            self._paused(now_ns - self.seen_at_ns)
        self.seen_at_ns = now_ns
        self.in_flight += 1
        try:
            sent_bytes = connection.sock.send(data)  # type: ignore[union-attr]  # it is open
        except BlockingIOError:
            sent_bytes = 0
        except OSError as error:
            self._fail(connection, fault_name("write", name_of(error)))
            return
        connection.state = BUSY
        connection.sent_ns = now_ns
        connection.deadline_ns = now_ns + self._timeout_ns
        due_ns, ready_ns = connection.due_ns, connection.ready_ns
        lag_ns = now_ns - (due_ns if due_ns > ready_ns else ready_ns)  # noqa: FURB136  # faster
        self._write(lag_ns + connection.lag_ns, 0, 0, connection.sent_tag)
        if sent_bytes != len(data) or target.rest:
            self._keep_unsent(connection, memoryview(data)[sent_bytes:], target.rest)
            self._watch(connection, select.EPOLLIN | select.EPOLLOUT)

    @staticmethod
    def _keep_unsent(connection: Connection, unsent: memoryview, rest: memoryview) -> None:
        """Keep what is left of a request: as long as `connection.unsent` is not empty, there is something."""
        connection.unsent, connection.unsent_rest = (unsent, rest) if unsent else (rest, NO_BYTES)

    def send_rest(self, connection: Connection) -> None:
        """Send what the kernel takes of what is left."""
        try:
            sent_bytes = connection.sock.send(connection.unsent)  # type: ignore[union-attr]  # it is open
        except BlockingIOError:
            return
        except OSError as error:
            self._write_failed(connection, fault_name("write", name_of(error)))
            return
        self.note_pause(monotonic_ns())
        self._keep_unsent(connection, connection.unsent[sent_bytes:], connection.unsent_rest)
        if not connection.unsent:
            self._watch(connection, select.EPOLLIN)

    def _write_failed(self, connection: Connection, name: str) -> None:
        """The server has hung up in the middle of the request: it may have answered before, and that counts."""
        request = connection.request
        while connection.state == BUSY and connection.request == request:
            if not self.read(connection, lost=name):
                self._fail(connection, name)
                return

    def _watch(self, connection: Connection, events: int) -> None:
        assert connection.sock is not None, "only an open connection is watched"
        self._epoll.modify(connection.sock.fileno(), events)

    # Reading.

    def read(self, connection: Connection, *, lost: str = "") -> bool:
        """Read what has come, and return whether there was anything, the end of the connection included.

        Args:
            connection: an open one.
            lost: what the end of the connection is called, if not by what reading says.
        """
        buffer = self._buffer
        self._read_at_ns = begin_ns = monotonic_ns()
        if begin_ns - self.seen_at_ns > self._pause_limit_ns:
            self._paused(begin_ns - self.seen_at_ns)
        self.seen_at_ns = begin_ns
        try:
            count = connection.sock.recv_into(self._view)  # type: ignore[union-attr]  # it is open
        except BlockingIOError:
            return False
        except OSError as error:
            self._lost(connection, lost or fault_name("read", name_of(error)))
            return True
        now_ns = monotonic_ns()
        self.totals[BYTES_READ] += count
        if connection.state == BUSY and connection.reading is None:
            target = connection.target
            body_at = buffer.find(HEAD_END, 0, count) + len(HEAD_END)
            head = target.get_head(self._view[:body_at].tobytes())
            if head is not None:
                length = count - body_at
                is_whole, is_chunked = head.body_bytes == length, head.framing is Framing.CHUNKED
                known = target.known_body if is_whole else target.known_chunks if is_chunked else None
                if known is not None and len(known) == length and buffer.startswith(known, body_at):
                    is_good = head.status in target.statuses or target.accepts(head, target.known_body or b"")
                    self._answered(connection, head, now_ns, is_good=is_good)
                    return True
                if is_whole:
                    is_good = target.accepts(head, self._view[body_at:count].tobytes())
                    self._answered(connection, head, now_ns, is_good=is_good)
                    return True
        self._read_slowly(connection, count, now_ns, lost)
        return True

    def _read_slowly(self, connection: Connection, count: int, now_ns: int, lost: str) -> None:
        """Read an answer that came in parts, or whose head is new."""
        if connection.state == IDLE:
            self._lost(connection, "read:EOF")  # closed, or bytes that nobody asked for
            return
        reading = connection.reading
        if reading is None:
            if not count:
                self._lost(connection, lost or "read:EOF")
                return
            reading = connection.reading = Reading(connection.target)
        try:
            is_complete = reading.feed(self._view[:count]) if count else reading.feed_eof()
        except MalformedResponse as error:
            self._fail(connection, lost or ("read:EOF" if error.code == "truncated" else f"malformed:{error.code}"))
            return
        if is_complete:
            assert reading.head is not None, "a complete answer has a head"
            can_go_on = count > 0 and not reading.has_more
            self._answered(connection, reading.head, now_ns, is_good=reading.is_good(), can_go_on=can_go_on)
        elif count:
            connection.read_lag_ns += self._read_at_ns - self.polled_at_ns + monotonic_ns() - now_ns
        else:
            self._lost(connection, lost or "read:EOF")

    def _answered(
        self, connection: Connection, head: ResponseHead, now_ns: int, *, is_good: bool, can_go_on: bool = True
    ) -> None:
        self._answered_at_ns = now_ns
        if connection.is_stalled:
            self.totals[UNJUDGED] += 1
        latency_ns = now_ns - connection.due_ns
        tag = head.status << KIND_BITS | (GOOD if is_good else BAD) | connection.tag
        self._write(
            latency_ns,
            now_ns - connection.sent_ns,
            self._read_at_ns - self.polled_at_ns + connection.read_lag_ns,
            tag,
        )
        if latency_ns > self.slowest.floor_ns:
            self.slowest.add(latency_ns, now_ns, connection.sent_ns, connection.number, tag)
        if not is_good and self.first_bad is None:
            self.first_bad = connection.target.first_bad
        self.in_flight -= 1
        connection.reading = None
        connection.read_lag_ns = 0
        connection.failures = 0
        connection.state = IDLE
        self.next_request(connection, now_ns)
        if not (can_go_on and head.keep_alive) or connection.unsent or connection.target.closes:
            self.lifetime.ended(connection)
        elif connection.due_ns > now_ns:
            self.wait_for_due(connection)
        elif now_ns < self.end_at_ns:
            self.send(connection)

    # Failing.

    def time_out(self, connection: Connection) -> None:
        """End a request whose time is over, unless its answer is there and was not read yet."""
        request = connection.request
        while connection.state == BUSY and connection.request == request:
            if not self.read(connection):
                self._fail(connection, "timeout")
                return

    def connect_failed(self, connection: Connection, name: str, now_ns: int, *, is_charged: bool) -> None:
        """Count a connection that could not be opened.

        Args:
            connection: a closed one.
            name: of the error.
            now_ns: the time.
            is_charged: whether the request that waits for it has failed, if it is due.
        """
        self._write(0, 0, 0, tag_of(CONNECT_FAILED, self._number_of(name)))
        if is_charged and connection.due_ns <= now_ns:
            if self._targets.are_named or self._targets.phase_ends_ns:
                self._choose(connection)
            self._note_failure(connection, fault_name("connect", name))
            self.next_request(connection, now_ns)

    def _fail(self, connection: Connection, name: str) -> None:
        """The request in flight has failed, and its connection with it."""
        self._note_failure(connection, name)
        self.in_flight -= 1
        self.next_request(connection, monotonic_ns())
        self.lifetime.ended(connection)

    def _note_failure(self, connection: Connection, name: str) -> None:
        """Count a failure; after a stall it may be the generator's fault, unless the time was given back."""
        if connection.is_stalled and name != "timeout":
            self.totals[UNJUDGED] += 1
            name = STALLED_PREFIX + name
        self._write(0, 0, 0, tag_of(FAILED, self._number_of(name)) | connection.tag)

    def _lost(self, connection: Connection, name: str) -> None:
        """The connection is at its end."""
        if connection.state == BUSY:
            self._fail(connection, name)
        else:
            self.lifetime.ended_idle(connection)
