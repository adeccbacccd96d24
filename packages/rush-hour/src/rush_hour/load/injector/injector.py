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

from rush_hour.core.arrivals import NEVER_NS
from rush_hour.core.expectation import BadAnswer
from rush_hour.core.schedule import Schedule
from rush_hour.core.slowest import SlowAnswer
from rush_hour.load.injector.connection import BUSY, CLOSED, CONNECTING, IDLE, Connection
from rush_hour.load.injector.exchange import STALL_NS, Exchange
from rush_hour.load.injector.lifetimes import ConnectionPerRequest, KeepAlive
from rush_hour.load.injector.opening import Opening
from rush_hour.load.injector.ring_writer import RingWriter
from rush_hour.load.injector.target import Targets
from rush_hour.load.injector.timer import Timer
from rush_hour.load.injector.user_target import UserTargets
from rush_hour.load.plan import LoadPlan
from rush_hour.load.share import OpenConnection
from rush_hour.load.transport.address import Address
from rush_hour.load.workload.user_mix import UserMix

EVENTS_AT_ONCE = 64  # between two looks at the schedule
TICK_NS = 100_000_000  # how often each connection's time-out is looked for
LOOKS_AT_ONCE = 512  # at connections, for that
SESSIONS_AT_ONCE = 4  # of each process
SECOND_NS = 1_000_000_000


