"""What comparisons say of systems whose true difference is known: coverage, false alarms, power.

Figures of a run are made from latencies of which each is near the one before it; starts differ, and so does the machine
from block to block. A thousand pairs of systems, by `make simulations`.
"""

import math
from collections.abc import Iterator

import numpy as np
import pytest
from simulated_figures import METRICS, Figures, repeated, two_runs
from simulation_share import trials

from rush_hour.judge.compare.estimate import Estimate, of_blocks, of_runs, of_seconds
from rush_hour.judge.compare.verdicts import Judged, judge_together

TRIALS = trials(1000)
MARGIN_RATIO = 0.02


def paired(figures: Figures) -> list[Estimate]:
    """Each figure's ratio, from blocks."""
    estimates = (of_blocks(list(zip(*figures[..., metric].T, strict=True))) for metric in range(len(METRICS)))
    return [estimate for estimate in estimates if estimate is not None]


def unpaired(figures: Figures) -> list[Estimate]:
    """Each figure's ratio, from runs that have nothing to do with each other."""
    estimates = (of_runs(*figures[..., metric].T) for metric in range(len(METRICS)))
    return [estimate for estimate in estimates if estimate is not None]


def judged(
    seed: int, *, difference: float, trials: int = TRIALS, blocks: int = 9, requests: int = 600
) -> Iterator[list[Judged]]:
    """What is said of many pairs of systems, all figures of a pair together."""
    rng = np.random.default_rng(seed)
    for figures in repeated(rng, trials=trials, blocks=blocks, difference=difference, requests=requests):
        yield judge_together(paired(figures), MARGIN_RATIO)


def share(found: list[bool]) -> float:
    """How many of them are true, from 0 to 1."""
    return sum(found) / len(found)


def covers(estimate: Estimate, ratio: float) -> bool:
    """Whether its 95 % interval has the true ratio in it."""
    interval = estimate.interval(0.95)
    return interval.low <= ratio <= interval.high


@pytest.mark.parametrize("blocks", [3, 9])
@pytest.mark.parametrize("difference", [0.0, 0.1])
def test_intervals_of_blocks_cover_the_truth_while_the_machine_drifts(blocks: int, difference: float) -> None:
    rng = np.random.default_rng(20261201)
    covered = np.array(
        [
            [covers(estimate, 1 + difference) for estimate in paired(figures)]
            for figures in repeated(rng, trials=TRIALS, blocks=blocks, difference=difference)
        ]
    )

    assert covered.mean(axis=0).min() >= 0.93


def test_intervals_of_runs_cover_the_truth() -> None:
    rng = np.random.default_rng(20261202)
    covered = np.array(
        [
            [covers(estimate, 1.0) for estimate in unpaired(figures)]
            for figures in repeated(rng, trials=TRIALS, blocks=5, difference=0.0, drift=0.0)
        ]
    )

    assert covered.mean(axis=0).min() >= 0.93


def test_of_a_system_beside_itself_a_difference_is_told_of_in_at_most_5_percent() -> None:
    alarms = [
        any(one.direction in {"higher", "lower"} for one in together) for together in judged(20261203, difference=0.0)
    ]

    assert share(alarms) <= 0.05


def test_a_difference_of_10_percent_is_found_with_nine_repeats() -> None:
    """Of all figures but p99.9, of which so few requests say little."""
    found = np.array(
        [
            [one.direction == "higher" for one in together]
            for together in judged(20261204, difference=0.1, trials=TRIALS // 5, requests=5000)
        ]
    )

    assert found.mean(axis=0)[[METRICS.index(name) for name in METRICS if name != "p99.9"]].min() >= 0.8


def test_what_differs_by_10_percent_is_next_to_never_called_the_same() -> None:
    wrong = [
        any(one.direction == "same" for one in together)
        for blocks in (3, 9)
        for together in judged(20261205, difference=0.1, blocks=blocks)
    ]

    assert share(wrong) <= 0.05


def test_the_least_difference_that_is_told_of_is_found_four_times_in_five() -> None:
    """The spread is that of the runs themselves, known from a first measurement."""
    rng = np.random.default_rng(20261206)
    spread, repeats = 0.04, 9
    error = math.sqrt(2) * spread / 3
    first = Estimate(log_ratio=0.0, error=error, freedom=repeats - 1, basis="blocks", repeats=repeats)
    least = first.least_found(0.95)
    found = []
    for noise in rng.normal(0, spread, (TRIALS, repeats, 2)):
        estimate = of_blocks([(1.0, least * math.exp(one - other)) for one, other in noise])
        assert estimate is not None
        found.append(estimate.interval(0.95).low > 1)

    assert 0.75 < share(found) < 0.85


def test_as_many_repeats_as_are_said_to_be_needed_tell() -> None:
    rng = np.random.default_rng(20261207)
    true_ratio, spread = 1.05, 0.04
    exact = Estimate(
        log_ratio=math.log(true_ratio), error=math.sqrt(2 / 3) * spread, freedom=2, basis="blocks", repeats=3
    )
    needed = exact.repeats_needed(0.95, math.log1p(MARGIN_RATIO))
    assert needed is not None
    told = []
    for noise in rng.normal(0, spread, (TRIALS, needed, 2)):
        estimate = of_blocks([(1.0, true_ratio * math.exp(one - other)) for one, other in noise])
        assert estimate is not None
        told.append(estimate.interval(0.95).low > 1)

    assert 0.4 < share(told) < 0.7  # half of them: if the ratio comes out as it did before


@pytest.mark.parametrize("persistence", [0.0, 0.5, 0.8])
def test_sections_of_two_runs_cover_the_truth_of_those_starts(persistence: float) -> None:
    rng = np.random.default_rng(20261208)
    covered: list[list[bool]] = []
    for runs in two_runs(rng, trials=500, seconds=60, persistence=persistence):
        estimates = [of_seconds(*figure) for figure in runs]
        covered.extend([[covers(one, 1.0) for one in estimates if one is not None]] * all(estimates))

    assert np.array(covered).mean(axis=0).min() >= 0.93
