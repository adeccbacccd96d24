"""The event loop of one load-generating process: sends each request when it is due and times its answer.

One epoll set holds the connections, a timerfd for the next due time and the control pipe. There is no asyncio: the
kernel's part of a request costs more than this loop's, and every layer between them would show in the latencies.

Rules that must hold:

1. A request whose connection is free is sent when it is due; one whose connection is busy is sent as soon as it is
   free. In both cases its latency counts from the due time.
2. Every request due ends in exactly one of: an answer, an error, unanswered at the end.
3. What the generator itself was late by is recorded for every request (send lag).
"""

import errno
import heapq
import select
import socket
from collections.abc import Callable
from time import monotonic_ns

from rush_hour.core.http_response import (
    HEAD_END,
    BodyChunk,
    Event,
    HeadCache,
    MalformedResponse,
    ResponseEnd,
    ResponseHead,
    ResponseReader,
)
from rush_hour.core.schedule import Share
from rush_hour.load.plan import LoadPlan
from rush_hour.load.tally import Interval, Tally
from rush_hour.load.timer import Timer

READ_BYTES = 65536
EVENTS_AT_ONCE = 64  # between two looks at the schedule
TICK_NS = 100_000_000  # how often time-outs are looked for
SECOND_NS = 1_000_000_000
NEVER_NS = 1 << 62
RETRY_FIRST_NS = 10_000_000
RETRY_LIMIT_NS = 1_000_000_000

CLOSED, CONNECTING, IDLE, BUSY = range(4)  # plain integers: compared for each request


class Connection:
    """One connection and the request at the head of its queue.

    Attributes:
        number: among all connections of the plan.
        slot: among those of this process.
        request: number of the next request due on it, or of the one in flight.
        due_ns, ready_ns, sent_ns: when that request was due, could be sent, was sent.
        failures: in a row, without an answer between them.
    """

    __slots__ = (
        "body_is_good", "body_read", "due_ns", "failures", "head", "number", "reader", "ready_ns", "request", "sent_ns",
        "slot", "sock", "state", "unsent",
    )  # fmt: skip

    def __init__(self, number: int, slot: int) -> None:
        self.number = number
        self.slot = slot
        self.state = CLOSED
        self.sock: socket.socket | None = None
        self.request = number
        self.due_ns = NEVER_NS
        self.ready_ns = 0
        self.sent_ns = 0
        self.failures = 0
        self.unsent = b""
        self.forget_answer()

    def forget_answer(self) -> None:
        """Expect the first byte of an answer."""
        self.reader: ResponseReader | None = None
        self.head: ResponseHead | None = None
        self.body_read = 0
        self.body_is_good = True


