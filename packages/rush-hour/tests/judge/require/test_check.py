"""Systems held against what they must keep: met, not met, without data, or not to be told."""

from dataclasses import replace

import pytest
from checked_systems import checked, found
from compared_systems import repeated, run_of
from made_systems import LATE, Maker, bench, latency, load, system

from rush_hour.results.document import Document, MachineFacts, SuiteFacts
from rush_hour.results.run import Run, Verdict


@pytest.mark.parametrize(
    ("text", "state", "note"),
    [
        ("p99 < 2ms", "met", ""),
        ("p99 < 500us", "not met", "100 % beyond"),
        ("p99 < 1ms", "not met", ""),
        ("goodput > 8k/s", "not met", "88 % beyond"),
        ("errors = 0%", "met", ""),
        ("good >= 99.9%", "met", ""),
        ("memory < 1GiB", "no data", "it was not measured"),
        ("p99[x] < 1s", "no data", "the run has no request 'x'"),
        ("p99 < 1s @1h..", "no data", "the run has no whole second there"),
        ("p99.99 < 1s", "cannot tell", "it says little of 10,000 good answers; 100,000 are needed"),
    ],
)
def test_of_one_run_the_figure_itself_decides(make: Maker, text: str, state: str, note: str) -> None:
    finding = found(load(make.run()), text)

    assert (finding.state, finding.note) == (state, note)


def test_a_figure_without_an_answer_is_no_data(make: Maker) -> None:
    nothing = make.run(latency_us=None, goodput_per_s=0.0)

    assert found(load(nothing), "p99 < 1s").reason == "no request was answered well"


def test_of_repeats_the_whole_interval_decides(make: Maker) -> None:
    document = bench(repeated(make, "a", 1000, 1040, 960))

    assert [one.state for one in checked(document, "p99 < 1.2ms, p99 < 800us, p99 < 1.02ms").findings] == [
        "met",
        "not met",
        "cannot tell",
    ]


def test_what_must_be_equal_is_held_run_by_run(make: Maker) -> None:
    document = bench(repeated(make, "a", 1000, 1001))

    assert [one.note for one in checked(document, "p99 = 1ms, p99 = 2ms").findings] == [
        "1 of 2 runs keep it",
        "50 % beyond",
    ]


def test_how_many_more_repeats_would_tell_is_said(make: Maker) -> None:
    finding = found(bench(repeated(make, "a", 1000, 1040, 960)), "p99 < 1.02ms")

    assert finding.reason == "from 11 % within to 8.2 % beyond; about 15 more repeats would tell"


def test_repeats_that_nobody_could_make_are_not_asked_for(make: Maker) -> None:
    assert "repeats would tell" not in found(bench(repeated(make, "a", 1000, 1040, 960)), "p99 < 1000us").reason


def test_clauses_of_one_check_are_decided_together(make: Maker) -> None:
    """What an interval of its own would say is not said of one among many, as Holm's method wants it."""
    a, b = repeated(make, "a", 1000, 1005, 1010), repeated(make, "b", 1000, 1040, 960)
    alone, text = found(bench(a), "p99 < 1.02ms"), "p99 < 1.02ms"

    among = checked(bench(a, b, replace(b, name="c")), text).findings[0]

    assert alone.state == "met"
    assert among.state == "cannot tell"


@pytest.mark.parametrize(
    ("goods", "state", "reason"),
    [
        ((999.9, 999.9), "met", ""),
        ((990.0, 990.0), "not met", ""),
        ((990.0, 999.9), "cannot tell", "1 of 2 runs keep it"),
    ],
)
def test_of_shares_each_run_must_keep_the_limit(
    make: Maker, goods: tuple[float, float], state: str, reason: str
) -> None:
    document = bench(system("a", *(make.run(goodput_per_s=good) for good in goods)))

    finding = found(document, "good >= 99.9%")

    assert (finding.state, finding.reason) == (state, reason)


def test_what_is_nothing_has_no_ratio(make: Maker) -> None:
    silent = make.run(latency_us=None, goodput_per_s=0.0)

    assert found(bench(system("a", silent, silent)), "goodput > 1/s").state == "not met"
    assert found(bench(system("a", silent, silent)), "goodput >= 0/s").state == "met"


