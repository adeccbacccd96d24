"""Arrivals: how the requests of a run follow each other. Each kind is one class.

    Constant     request i is due i / rate seconds after the start: evenly spaced, over the run and on each connection
    Poisson      each connection draws exponential gaps; together they are a Poisson process of the whole rate
    ClosedLoop   a connection's next request is due when its last one was answered: not a rate, and labelled as such
    Sessions     the same, for the requests that each connection begins with, before anything is measured

Those of a profile, whose rate changes, are in `core/profiled_arrivals.py`.

Instants are in nanoseconds after the start. Pure: reads no clock, draws no chance of its own, and never sleeps.
"""

import math
from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import ClassVar, Protocol

from rush_hour.core.profile.profile import LoadProfile
from rush_hour.core.uniform import uniform

DueFunction = Callable[[int, int, int], int]

NEVER_NS = 1 << 62
NO_LIMIT = 1 << 64


class Span(Protocol):
    """The bounds that arrivals keep to: those of a `Schedule`, which says what they mean."""

    @property
    def duration_s(self) -> float:
        """For how long requests become due, in seconds."""

    @property
    def duration_ns(self) -> int:
        """The same in nanoseconds."""

    @property
    def connections(self) -> int:
        """The number of connections that take turns."""

    @property
    def max_requests(self) -> int | None:
        """The highest number of requests; None for as many as the duration has."""


class Arrivals(ABC):
    """One kind of arrivals.

    Attributes:
        name: as options and result files have it.
        is_closed_loop: whether requests wait for answers, so that none is due while its connection is not open.
        is_session: whether they are those that connections begin with.
    """

    __slots__ = ()
    name: ClassVar[str]
    is_closed_loop: ClassVar[bool] = False
    is_session: ClassVar[bool] = False

    @property
    @abstractmethod
    def offered_per_s(self) -> float | None:
        """Requests per second over all connections; None where there is no rate."""

    @property
    def offered(self) -> str:
        """The offered load, for reading."""
        return describe_offer(self.name, self.offered_per_s, self.profile)

    @property
    def profile(self) -> LoadProfile | None:
        """The profile that they follow; None where the rate never changes."""
        return None

    @property
    def phase_ends_ns(self) -> tuple[int, ...]:
        """When each phase of the profile ends; none without a profile."""
        return () if self.profile is None else self.profile.ends_ns

    @abstractmethod
    def due_function(self, span: Span) -> DueFunction:
        """Return the function that says when a request is due; `NEVER_NS` from the end of the span on.

        Its arguments: the request's number; when the one before it on its connection was due, 0 for the first; when
        that was answered or failed, 0 for the first.
        """

    def requests_limit(self, span: Span) -> int:
        """Return the number from which on no request is ever due."""
        return NO_LIMIT if span.max_requests is None else span.max_requests

    def count_due(self, span: Span, request: int, due_ns: int, until_ns: int) -> int:
        """Return how many requests of one connection are due by `until_ns`: see `Schedule.count_due`."""
        count, due_of = 0, self.due_function(span)
        while due_ns <= until_ns:
            count += 1
            request += span.connections
            due_ns = due_of(request, due_ns, 0)
        return count

    def count_due_by_phase(self, span: Span, queues: Iterable[tuple[int, int]], until_ns: int) -> list[int]:
        """Return how many requests of some connections are due by `until_ns`, by the phase in which they are due.

        Args:
            span: the bounds.
            queues: the number of each connection's next request, and when that is due.
            until_ns: up to when to count.
        """
        due_of, ends_ns = self.due_function(span), self.phase_ends_ns
        counts = [0] * len(ends_ns)
        for request, due_ns in queues:
            number, next_ns = request, due_ns
            while next_ns <= until_ns and next_ns < NEVER_NS:
                counts[bisect_right(ends_ns, next_ns)] += 1
                number += span.connections
                next_ns = due_of(number, next_ns, 0)
        return counts

    def time_for_s(self, _requests: int) -> float:
        """Return after how many seconds so many requests are due; infinity where that is not known beforehand."""
        return math.inf

    def drawn_anew(self) -> "Arrivals":
        """Return arrivals of this kind with other draws, where there is anything to draw."""
        return self

    def warming_up(self) -> "Arrivals":
        """Return the arrivals of a warm-up before these."""
        return self.drawn_anew()


