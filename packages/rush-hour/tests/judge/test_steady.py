"""Whether a run was steady: changes of the level are found, and noise is none."""

import math
from dataclasses import replace

import numpy as np
import pytest
from made_systems import Maker, system
from profiles import profile_of
from simulated_figures import correlated

from rush_hour.judge.remarks.remarks import changes_by_message
from rush_hour.judge.steady import cuts, steadiness_of, unlike_halves
from rush_hour.results.run import Run


def run_of(make: Maker, *levels: tuple[int, int]) -> Run:
    """A run of so many seconds at each of these levels, in ms; each second a little off."""
    p50s_us = [1000 * ms + 10 * (second % 3) for seconds, ms in levels for second in range(seconds)]
    first = make.result.timeline[0]
    rows = [replace(first, at_s=float(at), p50_us=p50_us) for at, p50_us in enumerate(p50s_us, start=1)]
    return make.run(plan=replace(make.plan, duration_s=float(len(rows))), timeline=rows)


def test_a_run_of_one_level_is_steady(make: Maker) -> None:
    assert steadiness_of(run_of(make, (60, 5))) is None


def test_a_run_that_was_slow_at_first_is_steady_from_then_on(make: Maker) -> None:
    found = steadiness_of(run_of(make, (12, 9), (48, 5)))

    assert found is not None
    assert found.is_steady_at_last
    assert [segment.begins_at_s for segment in found.segments] == [0.0, 12.0]
    assert found.sentence == (
        "It was steady only from 12 s on: the median latency was 9.01 ms from 0 s on, 5.01 ms from 12 s on. A longer "
        "warm-up (--warmup) leaves the beginning out."
    )


def test_a_run_whose_last_level_is_less_than_half_of_it_was_never_steady(make: Maker) -> None:
    found = steadiness_of(run_of(make, (20, 5), (20, 9), (20, 5)))

    assert found is not None
    assert not found.is_ever_steady
    assert found.sentence == (
        "It was never steady: the median latency was 5.01 ms from 0 s on, 9.01 ms from 20 s on, 5.01 ms from 40 s on. "
        "Its figures are a mixture of these."
    )


def test_a_run_that_was_disturbed_towards_its_end_did_not_stay_steady(make: Maker) -> None:
    found = steadiness_of(run_of(make, (45, 5), (8, 9), (7, 5)))

    assert found is not None
    assert (found.is_steady_at_last, found.is_ever_steady) == (False, True)
    assert found.sentence.startswith("It did not stay steady: the median latency was 5.01 ms from 0 s on, ")


def test_a_level_that_changes_by_less_than_a_tenth_is_one_level(make: Maker) -> None:
    assert steadiness_of(run_of(make, (30, 100), (30, 109))) is None
    assert steadiness_of(run_of(make, (30, 100), (30, 112))) is not None


def test_of_a_short_run_or_one_whose_rate_changes_nothing_is_told(make: Maker) -> None:
    short, changed = run_of(make, (10, 9), (9, 5)), run_of(make, (12, 9), (48, 5))

    assert steadiness_of(short) is None
    assert steadiness_of(replace(changed, plan=replace(changed.plan, profile=profile_of("ramp:1..2/60s")))) is None


def test_seconds_of_a_long_run_are_put_together(make: Maker) -> None:
    found = steadiness_of(run_of(make, (600, 9), (3000, 5)))

    assert found is not None
    assert [segment.begins_at_s for segment in found.segments] == [0.0, 600.0]


@pytest.mark.parametrize("persistence", [0.0, 0.5])
def test_noise_is_taken_for_a_change_in_at_most_5_of_100_runs(persistence: float) -> None:
    series = 0.1 * correlated(np.random.default_rng(20261211), 400, 60, persistence)

    assert np.mean([len(cuts(values.tolist())) > 1 for values in series]) <= 0.05


def test_a_beginning_that_is_half_as_slow_again_is_found_in_most_runs() -> None:
    series = 0.05 * correlated(np.random.default_rng(20261212), 200, 60, 0.3)
    series[:, :12] += math.log(1.5)

    assert np.mean([abs(cuts(values.tolist())[-1] - 12) <= 2 for values in series]) >= 0.9


def test_it_is_a_remark_unless_a_doubt_says_so_already(make: Maker) -> None:
    changed, doubted = run_of(make, (12, 9), (48, 5)), run_of(make, (30, 9), (30, 5))
    assert unlike_halves(changed.plan, changed.result) is None
    assert unlike_halves(doubted.plan, doubted.result) == (9010.0, 5010.0)

    [remark] = changes_by_message([system("a", changed), system("b", doubted)])

    assert (remark.systems, remark.code, remark.hint) == (("a",), "changed", "")
    assert remark.message.startswith("It was steady only from 12 s on: ")
