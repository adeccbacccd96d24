"""What happens on the connections of one load-generating process: requests are sent, answers read, errors counted.

Rules that must hold:

1. A request whose connection is free is sent when it is due; one whose connection is busy is sent as soon as it is
   free. In both cases its latency counts from the due time.
2. Every request due ends in exactly one of: an answer, an error, unanswered at the end.
3. What the generator itself was late by is recorded for every request, in sending (send lag) and in reading (read lag).
4. Nothing is done but this: what is seen is written into memory that was there before (`ring.py`).
"""

import heapq
import select
from collections import Counter
from time import monotonic_ns

from rush_hour.core import records
from rush_hour.core.arrivals import NEVER_NS
from rush_hour.core.faults import STALLED_PREFIX
from rush_hour.core.http_response import HEAD_END, Framing, HeadCache, ResponseHead
from rush_hour.core.malformed import MalformedResponse
from rush_hour.core.records import BAD, CONNECT_FAILED, FAILED, GOOD, KIND_BITS, SENT, TOTALS, tag_of
from rush_hour.core.result import BadAnswer
from rush_hour.load.injector.connection import BUSY, CLOSED, CONNECTING, IDLE, NO_BYTES, Connection, fault_name
from rush_hour.load.injector.opening import Opening
from rush_hour.load.injector.reading import Reading
from rush_hour.load.injector.ring_writer import RingWriter
from rush_hour.load.injector.target import Target
from rush_hour.load.plan import LoadPlan
from rush_hour.load.transport.address import Address
from rush_hour.load.transport.error_name import name_of
from rush_hour.load.transport.tls import READ_BYTES, TLS_RECORD_BYTES
from rush_hour.load.workload.request import Request

STALL_NS = 100_000_000  # a jump of the clock that makes what was in flight hard to judge


