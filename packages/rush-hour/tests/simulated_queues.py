"""Systems whose capacity is known, simulated: what a run of the load generator would have seen, without a clock.

Waiting times are those of queues (Lindley's recursion, all customers at once), judged as the search judges a real run:
ended early when its objective is lost, and missed when its queue grows.
"""

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from rush_hour.judge.search.growth import growth_of, passes_after_s
from rush_hour.judge.search.search import Search
from rush_hour.judge.search.tried import SearchSettings, Tried

Floats = NDArray[np.float64]
WARMUP_S = 1.0
OVERHEAD_S = 1.5  # of a run: processes are started, and the queue before is waited for
FIRST_GUESS_S = 5.0


@dataclass
class Outcome:
    is_met: bool
    goodput_per_s: float
    took_s: float


@dataclass
class Simulated:
    """A system.

    Attributes:
        throughput_per_s: what it can serve.
        limit_us: of the objective, for p99.
        capacity_per_s: the rate at which p99 is that, in a run without end.
    """

    throughput_per_s: float = 1000.0
    limit_us: float = 250_000.0
    capacity_per_s: float = 1000.0
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(1))

    def first_guess(self) -> float:
        """What a closed-loop burst would say."""
        return self.throughput_per_s * float(self.rng.uniform(0.9, 1.02))

    def latencies_us(self, rate_per_s: float, count: int, _at_s: float) -> tuple[Floats, Floats]:
        """When requests were due, in seconds, and what each took."""
        raise NotImplementedError

    def run(self, rate_per_s: float, duration_s: float, at_s: float) -> Outcome:
        due_s, latency_us = self.latencies_us(rate_per_s, int(rate_per_s * (duration_s + WARMUP_S)), at_s)
        measured = (due_s >= WARMUP_S) & (due_s < duration_s + WARMUP_S)
        due_s, latency_us = due_s[measured] - WARMUP_S, latency_us[measured]
        goodput_per_s = min(rate_per_s, self.throughput_per_s)
        allowed = int(0.01 * rate_per_s * duration_s + 1)
        slow = np.flatnonzero(latency_us >= self.limit_us)
        if len(slow) > allowed:
            seen_s = np.ceil(2 * due_s[slow[allowed]]) / 2 + 0.5
            return Outcome(False, goodput_per_s, min(duration_s, float(seen_s)))
        edges = np.searchsorted(due_s, np.arange(int(duration_s) + 1))
        points = [
            (second + 1.0, float(np.median(latency_us[begin:end])))
            for second, (begin, end) in enumerate(pairwise(edges))
            if end > begin
        ]
        growth = growth_of(points)
        grows = growth is not None and passes_after_s(growth, points[-1][1], self.limit_us) is not None
        return Outcome(not grows, goodput_per_s, duration_s)


def waits_s(gaps_s: Floats, service_s: Floats) -> Floats:
    """How long each customer of one server waits (Lindley 1952)."""
    steps = np.concatenate([[0.0], np.cumsum(service_s[:-1] - gaps_s)])
    return np.asarray(steps - np.minimum.accumulate(steps), dtype=np.float64)


class TokenBucket(Simulated):
    """A server that lets so many requests a second through; even arrivals, and a little noise."""

    def latencies_us(self, rate_per_s: float, count: int, _at_s: float) -> tuple[Floats, Floats]:
        service_s = np.full(count, 1 / self.allowed_per_s(_at_s))
        waited_s = waits_s(np.full(count - 1, 1 / rate_per_s), service_s)
        return np.arange(count) / rate_per_s, waited_s * 1e6 + 1000 + self.rng.exponential(300, count)

    def allowed_per_s(self, _at_s: float) -> float:
        return self.throughput_per_s


class Drifting(TokenBucket):
    """The same, that lets a fifth less through after a minute."""

    def allowed_per_s(self, _at_s: float) -> float:
        return self.throughput_per_s * (1.0 if _at_s < 60 else 0.8)


class MM1(Simulated):
    """Poisson arrivals, exponential service, one server: p99 of the time in it is ln(100) / (throughput - rate)."""

    @classmethod
    def made(cls, rng: np.random.Generator) -> "MM1":
        return cls(limit_us=50_000.0, capacity_per_s=1000 - np.log(100) / 0.05, rng=rng)

    def latencies_us(self, rate_per_s: float, count: int, _at_s: float) -> tuple[Floats, Floats]:
        gaps_s = self.rng.exponential(1 / rate_per_s, count - 1)
        service_s = self.rng.exponential(1 / self.throughput_per_s, count)
        return np.concatenate([[0.0], np.cumsum(gaps_s)]), (waits_s(gaps_s, service_s) + service_s) * 1e6


class MD2(Simulated):
    """Poisson arrivals, the same service for all, two servers, which take turns then."""

    @classmethod
    def made(cls, rng: np.random.Generator) -> "MD2":
        return cls(limit_us=15_000.0, capacity_per_s=MD2_CAPACITY_PER_S, rng=rng)

    def latencies_us(self, rate_per_s: float, count: int, _at_s: float) -> tuple[Floats, Floats]:
        due_s = np.concatenate([[0.0], np.cumsum(self.rng.exponential(1 / rate_per_s, count - 1))])
        service_s = 2 / self.throughput_per_s
        waited_s = np.empty(count)
        for server in (0, 1):
            own = due_s[server::2]
            waited_s[server::2] = waits_s(np.diff(own), np.full(len(own), service_s))
        return due_s, (waited_s + service_s) * 1e6


MD2_CAPACITY_PER_S = 840.0  # by runs of two million requests; `test_simulated.py` looks at it again


class Cliff(Simulated):
    """A server that does a third of its best once it is asked for more than that; the burst has pushed it over."""

    def first_guess(self) -> float:
        return 0.35 * self.throughput_per_s * float(self.rng.uniform(0.8, 1.2))

    def run(self, rate_per_s: float, duration_s: float, _at_s: float) -> Outcome:
        holds = rate_per_s * self.rng.lognormal(0, 0.005) < self.throughput_per_s
        collapsed = 0.3 * self.throughput_per_s * float(self.rng.uniform(0.9, 1.1))
        return Outcome(bool(holds), rate_per_s if holds else collapsed, duration_s if holds else 3.0)


def searched(
    system: Simulated, settings: SearchSettings | None = None, budget_s: float = 300.0
) -> tuple[Search, float]:
    """Search for a system's capacity, and return the search and how long it would have taken."""
    search = Search(system.first_guess(), settings or SearchSettings())
    passed_s = FIRST_GUESS_S
    while (order := search.next(budget_s - passed_s)) is not None:
        outcome = system.run(order.rate_per_s, order.duration_s, passed_s)
        tried = Tried(order=order, is_met=outcome.is_met, goodput_per_s=outcome.goodput_per_s)
        search.take(tried, cost_s=order.duration_s + OVERHEAD_S)
        passed_s += outcome.took_s + OVERHEAD_S
    return search, passed_s