def test_nothing_is_said_of_what_cannot_be_trusted(make: Maker) -> None:
    document = load(make.run(LATE, trusted=False))

    for text in ("p99 < 1h", "p99 < 1us", "memory < 1GiB"):
        finding = found(document, text)
        assert (finding.state, finding.value) == ("cannot tell", None)
        assert finding.reason == "its figures cannot be trusted: the load generator was late"


def test_runs_that_cannot_be_trusted_are_left_out_beside_others(make: Maker) -> None:
    done = checked(bench(system("a", make.run(), make.run(LATE, trusted=False))), "p99 < 2ms")

    assert done.findings[0].runs == 1
    assert done.notes == ["1 of 2 runs of a are left out: not trusted, or cut short."]


@pytest.mark.parametrize(
    ("status", "state", "reason"),
    [
        ("failed", "no data", "failed: the server ended"),
        ("unavailable", "no data", "unavailable: the server ended"),
        ("interrupted", "cannot tell", "it was interrupted"),
        ("ok", "no data", "it was not measured"),
    ],
)
def test_a_system_without_runs_has_no_figures(status: str, state: str, reason: str) -> None:
    made = system("a", status=status, reason="the server ended:\nlast line of its log")  # type: ignore[arg-type]

    finding = found(bench(made), "p99 < 1s")

    assert (finding.state, finding.reason) == (state, reason)
    assert (found(bench(replace(made, reason=None)), "p99 < 1s").reason == status) == (
        status in {"failed", "unavailable"}
    )


def test_a_system_that_failed_after_a_run_has_no_data(make: Maker) -> None:
    assert found(bench(system("a", make.run(), status="failed")), "p99 < 1s").state == "no data"


def test_a_run_that_was_cut_short_does_not_tell(make: Maker) -> None:
    assert found(load(make.run(interrupted=True)), "p99 < 1s").state == "cannot tell"


def one_second(make: Maker, latency_us: int, second_us: int = 0) -> Document:
    return load(run_of(make, latency_us, second_us=second_us))


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("p99 <= baseline * 1.2", "met"),
        ("p99 <= baseline", "not met"),
        ("p50 <= baseline * 1.1", "cannot tell"),
        ("good >= baseline", "met"),
        ("errors <= baseline", "met"),
        ("good > baseline", "not met"),
        ("memory < baseline", "cannot tell"),
        ("p90 < baseline", "cannot tell"),
        ("goodput >= baseline * 0.9", "met"),
        ("goodput >= baseline * 0.9 @5s..", "cannot tell"),
        ("goodput[x] > baseline", "no data"),
    ],
)
def test_beside_a_baseline_of_one_run_the_seconds_decide(make: Maker, text: str, state: str) -> None:
    finding = found(one_second(make, 1100, 100), text, baseline=one_second(make, 1000, 100))

    assert finding.state == state


def test_one_run_each_does_not_tell_of_what_has_no_seconds(make: Maker) -> None:
    finding = found(one_second(make, 1100), "p99.9 <= baseline", baseline=one_second(make, 1000))

    assert (finding.state, finding.reason) == (
        "cannot tell",
        "one run does not tell how much it varies; repeat both, with rush-hour bench --repeats 9",
    )
    assert finding.limit == 1000


def test_how_seconds_are_to_be_read_is_noted(make: Maker) -> None:
    done = checked(one_second(make, 1100, 100), "p50 <= baseline * 1.1", baseline=one_second(make, 1000, 100))

    assert done.notes[0].startswith("They were measured one after the other")
    assert done.notes[-1].startswith("One run of each: ")
    assert done.findings[0].reason.endswith("beyond; repeat both, with rush-hour bench --repeats 9")
    assert checked(one_second(make, 1100, 100), "p99 < 1s").notes == []