class Exchange:
    """Requests and answers on one process's share of the connections.

    Args:
        plan: what is sent, and what a good answer is.
        address: where to.
        process: number of this process, from 0.
        epoll: what the connections are watched with.
        ring: where what is seen is written.

    Attributes:
        first_bad: what was wrong with the first answer of the run that was not good; None without any.
    """

    def __init__(self, plan: LoadPlan, address: Address, process: int, epoll: select.epoll, ring: RingWriter) -> None:
        self._plan = plan
        self._requests = plan.requests
        self._per_request = plan.connection_per_request
        self._varies = plan.requests.varies
        self._heads = {True: HeadCache("HEAD"), False: HeadCache("GET")}
        self._on_response = plan.requests.on_response
        self._targets: dict[Request, Target] = {}
        self._timeout_ns = round(plan.timeout_s * 1e9)
        self._ring, self._write = ring, ring.write
        self._buffer = bytearray(READ_BYTES + TLS_RECORD_BYTES)
        self._view = memoryview(self._buffer)
        self._epoll = epoll
        self._opening = Opening(plan, address, epoll, self._opened, self._open_failed)
        self._by_fd = self._opening.by_fd
        first = self._target(plan.requests.get(process))
        numbers = plan.schedule.connections_of(process, plan.processes)
        self._connections = [Connection(number, slot, first) for slot, number in enumerate(numbers)]
        self._waiting: list[tuple[int, int]] = []  # a heap of (due, slot) of idle connections
        self._failures: Counter[str] = Counter()  # of opening connections before a run
        self._totals = [0] * TOTALS
        self.first_bad: BadAnswer | None = None
        self._open_now = 0
        self._in_flight = 0
        self._schedule = plan.schedule
        self._stride = plan.schedule.connections
        self._due_of = plan.schedule.due_function()
        self._start_at_ns, self._end_at_ns = 0, NEVER_NS
        self._is_running = False
        self._queues = 0  # connections with requests that are still to come
        self._polled_at_ns = 0  # when epoll last returned
        self._read_at_ns = 0  # when what is being handled began to be read
        self._seen_at_ns = 0  # the latest look at the clock
        self._pause_ns = 0  # the longest time between two of them in this second, epoll left out
        self._pause_limit_ns = 0  # a longer one is that, or a stall
        self._give_up_at_ns = NEVER_NS  # when the last answers are not waited for any more

    # Standing still.

    def _note_pause(self, now_ns: int) -> None:
        """Take note of a look at the clock. What happens for each request does this without the call."""
        if now_ns - self._seen_at_ns > self._pause_limit_ns:
            self._paused(now_ns - self._seen_at_ns)
        self._seen_at_ns = now_ns

    def _paused(self, pause_ns: int) -> None:
        """Take note of a long time between two looks at the clock."""
        self._pause_ns = max(self._pause_ns, pause_ns)
        self._pause_limit_ns = min(self._pause_ns, STALL_NS)
        if pause_ns > STALL_NS:
            self._stalled(pause_ns)

    def _stalled(self, stalled_ns: int) -> None:
        """Give every request in flight the time back for which the process stood still."""
        self._totals[records.STALLED_NS] += stalled_ns
        self._give_up_at_ns += stalled_ns
        for connection in self._connections:
            if connection.state in {BUSY, CONNECTING}:
                connection.deadline_ns += stalled_ns
                connection.is_stalled = True

    # What is due.

    def _target(self, request: Request) -> Target:
        """Return what is sent for a request; it is kept where there are few."""
        target = self._targets.get(request)
        if target is None:
            target = Target(request, self._heads[request.method == "HEAD"], self._on_response)
            if self._requests.are_few:
                self._targets[request] = target
        return target

    def _next_request(self, connection: Connection, now_ns: int) -> None:
        connection.request += self._stride
        connection.ready_ns = now_ns
        connection.is_stalled = False
        start_at_ns = self._start_at_ns
        connection.due_ns = start_at_ns + self._due_of(
            connection.request, connection.due_ns - start_at_ns, now_ns - start_at_ns
        )
        self._queues -= connection.due_ns >= NEVER_NS

    def _wait_for_due(self, connection: Connection) -> None:
        heapq.heappush(self._waiting, (connection.due_ns, connection.slot))

    def _begin(self, connection: Connection) -> None:
        """Send the request that is due, on a new connection if each has one of its own."""
        if connection.state == IDLE:
            self._send(connection)
        elif connection.state == CLOSED and self._per_request:
            self._connect(connection)

    # Sending.

    def _send(self, connection: Connection) -> None:
        if self._varies:
            connection.target = self._target(self._requests.get(connection.request))
        target = connection.target
        data = target.data
        now_ns = monotonic_ns()
        if now_ns - self._seen_at_ns > self._pause_limit_ns:
            self._paused(now_ns - self._seen_at_ns)
        self._seen_at_ns = now_ns
        try:
            sent_bytes = connection.sock.send(data)  # type: ignore[union-attr]  # it is open
        except BlockingIOError:
            sent_bytes = 0
        except OSError as error:
            self._in_flight += not self._per_request
            self._fail(connection, fault_name("write", name_of(error)))
            return
        connection.state = BUSY
        connection.sent_ns = now_ns
        connection.deadline_ns = now_ns + self._timeout_ns
        self._in_flight += not self._per_request  # which counts from the connection on
        due_ns, ready_ns = connection.due_ns, connection.ready_ns
        lag_ns = now_ns - (due_ns if due_ns > ready_ns else ready_ns)  # noqa: FURB136  # faster
        self._write(lag_ns + connection.lag_ns if self._per_request else lag_ns, 0, 0, SENT)
        if sent_bytes != len(data) or target.rest:
            self._keep_unsent(connection, memoryview(data)[sent_bytes:], target.rest)
            self._watch(connection, select.EPOLLIN | select.EPOLLOUT)

    @staticmethod
    def _keep_unsent(connection: Connection, unsent: memoryview, rest: memoryview) -> None:
        """Keep what is left of a request: as long as `connection.unsent` is not empty, there is something."""
        connection.unsent, connection.unsent_rest = (unsent, rest) if unsent else (rest, NO_BYTES)

    def _send_rest(self, connection: Connection) -> None:
        """Send what the kernel takes of what is left."""
        try:
            sent_bytes = connection.sock.send(connection.unsent)  # type: ignore[union-attr]  # it is open
        except BlockingIOError:
            return
        except OSError as error:
            self._write_failed(connection, fault_name("write", name_of(error)))
            return
        self._note_pause(monotonic_ns())
        self._keep_unsent(connection, connection.unsent[sent_bytes:], connection.unsent_rest)
        if not connection.unsent:
            self._watch(connection, select.EPOLLIN)

    def _write_failed(self, connection: Connection, name: str) -> None:
        """The server has hung up in the middle of the request: it may have answered before, and that counts."""
        request = connection.request
        while connection.state == BUSY and connection.request == request:
            if not self._read(connection, lost=name):
                self._fail(connection, name)
                return

    # Reading.

    def _read(self, connection: Connection, *, lost: str = "") -> bool:
        """Read what has come, and return whether there was anything, the end of the connection included.

        Args:
            connection: an open one.
            lost: what the end of the connection is called, if not by what reading says.
        """
        buffer = self._buffer
        self._read_at_ns = begin_ns = monotonic_ns()
        if begin_ns - self._seen_at_ns > self._pause_limit_ns:
            self._paused(begin_ns - self._seen_at_ns)
        self._seen_at_ns = begin_ns
        try:
            count = connection.sock.recv_into(self._view)  # type: ignore[union-attr]  # it is open
        except BlockingIOError:
            return False
        except OSError as error:
            self._lost(connection, lost or fault_name("read", name_of(error)))
            return True
        now_ns = monotonic_ns()
        self._totals[records.BYTES_READ] += count
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
            connection.read_lag_ns += self._read_at_ns - self._polled_at_ns + monotonic_ns() - now_ns
        else:
            self._lost(connection, lost or "read:EOF")

    def _answered(
        self, connection: Connection, head: ResponseHead, now_ns: int, *, is_good: bool, can_go_on: bool = True
    ) -> None:
        totals = self._totals
        totals[records.LAST_ANSWER_NS] = now_ns - self._start_at_ns
        if connection.is_stalled:
            totals[records.UNJUDGED] += 1
        self._write(
            now_ns - connection.due_ns,
            now_ns - connection.sent_ns,
            self._read_at_ns - self._polled_at_ns + connection.read_lag_ns,
            head.status << KIND_BITS | (GOOD if is_good else BAD),
        )
        if not is_good and self.first_bad is None:
            self.first_bad = connection.target.first_bad
        self._in_flight -= 1
        connection.reading = None
        connection.read_lag_ns = 0
        connection.failures = 0
        connection.state = IDLE
        self._next_request(connection, now_ns)
        if not (can_go_on and head.keep_alive) or connection.unsent or self._per_request or connection.target.closes:
            self._reopen(connection)
        elif connection.due_ns > now_ns:
            self._wait_for_due(connection)
        elif now_ns < self._end_at_ns:
            self._send(connection)

    # Failing.

    def _fail(self, connection: Connection, name: str) -> None:
        """The request in flight has failed, and its connection with it."""
        self._note_failure(connection, name)
        self._in_flight -= 1
        self._next_request(connection, monotonic_ns())
        self._reopen(connection)

    def _note_failure(self, connection: Connection, name: str) -> None:
        """Count a failure; after a stall it may be the generator's fault, unless the time was given back."""
        if connection.is_stalled and name != "timeout":
            self._totals[records.UNJUDGED] += 1
            name = STALLED_PREFIX + name
        self._write(0, 0, 0, tag_of(FAILED, self._ring.number_of(name)))

    def _lost(self, connection: Connection, name: str) -> None:
        """The connection is at its end."""
        if connection.state == BUSY:
            self._fail(connection, name)
            return
        self._totals[records.CLOSED_IDLE] += not self._per_request
        connection.failures += 1
        self._reopen(connection)

    # Connecting.

    def _reopen(self, connection: Connection) -> None:
        self._close(connection)
        if self._per_request:
            self._wait_for_due(connection)
        elif monotonic_ns() < self._end_at_ns:
            self._totals[records.RECONNECTS] += 1
            if connection.failures <= 1:
                self._connect(connection)
            else:
                self._opening.open_later(connection)

    def _connect(self, connection: Connection) -> None:
        now_ns = monotonic_ns()
        if self._schedule.arrivals.is_closed_loop and connection.due_ns < now_ns:
            connection.due_ns = now_ns  # a closed loop waits for connections too
        connection.lag_ns = now_ns - max(connection.due_ns, connection.ready_ns)
        connection.ready_ns = now_ns
        self._in_flight += self._per_request
        self._opening.open(connection)

    def _opened(self, connection: Connection) -> None:
        connection.state = IDLE
        connection.is_stalled = False
        self._open_now += 1
        connection.ready_ns = now_ns = monotonic_ns()
        if connection.due_ns > now_ns:
            self._wait_for_due(connection)
        elif now_ns < self._end_at_ns or self._per_request:
            self._send(connection)

    def _open_failed(self, connection: Connection, name: str) -> None:
        """Charge the request that waits for this connection, if one is due, and try again later."""
        connection.failures = max(connection.failures + 1, 2)  # never tried again at once
        self._in_flight -= self._per_request
        now_ns = monotonic_ns()
        if not self._is_running:
            self._failures[name] += 1
        else:
            self._write(0, 0, 0, tag_of(CONNECT_FAILED, self._ring.number_of(name)))
            if connection.due_ns <= now_ns and (now_ns < self._end_at_ns or self._per_request):
                self._note_failure(connection, fault_name("connect", name))
                self._next_request(connection, now_ns)
        if self._per_request and not self._schedule.arrivals.is_closed_loop:
            self._wait_for_due(connection)
        else:
            self._opening.open_later(connection)

    def _watch(self, connection: Connection, events: int) -> None:
        assert connection.sock is not None, "only an open connection is watched"
        self._epoll.modify(connection.sock.fileno(), events)

    def _close(self, connection: Connection) -> None:
        self._open_now -= connection.state >= IDLE
        self._opening.close(connection)

    def _abandon(self) -> None:
        """Close the connections whose answers did not come: what they would still bring belongs to no run."""
        for connection in self._connections:
            connection.due_ns = NEVER_NS
            if connection.state == BUSY or self._per_request:
                self._close(connection)
        self._in_flight = 0
