import math
import random
from dataclasses import replace

import pytest

from rush_hour.judge.ranking.places import USUAL_SPREAD, Bounds, bounds_of, ranked, restart_spread
from rush_hour.results.trial import Contender, Estimate, Place


def contender(name: str, *rates: float | None, width: float = 0.02) -> Contender:
    return Contender(
        name=name,
        server=name,
        title=name,
        workers=2,
        threads=None,
        loop=None,
        estimates=[
            Estimate(
                round=number,
                rate_per_s=rate,
                low_per_s=None if rate is None else rate * (1 - width),
                high_per_s=None if rate is None else rate * (1 + width),
                measured_s=10.0,
            )
            for number, rate in enumerate(rates, start=1)
        ],
    )


def places(contenders: list[Contender]) -> dict[str, tuple[int, int]]:
    found, _ = ranked(contenders)
    return {one.name: (one.place.first, one.place.last) for one in found if one.place is not None}


def test_contenders_that_are_far_from_each_other_have_a_place_each() -> None:
    assert places([contender("c", 100.0), contender("a", 400.0), contender("b", 200.0)]) == {
        "a": (1, 1),
        "b": (2, 2),
        "c": (3, 3),
    }


def test_overlapping_intervals_are_a_tie() -> None:
    assert places([contender("a", 104.0), contender("b", 100.0), contender("c", 50.0)]) == {
        "a": (1, 2),
        "b": (1, 2),
        "c": (3, 3),
    }


def test_what_lies_between_two_may_be_a_tie_with_both() -> None:
    assert places([contender("a", 120.0), contender("b", 108.0), contender("c", 97.0)]) == {
        "a": (1, 2),
        "b": (1, 3),
        "c": (2, 3),
    }


def test_those_that_went_on_stand_before_those_that_did_not_by_the_round_that_both_were_in() -> None:
    found, _ = ranked([contender("a", 300.0, 200.0), contender("b", 210.0), contender("c", 420.0, 290.0)])

    assert [one.name for one in found] == ["c", "a", "b"]
    assert [one.place for one in found] == [Place(first=1, last=1), Place(first=2, last=2), Place(first=3, last=3)]


def test_one_without_a_rate_has_no_place_and_stands_last() -> None:
    found, _ = ranked([contender("a", None), contender("b", 10.0)])

    assert [(one.name, one.place) for one in found] == [("b", Place(first=1, last=1)), ("a", None)]


def test_without_several_starts_the_usual_spread_counts() -> None:
    assert restart_spread([contender("a", 100.0), contender("b", 50.0)]) == pytest.approx(USUAL_SPREAD)


def test_what_changes_for_all_is_no_difference_of_one_server() -> None:
    spread = restart_spread([contender(name, rate, 0.8 * rate) for name, rate in (("a", 90.0), ("b", 70.0))])

    assert spread < USUAL_SPREAD


def test_the_spread_is_learned_from_those_that_were_started_again() -> None:
    chance = random.Random(7)  # noqa: S311
    contenders = [
        contender(str(number), *(1000 * math.exp(chance.gauss(0, 0.1)) for _ in range(4))) for number in range(40)
    ]

    assert restart_spread(contenders) == pytest.approx(0.1, rel=0.15)


def test_rates_that_are_not_known_exactly_say_nothing_of_how_starts_differ() -> None:
    wide = [contender(name, 100.0, rate, width=0.3) for name, rate in (("a", 100.0), ("b", 140.0), ("c", 70.0))]
    last = Estimate(round=2, rate_per_s=200.0, low_per_s=200.0, high_per_s=None, measured_s=10.0)
    endless = [replace(contender(name, 100.0), estimates=[*contender(name, 100.0).estimates, last]) for name in "de"]

    assert restart_spread([*wide, *endless]) == pytest.approx(USUAL_SPREAD)
    assert places([contender("f", 1000.0), contender("g", 800.0), *wide])["f"] == (1, 1)


def test_an_interval_without_an_end_has_none_when_it_is_widened() -> None:
    estimate = Estimate(round=1, rate_per_s=100.0, low_per_s=100.0, high_per_s=None, measured_s=1.0)

    bounds = bounds_of(estimate, 0.05)

    assert bounds is not None
    assert bounds.high_per_s == math.inf
    assert bounds.low_per_s == pytest.approx(100 * math.exp(-1.96 * 0.05))
    assert not Bounds(low_per_s=1e9, high_per_s=2e9).is_above(bounds)


def test_two_runs_rarely_disagree_on_a_pair_that_neither_calls_a_tie() -> None:
    chance = random.Random(1)  # noqa: S311
    true_per_s = [1000, 1050, 1100, 1300, 1310, 1800, 2500, 2600]
    disagreements = pairs = 0
    for _ in range(300):
        once, again = (places(_measured(true_per_s, chance)) for _ in range(2))
        for one in once:
            for other in once:
                if one < other and not _tie(once, one, other) and not _tie(again, one, other):
                    pairs += 1
                    disagreements += (once[one] < once[other]) != (again[one] < again[other])
    assert pairs > 2000
    assert disagreements / pairs < 0.001


def _measured(true_per_s: list[int], chance: random.Random) -> list[Contender]:
    """What a run measures: starts differ by 4 %, the search is right within 2 %."""
    return [
        contender(str(number), *(rate * math.exp(chance.gauss(0, 0.04) + chance.gauss(0, 0.01)) for _ in range(2)))
        for number, rate in enumerate(true_per_s)
    ]


def _tie(found: dict[str, tuple[int, int]], one: str, other: str) -> bool:
    return found[one][1] >= found[other][0] and found[other][1] >= found[one][0]
