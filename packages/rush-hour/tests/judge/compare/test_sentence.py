"""Comparisons in a sentence."""

import pytest
from compared_systems import compared, repeated, run_of, within
from made_systems import Maker, bench, system

from rush_hour.core.intervals import Interval
from rush_hour.judge.compare.sentence import answer_of_comparison, answer_of_comparisons, change_text


def said(make: Maker, first: list[int], second: list[int], *cpu_s: list[float]) -> str:
    of_first, of_second = cpu_s or ([5.0] * len(first), [5.0] * len(second))
    one = repeated(make, "one", *first, cpu_s=of_first)
    return answer_of_comparison(within(bench(one, repeated(make, "two", *second, cpu_s=of_second)), "one", "two"))


SAME = [1000] * 4
CPU = [5.0] * 4


def test_what_is_slower_or_faster_is_said_to_be_with_each_figure(make: Maker) -> None:
    slower = "p50 +10.0 % ± 0.0 %, p99 +10.0 % ± 0.0 % and p99.9 +10.0 % ± 0.0 %"
    rest = "The same within ±2 %: good answers/s, CPU per answer and peak memory."
    assert said(make, SAME, [1100] * 4) == f"two is slower than one: {slower}. {rest}"
    assert said(make, [1100] * 4, SAME).startswith("two is faster than one: p50 -9.1 % ± 0.0 %, ")


def test_what_only_costs_more_or_less_is_said_to(make: Maker) -> None:
    assert said(make, SAME, SAME, CPU, [6.0] * 4).startswith(
        "two is more expensive than one: CPU per answer +20.0 % ± 0.0 %. "
    )
    assert said(make, SAME, SAME, [6.0] * 4, CPU).startswith("two is cheaper than one: ")


def test_what_is_better_in_one_respect_and_worse_in_another_is_both(make: Maker) -> None:
    assert said(make, SAME, [900] * 4, CPU, [6.0] * 4).startswith(
        "two is better in some respects and worse in others than one: p50 -10.0 % ± 0.0 %, "
    )


def test_goodput_alone_makes_better_or_worse(make: Maker) -> None:
    made = bench(
        system("one", *(make.run(goodput_per_s=rate) for rate in (900.0, 901.0))),
        system("two", *(make.run(goodput_per_s=rate) for rate in (500.0, 500.5))),
    )

    assert answer_of_comparison(within(made, "one", "two")).startswith("two is worse than one: good answers/s ")
    assert answer_of_comparison(within(made, "two", "one")).startswith("one is better than two: good answers/s ")


def test_what_is_the_same_is_said_to_be(make: Maker) -> None:
    assert said(make, SAME, SAME) == (
        "two and one are the same within ±2 %: good answers/s, p50, p99, p99.9, CPU per answer and peak memory."
    )


def test_what_cannot_be_told_has_how_many_more_repeats_would(make: Maker) -> None:
    text = said(make, [1000, 1030, 990, 1010], [1010, 1000, 1005, 1020])

    assert text.startswith("No difference between two and one was found: about ")
    assert " more repeats would tell. The same within ±2 %: good answers/s, CPU per answer and peak memory; " in text
    assert text.endswith("; cannot be told: p50, p99 and p99.9.")


def test_what_varies_too_much_is_said_to(make: Maker) -> None:
    text = said(make, [1000, 90_000, 10, 1010], [1010, 10, 90_000, 1020])

    assert text.startswith("No difference between two and one was found: they vary too much. ")


def test_one_run_each_is_told_of_in_the_past_and_asks_for_repeats(make: Maker) -> None:
    one, two = (system(name, run_of(make, us, second_us=10)) for name, us in (("one", 1000), ("two", 1200)))

    text = answer_of_comparison(within(bench(one, two), "one", "two"))

    assert text.startswith("two was slower than one: p50 +20.0 % ± ")
    alone = compared(bench(repeated(make, "app", 1000)), bench(repeated(make, "app", 1100, 1101)))
    assert answer_of_comparison(alone) == (
        "Whether branch is faster or slower than main cannot be told: repeat both (rush-hour bench --repeats 9)."
    )


def test_what_cannot_be_compared_has_every_reason(make: Maker) -> None:
    made = bench(system("one", status="failed"), system("two", status="failed"))

    comparison = within(made, "one", "two")

    expected = "two cannot be compared with one: one was not measured and two was not measured."
    assert answer_of_comparison(comparison) == expected
    assert answer_of_comparisons([comparison, comparison]) == f"{expected} {expected}"


def test_without_any_common_figure_it_says_so(make: Maker) -> None:
    nothing = make.run(goodput_per_s=0.0, latency_us=None)
    made = bench(system("one", nothing), system("two", nothing))

    assert answer_of_comparison(within(made, "one", "two")) == (
        "two and one have no figures that can be compared."
    )  # fmt: skip


@pytest.mark.parametrize(
    ("ratio", "text"),
    [
        ((1.052, 1.072, 1.092), "+7.2 % ± 2.0 %"),
        ((0.9, 0.95, 1.0), "-5.0 % ± 5.0 %"),
        ((0.99999, 0.99999, 0.99999), "0.0 % ± 0.0 %"),
        ((0.8, 1.0, 1.25), "0 % (-20 to +25 %)"),
        ((0.567, 0.75, 0.993), "-25 % (-43 to -1 %)"),
        ((0.562, 0.75, 1.002), "-25 % (-44 to 0 %)"),
        ((0.957, 1.05, 1.152), "+5.0 % ± 9.7 %"),
        ((1.0007, 1.0104, 1.0201), "+1.0 % (+0.1 to +2.0 %)"),
        ((0.9993, 1.009, 1.0188), "+0.9 % ± 1.0 %"),
        ((2.1, 2.35, 2.6), "2.35 times (2.1 to 2.6)"),
        ((0.0001, 1.0, 5000.0), "1 times (less than 0.001 to more than 1,000)"),
    ],
)
def test_a_ratio_is_shown_in_per_cent_or_as_a_factor(ratio: tuple[float, float, float], text: str) -> None:
    low, mean, high = ratio

    assert change_text(Interval(low=low, mean=mean, high=high)) == text
