import pytest

from rush_hour.judge.search.shape import find_cliff, find_drift
from rush_hour.judge.search.tried import Order, Tried


def tried(rate_per_s: float, is_met: bool | None, goodput_per_s: float | None = None) -> Tried:
    order = Order(rate_per_s=rate_per_s, duration_s=10.0, purpose="search")
    return Tried(order=order, is_met=is_met, goodput_per_s=rate_per_s if goodput_per_s is None else goodput_per_s)


EARLY = [tried(1000, True), tried(1100, False), tried(1050, False), tried(1010, True), tried(1020, True)]
LATE = [tried(700, True), tried(900, False), tried(800, False), tried(750, True), tried(770, False)]


def test_verdicts_that_contradict_each_other_with_time_are_a_drift() -> None:
    drift = find_drift([*EARLY, tried(1000, None), *LATE], 1000.0, 10.0)

    assert drift is not None
    assert drift.before.median_per_s == pytest.approx(1030, rel=0.03)
    assert drift.after.median_per_s == pytest.approx(760, rel=0.05)
    assert drift.at in {5, 6, 7}


def test_verdicts_of_one_capacity_are_none() -> None:
    assert find_drift([*EARLY, *EARLY], 1000.0, 10.0) is None
    assert find_drift(EARLY, 1000.0, 10.0) is None
    assert find_drift([], 1000.0, 10.0) is None


def test_goodput_that_falls_above_the_capacity_is_a_cliff() -> None:
    cliff = find_cliff([tried(1000, True), tried(1200, False, 300), tried(1500, False, 280), tried(1100, False, 320)])

    assert cliff is not None
    assert (cliff.rate_per_s, cliff.goodput_per_s, cliff.best_per_s) == (1100, 320, 1000)


@pytest.mark.parametrize(
    "runs",
    [
        [],
        [tried(1000, True)],
        [tried(1200, False, 100), tried(1300, False, 100)],
        [tried(1000, True), tried(1200, False, 1000), tried(1500, False, 980)],
        [tried(1000, True), tried(1200, False, 300)],
        [
            tried(1000, True),
            tried(1100, False, 990),
            tried(1200, False, 995),
            tried(1300, False, 990),
            tried(1150, False, 9),
        ],
        [tried(1000, True), tried(4000, False, 300), tried(5000, False, 300)],
    ],
    ids=["nothing", "all met", "nothing met", "no less", "once", "an accident", "far above"],
)
def test_what_is_no_cliff_is_not_said_to_be_one(runs: list[Tried]) -> None:
    assert find_cliff(runs) is None