def test_beside_a_system_of_the_same_document_blocks_are_paired(make: Maker) -> None:
    """The machine becomes twice as slow, which is in no block's ratio."""
    document = bench(repeated(make, "a", 1000, 1500, 2000), repeated(make, "b", 1020, 1530, 2040))

    done = checked(document, "p99 <= baseline * 1.05, p50 < 1s", baseline=document, baseline_system="a")

    assert [(one.system, one.clause.text, one.state) for one in done.findings] == [
        ("a", "p50 < 1s", "met"),
        ("b", "p99 <= baseline * 1.05", "met"),
        ("b", "p50 < 1s", "met"),
    ]


def test_figure_and_limit_are_of_the_blocks_that_the_ratio_is_of(make: Maker) -> None:
    """The fast run of a block of which the baseline has none is in neither, or it would contradict the verdict."""
    base, head = repeated(make, "a", 1000, 1002, 1000), repeated(make, "b", 1100, 1100, 500)
    spoilt = replace(base, runs=[*base.runs[:2], replace(base.runs[2], verdict=Verdict(trusted=False, warnings=[]))])
    document = bench(spoilt, head)

    done = checked(
        document, "p99 <= baseline * 1.05, good >= baseline", system="b", baseline=document, baseline_system="a"
    )

    finding, share = done.findings
    assert (finding.state, finding.runs, finding.figure_text) == ("not met", 2, "1.10 ms")
    assert finding.beyond_ratio == pytest.approx(finding.ratio.mean - 1)  # type: ignore[union-attr]
    assert share.runs == 3


def test_beside_another_document_runs_are_apart(make: Maker) -> None:
    before, after = (bench(repeated(make, "a", *runs)) for runs in ((1000, 1500, 2000), (1020, 1530, 2040)))

    assert found(after, "p99 <= baseline * 1.05", baseline=before).state == "cannot tell"


def test_shares_beside_repeats_are_held_against_each_of_them(make: Maker) -> None:
    before, after = (
        bench(system("a", *(make.run(goodput_per_s=good) for good in goods)))
        for goods in ((1000.0, 980.0), (990.0, 985.0))
    )

    assert found(after, "good >= baseline", baseline=before).reason == "some runs keep it, and some do not"
    assert found(after, "good >= baseline * 0.98", baseline=before).state == "met"


@pytest.mark.parametrize(
    ("baseline", "state", "reason"),
    [
        ("untrusted", "cannot tell", "the baseline: its figures cannot be trusted: the load generator was late"),
        (
            "another machine",
            "cannot tell",
            "they were measured on different machines (2 cores of Fast, 1 B; 2 cores of Slow, 1 B)",
        ),
        ("missing", "no data", "the baseline has no system a"),
        ("none", "no data", "there is no baseline"),
        ("without it", "no data", "the baseline: it was not measured"),
    ],
)
def test_a_baseline_that_says_nothing_is_named(make: Maker, baseline: str, state: str, reason: str) -> None:
    slow = MachineFacts(cpu="Fast", cores=2, memory_bytes=1, kernel="6", system="Linux", limits={})
    one = bench(repeated(make, "a", 1000, 1010))
    others = {
        "untrusted": bench(system("a", make.run(LATE, trusted=False))),
        "another machine": replace(one, machine=slow),
        "missing": bench(repeated(make, "b", 1000), repeated(make, "c", 1000)),
        "none": None,
        "without it": bench(system("a")),
    }

    document = replace(one, machine=replace(slow, cpu="Slow"))
    finding = found(document, "p99 < baseline", baseline=others[baseline])

    assert (finding.state, finding.reason) == (state, reason)
    assert finding.limit is None


def test_a_baseline_of_another_name_is_named_in_what_is_said(make: Maker) -> None:
    document, before = bench(repeated(make, "a", 1000)), bench(system("b"))

    assert found(document, "p99 < baseline", baseline=before).reason == "the baseline (b): it was not measured"


def test_a_system_that_was_left_out_is_no_baseline(make: Maker) -> None:
    document = bench(repeated(make, "a", 1000))

    finding = found(document, "p99 < baseline", baseline=document, baseline_system="b")

    assert finding.reason == "the baseline (b) was not measured"


