"""How exactly a figure is to be known: as it is written, when it is reached, and what stopping by it costs."""

from dataclasses import replace

import numpy as np
import pytest
from compared_systems import repeated
from made_systems import Maker, system

from rush_hour.core.intervals import interval_of
from rush_hour.errors import UsageError
from rush_hour.judge.compare.until import LEAST_BLOCKS, parse_until
from rush_hour.results.run import Verdict


@pytest.mark.parametrize(
    ("text", "code", "half_ratio"),
    [
        ("p99 ±5%", "p99", 0.05), ("p99.9±0.5 %", "p99.9", 0.005), ("goodput +-1%", "goodput", 0.01),
        (" cpu +/- 10% ", "cpu", 0.1),
    ],
)  # fmt: skip
def test_it_is_a_figure_and_a_share(text: str, code: str, half_ratio: float) -> None:
    until = parse_until(text, what="--until")

    assert (until.metric.code, until.half_ratio, until.text) == (code, half_ratio, text)


@pytest.mark.parametrize("text", ["p99", "p98 ±5%", "p99 ±0%", "p99 ±100%", "p99 5%", "±5%", "p99 < 5%"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as raised:
        parse_until(text, what="--until")

    assert str(raised.value) == (
        "--until: expected goodput, p50, p99, p99.9, cpu or memory with how exactly it is to be known, as in "
        f"'p99 ±5%'; got {text!r}."
    )


def test_every_system_must_be_known_so_exactly_but_those_that_cannot_be_measured(make: Maker) -> None:
    until = parse_until("p99 ±5%", what="--until")
    exact = repeated(make, "exact", 1000, 1001, 1002, 1001, 1000)
    vague = repeated(make, "vague", 1000, 1500, 900, 1200, 1700)

    assert until.is_reached([exact, system("dead", status="failed")])
    assert not until.is_reached([exact, vague])
    assert not until.is_reached([system("dead", status="failed")])


def test_runs_that_cannot_be_trusted_or_were_cut_short_do_not_count(make: Maker) -> None:
    until = parse_until("p99 ±5%", what="--until")
    exact = repeated(make, "exact", 1000, 1001, 1002, 1001, 1000)
    doubtful = system("doubtful", *(replace(run, verdict=Verdict(trusted=False)) for run in exact.runs))
    cut = system("cut", *(replace(run, is_interrupted=True) for run in exact.runs))

    assert not until.is_reached([exact, doubtful])
    assert not until.is_reached([exact, cut])
    assert until.is_reached([exact, system("both", *exact.runs, *doubtful.runs)])
    assert not until.is_reached([system("both", *exact.runs[1:], *doubtful.runs)])


def test_before_five_blocks_nothing_is_known_and_without_the_figure_never(make: Maker) -> None:
    until = parse_until("p99 ±5%", what="--until")

    assert not until.is_reached([repeated(make, "few", *[1000] * 4)])
    assert not until.is_reached([system("none", *(make.run(latency_us=None) for _ in range(5)))])


@pytest.mark.parametrize("spread", [0.04, 0.08])
def test_intervals_of_a_bench_that_ended_by_it_cover_the_truth_in_9_of_10_cases(spread: float) -> None:
    """In 95 of 100 they would if the number of repeats had been said before."""
    rng = np.random.default_rng(20261210)
    covered = 0
    trials = 500
    for _ in range(trials):
        values = [float(value) for value in np.exp(rng.normal(0, spread, 100))]
        intervals = (interval_of(values[:repeats]) for repeats in range(LEAST_BLOCKS, len(values) + 1))
        interval = next(one for one in intervals if one is not None and (one.high - one.low) / 2 <= 0.05 * one.mean)
        covered += interval.low <= 1 <= interval.high

    assert covered / trials >= 0.9
