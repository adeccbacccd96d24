"""What is said of requirements, their order, and the exit code of all of them."""

from dataclasses import replace

import pytest
from checked_systems import checked, found
from compared_systems import repeated, run_of
from made_systems import LATE, Maker, bench, load, system

from rush_hour.judge.require.finding import Check, Finding
from rush_hour.judge.require.sentence import answer_of_check


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("p99 < 2ms", "p99 is 1.00 ms, < 2.00 ms"),
        ("p99 < 250us", "p99 is 1.00 ms, not < 250 µs (300 % beyond)"),
        ("p99 < 10us", "p99 is 1.00 ms, not < 10 µs (100 times beyond)"),
        ("p99 < 990us", "p99 is 1.00 ms, not < 990 µs (1 % beyond)"),
        ("p99 < 1ms", "p99 is 1.00 ms, not < 1.00 ms"),
        ("errors > 0%", "errors is 0 %, not > 0 %"),
        ("p99[x] < 1s", "p99[x]: no data (the run has no request 'x')"),
        ("p99.99 < 1s @5s..", "p99.99 @5s..: no data (no request was answered well)"),
        ("p99.99 < 1s", "p99.99 < 1.00 s (it says little of 10,000 good answers; 100,000 are needed)"),
    ],
)
def test_each_has_a_sentence(make: Maker, text: str, sentence: str) -> None:
    rows = [
        *make.result.timeline[:5],
        *(replace(row, good=0, p50_us=None, p99_us=None) for row in make.result.timeline[5:]),
    ]

    assert found(load(make.run(timeline=rows)), text).sentence() == sentence


@pytest.mark.parametrize(
    ("p99_us", "text", "sentence"),
    [
        (100_040, "p99 < 100ms", "p99 is 100.04 ms, not < 100 ms (0.04 % beyond)"),
        (99_960, "p99 < 100ms", "p99 is 99.96 ms, < 100 ms"),
        (100_040, "p99 < baseline", "p99 is 100.04 ms, not < 100 ms (0.04 % beyond)"),
    ],
)
def test_a_figure_and_its_limit_are_told_apart(make: Maker, p99_us: int, text: str, sentence: str) -> None:
    finding = found(load(run_of(make, p99_us)), text, baseline=load(run_of(make, 100_000)))

    assert finding.sentence() == sentence


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("p99 < 2ms", "46 % to 54 % within"),
        ("p99 > 2ms", "46 % to 54 % beyond"),
        ("p99 < 500us", "84 % to 117 % beyond"),
        ("p99 < 1ms", "from 7.9 % within to 8.5 % beyond"),
    ],
)
def test_where_the_interval_of_repeats_lies_is_said(make: Maker, text: str, note: str) -> None:
    assert found(bench(repeated(make, "a", 1000, 1033, 967)), text).note.partition(";")[0] == note


def test_a_limit_of_a_baseline_without_a_figure_is_as_it_was_written(make: Maker) -> None:
    assert found(load(make.run()), "p99 <= baseline * 1.05").limit_text == "<= baseline * 1.05"
    assert found(load(make.run()), "p99 <= baseline").limit_text == "<= baseline"


TEXTS = ("p99.99 < 1s", "p99 < 2ms", "memory < 1GiB", "p99 < 900us", "p99 < 500us", "errors > 0%")


def test_the_worst_come_first(make: Maker) -> None:
    done = checked(load(make.run()), ", ".join(TEXTS))

    assert [one.clause.text for one in done.of("met", "not met", "cannot tell", "no data")] == [
        "errors > 0%", "p99 < 500us", "p99 < 900us", "memory < 1GiB", "p99.99 < 1s", "p99 < 2ms",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        (("p99 < 2ms",), 0),
        (("p99 < 2ms", "p99 < 1us"), 1),
        (("p99 < 2ms", "memory < 1B"), 1),
        (("p99 < 2ms", "p99.99 < 1s"), 4),
        (("p99 < 1us", "p99.99 < 1s"), 1),
    ],
)
def test_what_is_not_met_comes_before_what_cannot_be_told(make: Maker, texts: tuple[str, ...], code: int) -> None:
    assert checked(load(make.run()), *texts).exit_code == code


def test_nothing_at_all_is_not_met() -> None:
    assert Check(findings=[]).exit_code == 1
    assert answer_of_check(Check(findings=[])) == "Nothing was measured: no requirement is met."


@pytest.mark.parametrize(
    ("texts", "answer"),
    [
        ("p99 < 2ms", "The requirement is met: p99 is 1.00 ms, < 2.00 ms."),
        ("p99 < 2ms, good > 99%", "All 2 requirements are met."),
        ("p99 < 500us", "The requirement is not met: p99 is 1.00 ms, not < 500 µs (100 % beyond)."),
        (
            "p99 < 500us, p90 < 500us",
            "None of 2 requirements is met: p99 is 1.00 ms, not < 500 µs (100 % beyond), and 1 more.",
        ),
        (
            "p99.99 < 1s",
            (
                "Whether the requirement is met cannot be told: p99.99 < 1.00 s (it says little of 10,000 good "
                "answers; 100,000 are needed)."
            ),
        ),
        (
            "p99 < 500us, memory < 1B, p90 < 2ms, p99.99 < 1s",
            (
                "2 of 4 requirements are not met: p99 is 1.00 ms, not < 500 µs (100 % beyond), and 1 more. Whether 1 "
                "of 4 requirements is met cannot be told: p99.99 < 1.00 s (it says little of 10,000 good answers; "
                "100,000 are needed)."
            ),
        ),
    ],
)
def test_all_have_an_answer(make: Maker, texts: str, answer: str) -> None:
    assert answer_of_check(checked(load(make.run()), texts)) == answer


def test_of_several_systems_the_answer_names_the_one(make: Maker) -> None:
    done = checked(bench(system("a", make.run()), system("b", make.run(LATE, trusted=False))), "p99 < 500us")

    assert answer_of_check(done) == (
        "1 of 2 requirements is not met: p99 of a is 1.00 ms, not < 500 µs (100 % beyond). Whether 1 of 2 requirements "
        "is met cannot be told: p99 of b < 500 µs (its figures cannot be trusted: the load generator was late)."
    )


def test_a_finding_far_beyond_anything_is_still_readable(make: Maker) -> None:
    [clause] = [one.clause for one in checked(load(make.run()), "p99 < 1us").findings]

    far = Finding(system="a", clause=clause, state="not met", value=1e9, limit=1e-3)
    near = Finding(system="a", clause=clause, state="not met", value=1.00001, limit=1.0)

    assert (far.beyond_text, near.beyond_text) == ("over a million times beyond", "less than 0.01 % beyond")