class Injector:
    """One process's share of the connections.

    Args:
        plan: what is sent, where to, and what a good answer is.
        process: number of this process, from 0.
        control_fd: a descriptor that becomes readable when the run is to end early.
    """

    def __init__(self, plan: LoadPlan, process: int, control_fd: int) -> None:
        self._plan = plan
        self._request = plan.request.data
        self._heads = HeadCache(plan.request.method)
        self._expected_body = plan.expectation.body
        self._timeout_ns = round(plan.timeout_s * SECOND_NS)
        self._epoll = select.epoll()
        self._timer = Timer()
        self._epoll.register(self._timer.fileno(), select.EPOLLIN | select.EPOLLET)
        self._control_fd = control_fd
        self._epoll.register(control_fd, select.EPOLLIN)
        numbers = plan.schedule.share(process, plan.processes).connections
        self._connections = [Connection(number, slot) for slot, number in enumerate(numbers)]
        self._by_fd: dict[int, Connection] = {}
        self._waiting: list[tuple[int, int]] = []  # a heap of (due, slot) of idle connections
        self._retries: list[tuple[int, int]] = []  # a heap of (when, slot) of closed connections
        self._tally = Tally()
        self._in_flight = 0
        self._start_at_ns, self._end_at_ns = 0, NEVER_NS
        self._total = 0
        self._gap_ns = 0.0
        self.is_stopped = False

    def open_connections(self, timeout_s: float) -> int:
        """Open every connection that is not open, and return how many are.

        Args:
            timeout_s: after how long to go on without those that are still not open, in seconds. Where none is
                open after the plan's own timeout, there is no server to wait for.
        """
        now_ns = monotonic_ns()
        no_server_at_ns = now_ns + self._timeout_ns
        give_up_at_ns = now_ns + round(timeout_s * SECOND_NS)
        self._end_at_ns = NEVER_NS
        self._retries.clear()
        for connection in self._connections:
            if connection.state == CLOSED:
                connection.failures = 0
                self._connect(connection)
        while (open_now := self.count_open()) < len(self._connections) and not self.is_stopped:
            if now_ns >= give_up_at_ns or (open_now == 0 and now_ns >= no_server_at_ns):
                break
            self._timer.arm(min(now_ns + TICK_NS, self._next_retry_ns()))
            self._poll()
            now_ns = monotonic_ns()
            self._retry(now_ns)
        return self.count_open()

    def count_open(self) -> int:
        """Return how many connections are open now."""
        return sum(connection.state >= IDLE for connection in self._connections)

    def failures(self) -> dict[str, int]:
        """Return the failed attempts to connect since the last run began, by the name of the error."""
        return dict(self._tally.connect_failures)

    def run(self, share: Share, start_at_ns: int, report: Callable[[Interval], None]) -> Tally:
        """Send every request of a share, wait for the last answers, and return what was seen.

        Args:
            share: this process's part of the schedule.
            start_at_ns: when the schedule starts, on the clock of `time.monotonic_ns`.
            report: takes what was seen in each second.
        """
        schedule = share.schedule
        self._tally = tally = Tally()
        self._start_at_ns, self._gap_ns, self._total = start_at_ns, schedule.gap_ns, schedule.requests_due
        self._end_at_ns = start_at_ns + round(schedule.duration_s * SECOND_NS)
        self._waiting.clear()
        for connection in self._connections:
            connection.request = connection.number
            self._set_due(connection)
            if connection.state == IDLE:
                self._wait_for_due(connection)
        self._follow(report)
        tally.requests_due = share.requests_due
        if self.is_stopped:
            tally.requests_due = share.requests_due_by(max(0, monotonic_ns() - start_at_ns))
        self._abandon()
        return tally

    def close(self) -> None:
        """Close everything."""
        for connection in self._connections:
            self._close(connection)
        self._timer.close()
        self._epoll.close()

    def _follow(self, report: Callable[[Interval], None]) -> None:
        """Send what is due until the schedule is over and its last answers are in: the inner loop."""
        waiting, start_at_ns = self._waiting, self._start_at_ns
        give_up_at_ns = self._end_at_ns + self._timeout_ns
        next_tick_ns, second = start_at_ns + TICK_NS, 1
        armed_ns, now_ns = 0, start_at_ns
        while not self.is_stopped:
            now_ns = monotonic_ns()
            while waiting and waiting[0][0] <= now_ns:
                connection = self._connections[heapq.heappop(waiting)[1]]
                if connection.state == IDLE and connection.due_ns <= now_ns:
                    self._send(connection)
            if now_ns >= next_tick_ns:
                elapsed_ns = now_ns - start_at_ns
                next_tick_ns = now_ns - elapsed_ns % TICK_NS + TICK_NS
                self._tick(now_ns)
                if elapsed_ns >= second * SECOND_NS:
                    report(self._tally.flush(second, elapsed_ns / SECOND_NS))
                    second = elapsed_ns // SECOND_NS + 1
            if now_ns >= self._end_at_ns and (self._in_flight == 0 or now_ns >= give_up_at_ns):
                break
            wake_ns = waiting[0][0] if waiting and waiting[0][0] < next_tick_ns else next_tick_ns
            if now_ns < self._end_at_ns < wake_ns:
                wake_ns = self._end_at_ns
            if wake_ns != armed_ns:
                self._timer.arm(wake_ns)
                armed_ns = wake_ns
            self._poll()
        report(self._tally.flush(second, (now_ns - start_at_ns) / SECOND_NS))

    def _poll(self) -> None:
        """Wait for something to happen, and deal with it."""
        for fd, events in self._epoll.poll(-1, EVENTS_AT_ONCE):
            connection = self._by_fd.get(fd)
            if connection is None:
                self.is_stopped |= fd == self._control_fd
            elif connection.state == CONNECTING:
                self._finish_connect(connection)
            elif events & select.EPOLLOUT and connection.unsent:
                self._send_rest(connection)
            else:
                self._read(connection)

    def _tick(self, now_ns: int) -> None:
        for connection in self._connections:
            if connection.state == BUSY and now_ns - connection.sent_ns > self._timeout_ns:
                self._fail(connection, "timeout")
            elif connection.state == CONNECTING and now_ns - connection.ready_ns > self._timeout_ns:
                self._connect_failed(connection, "ETIMEDOUT")
        self._retry(now_ns)

    # Sending.

    def _set_due(self, connection: Connection) -> None:
        request = connection.request
        connection.due_ns = self._start_at_ns + int(request * self._gap_ns) if request < self._total else NEVER_NS

    def _wait_for_due(self, connection: Connection) -> None:
        heapq.heappush(self._waiting, (connection.due_ns, connection.slot))

    def _next_request(self, connection: Connection) -> None:
        connection.request += self._plan.connections
        self._set_due(connection)

    def _send(self, connection: Connection) -> None:
        now_ns = monotonic_ns()
        try:
            sent_bytes = connection.sock.send(self._request)  # type: ignore[union-attr]  # it is open
        except BlockingIOError:
            sent_bytes = 0
        except OSError as error:
            self._in_flight += 1
            self._fail(connection, f"write:{_name(error.errno)}")
            return
        connection.state = BUSY
        connection.sent_ns = now_ns
        self._in_flight += 1
        due_ns, ready_ns = connection.due_ns, connection.ready_ns
        tally = self._tally
        tally.sent += 1
        tally.send_lags_ns.append(now_ns - (due_ns if due_ns > ready_ns else ready_ns))  # noqa: FURB136  # faster
        if sent_bytes != len(self._request):
            connection.unsent = self._request[sent_bytes:]
            self._watch(connection, select.EPOLLIN | select.EPOLLOUT)

    def _send_rest(self, connection: Connection) -> None:
        try:
            sent_bytes = connection.sock.send(connection.unsent)  # type: ignore[union-attr]  # it is open
        except BlockingIOError:
            return
        except OSError as error:
            self._fail(connection, f"write:{_name(error.errno)}")
            return
        connection.unsent = connection.unsent[sent_bytes:]
        if not connection.unsent:
            self._watch(connection, select.EPOLLIN)

    # Reading.

    def _read(self, connection: Connection) -> None:
        try:
            data = connection.sock.recv(READ_BYTES)  # type: ignore[union-attr]  # it is open
        except BlockingIOError:
            return
        except OSError as error:
            self._end_of_stream(connection, f"read:{_name(error.errno)}")
            return
        now_ns = monotonic_ns()
        self._tally.bytes_read += len(data)
        if connection.state == BUSY and connection.reader is None:
            body_at = data.find(HEAD_END) + len(HEAD_END)
            head = self._heads.get(data[:body_at])
            if head is not None and head.body_bytes == len(data) - body_at:
                expected = self._expected_body
                is_good = self._plan.expectation.accepts_status(head.status) and (
                    expected is None or (len(expected) == head.body_bytes and data.startswith(expected, body_at))
                )
                self._answered(connection, head, now_ns, is_good=is_good)
                return
        self._read_slowly(connection, data, now_ns)

    def _read_slowly(self, connection: Connection, data: bytes, now_ns: int) -> None:
        """Read an answer that came in parts, or whose head is new."""
        if connection.state == IDLE:
            self._end_of_stream(connection, "read:EOF")  # closed, or bytes that nobody asked for
            return
        reader = connection.reader
        if reader is None:
            reader = connection.reader = ResponseReader(self._heads)
        try:
            events = reader.feed(data) if data else reader.feed_eof()
        except MalformedResponse as error:
            self._fail(connection, "read:EOF" if error.code == "truncated" else f"malformed:{error.code}")
            return
        if not data and not events:
            self._fail(connection, "read:EOF")
            return
        for event in events:
            if connection.reader is not reader:
                self._end_of_stream(connection, "read:EOF")  # a second answer to one request
                return
            self._take(connection, event, now_ns)

    def _take(self, connection: Connection, event: Event, now_ns: int) -> None:
        match event:
            case ResponseHead():
                connection.head = event
            case BodyChunk(data):
                expected, at = self._expected_body, connection.body_read
                connection.body_read += len(data)
                if expected is not None and expected[at : connection.body_read] != data:
                    connection.body_is_good = False
            case ResponseEnd():
                head, expected = connection.head, self._expected_body
                assert head is not None, "the reader gives a head before the end"
                is_whole = expected is None or len(expected) == connection.body_read
                is_good = self._plan.expectation.accepts_status(head.status) and connection.body_is_good and is_whole
                self._answered(connection, head, now_ns, is_good=is_good)

    def _answered(self, connection: Connection, head: ResponseHead, now_ns: int, *, is_good: bool) -> None:
        tally = self._tally
        tally.last_answer_at_ns = now_ns
        tally.status_counts[head.status] += 1
        if is_good:
            tally.good += 1
            tally.latencies_ns.append(now_ns - connection.due_ns)
            tally.service_times_ns.append(now_ns - connection.sent_ns)
        else:
            tally.bad += 1
            tally.latencies_bad_ns.append(now_ns - connection.due_ns)
        self._in_flight -= 1
        if connection.head is not None:
            connection.forget_answer()
        connection.failures = 0
        connection.state = IDLE
        connection.ready_ns = now_ns
        self._next_request(connection)
        if connection.unsent or not head.keep_alive:
            self._reopen(connection)
        elif connection.due_ns > now_ns:
            self._wait_for_due(connection)
        elif now_ns < self._end_at_ns:
            self._send(connection)

    def _fail(self, connection: Connection, name: str) -> None:
        """The request in flight has failed, and its connection with it."""
        self._tally.errors[name] += 1
        self._in_flight -= 1
        connection.failures += 1
        self._next_request(connection)
        self._reopen(connection)

    def _end_of_stream(self, connection: Connection, name: str) -> None:
        if connection.state == BUSY:
            self._fail(connection, name)
        else:
            self._tally.closed_idle += 1
            connection.failures += 1
            self._reopen(connection)

    # Connecting.

    def _reopen(self, connection: Connection) -> None:
        self._close(connection)
        if monotonic_ns() < self._end_at_ns:
            self._tally.reconnects += 1
            self._connect_after_failures(connection)

    def _connect_after_failures(self, connection: Connection) -> None:
        if connection.failures <= 1:
            self._connect(connection)
            return
        wait_ns = min(RETRY_FIRST_NS << min(connection.failures - 2, 10), RETRY_LIMIT_NS)
        heapq.heappush(self._retries, (monotonic_ns() + wait_ns, connection.slot))

    def _connect(self, connection: Connection) -> None:
        address = self._plan.address
        try:
            sock = socket.socket(address.family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        except OSError as error:
            self._connect_failed(connection, _name(error.errno))
            return
        if address.family != socket.AF_UNIX:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sock = sock
        connection.ready_ns = monotonic_ns()
        code = sock.connect_ex(address.sockaddr)
        if code not in (0, errno.EINPROGRESS):
            self._connect_failed(connection, _name(code))
            return
        connection.state = CONNECTING
        self._by_fd[sock.fileno()] = connection
        self._epoll.register(sock.fileno(), select.EPOLLOUT)

    def _finish_connect(self, connection: Connection) -> None:
        sock = connection.sock
        assert sock is not None, "a connecting connection has a socket"
        code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            self._connect_failed(connection, _name(code))
            return
        self._watch(connection, select.EPOLLIN)
        connection.state = IDLE
        connection.ready_ns = now_ns = monotonic_ns()
        if connection.due_ns > now_ns:
            self._wait_for_due(connection)
        elif now_ns < self._end_at_ns:
            self._send(connection)

    def _connect_failed(self, connection: Connection, name: str) -> None:
        """Charge the request that waits for this connection, if one is due, and try again later."""
        self._close(connection)
        connection.failures = max(connection.failures + 1, 2)  # never tried again at once
        self._tally.connect_failures[name] += 1
        if connection.due_ns <= monotonic_ns() < self._end_at_ns:
            self._tally.errors[f"connect:{name}"] += 1
            self._next_request(connection)
        self._connect_after_failures(connection)

    def _retry(self, now_ns: int) -> None:
        while self._retries and self._retries[0][0] <= now_ns:
            connection = self._connections[heapq.heappop(self._retries)[1]]
            if connection.state == CLOSED:
                self._connect(connection)

    def _next_retry_ns(self) -> int:
        return self._retries[0][0] if self._retries else NEVER_NS

    def _watch(self, connection: Connection, events: int) -> None:
        assert connection.sock is not None, "only an open connection is watched"
        self._epoll.modify(connection.sock.fileno(), events)

    def _close(self, connection: Connection) -> None:
        if connection.sock is not None:
            self._by_fd.pop(connection.sock.fileno(), None)
            connection.sock.close()  # which takes it out of the epoll set
        connection.sock = None
        connection.state = CLOSED
        connection.unsent = b""
        connection.forget_answer()

    def _abandon(self) -> None:
        """Close the connections whose answers did not come: what they would still bring belongs to no run."""
        for connection in self._connections:
            connection.due_ns = NEVER_NS
            if connection.state == BUSY:
                self._close(connection)
        self._in_flight = 0


def _name(code: int | None) -> str:
    return errno.errorcode.get(code or 0, str(code))
