"""The event loop of one load-generating process: knows when, and lets `exchange.py` do what.

One epoll set holds the connections, a timerfd for the next due time and the control pipe. There is no asyncio: the
kernel's part of a request costs more than this loop's, and every layer between them would show in the latencies.

Rules that must hold:

1. While a schedule is followed there is no memory that grows, and no call of the system but those on the connections,
   the timer and the epoll set. What is seen is counted by another process.
2. After the loop has stood still, no request is judged by the time for which it did.
3. No work grows with the number of connections, but what each of them asks for.
"""

import heapq
import select
from time import monotonic_ns

from rush_hour.core import records
from rush_hour.core.arrivals import NEVER_NS
from rush_hour.core.records import SECOND, TOTALS, tag_of
from rush_hour.core.schedule import Schedule
from rush_hour.load.injector.connection import BUSY, CLOSED, CONNECTING, IDLE, Connection
from rush_hour.load.injector.exchange import STALL_NS, Exchange
from rush_hour.load.injector.ring_writer import RingWriter
from rush_hour.load.injector.timer import Timer
from rush_hour.load.plan import LoadPlan
from rush_hour.load.transport.address import Address

EVENTS_AT_ONCE = 64  # between two looks at the schedule
TICK_NS = 100_000_000  # how often each connection's time-out is looked for
LOOKS_AT_ONCE = 512  # at connections, for that
SECOND_NS = 1_000_000_000