class Injector:
    """One process's share of the connections.

    Args:
        plan: what is sent, and what a good answer is.
        address: where to.
        process: number of this process, from 0.
        control_fd: a descriptor that becomes readable when the run is to end early.
        ring: where what is seen is written.

    Attributes:
        is_stopped: whether the run was ended early.
        unfinished_by_phase: how many requests of the run were due in each phase of a profile, and neither answered nor
            failed.
    """

    def __init__(self, plan: LoadPlan, address: Address, process: int, control_fd: int, ring: RingWriter) -> None:
        self._schedule = plan.schedule
        self._timeout_ns = round(plan.timeout_s * SECOND_NS)
        self._epoll = select.epoll()
        self._timer = Timer()
        self._epoll.register(self._timer.fileno(), select.EPOLLIN | select.EPOLLET)
        self._control_fd = control_fd
        self._epoll.register(control_fd, select.EPOLLIN)
        kind: type[KeepAlive | ConnectionPerRequest]
        kind = ConnectionPerRequest if plan.connection_per_request else KeepAlive
        numbers = plan.schedule.connections_of(process, plan.processes)
        targets = _targets(plan, close_all=not kind.is_kept)
        self._opening = Opening(plan, address, self._epoll)
        self._exchange = Exchange(numbers, targets, self._epoll, ring)
        self._lifetime = kind(self._exchange, self._opening)
        self._exchange.lifetime = self._opening.lifetime = self._lifetime
        self._look_at = 0  # the slot at which the next look for time-outs begins
        self._look_interval_ns = TICK_NS * min(LOOKS_AT_ONCE, len(numbers)) // len(numbers)
        self._open_at_end: int | None = None  # of the schedule; None when it was cut short
        self.is_stopped = False
        self.unfinished_by_phase: list[int] = []

    # Before a run.

    def open_connections(self, timeout_s: float) -> int:
        """Open every connection that is kept and not open, and return how many are.

        Args:
            timeout_s: after how long to go on without those that are still not open, in seconds. Where none is
                open after the plan's own timeout, there is no server to wait for.
        """
        now_ns = monotonic_ns()
        no_server_at_ns = now_ns + self._timeout_ns
        give_up_at_ns = now_ns + round(timeout_s * SECOND_NS)
        if not self._lifetime.is_kept:
            return 0
        opening, connections = self._opening, self._exchange.connections
        self._exchange.end_at_ns = NEVER_NS
        opening.forget()
        for connection in connections:
            if connection.state == CLOSED:
                connection.failures = 0
                self._lifetime.connect(connection)
        while opening.open_now < len(connections) and not self.is_stopped:
            if now_ns >= give_up_at_ns or (opening.open_now == 0 and now_ns >= no_server_at_ns):
                break
            self._timer.arm(min(now_ns + TICK_NS, opening.next_retry_ns()))
            self._poll()
            now_ns = monotonic_ns()
            opening.retry(now_ns)
        return opening.open_now

    def failures(self) -> dict[str, int]:
        """Return the failed attempts to connect before a run, by the name of the error."""
        return dict(self._opening.failures)

    def close(self) -> None:
        """Close everything."""
        for connection in self._exchange.connections:
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
        exchange = self._exchange
        self._schedule = schedule
        self._open_at_end = None
        timeout_ns = self._timeout_ns if schedule.timeout_s is None else round(schedule.timeout_s * SECOND_NS)
        exchange.begin(schedule, start_at_ns, timeout_ns)
        if schedule.arrivals.is_session:
            self._follow_sessions()
        else:
            for connection in exchange.connections:
                self._lifetime.begin(connection)
            self._follow()
        until_ns = min(schedule.duration_ns, max(0, monotonic_ns() - start_at_ns))
        due = sum(self._count_due(connection, until_ns) for connection in exchange.connections)
        if schedule.phase_ends_ns:
            queues = [(connection.request, connection.due_ns - start_at_ns) for connection in exchange.connections]
            self.unfinished_by_phase = schedule.count_due_by_phase(queues, until_ns)
        for connection in exchange.connections:
            connection.due_ns = NEVER_NS
            self._lifetime.end(connection)
        exchange.in_flight = 0
        exchange.is_running = False
        return due

    @property
    def open_at_end(self) -> int:
        """The number of connections that were open at the end of the schedule, or are now if it was cut short."""
        if not self._lifetime.is_kept:
            return 0
        return self._opening.open_now if self._open_at_end is None else self._open_at_end

    @property
    def first_bad(self) -> BadAnswer | None:
        """The first answer of the run that was not good; None without any."""
        return self._exchange.first_bad

    @property
    def slowest(self) -> list[SlowAnswer]:
        """The slowest answers of the run."""
        return self._exchange.slowest.answers()

    def connections(self) -> list[OpenConnection]:
        """Return the TCP connections that are open after a run.

        Whatever ends a request but an answer closes its connection: on one that is open all were answered.
        """
        found: list[OpenConnection] = []
        for connection in self._opening.by_fd.values():
            if connection.state == IDLE and (ends := self._opening.ends_of(connection)) is not None:
                answers = (connection.request - connection.first_request) // self._schedule.connections
                found.append(OpenConnection(own=ends[0], peer=ends[1], answers=answers))
        return found

    def _count_due(self, connection: Connection, until_ns: int) -> int:
        """Return how many requests were due on a connection: those it is done with, and those in its queue."""
        schedule, due_ns = self._schedule, connection.due_ns - self._exchange.start_at_ns
        done = (connection.request - connection.number) // schedule.connections
        return done + schedule.count_due(connection.request, due_ns, until_ns)

    def _follow(self) -> None:
        """Send what is due until the schedule is over and its last answers are in: the inner loop."""
        exchange, due = self._exchange, self._lifetime.due
        waiting, start_at_ns = exchange.waiting, exchange.start_at_ns
        next_look_ns, next_second_ns = start_at_ns + self._look_interval_ns, start_at_ns + SECOND_NS
        armed_ns, now_ns = 0, start_at_ns
        exchange.begin_watch(max(start_at_ns, monotonic_ns()))
        while not self.is_stopped:
            now_ns = monotonic_ns()
            exchange.note_pause(now_ns)
            while waiting and waiting[0][0] <= now_ns:
                connection = exchange.connections[heapq.heappop(waiting)[1]]
                if connection.due_ns <= now_ns:
                    due(connection)
            if now_ns >= next_look_ns:
                next_look_ns = now_ns - (now_ns - start_at_ns) % self._look_interval_ns + self._look_interval_ns
                self._look_for_timeouts(now_ns)
                if now_ns >= next_second_ns:
                    exchange.end_second(now_ns, self._opening.open_now)
                    next_second_ns = now_ns - (now_ns - start_at_ns) % SECOND_NS + SECOND_NS
            if now_ns >= exchange.give_up_at_ns or (exchange.in_flight == 0 and self._is_over(now_ns)):
                break
            wake_ns = waiting[0][0] if waiting and waiting[0][0] < next_look_ns else next_look_ns
            if now_ns < exchange.end_at_ns < wake_ns:
                wake_ns = exchange.end_at_ns
            if wake_ns != armed_ns:
                self._timer.arm(wake_ns)
                armed_ns = wake_ns
            self._poll(wake_ns)
        exchange.end_second(now_ns, self._opening.open_now)

    def _follow_sessions(self) -> None:
        """Let every connection send what it begins with, a few at a time: a server needs long for a login.

        A connection is opened when its session begins, and one that is lost after that stays closed for now: servers
        that read each connection in a thread of its own would wait for those that are silent.
        """
        exchange, lifetime = self._exchange, self._lifetime
        not_begun, begun, whole = iter(exchange.connections), 0, exchange.queues
        now_ns = monotonic_ns()
        exchange.begin_watch(now_ns)
        while not self.is_stopped and (exchange.queues or exchange.in_flight):
            now_ns = monotonic_ns()
            exchange.note_pause(now_ns)
            while exchange.waiting and exchange.waiting[0][0] <= now_ns:  # to be opened for the next request
                lifetime.due(exchange.connections[heapq.heappop(exchange.waiting)[1]])
            while begun + exchange.queues < whole + SESSIONS_AT_ONCE and begun < whole:
                begun += 1
                lifetime.connect(next(not_begun))
            self._look_for_timeouts(now_ns)
            self._timer.arm(now_ns + TICK_NS)
            self._poll()
        exchange.end_second(now_ns, self._opening.open_now)

    def _is_over(self, now_ns: int) -> bool:
        """Whether no request will be due any more."""
        if now_ns >= self._exchange.end_at_ns:
            return True
        return self._schedule.max_requests is not None and self._exchange.queues == 0

    def _poll(self, wake_ns: int = NEVER_NS) -> None:
        """Wait for something to happen, until `wake_ns` at the latest, and deal with it."""
        exchange, by_fd = self._exchange, self._opening.by_fd
        events = self._epoll.poll(-1, EVENTS_AT_ONCE)
        expected_ns = max(wake_ns, exchange.seen_at_ns)  # at the latest
        exchange.polled_at_ns = exchange.seen_at_ns = now_ns = monotonic_ns()
        if now_ns - expected_ns > STALL_NS:
            exchange.stalled(now_ns - expected_ns)
        for fd, event in events:
            connection = by_fd.get(fd)
            if connection is None:
                self.is_stopped |= fd == self._control_fd
            elif connection.state == CONNECTING:
                self._opening.go_on(connection)
            elif event == select.EPOLLOUT:
                exchange.send_rest(connection)
            else:
                exchange.read(connection)  # first: an early answer may be the reason why there is nothing to send to

    def _look_for_timeouts(self, now_ns: int) -> None:
        """Look at the next few connections: all of them at once would be a pause when there are ten thousand."""
        if now_ns >= self._exchange.end_at_ns and self._open_at_end is None:
            self._open_at_end = self._opening.open_now  # what closes from now on is not opened again
        begin, connections = self._look_at, self._exchange.connections
        end = min(begin + LOOKS_AT_ONCE, len(connections))
        self._look_at = end % len(connections)
        for slot in range(begin, end):
            connection = connections[slot]
            if connection.state in {BUSY, CONNECTING} and now_ns > connection.deadline_ns:
                self._time_out(connection)
        self._opening.retry(now_ns)

    def _time_out(self, connection: Connection) -> None:
        if connection.state == CONNECTING:
            self._opening.give_up(connection, "ETIMEDOUT")
        else:
            self._exchange.time_out(connection)


def _targets(plan: LoadPlan, *, close_all: bool) -> Targets | UserTargets:
    if isinstance(plan.requests, UserMix):
        return UserTargets(plan.requests, close_all=close_all, connections=plan.schedule.connections)
    return Targets(plan.requests, close_all=close_all)
