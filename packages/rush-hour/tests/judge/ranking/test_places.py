import math
import random
from dataclasses import replace

import pytest

from rush_hour.judge.ranking.halving import going_on, promise_per_s
from rush_hour.judge.ranking.places import USUAL_SPREAD, bounds_of, is_better, ranked, restart_spread
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


def test_nothing_is_better_than_what_has_no_end() -> None:
    best, endless = contender("a", 1e9), contender("b", 100.0)
    endless = replace(endless, estimates=[replace(endless.estimates[0], high_per_s=None)])

    assert not is_better(best, endless, 0.03)


def test_where_the_time_was_too_short_the_interval_counts_and_not_the_rate_that_is_stated() -> None:
    best, unsure = contender("a", 4450.0), contender("b", 117.0)
    [wide], [wider] = best.estimates, unsure.estimates
    best = replace(best, estimates=[replace(wide, low_per_s=4196.0, high_per_s=7286.0)])
    unsure = replace(unsure, estimates=[replace(wider, low_per_s=111.0, high_per_s=2246.0)])
    alike = replace(unsure, estimates=[replace(wider, low_per_s=111.0, high_per_s=6000.0)])

    assert is_better(best, unsure, 0.03)
    assert not is_better(best, alike, 0.03)
    assert not is_better(unsure, best, 0.03)


def test_what_is_a_little_better_in_every_round_is_better_and_in_one_alone_it_is_a_tie() -> None:
    assert places([contender("a", 107.0), contender("b", 100.0)]) == {"a": (1, 2), "b": (1, 2)}
    assert places([contender("a", 107.0, 53.0, 215.0, 108.0), contender("b", 100.0, 50.0, 200.0, 100.0)]) == {
        "a": (1, 1),
        "b": (2, 2),
    }


def test_a_round_that_says_otherwise_makes_it_a_tie_again() -> None:
    assert places([contender("a", 112.0, 95.0), contender("b", 100.0, 100.0)]) == {"a": (1, 2), "b": (1, 2)}


def test_one_that_is_better_for_certain_stands_first_whatever_the_last_round_said() -> None:
    a = contender("a", 120.0, 120.0, 120.0, 99.0)
    b = contender("b", 100.0, 100.0, 100.0, 100.0)

    found, _ = ranked([b, a])

    assert [(one.name, one.place) for one in found] == [("a", Place(first=1, last=1)), ("b", Place(first=2, last=2))]


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


@pytest.mark.parametrize("sizes", [(8, 6, 5, 4), (8, 4, 4, 4), (8, 4)])
def test_servers_that_are_alike_are_ties_though_the_best_of_each_round_went_on(sizes: tuple[int, ...]) -> None:
    chance = random.Random(3)  # noqa: S311
    rankings = [_halved([1000] * 8, sizes, chance) for _ in range(300)]

    wrong = sum(any(found[one][1] < found[other][0] for one in found for other in found) for found in rankings)

    assert wrong / len(rankings) <= 0.03


def test_one_that_is_a_tenth_better_is_found_by_four_rounds_and_seldom_by_one() -> None:
    chance = random.Random(4)  # noqa: S311
    true_per_s = [1100, 1000, 1000, 1000]

    found = {
        sizes: sum(_halved(true_per_s, sizes, chance)["0"] == (1, 1) for _ in range(300)) / 300
        for sizes in ((4,), (4, 4, 4, 4))
    }

    assert found[4,] < 0.2
    assert found[4, 4, 4, 4] >= 0.7


def _halved(true_per_s: list[int], sizes: tuple[int, ...], chance: random.Random) -> dict[str, tuple[int, int]]:
    """The places after rounds of so many: each as `_measured`, and in each the machine has a speed of its own."""
    estimates: dict[str, list[Estimate]] = {str(number): [] for number in range(len(true_per_s))}
    left = list(estimates)
    for number, size in enumerate(sizes, start=1):
        if number > 1:
            left = going_on([(name, promise_per_s(estimates[name][-1])) for name in left], size)
        speed_log = chance.gauss(0, 0.05)
        for name in left:
            rate = true_per_s[int(name)] * math.exp(speed_log + chance.gauss(0, 0.03) + chance.gauss(0, 0.01))
            estimates[name].append(
                Estimate(round=number, rate_per_s=rate, low_per_s=0.98 * rate, high_per_s=1.02 * rate, measured_s=10.0)
            )
    return places([replace(contender(name), estimates=found) for name, found in estimates.items()])


def _measured(true_per_s: list[int], chance: random.Random) -> list[Contender]:
    """What a run measures: starts differ by 4 %, the search is right within 2 %."""
    return [
        contender(str(number), *(rate * math.exp(chance.gauss(0, 0.04) + chance.gauss(0, 0.01)) for _ in range(2)))
        for number, rate in enumerate(true_per_s)
    ]


def _tie(found: dict[str, tuple[int, int]], one: str, other: str) -> bool:
    return found[one][1] >= found[other][0] and found[other][1] >= found[one][0]
