"""Comparisons on the page: points and intervals on one axis."""

from compared_systems import repeated, within
from made_systems import Maker, bench, system

from rush_hour.report.page.differences import differences_of
from rush_hour.report.page.page import render_page


def test_each_figure_is_a_point_and_an_interval_around_it(make: Maker) -> None:
    made = bench(repeated(make, "one", 1000, 1040, 1000), repeated(make, "two", 1200, 1230, 1180))

    [view] = differences_of([within(made, "one", "two")])

    p99 = view.rows[2]
    assert (p99.heading, p99.first, p99.verdict, p99.tone) == ("p99", "1.01 ms", "slower", "failed")
    assert p99.low_percent is not None
    assert p99.mean_percent is not None
    assert p99.high_percent is not None
    assert 50 < view.margin_high_percent < p99.low_percent < p99.mean_percent < p99.high_percent <= 100
    assert view.margin_low_percent + view.margin_high_percent == 100


def test_a_figure_without_an_interval_has_no_point(make: Maker) -> None:
    made = bench(repeated(make, "one", 1000), repeated(make, "two", 1000))

    [view] = differences_of([within(made, "one", "two")])

    memory = view.rows[-1]
    assert (memory.mean_percent, memory.change, memory.least_found) == (None, "\N{EN DASH}", "\N{EN DASH}")
    assert (view.begin, view.end) == ("-5 %", "+5 %")


def test_a_difference_beyond_any_axis_ends_at_its_end(make: Maker) -> None:
    made = bench(repeated(make, "one", 10, 11, 10), repeated(make, "two", 900_000, 900_001, 900_000))

    [view] = differences_of([within(made, "one", "two")])

    assert view.end == "+900 %"
    assert view.rows[1].mean_percent == 100


def test_the_page_has_the_answer_of_the_comparison_its_rows_and_the_systems(make: Maker) -> None:
    made = bench(repeated(make, "one", 1000, 1040, 1000), repeated(make, "<two>", 1200, 1230, 1180))
    comparison = within(made, "one", "<two>")

    page = render_page([made], [comparison])

    assert '<p class="answer">&lt;two&gt; is slower than one: p50 ' in page
    assert page.count('<svg class="strip"') >= 6
    assert '<a href="#comparison">Comparison</a>' in page
    assert "<two>" not in page


def test_what_cannot_be_compared_is_a_sentence_on_the_page(make: Maker) -> None:
    made = bench(system("one", status="failed"), repeated(make, "two", 1000))

    assert "two cannot be compared with one: one was not measured." in render_page([made], [within(made, "one", "two")])