@dataclass(frozen=True, slots=True, kw_only=True)
class Constant(Arrivals):
    """Evenly spaced requests.

    Attributes:
        rate_per_s: requests per second over all connections.
    """

    name: ClassVar[str] = "constant"
    rate_per_s: float

    @property
    def offered_per_s(self) -> float:
        """The rate."""
        return self.rate_per_s

    def requests_limit(self, span: Span) -> int:
        """Return how many requests are due in the whole span."""
        limit = NO_LIMIT if span.max_requests is None else span.max_requests
        return min(limit, max(1, round(self.rate_per_s * span.duration_s)))

    def due_function(self, span: Span) -> DueFunction:
        """Return a function of the request's number alone."""
        limit, gap_ns = self.requests_limit(span), 1e9 / self.rate_per_s

        def due_ns(request: int, _previous_due_ns: int, _free_at_ns: int) -> int:
            return int(request * gap_ns) if request < limit else NEVER_NS

        return due_ns

    def count_due(self, span: Span, request: int, _due_ns: int, until_ns: int) -> int:
        """Count without looking at each."""
        requests = min(self.requests_limit(span), int(until_ns / (1e9 / self.rate_per_s)) + 1)
        return len(range(request, requests, span.connections))

    def time_for_s(self, requests: int) -> float:
        """Return what so many gaps take."""
        return requests / self.rate_per_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Poisson(Arrivals):
    """Requests with exponential gaps, drawn for each connection from the seed and the request's number.

    Attributes:
        rate_per_s: requests per second over all connections.
        seed: the same seed gives the same gaps.
    """

    name: ClassVar[str] = "poisson"
    rate_per_s: float
    seed: int

    @property
    def offered_per_s(self) -> float:
        """The rate."""
        return self.rate_per_s

    def due_function(self, span: Span) -> DueFunction:
        """Return a function of the request's number and the due time before it."""
        limit, end_ns, seed = self.requests_limit(span), span.duration_ns, self.seed
        mean_gap_ns = 1e9 / self.rate_per_s * span.connections

        def due_ns(request: int, previous_due_ns: int, _free_at_ns: int) -> int:
            due_ns = previous_due_ns - int(math.log(uniform(seed, request)) * mean_gap_ns)
            return due_ns if request < limit and due_ns < end_ns else NEVER_NS

        return due_ns

    def drawn_anew(self) -> Arrivals:
        """Return the arrivals of the next seed."""
        return replace(self, seed=self.seed + 1)


@dataclass(frozen=True, slots=True)
class ClosedLoop(Arrivals):
    """Each request is due when the one before it on its connection was answered or failed."""

    name: ClassVar[str] = "closed-loop"
    is_closed_loop: ClassVar[bool] = True

    @property
    def offered_per_s(self) -> None:
        """Not a rate."""
        return

    def due_function(self, span: Span) -> DueFunction:
        """Return a function of the answer's instant."""
        limit, end_ns = self.requests_limit(span), span.duration_ns

        def due_ns(request: int, _previous_due_ns: int, free_at_ns: int) -> int:
            return free_at_ns if request < limit and free_at_ns < end_ns else NEVER_NS

        return due_ns

    def count_due(self, _span: Span, _request: int, due_ns: int, until_ns: int) -> int:
        """Count the next request alone: those after it wait for its answer."""
        return int(due_ns <= until_ns)


@dataclass(frozen=True, slots=True)
class Sessions(ClosedLoop):
    """The requests that each connection begins with: a few connections at a time."""

    name: ClassVar[str] = "sessions"
    is_session: ClassVar[bool] = True


def describe_offer(name: str, rate_per_s: float | None, profile: LoadProfile | None = None) -> str:
    """Return what arrivals offer, for reading.

    Args:
        name: of their kind.
        rate_per_s: None where there is no rate.
        profile: the one that they follow; None where the rate never changes.
    """
    if rate_per_s is None:
        return "as fast as it is answered (closed loop)"
    offered = f"{rate_per_s:,g}/s" if profile is None else profile.offered
    return offered + ("" if name == Constant.name else f" ({name} arrivals)")
