"""Repeats: points and intervals on one axis."""

from sample_documents import FAILED, bench, system

from rush_hour.report.page.entries import entries_of
from rush_hour.report.page.repeats import strips_of


def test_what_ran_once_has_no_repeats() -> None:
    assert strips_of(entries_of([bench(system("one", 1, seconds=2), FAILED)])) == []


def test_each_run_is_a_point_and_all_give_the_interval() -> None:
    repeated = system("one", 1, runs=4, seconds=2)

    first, *_ = strips_of(entries_of([bench(repeated, system("once", 9, seconds=2))]))

    [strip] = first.strips
    assert first.heading == "good answers/s"
    assert len(strip.points) == 4
    assert strip.interval is not None
    assert strip.interval.low < strip.interval.mean < strip.interval.high
    assert all(0 < place < 100 for place, _ in strip.points)
    assert strip.mean_percent is not None
    assert min(strip.points)[0] <= strip.mean_percent <= max(strip.points)[0]
    assert strip.text.count("runs: ") == 1


def test_repeats_that_are_all_alike_are_drawn_in_the_middle() -> None:
    one = system("one", 1, seconds=2)
    alike = bench(type(one)(name="alike", title="Alike", status="ok", runs=[*one.runs, *one.runs]))

    first, *_ = strips_of(entries_of([alike]))

    [strip] = first.strips
    assert {place for place, _ in strip.points} == {50.0}
    assert strip.mean_percent == 50.0
