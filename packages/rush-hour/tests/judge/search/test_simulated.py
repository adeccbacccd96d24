"""The search on systems whose capacity is known: how often its interval has it, and how near the rate is.

A thousand searches of each system, by `make simulations`.
"""

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from simulated_queues import MD2, MM1, Cliff, Drifting, Simulated, TokenBucket, searched
from simulation_share import trials

from rush_hour.judge.search.search import Search
from rush_hour.judge.search.shape import Drift, find_cliff, find_drift

RUNS = trials(1000)
SEED = 20260301

SYSTEMS: dict[str, Callable[[np.random.Generator], Simulated]] = {
    "token bucket": lambda rng: TokenBucket(rng=rng),
    "M/M/1": MM1.made,
    "M/D/2": MD2.made,
    "cliff": lambda rng: Cliff(rng=rng),
    "drifting": lambda rng: Drifting(rng=rng),
}


@cache
def searches(name: str) -> list[tuple[Simulated, Search, float]]:
    rng = np.random.default_rng(SEED)
    systems = [SYSTEMS[name](rng) for _ in range(RUNS)]
    return [(system, *searched(system)) for system in systems]


def drifts(name: str) -> list[Drift | None]:
    """Of each of the first searches, for it takes as long as to search."""
    return [find_drift(search.tried, search.guess_per_s, 10.0) for _, search, _ in searches(name)[: RUNS // 4]]


@pytest.mark.parametrize("name", ["token bucket", "M/M/1", "M/D/2", "cliff"])
@pytest.mark.timeout(600)
def test_the_interval_has_the_capacity_and_the_rate_is_near_it(name: str) -> None:
    has, near = 0, 0
    for system, search, _ in searches(name):
        interval = search.interval()
        has += interval.low_per_s <= system.capacity_per_s <= interval.high_per_s
        near += abs(interval.median_per_s / system.capacity_per_s - 1) <= 0.05

    assert has >= 0.9 * RUNS
    assert near >= 0.9 * RUNS


@pytest.mark.parametrize("name", SYSTEMS)
@pytest.mark.timeout(600)
def test_no_search_is_endless(name: str) -> None:
    found = searches(name)

    assert max(took_s for _, _, took_s in found) <= 300
    assert max(len(search.tried) for _, search, _ in found) <= 60
    assert {search.ending for _, search, _ in found} <= {"found", "budget"}


@pytest.mark.timeout(600)
def test_a_cliff_is_said_to_be_one_and_other_systems_have_none() -> None:
    assert all(find_cliff(search.tried) is not None for _, search, _ in searches("cliff"))
    assert all(find_cliff(search.tried) is None for _, search, _ in searches("token bucket"))


@pytest.mark.timeout(600)
def test_a_capacity_that_drifts_is_said_to_and_what_is_stated_is_the_later_one() -> None:
    found = drifts("drifting")

    said = [drift for drift in found if drift is not None]
    assert len(said) >= 0.9 * len(found)
    assert sum(abs(drift.after.median_per_s / 800 - 1) <= 0.05 for drift in said) >= 0.9 * len(said)


@pytest.mark.parametrize("name", ["token bucket", "M/M/1", "M/D/2"])
@pytest.mark.timeout(600)
def test_hardly_any_capacity_that_stays_is_said_to_drift(name: str) -> None:
    found = drifts(name)

    assert sum(drift is not None for drift in found) <= 0.02 * len(found)


def test_the_capacity_of_the_queue_with_two_servers_is_what_it_is_said_to_be() -> None:
    queue = MD2.made(np.random.default_rng(SEED))

    below, above = (
        np.percentile(queue.latencies_us(rate_per_s, 2_000_000, 0.0)[1], 99)
        for rate_per_s in (0.99 * queue.capacity_per_s, 1.01 * queue.capacity_per_s)
    )
    assert below < queue.limit_us < above
