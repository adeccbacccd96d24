from dataclasses import replace

import pytest

from rush_hour.core.figures import TimelineRow
from rush_hour.outlets import _IN_ASCII
from rush_hour.report.terminal.blocks import bar, good_each_second, goodput_line, sparkline
from rush_hour.results.run import LoadResult, PlanFacts, Run, Verdict


@pytest.mark.parametrize(
    ("ratio", "picture"),
    [(0, "····"), (0.0001, "╸···"), (0.5, "━━··"), (0.6, "━━╸·"), (1, "━━━━"), (1.5, "━━━━")],
)
def test_a_bar_is_filled_by_its_share(ratio: float, picture: str) -> None:
    assert bar(ratio, 4) == picture


def test_a_sparkline_goes_from_nothing_to_what_is_offered() -> None:
    assert sparkline([0, 1, 250, 500, 1000, 2000], 1000, 10) == " ▁▂▄▇▇"
    assert sparkline([], 1000, 10) == ""


def test_more_values_than_fit_are_means() -> None:
    assert sparkline([0, 1000, 500, 500, 1000, 1000], 1000, 3) == "▄▄▇"


def test_each_block_has_one_character_of_ascii() -> None:
    blocks = bar(0.55, 4) + sparkline(range(1, 8), 7, 7)

    assert all(len(_IN_ASCII[block]) == 1 and _IN_ASCII[block].isascii() for block in blocks)


def run_with(plan: PlanFacts, result: LoadResult, seconds: list[tuple[float, int]]) -> Run:
    rows = [
        TimelineRow(at_s=at_s, sent=good, good=good, bad=0, failed=0, p50_us=None, p99_us=None)
        for at_s, good in seconds
    ]
    return Run(plan=plan, result=replace(result, timeline=rows), verdict=Verdict(trusted=True))


@pytest.mark.parametrize(
    ("duration_s", "seconds", "good"),
    [
        (3.0, [(1.001, 10), (2.0, 20), (3.0, 30), (3.05, 1)], [10, 20, 31]),
        (3.0, [(1.0, 10), (3.0, 30), (4.0, 7)], [10, 0, 30]),
        (1.5, [(1.0, 10), (1.5, 10)], [10, 20]),
        (0.2, [(0.2, 10)], [50]),
        (3.0, [], []),
        (3600.0, [(0.0, 50)], [500]),
    ],
)
def test_good_answers_are_counted_by_the_second_until_no_more_are_due(
    plan: PlanFacts, result: LoadResult, duration_s: float, seconds: list[tuple[float, int]], good: list[float]
) -> None:
    run = run_with(replace(plan, duration_s=duration_s), result, seconds)

    assert good_each_second(run) == pytest.approx(good)


def test_a_closed_loop_is_drawn_against_its_own_best_second(plan: PlanFacts, result: LoadResult) -> None:
    run = run_with(replace(plan, rate_per_s=None), result, [(1.0, 10), (2.0, 20)])

    assert goodput_line(run, 8) == "▄▇"
