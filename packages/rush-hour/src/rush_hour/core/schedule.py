"""When each request of a run is due, and on which connection.

The schedule is fixed before the run, whatever the server does: a slow server makes requests late, never fewer. Request
i is on connection i mod N. Process p of P owns the connections j with j mod P = p: the processes share nothing and
leave no connection out.

    constant      request i is due i / rate seconds after the start: evenly spaced, over the run and on each connection
    poisson       each connection draws exponential gaps; together they are a Poisson process of the whole rate
    closed-loop   a connection's next request is due when its last one was answered: not a rate, and labelled as such

Instants are in nanoseconds after the start. Pure: reads no clock, draws no chance of its own, and never sleeps.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

DueFunction = Callable[[int, int, int], int]
Arrivals = Literal["constant", "poisson", "closed-loop"]

NEVER_NS = 1 << 62
_64_BITS = (1 << 64) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When the requests of all connections are due.

    Args:
        rate_per_s: requests per second over all connections; without meaning for a closed loop.
        duration_s: for how long, in seconds.
        connections: how many connections take turns.
        arrivals: see above.
        seed: chooses the gaps of `poisson`; the same seed gives the same gaps.
        max_requests: how many requests there are at the most; None for as many as the duration has.
    """

    rate_per_s: float
    duration_s: float
    connections: int
    arrivals: Arrivals = "constant"
    seed: int = 0
    max_requests: int | None = None

    @property
    def gap_ns(self) -> float:
        """Time between two requests, or its mean, in nanoseconds."""
        return 1e9 / self.rate_per_s

    @property
    def duration_ns(self) -> int:
        """For how long, in nanoseconds."""
        return round(self.duration_s * 1e9)

    @property
    def requests_limit(self) -> int:
        """No request from this number on is ever due: at a constant rate, how many are due in the whole run."""
        limit = _64_BITS if self.max_requests is None else self.max_requests
        if self.arrivals == "constant":
            return min(limit, max(1, round(self.rate_per_s * self.duration_s)))
        return limit

    def due_function(self) -> DueFunction:
        """Return the function that says when a request is due; `NEVER_NS` from the end of the schedule on.

        Its arguments: the request's number; when the one before it on its connection was due, 0 for the first; when
        that was answered or failed, 0 for the first.
        """
        return _DUE_FUNCTIONS[self.arrivals](self)

    def count_due(self, request: int, due_ns: int, until_ns: int) -> int:
        """Return how many requests of one connection, from `request` on, are due by `until_ns`.

        Args:
            request: the number of the connection's next request.
            due_ns: when that is due.
            until_ns: up to when to count; the end of the run at the latest.
        """
        if self.arrivals == "constant":
            requests = min(self.requests_limit, int(until_ns / self.gap_ns) + 1)
            return len(range(request, requests, self.connections))
        if self.arrivals == "closed-loop":
            return int(due_ns <= until_ns)
        count, due_function = 0, self.due_function()
        while due_ns <= until_ns:
            count += 1
            request += self.connections
            due_ns = due_function(request, due_ns, 0)
        return count

    def connections_of(self, process: int, processes: int) -> range:
        """Return the numbers of one process's own connections; processes are numbered from 0.

        Raises:
            ValueError: there are more processes than connections.
        """
        if not 0 <= process < processes <= self.connections:
            raise ValueError(f"expected 0 <= process < processes <= {self.connections}, got {process}, {processes}")
        return range(process, self.connections, processes)


def _constant(schedule: Schedule) -> DueFunction:
    limit, gap_ns = schedule.requests_limit, schedule.gap_ns

    def due_ns(request: int, _previous_due_ns: int, _free_at_ns: int) -> int:
        return int(request * gap_ns) if request < limit else NEVER_NS

    return due_ns


def _poisson(schedule: Schedule) -> DueFunction:
    limit, end_ns, seed = schedule.requests_limit, schedule.duration_ns, schedule.seed
    mean_gap_ns = schedule.gap_ns * schedule.connections

    def due_ns(request: int, previous_due_ns: int, _free_at_ns: int) -> int:
        due_ns = previous_due_ns - int(math.log(uniform(seed, request)) * mean_gap_ns)
        return due_ns if request < limit and due_ns < end_ns else NEVER_NS

    return due_ns


def _closed_loop(schedule: Schedule) -> DueFunction:
    limit, end_ns = schedule.requests_limit, schedule.duration_ns

    def due_ns(request: int, _previous_due_ns: int, free_at_ns: int) -> int:
        return free_at_ns if request < limit and free_at_ns < end_ns else NEVER_NS

    return due_ns


_DUE_FUNCTIONS: dict[Arrivals, Callable[[Schedule], DueFunction]] = {
    "constant": _constant,
    "poisson": _poisson,
    "closed-loop": _closed_loop,
}


def uniform(seed: int, number: int) -> float:
    """Return an even number above 0 and up to 1: the same for the same arguments, unrelated for all others.

    SplitMix64's mixing of a counter (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014): any
    request's gap can be had without drawing those before it.
    """
    mixed = ((seed << 32) + (number + 1) * 0x9E3779B97F4A7C15) & _64_BITS
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _64_BITS
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _64_BITS
    mixed ^= mixed >> 31
    return ((mixed >> 11) + 1) / (1 << 53)
