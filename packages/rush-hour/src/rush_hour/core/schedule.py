"""The schedule of a run: when each request is due, and on which connection.

The schedule is fixed before the run, whatever the server does: a slow server makes requests late, never fewer. Request
i is on connection i mod N. Process p of P owns the connections j with j mod P = p: the processes share nothing and
leave no connection out. When requests are due is what the kind of arrivals says: see `core/arrivals.py`.

Instants are in nanoseconds after the start. Pure: reads no clock and never sleeps.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from rush_hour.core.arrivals import Arrivals, DueFunction


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """The due times of all connections' requests.

    Attributes:
        arrivals: how they follow each other.
        duration_s: for how long they become due, in seconds.
        connections: how many connections take turns.
        max_requests: how many requests there are at the most; None for as many as the duration has.
        timeout_s: how long an answer may take, in seconds; None for as long as the plan says.
    """

    arrivals: Arrivals
    duration_s: float
    connections: int
    max_requests: int | None = None
    timeout_s: float | None = None

    @property
    def duration_ns(self) -> int:
        """For how long, in nanoseconds."""
        return round(self.duration_s * 1e9)

    def warm_up(self, duration_s: float) -> "Schedule | None":
        """Return the schedule of a warm-up before this one; None where it has no time.

        Args:
            duration_s: for how long, in seconds.
        """
        if duration_s == 0:
            return None
        return Schedule(arrivals=self.arrivals.warming_up(), duration_s=duration_s, connections=self.connections)

    def due_function(self) -> DueFunction:
        """Return the function that says when a request is due: see `Arrivals.due_function`."""
        return self.arrivals.due_function(self)

    def count_due(self, request: int, due_ns: int, until_ns: int) -> int:
        """Return how many requests of one connection, from `request` on, are due by `until_ns`.

        Args:
            request: the number of the connection's next request.
            due_ns: when that is due.
            until_ns: up to when to count; the end of the run at the latest.
        """
        return self.arrivals.count_due(self, request, due_ns, until_ns)

    @property
    def phase_ends_ns(self) -> tuple[int, ...]:
        """When each phase of the profile ends, in nanoseconds; none without a profile."""
        return self.arrivals.phase_ends_ns

    def count_due_by_phase(self, queues: Iterable[tuple[int, int]], until_ns: int) -> list[int]:
        """Return how many requests of some connections are due by `until_ns`, by the phase in which they are due.

        Args:
            queues: the number of each connection's next request, and when that is due.
            until_ns: up to when to count; the end of the run at the latest.
        """
        return self.arrivals.count_due_by_phase(self, queues, until_ns)

    def connections_of(self, process: int, processes: int) -> range:
        """Return the numbers of one process's own connections; processes are numbered from 0.

        Raises:
            ValueError: there are more processes than connections.
        """
        if not 0 <= process < processes <= self.connections:
            raise ValueError(f"expected 0 <= process < processes <= {self.connections}, got {process}, {processes}")
        return range(process, self.connections, processes)
