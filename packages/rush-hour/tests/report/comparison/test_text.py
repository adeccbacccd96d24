"""Comparisons on the terminal."""

from collections.abc import Sequence

from compared_systems import compared, repeated, run_of, within
from made_systems import Maker, bench, system
from rich.console import Console

from rush_hour.judge.compare.compare import Comparison
from rush_hour.report.comparison.text import comparisons_report


def shown(comparisons: Sequence[Comparison], width: int = 1000) -> list[str]:
    console = Console(width=width, no_color=True, highlight=False)
    with console.capture() as captured:
        console.print(comparisons_report(comparisons))
    return captured.get().splitlines()


def test_blocks_are_shown_with_what_could_have_been_found(make: Maker) -> None:
    made = bench(repeated(make, "one", 1000, 1040, 1000), repeated(make, "two", 1200, 1230, 1180))

    lines = shown([within(made, "one", "two")])

    assert lines[0].startswith("two is slower than one: p50 +18.8 % ± 6.8 %, p99 +18.8 % ± 6.2 % and p99.9 ")
    assert [line.split() for line in lines[2:6]] == [
        ["would", "be", "runs", "of", "one"],
        ["figure", "one", "two", "difference", "verdict", "found", "from", "differ", "by", "up", "to"],
        ["good", "answers/s", "1,000", "1,000", "0.0", "%", "±", "0.0", "%", "same", "0.0", "%", "0.0", "%"],
        ["p50", "1.01", "ms", "1.20", "ms", "+18.8", "%", "±", "6.8", "%", "slower", "6.5", "%", "4.2", "%"],
    ]
    assert lines[-2] == "3 blocks, in each of which both were started once; ratios are of one block."
    assert lines[-1] == (
        "Intervals are of 98.3 % to 99.2 %, as Holm's method wants them: where nothing differs, a difference is told "
        "of once in 20 comparisons. Within ±2 % systems are the same."
    )


def test_one_run_each_says_that_starts_are_not_in_it(make: Maker) -> None:
    one, two = (system(name, run_of(make, us, second_us=10)) for name, us in (("one", 1000), ("two", 1010)))

    lines = shown([within(bench(one, two), "one", "two")])

    assert "memory" in lines[-3]
    assert lines[-2] == (
        "One run of each: intervals are from how the seconds of those runs differ. How much starts differ is not in "
        "them; repeat (rush-hour bench --repeats 9) before you rely on it."
    )


def test_what_is_to_be_known_comes_last_and_several_answers_first(make: Maker) -> None:
    main, branch = (bench(repeated(make, "app", *us)) for us in ([1000, 1001], [1000, 1001]))
    comparison = compared(main, branch)

    lines = shown([comparison, comparison])

    assert lines[0] == lines[1]
    assert lines[-1] == (
        "! They were measured one after the other: what changed on the machine in between is in the difference."
    )
    assert "2 runs and 2 runs, each a start of its own." in lines


def test_what_cannot_be_compared_has_no_table(make: Maker) -> None:
    made = bench(system("one", status="failed"), repeated(make, "two", 1000))

    assert shown([within(made, "one", "two")]) == ["two cannot be compared with one: one was not measured."]
