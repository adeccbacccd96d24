"""Comparisons of documents: each figure with its verdict, and why it has none."""

from dataclasses import replace

import pytest
from compared_systems import compared, repeated, run_of, within
from made_systems import Maker, bench, system

from rush_hour.judge.compare.compare import Comparison


def verdicts(comparison: Comparison) -> dict[str, str]:
    return {line.metric.code: line.words for line in comparison.lines}


def test_within_blocks_a_drifting_machine_hides_nothing(make: Maker) -> None:
    made = bench(
        repeated(make, "one", 1000, 2000, 3000, 4000, 5000),
        repeated(make, "two", 1101, 2198, 3302, 4397, 5504, cpu_s=[4.0] * 5),
    )

    comparison = within(made, "one", "two")

    assert (comparison.basis, comparison.repeats) == ("blocks", 5)
    assert verdicts(comparison) == {
        "goodput": "same", "p50": "slower", "p99": "slower", "p99.9": "slower", "cpu": "better", "memory": "same",
    }  # fmt: skip
    assert [line.words for line in within(made, "two", "one").of("better")] == ["faster"] * 3


def test_of_two_documents_runs_are_not_paired(make: Maker) -> None:
    first = bench(repeated(make, "app", 1000, 2000, 3000, 4000, 5000))
    second = bench(repeated(make, "app", 1101, 2198, 3302, 4397, 5504))

    comparison = compared(first, second)

    assert comparison.basis == "runs"
    [p99] = [line for line in comparison.lines if line.metric.code == "p99"]
    assert (p99.verdict, p99.more_repeats is not None) == ("cannot tell", True)


def test_runs_of_blocks_that_the_other_system_does_not_have_are_not_paired(make: Maker) -> None:
    one = repeated(make, "one", 1000, 2000, 3000)
    two = repeated(make, "two", 1100, 2200, 9999)
    missing = replace(
        two, runs=[*two.runs[:2], replace(two.runs[2], verdict=replace(two.runs[2].verdict, trusted=False))]
    )

    comparison = within(bench(one, missing), "one", "two")

    assert (comparison.basis, comparison.repeats) == ("blocks", 2)
    assert comparison.of("worse") == [line for line in comparison.lines if line.metric.code in {"p50", "p99", "p99.9"}]


def test_of_one_run_each_seconds_tell_something_and_of_p99_9_and_memory_nothing(make: Maker) -> None:
    made = bench(system("one", run_of(make, 1000, second_us=10)), system("two", run_of(make, 1200, second_us=10)))

    comparison = within(made, "one", "two")

    assert comparison.basis == "seconds"
    assert verdicts(comparison) == {
        "goodput": "same", "p50": "slower", "p99": "slower", "p99.9": "cannot tell", "cpu": "cannot tell",
        "memory": "cannot tell",
    }  # fmt: skip
    assert {line.look.reason for line in comparison.of("cannot tell")} == {"one run does not tell how much it varies"}


def test_one_run_beside_several_tells_nothing(make: Maker) -> None:
    comparison = compared(bench(repeated(make, "app", 1000)), bench(repeated(make, "app", 1100, 1101)))

    assert comparison.basis is None
    assert set(verdicts(comparison).values()) == {"cannot tell"}
    assert all(line.more_repeats is None for line in comparison.lines)


def test_a_figure_that_one_side_does_not_have_is_not_compared(make: Maker) -> None:
    few = system("few", *(run_of(make, 1000, count=999) for _ in range(2)))
    comparison = within(bench(repeated(make, "one", 1000, 1000), few), "one", "few")

    [p99] = [line for line in comparison.lines if line.metric.code == "p99"]
    assert (p99.words, p99.look.reason) == ("not comparable", "few: too few good answers")
    assert p99.look.first == pytest.approx(1000)
    assert p99.look.second is None


def test_a_figure_of_neither_side_is_left_out(make: Maker) -> None:
    plain = [system(name, make.run(), make.run()) for name in ("one", "two")]

    assert "cpu" not in verdicts(within(bench(*plain), "one", "two"))


def test_where_nothing_was_answered_there_is_no_ratio(make: Maker) -> None:
    nothing = make.run(goodput_per_s=0.0, latency_us=None)
    comparison = within(bench(repeated(make, "one", 1000, 1000), system("two", nothing, nothing)), "one", "two")

    assert verdicts(comparison)["goodput"] == "not comparable"
    assert comparison.lines[0].look.reason == "two: no good answers"


def test_noise_is_the_most_by_which_neighbouring_runs_of_one_system_differ(make: Maker) -> None:
    comparison = within(
        bench(repeated(make, "one", 1000, 1100, 1000), repeated(make, "two", 1000, 1050, 1000)), "one", "two"
    )

    p50 = comparison.lines[1].look
    assert p50.noise == pytest.approx(1.1)
    assert p50.noise_pairs == 4


def test_the_figures_shown_are_of_the_blocks_that_the_ratio_is_of(make: Maker) -> None:
    one, two = repeated(make, "one", 1000, 1000, 1000, 9000), repeated(make, "two", 1200, 1230, 1180)
    one = replace(one, runs=[replace(run, block=number) for number, run in enumerate(one.runs, start=1)])
    two = replace(two, runs=[replace(run, block=number) for number, run in enumerate(two.runs, start=1)])

    [p50] = [line for line in within(bench(one, two), "one", "two").lines if line.metric.code == "p50"]

    assert p50.look.first == pytest.approx(1000)
    assert p50.judged is not None
    assert p50.judged.ratio.mean == pytest.approx((p50.look.second or 0) / 1000)
