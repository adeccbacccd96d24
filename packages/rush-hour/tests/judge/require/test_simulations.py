"""What checks say of systems whose true figures are known: in at most one of twenty is anything said that is wrong."""

import numpy as np
import pytest
from checked_systems import checked
from compared_systems import run_of
from made_systems import Maker, bench, system
from simulation_share import trials

from rush_hour.results.document import System

TRIALS = trials(500)
SPREAD = 0.05  # of starts, and of the machine from block to block


def measured(make: Maker, name: str, rng: np.random.Generator, machine: np.ndarray, true_us: float) -> System:
    """A system that was started in each block of a machine."""
    levels = true_us * np.exp(machine + rng.normal(0, SPREAD, len(machine)))
    return system(name, *(run_of(make, int(level)) for level in levels), title=name)


@pytest.mark.parametrize("repeats", [3, 9])
def test_what_is_exactly_at_its_limit_is_next_to_never_said_to_be_on_one_side(make: Maker, repeats: int) -> None:
    rng = np.random.default_rng(20261221)
    told = []
    for _ in range(TRIALS):
        none = np.zeros(repeats)
        document = bench(*(measured(make, name, rng, none, 100_000.0) for name in ("a", "b", "c")))
        done = checked(document, "p99 < 100ms")
        told.append(any(one.state != "cannot tell" for one in done.findings))

    assert sum(told) <= 0.07 * TRIALS


def test_a_change_that_is_exactly_what_is_allowed_is_next_to_never_told_of(make: Maker) -> None:
    rng = np.random.default_rng(20261222)
    told = []
    for _ in range(TRIALS):
        machine = np.cumsum(rng.normal(0, SPREAD, 9))
        before, after = (measured(make, name, rng, machine, us) for name, us in (("a", 100_000.0), ("b", 110_000.0)))
        document = bench(before, after)
        done = checked(document, "p99 <= baseline * 1.1", baseline=document, baseline_system="a")
        told.append(done.findings[0].state != "cannot tell")

    assert sum(told) <= 0.07 * TRIALS


def test_what_is_twice_as_slow_as_allowed_is_found_with_nine_repeats(make: Maker) -> None:
    rng = np.random.default_rng(20261223)
    states = []
    for _ in range(TRIALS // 5):
        document = bench(measured(make, "a", rng, np.zeros(9), 120_000.0))
        states.append(checked(document, "p99 < 100ms").findings[0].state)

    assert states.count("not met") >= 0.95 * len(states)
