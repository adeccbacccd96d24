"""When each request of a constant-rate run is due, and on which connection.

The schedule is fixed before the run: request i is due i / rate seconds after the start, on connection i mod N,
whatever the server does. So arrivals are evenly spaced over the whole run, each connection is paced evenly too,
and a slow server makes requests late, never fewer. Process p of P owns the connections j with j mod P = p: the
processes share nothing and leave no connection out.

Pure: reads no clock and never sleeps. `load/injector.py` does both.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A constant rate over evenly loaded connections.

    Args:
        rate_per_s: requests per second over all connections.
        duration_s: for how long, in seconds.
        connections: how many connections take turns.
    """

    rate_per_s: float
    duration_s: float
    connections: int

    @property
    def requests_due(self) -> int:
        """How many requests the whole run has: those due before its end."""
        return max(1, round(self.rate_per_s * self.duration_s))

    @property
    def gap_ns(self) -> float:
        """Time between two requests, in nanoseconds."""
        return 1e9 / self.rate_per_s

    def due_ns(self, request: int) -> int:
        """Return when a request is due, in nanoseconds after the start."""
        return int(request * self.gap_ns)

    def connection_of(self, request: int) -> int:
        """Return the number of the connection that a request is due on, from 0."""
        return request % self.connections

    def share(self, process: int, processes: int) -> "Share":
        """Return the part of one of several processes, which are numbered from 0.

        Raises:
            ValueError: there are more processes than connections.
        """
        if not 0 <= process < processes <= self.connections:
            raise ValueError(f"expected 0 <= process < processes <= {self.connections}, got {process}, {processes}")
        return Share(schedule=self, first=process, step=processes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """The connections of one process: `first`, `first + step`, ... below the number of connections."""

    schedule: Schedule
    first: int
    step: int

    @property
    def connections(self) -> range:
        """Numbers of the process's own connections."""
        return range(self.first, self.schedule.connections, self.step)

    @property
    def requests_due(self) -> int:
        """How many requests are due on the process's connections."""
        return self._count(self.schedule.requests_due)

    def requests_due_by(self, elapsed_ns: int) -> int:
        """Return how many of them are due up to `elapsed_ns` nanoseconds after the start."""
        return self._count(min(self.schedule.requests_due, int(elapsed_ns / self.schedule.gap_ns) + 1))

    def _count(self, requests: int) -> int:
        """Return how many of the first `requests` requests are on the process's connections."""
        rounds, rest = divmod(requests, self.schedule.connections)
        return rounds * len(self.connections) + len(range(self.first, rest, self.step))
