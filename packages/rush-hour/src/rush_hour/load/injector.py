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
from rush_hour.core.schedule import NEVER_NS, Schedule
from rush_hour.load.connection import BUSY, CLOSED, CONNECTING, IDLE, Connection, Target, name_of
from rush_hour.load.plan import LoadPlan
from rush_hour.load.request import OneRequest, Request
from rush_hour.load.script import Script
from rush_hour.load.tally import Interval, Tally
from rush_hour.load.timer import Timer
from rush_hour.load.transport import READ_BYTES, TlsSocket

EVENTS_AT_ONCE = 64  # between two looks at the schedule
TICK_NS = 100_000_000  # how often time-outs are looked for
SECOND_NS = 1_000_000_000
RETRY_FIRST_NS = 10_000_000
RETRY_LIMIT_NS = 1_000_000_000


class Injector:
    """One process's share of the connections.

    Args:
        plan: what is sent, where to, and what a good answer is.
        process: number of this process, from 0.
        control_fd: a descriptor that becomes readable when the run is to end early.
    """

    def __init__(self, plan: LoadPlan, process: int, control_fd: int) -> None:
        self._plan = plan
        self._requests = plan.requests
        self._per_request = plan.connection_per_request
        self._varies = not isinstance(plan.requests, OneRequest)
        self._heads = {True: HeadCache("HEAD"), False: HeadCache("GET")}
        self._on_response = plan.requests.on_response if isinstance(plan.requests, Script) else None
        self._targets: dict[Request, Target] = {}
        self._tls_context = None if plan.tls is None else plan.tls.context()
        self._timeout_ns = round(plan.timeout_s * SECOND_NS)
        self._epoll = select.epoll()
        self._timer = Timer()
        self._epoll.register(self._timer.fileno(), select.EPOLLIN | select.EPOLLET)
        self._control_fd = control_fd
        self._epoll.register(control_fd, select.EPOLLIN)
        numbers = plan.schedule.connections_of(process, plan.processes)
        first = self._target(plan.requests.get(process))
        self._connections = [Connection(number, slot, first) for slot, number in enumerate(numbers)]
        self._by_fd: dict[int, Connection] = {}
        self._waiting: list[tuple[int, int]] = []  # a heap of (due, slot) of idle connections
        self._retries: list[tuple[int, int]] = []  # a heap of (when, slot) of closed connections
        self._tally = Tally()
        self._in_flight = 0
        self._schedule = plan.schedule
        self._due_of = plan.schedule.due_function()
        self._start_at_ns, self._end_at_ns = 0, NEVER_NS
        self._ends_early = False
        self._queues = 0  # connections with requests that are still to come
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
        if self._per_request:
            return 0
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

    def run(self, schedule: Schedule, start_at_ns: int, report: Callable[[Interval], None]) -> Tally:
        """Send every request that is due on this process's connections, wait for the last answers, and return all that.

        Args:
            schedule: when each request is due.
            start_at_ns: when the schedule starts, on the clock of `time.monotonic_ns`.
            report: takes what was seen in each second.
        """
        self._tally = tally = Tally()
        self._schedule, self._due_of = schedule, schedule.due_function()
        self._start_at_ns, self._end_at_ns = start_at_ns, start_at_ns + schedule.duration_ns
        self._ends_early = schedule.max_requests is not None
        self._waiting.clear()
        for connection in self._connections:
            connection.request = connection.number
            connection.due_ns = start_at_ns + self._due_of(connection.number, 0, 0)
            if connection.state == IDLE or self._per_request:
                self._wait_for_due(connection)
        self._queues = sum(connection.due_ns < NEVER_NS for connection in self._connections)
        self._follow(report)
        until_ns = min(schedule.duration_ns, max(0, monotonic_ns() - start_at_ns))
        tally.requests_due = sum(self._count_due(connection, until_ns) for connection in self._connections)
        self._abandon()
        return tally

    def _count_due(self, connection: Connection, until_ns: int) -> int:
        """Return how many requests were due on a connection: those it is done with, and those in its queue."""
        done = (connection.request - connection.number) // self._plan.connections
        return done + self._schedule.count_due(connection.request, connection.due_ns - self._start_at_ns, until_ns)

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
                if connection.due_ns <= now_ns:
                    self._begin(connection)
            if now_ns >= next_tick_ns:
                elapsed_ns = now_ns - start_at_ns
                next_tick_ns = now_ns - elapsed_ns % TICK_NS + TICK_NS
                self._tick(now_ns)
                if elapsed_ns >= second * SECOND_NS:
                    report(self._tally.flush(second, elapsed_ns / SECOND_NS, self.count_open()))
                    second = elapsed_ns // SECOND_NS + 1
            if self._in_flight == 0 and (now_ns >= self._end_at_ns or (self._ends_early and self._queues == 0)):
                break
            if now_ns >= give_up_at_ns:
                break
            wake_ns = waiting[0][0] if waiting and waiting[0][0] < next_tick_ns else next_tick_ns
            if now_ns < self._end_at_ns < wake_ns:
                wake_ns = self._end_at_ns
            if wake_ns != armed_ns:
                self._timer.arm(wake_ns)
                armed_ns = wake_ns
            self._poll()
        report(self._tally.flush(second, (now_ns - start_at_ns) / SECOND_NS, self.count_open()))

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
        if now_ns >= self._end_at_ns and self._tally.open_at_end is None:
            self._tally.open_at_end = self.count_open()  # what closes from now on is not opened again
        for connection in self._connections:
            if connection.state == BUSY and now_ns - connection.sent_ns > self._timeout_ns:
                self._fail(connection, "timeout")
            elif connection.state == CONNECTING and now_ns - connection.ready_ns > self._timeout_ns:
                self._connect_failed(connection, "ETIMEDOUT")
        self._retry(now_ns)

    # What is due.

    def _target(self, request: Request) -> Target:
        """Return what is sent for a request; those of a script are not kept, for there may be no end of them."""
        target = self._targets.get(request)
        if target is None:
            target = Target(request, self._heads[request.method == "HEAD"], self._on_response)
            if self._on_response is None and not isinstance(self._requests, Script):
                self._targets[request] = target
        return target

    def _next_request(self, connection: Connection) -> None:
        connection.request += self._plan.connections
        start_at_ns = self._start_at_ns
        connection.due_ns = start_at_ns + self._due_of(
            connection.request, connection.due_ns - start_at_ns, monotonic_ns() - start_at_ns
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
        data = connection.target.data
        now_ns = monotonic_ns()
        try:
            sent_bytes = connection.sock.send(data)  # type: ignore[union-attr]  # it is open
        except BlockingIOError:
            sent_bytes = 0
        except OSError as error:
            self._in_flight += not self._per_request
            self._fail(connection, f"write:{name_of(error)}")
            return
        connection.state = BUSY
        connection.sent_ns = now_ns
        self._in_flight += not self._per_request  # which counts from the connection on
        due_ns, ready_ns = connection.due_ns, connection.ready_ns
        lag_ns = now_ns - (due_ns if due_ns > ready_ns else ready_ns)  # noqa: FURB136  # faster
        tally = self._tally
        tally.sent += 1
        tally.send_lags_ns.append(lag_ns + connection.lag_ns if self._per_request else lag_ns)
        if sent_bytes != len(data):
            connection.unsent = data[sent_bytes:]
            self._watch(connection, select.EPOLLIN | select.EPOLLOUT)

    def _send_rest(self, connection: Connection) -> None:
        try:
            sent_bytes = connection.sock.send(connection.unsent)  # type: ignore[union-attr]  # it is open
        except BlockingIOError:
            return
        except OSError as error:
            self._fail(connection, f"write:{name_of(error)}")
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
            self._end_of_stream(connection, f"read:{name_of(error)}")
            return
        now_ns = monotonic_ns()
        self._tally.bytes_read += len(data)
        if connection.state == BUSY and connection.reader is None:
            target = connection.target
            body_at = data.find(HEAD_END) + len(HEAD_END)
            head = target.get_head(data[:body_at])
            if head is not None and head.body_bytes == len(data) - body_at:
                known = target.known_body
                if (
                    known is not None
                    and len(known) == head.body_bytes
                    and data.startswith(known, body_at)
                    and head.status in target.statuses
                ):
                    is_good = True
                else:
                    is_good = target.accepts(head, data[body_at:])
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
            reader = connection.reader = ResponseReader(connection.target.heads)
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
                connection.keep(data)
            case ResponseEnd():
                assert connection.head is not None, "the reader gives a head before the end"
                self._answered(connection, connection.head, now_ns, is_good=connection.is_good())

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
            tally.first_bad = tally.first_bad or connection.target.first_bad
            tally.latencies_bad_ns.append(now_ns - connection.due_ns)
        self._in_flight -= 1
        if connection.head is not None:
            connection.forget_answer()
        connection.failures = 0
        connection.state = IDLE
        connection.ready_ns = now_ns
        self._next_request(connection)
        if connection.unsent or not head.keep_alive or self._per_request:
            self._reopen(connection)
        elif connection.due_ns > now_ns:
            self._wait_for_due(connection)
        elif now_ns < self._end_at_ns:
            self._send(connection)

    def _fail(self, connection: Connection, name: str) -> None:
        """The request in flight has failed, and its connection with it."""
        self._tally.errors[name] += 1
        self._in_flight -= 1
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
        if self._per_request:
            self._wait_for_due(connection)
        elif monotonic_ns() < self._end_at_ns:
            self._tally.reconnects += 1
            self._connect_after_failures(connection)

    def _connect_after_failures(self, connection: Connection) -> None:
        if connection.failures <= 1:
            self._connect(connection)
            return
        wait_ns = min(RETRY_FIRST_NS << min(connection.failures - 2, 10), RETRY_LIMIT_NS)
        heapq.heappush(self._retries, (monotonic_ns() + wait_ns, connection.slot))

    def _connect(self, connection: Connection) -> None:
        now_ns = monotonic_ns()
        if self._schedule.arrivals == "closed-loop" and connection.due_ns < now_ns:
            connection.due_ns = now_ns  # a closed loop waits for connections too
        connection.lag_ns = now_ns - max(connection.due_ns, connection.ready_ns)
        connection.ready_ns = now_ns
        self._in_flight += self._per_request
        address = self._plan.address
        try:
            sock = address.open_socket(blocking=False)
        except OSError as error:
            self._connect_failed(connection, name_of(error))
            return
        connection.sock = sock
        code = sock.connect_ex(address.sockaddr)
        if code not in (0, errno.EINPROGRESS):
            self._connect_failed(connection, name_of(code))
            return
        connection.state = CONNECTING
        self._by_fd[sock.fileno()] = connection
        self._epoll.register(sock.fileno(), select.EPOLLOUT)

    def _finish_connect(self, connection: Connection) -> None:
        """The connection is open or refused, or TLS's handshake goes on."""
        sock = connection.sock
        assert sock is not None, "a connecting connection has a socket"
        try:
            if isinstance(sock, socket.socket):
                code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                if code:
                    self._connect_failed(connection, name_of(code))
                    return
                if self._tls_context is not None and self._plan.tls is not None:
                    sock = connection.sock = TlsSocket(sock, self._tls_context, self._plan.tls.server_name)
            wanted = sock.handshake() if isinstance(sock, TlsSocket) else 0
        except OSError as error:
            self._connect_failed(connection, name_of(error))
            return
        self._watch(connection, wanted or select.EPOLLIN)
        if not wanted:
            self._connected(connection)

    def _connected(self, connection: Connection) -> None:
        connection.state = IDLE
        connection.ready_ns = now_ns = monotonic_ns()
        if connection.due_ns > now_ns:
            self._wait_for_due(connection)
        elif now_ns < self._end_at_ns or self._per_request:
            self._send(connection)

    def _connect_failed(self, connection: Connection, name: str) -> None:
        """Charge the request that waits for this connection, if one is due, and try again later."""
        self._close(connection)
        connection.failures = max(connection.failures + 1, 2)  # never tried again at once
        self._tally.connect_failures[name] += 1
        self._in_flight -= self._per_request
        now_ns = monotonic_ns()
        if connection.due_ns <= now_ns and (now_ns < self._end_at_ns or self._per_request):
            self._tally.errors[f"connect:{name}"] += 1
            self._next_request(connection)
        if self._per_request and self._schedule.arrivals != "closed-loop":
            self._wait_for_due(connection)
        else:
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
            if connection.state == BUSY or self._per_request:
                self._close(connection)
        self._in_flight = 0