class Injector(Exchange):
    """One process's share of the connections.

    Args:
        plan: what is sent, and what a good answer is.
        address: where to.
        process: number of this process, from 0.
        control_fd: a descriptor that becomes readable when the run is to end early.
        ring: where what is seen is written.
    """

    def __init__(self, plan: LoadPlan, address: Address, process: int, control_fd: int, ring: RingWriter) -> None:
        super().__init__(plan, address, process, select.epoll(), ring)
        self._timer = Timer()
        self._epoll.register(self._timer.fileno(), select.EPOLLIN | select.EPOLLET)
        self._control_fd = control_fd
        self._epoll.register(control_fd, select.EPOLLIN)
        self._look_at = 0  # the slot at which the next look for time-outs begins
        self._look_interval_ns = TICK_NS * min(LOOKS_AT_ONCE, len(self._connections)) // len(self._connections)
        self._open_at_end: int | None = None  # of the schedule; None when it was cut short
        self._ends_early = False
        self.is_stopped = False

    # Before a run.

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
        self._opening.forget_retries()
        self._failures.clear()
        for connection in self._connections:
            if connection.state == CLOSED:
                connection.failures = 0
                self._connect(connection)
        while self._open_now < len(self._connections) and not self.is_stopped:
            if now_ns >= give_up_at_ns or (self._open_now == 0 and now_ns >= no_server_at_ns):
                break
            self._timer.arm(min(now_ns + TICK_NS, self._opening.next_retry_ns()))
            self._poll()
            now_ns = monotonic_ns()
            self._opening.retry(now_ns, self._connect)
        return self._open_now

    def failures(self) -> dict[str, int]:
        """Return the failed attempts to connect before a run, by the name of the error."""
        return dict(self._failures)

    def close(self) -> None:
        """Close everything."""
        for connection in self._connections:
            self._opening.close(connection)
        self._timer.close()
        self._epoll.close()

    # A run.

    def run(self, schedule: Schedule, start_at_ns: int) -> int:
        """Send every request that is due on this process's connections, and return how many that were.

        The last answers are waited for.

        Args:
            schedule: when each request is due.
            start_at_ns: when the schedule starts, on the clock of `time.monotonic_ns`.
        """
        self._totals[:] = [0] * TOTALS
        self._schedule, self._due_of = schedule, schedule.due_function()
        self._start_at_ns, self._end_at_ns = start_at_ns, start_at_ns + schedule.duration_ns
        self._ends_early = schedule.max_requests is not None
        self._open_at_end, self.first_bad = None, None
        self._is_running = True
        self._waiting.clear()
        for connection in self._connections:
            connection.begin(start_at_ns)
            connection.due_ns = start_at_ns + self._due_of(connection.number, 0, 0)
            if connection.state == IDLE or self._per_request:
                self._wait_for_due(connection)
        self._queues = sum(connection.due_ns < NEVER_NS for connection in self._connections)
        self._follow()
        until_ns = min(schedule.duration_ns, max(0, monotonic_ns() - start_at_ns))
        due = sum(self._count_due(connection, until_ns) for connection in self._connections)
        self._abandon()
        self._is_running = False
        return due

    @property
    def open_at_end(self) -> int:
        """How many connections were open at the end of the schedule, or are now if it was cut short."""
        if self._per_request:
            return 0
        return self._open_now if self._open_at_end is None else self._open_at_end

    def _count_due(self, connection: Connection, until_ns: int) -> int:
        """Return how many requests were due on a connection: those it is done with, and those in its queue."""
        done = (connection.request - connection.number) // self._schedule.connections
        return done + self._schedule.count_due(connection.request, connection.due_ns - self._start_at_ns, until_ns)

    def _follow(self) -> None:
        """Send what is due until the schedule is over and its last answers are in: the inner loop."""
        waiting, start_at_ns = self._waiting, self._start_at_ns
        self._give_up_at_ns = self._end_at_ns + self._timeout_ns
        next_look_ns, next_second_ns = start_at_ns + self._look_interval_ns, start_at_ns + SECOND_NS
        armed_ns, now_ns = 0, start_at_ns
        self._seen_at_ns = max(start_at_ns, monotonic_ns())
        self._pause_ns = self._pause_limit_ns = 0
        while not self.is_stopped:
            now_ns = monotonic_ns()
            self._note_pause(now_ns)
            while waiting and waiting[0][0] <= now_ns:
                connection = self._connections[heapq.heappop(waiting)[1]]
                if connection.due_ns <= now_ns:
                    self._begin(connection)
            if now_ns >= next_look_ns:
                next_look_ns = now_ns - (now_ns - start_at_ns) % self._look_interval_ns + self._look_interval_ns
                self._look_for_timeouts(now_ns)
                if now_ns >= next_second_ns:
                    self._end_second(now_ns)
                    next_second_ns = now_ns - (now_ns - start_at_ns) % SECOND_NS + SECOND_NS
            if now_ns >= self._give_up_at_ns or (self._in_flight == 0 and self._is_over(now_ns)):
                break
            wake_ns = waiting[0][0] if waiting and waiting[0][0] < next_look_ns else next_look_ns
            if now_ns < self._end_at_ns < wake_ns:
                wake_ns = self._end_at_ns
            if wake_ns != armed_ns:
                self._timer.arm(wake_ns)
                armed_ns = wake_ns
            self._poll(wake_ns)
        self._end_second(now_ns)

    def _is_over(self, now_ns: int) -> bool:
        """Whether no request will be due any more."""
        return now_ns >= self._end_at_ns or (self._ends_early and self._queues == 0)

    def _poll(self, wake_ns: int = NEVER_NS) -> None:
        """Wait for something to happen, until `wake_ns` at the latest, and deal with it."""
        events = self._epoll.poll(-1, EVENTS_AT_ONCE)
        expected_ns = max(wake_ns, self._seen_at_ns)  # at the latest
        self._polled_at_ns = self._seen_at_ns = now_ns = monotonic_ns()
        if now_ns - expected_ns > STALL_NS:
            self._stalled(now_ns - expected_ns)
        for fd, event in events:
            connection = self._by_fd.get(fd)
            if connection is None:
                self.is_stopped |= fd == self._control_fd
            elif connection.state == CONNECTING:
                self._opening.go_on(connection)
            elif event == select.EPOLLOUT:
                self._send_rest(connection)
            else:
                self._read(connection)  # first: an early answer may be the reason why there is nothing to send to

    def _end_second(self, now_ns: int) -> None:
        """Write down what is counted from the beginning on, and that a second is over."""
        for code, value in enumerate(self._totals):
            self._write(value, 0, 0, tag_of(records.TOTAL, code))
        self._write(now_ns - self._start_at_ns, self._open_now, self._pause_ns, SECOND)
        self._pause_ns = self._pause_limit_ns = 0

    def _look_for_timeouts(self, now_ns: int) -> None:
        """Look at the next few connections: all of them at once would be a pause when there are ten thousand."""
        if now_ns >= self._end_at_ns and self._open_at_end is None:
            self._open_at_end = self._open_now  # what closes from now on is not opened again
        begin, connections = self._look_at, self._connections
        end = min(begin + LOOKS_AT_ONCE, len(connections))
        self._look_at = end % len(connections)
        for slot in range(begin, end):
            connection = connections[slot]
            if connection.state in {BUSY, CONNECTING} and now_ns > connection.deadline_ns:
                self._time_out(connection)
        self._opening.retry(now_ns, self._connect)

    def _time_out(self, connection: Connection) -> None:
        """End a request whose time is over, unless its answer is there and was not read yet."""
        if connection.state == CONNECTING:
            self._opening.give_up(connection, "ETIMEDOUT")
            return
        request = connection.request
        while connection.state == BUSY and connection.request == request:
            if not self._read(connection):
                self._fail(connection, "timeout")
                return
