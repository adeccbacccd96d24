"""Arrivals of a profile: the rate changes over the run, and how requests follow each other is what it is without one.

    ProfiledEven      request i is due when the integral of the rate passes i: evenly spaced over what is offered
    ProfiledPoisson   each connection draws its gaps as without a profile, on the axis of that integral instead of time;
                      together they are a Poisson process whose rate is the profile's at every instant

Pure.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import ClassVar

from rush_hour.core.arrivals import NEVER_NS, Arrivals, Constant, DueFunction, Poisson, Span
from rush_hour.core.profile.curve import Curve, curve_of
from rush_hour.core.profile.profile import LoadProfile
from rush_hour.core.uniform import uniform


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfiledEven(Arrivals):
    """Evenly spaced requests whose rate is a profile's. The span must be as long as the profile.

    Attributes:
        followed: the profile.
    """

    name: ClassVar[str] = Constant.name
    followed: LoadProfile

    @property
    def profile(self) -> LoadProfile:
        """The profile."""
        return self.followed

    @property
    def offered_per_s(self) -> float:
        """The rate in the mean."""
        return self.followed.mean_per_s

    @property
    def _curve(self) -> Curve:
        return curve_of(self.followed.phases)

    def requests_limit(self, span: Span) -> int:
        """Return how many requests are due in the whole profile."""
        limit = NEVER_NS if span.max_requests is None else span.max_requests
        return min(limit, self._curve.requests)

    def due_function(self, span: Span) -> DueFunction:
        """Return a function of the request's number alone."""
        limit, due_of = self.requests_limit(span), self._curve.due_ns

        def due_ns(request: int, _previous_due_ns: int, _free_at_ns: int) -> int:
            return due_of(request) if request < limit else NEVER_NS

        return due_ns

    def count_due(self, span: Span, request: int, _due_ns: int, until_ns: int) -> int:
        """Count without looking at each."""
        requests = min(self.requests_limit(span), self._curve.count_due(until_ns))
        return len(range(request, requests, span.connections))

    def count_due_by_phase(self, span: Span, queues: Iterable[tuple[int, int]], until_ns: int) -> list[int]:
        """Count without looking at each: a phase has the numbers from its first one on."""
        firsts, due = self._curve.firsts, min(self.requests_limit(span), self._curve.count_due(until_ns))
        counts = [0] * len(self.followed.phases)
        for request, _ in queues:
            before = 0
            for phase, end in enumerate(firsts[1:]):
                until_end = len(range(request, min(end, due), span.connections))
                counts[phase] += until_end - before
                before = until_end
        return counts

    def warming_up(self) -> Arrivals:
        """Return arrivals at the profile's first rate."""
        return Constant(rate_per_s=self.followed.first_per_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfiledPoisson(Arrivals):
    """Requests with exponential gaps whose rate is a profile's. The span must be as long as the profile.

    Attributes:
        followed: the profile.
        seed: the same seed gives the same gaps.
    """

    name: ClassVar[str] = Poisson.name
    followed: LoadProfile
    seed: int

    @property
    def profile(self) -> LoadProfile:
        """The profile."""
        return self.followed

    @property
    def offered_per_s(self) -> float:
        """The rate in the mean."""
        return self.followed.mean_per_s

    def due_function(self, span: Span) -> DueFunction:
        """Return a function of the request's number and the due time before it."""
        limit, connections, seed = self.requests_limit(span), span.connections, self.seed
        curve = curve_of(self.followed.phases)
        amount_at, passed_ns, whole = curve.amount, curve.passed_ns, curve.amount(span.duration_ns)

        def due_ns(request: int, previous_due_ns: int, _free_at_ns: int) -> int:
            amount = amount_at(previous_due_ns) - math.log(uniform(seed, request)) * connections
            return max(previous_due_ns, passed_ns(amount)) if request < limit and amount < whole else NEVER_NS

        return due_ns

    def drawn_anew(self) -> Arrivals:
        """Return the arrivals of the next seed."""
        return replace(self, seed=self.seed + 1)

    def warming_up(self) -> Arrivals:
        """Return arrivals at the profile's first rate, drawn by another seed."""
        return Poisson(rate_per_s=self.followed.first_per_s, seed=self.seed + 1)


def arrivals_of(profile: LoadProfile, seed: int | None = None) -> Arrivals:
    """Return the arrivals of a profile.

    Args:
        profile: how the rate changes.
        seed: what exponential gaps are drawn from; None for even ones.
    """
    return ProfiledEven(followed=profile) if seed is None else ProfiledPoisson(followed=profile, seed=seed)