def test_only_the_system_that_is_named_is_checked(make: Maker) -> None:
    document = bench(repeated(make, "a", 1000), repeated(make, "b", 1000))

    done = checked(document, "p99 < 1s", system="b", own={"a": ["p50 < 1s"], "b": ["p90 < 1s"]})

    assert [(one.system, one.clause.text) for one in done.findings] == [("b", "p99 < 1s"), ("b", "p90 < 1s")]


def test_few_answers_of_one_repeat_are_enough_to_say_nothing(make: Maker) -> None:
    few: Run = make.run(latency_us=latency(8000, count=999))

    assert found(bench(system("a", make.run(), few)), "p99 < 1h").reason == (
        "it says little of 999 good answers; 1,000 are needed"
    )
    assert found(bench(system("a", few, few)), "max < 1h").state == "met"
    assert found(bench(system("a", few, few)), "p95 < 1h").state == "met"


def test_runs_of_a_baseline_that_are_left_out_are_told_of_once(make: Maker) -> None:
    document = bench(
        system("a", make.run(), make.run(), make.run(LATE, trusted=False)), system("b", make.run(), make.run())
    )
    text, left_out = "good >= baseline", "1 of 3 runs of {} are left out: not trusted, or cut short."

    both = checked(document, text, baseline=document, baseline_system="a")
    one = checked(document, text, system="b", baseline=document, baseline_system="a")

    assert both.notes == [left_out.format("a")]
    assert one.notes == [left_out.format("the baseline (a)")]


def test_runs_that_are_left_out_of_what_was_are_told_of(make: Maker) -> None:
    base = system("app@main", make.run(), make.run(), make.run(LATE, trusted=False))
    document = bench(base, replace(system("app", make.run(), make.run()), base="app@main"))

    assert checked(document, "good >= baseline").notes == [
        "1 of 3 runs of app@main are left out: not trusted, or cut short."
    ]
    assert checked(document, "good >= 99%").notes == []


def test_runs_before_a_failure_are_not_told_of_where_they_are_not_held_against_anything(make: Maker) -> None:
    failed = system("a", make.run(), make.run(LATE, trusted=False), status="failed", reason="gone")

    done = checked(bench(failed, system("b", make.run())), "good >= baseline", baseline=bench(failed))

    assert [one.reason for one in done.findings] == ["failed: gone", "the baseline has no system b"]
    assert checked(bench(system("a", make.run())), "good >= baseline", baseline=bench(failed)).notes == []
    assert done.notes == []


def test_a_system_that_a_bench_did_not_come_to_has_no_data(make: Maker) -> None:
    suite = SuiteFacts(name="s", title="S", path="s.toml", workers=1, digests={"a": "1", "b": "2"})
    document = replace(bench(system("a", make.run())), suite=suite)

    findings = checked(document, "good >= 99%").findings

    assert [(one.system, one.state, one.reason) for one in findings] == [
        ("a", "met", ""),
        ("b", "no data", "it was not measured"),
    ]
    assert checked(document, "good >= 99%", system="a").exit_code == 0


def test_a_pair_of_which_one_was_not_measured_has_no_data(make: Maker) -> None:
    suite = SuiteFacts(name="s", title="S", path="s.toml", workers=1, digests={"app@main": "1", "app": "2"})
    was, is_now = system("app@main", make.run()), replace(system("app", make.run()), base="app@main")

    before = checked(replace(bench(was), suite=suite), "good >= 99%")
    after = found(replace(bench(is_now), suite=suite), "good >= baseline")

    assert before.exit_code == 1
    assert (after.state, after.reason) == ("no data", "app@main was not measured")


def test_of_pairs_what_is_here_is_held_against_what_was(make: Maker) -> None:
    base = repeated(make, "app@main", 1000, 1040, 1000)
    document = bench(base, replace(repeated(make, "app", 1200, 1230, 1180), base="app@main"))

    findings = checked(document, "p99 <= baseline * 1.05, p99 < 1.5ms").findings

    assert [(one.system, one.state) for one in findings] == [("app", "not met"), ("app", "met")]
    assert [one.system for one in checked(document, "p99 < 1.5ms", system="app@main").findings] == ["app@main"]
