import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rush_hour.judge.search.posterior import STEP_LOG, Posterior

VERDICTS = st.lists(st.tuples(st.floats(10, 10_000), st.booleans()), max_size=12)


def after(verdicts: list[tuple[float, bool]], guess_per_s: float = 1000.0) -> Posterior:
    posterior = Posterior.around(guess_per_s)
    for rate_per_s, is_met in verdicts:
        posterior = posterior.after(rate_per_s, is_met=is_met)
    return posterior


def share_above(posterior: Posterior, rate_per_s: float) -> float:
    [share] = posterior.between(rate_per_s, 1e6, 1)
    return share


def test_before_any_verdict_the_guess_is_the_median_and_nearly_everything_is_possible() -> None:
    interval = Posterior.around(1000.0).interval()

    assert interval.median_per_s == pytest.approx(1000, rel=0.01)
    assert interval.low_per_s < 300
    assert interval.high_per_s > 3000


@given(VERDICTS)
def test_whatever_the_verdicts_probabilities_add_up_and_the_interval_is_in_order(
    verdicts: list[tuple[float, bool]],
) -> None:
    posterior = after(verdicts)

    interval = posterior.interval()
    assert 0 < interval.low_per_s <= interval.median_per_s <= interval.high_per_s
    assert 0 <= interval.half_width_ratio < 1
    step = math.exp(STEP_LOG)  # of the axis: how much lies on one point of it is not told apart
    assert (
        share_above(posterior, interval.median_per_s * step)
        <= 0.5
        <= share_above(posterior, interval.median_per_s / step)
    )
    assert math.fsum(posterior.between(1.0, 1e6, 40)) == pytest.approx(1)


@given(VERDICTS)
def test_the_order_of_verdicts_does_not_matter(verdicts: list[tuple[float, bool]]) -> None:
    one, other = after(verdicts), after(verdicts[::-1])

    assert one.quantile(0.5) == pytest.approx(other.quantile(0.5), rel=1e-6)
    assert one.evidence_log == pytest.approx(other.evidence_log, rel=1e-6, abs=1e-9)


def test_a_verdict_moves_the_median_to_its_side() -> None:
    assert after([(1000.0, True)]).quantile(0.5) > 1050
    assert after([(1000.0, False)]).quantile(0.5) < 950


def test_verdicts_that_agree_make_the_interval_narrow() -> None:
    agreeing = [(900.0, True), (1100.0, False)] * 4

    assert after(agreeing).interval().low_per_s > 850
    assert after(agreeing).interval().high_per_s < 1150


def test_verdicts_that_contradict_each_other_at_a_rate_make_it_wider() -> None:
    agreeing = [(980.0, True), (1020.0, False), (980.0, True), (1020.0, False)]
    contradicting = [(980.0, True), (1020.0, False), (980.0, False), (1020.0, True)]

    assert after(contradicting).interval().half_width_ratio > 1.5 * after(agreeing).interval().half_width_ratio


def test_one_wrong_verdict_far_away_is_outvoted() -> None:
    verdicts = [(500.0, False), *[(950.0, True), (1050.0, False)] * 5]

    interval = after(verdicts).interval()
    assert interval.low_per_s > 900
    assert interval.high_per_s < 1100


def test_a_longer_run_says_more() -> None:
    short = Posterior.around(1000.0).after(1000.0, is_met=False, length_ratio=0.1)
    long = Posterior.around(1000.0).after(1000.0, is_met=False, length_ratio=10.0)

    assert share_above(long, 1050.0) < share_above(short, 1050.0)


def test_what_fits_one_capacity_has_more_evidence_than_what_does_not() -> None:
    fitting = [(900.0, True), (1100.0, False), (950.0, True), (1050.0, False)]
    unfitting = [(900.0, False), (1100.0, True), (950.0, False), (1050.0, True)]

    assert after(fitting).evidence_log > after(unfitting).evidence_log + 2
