"""Objectives held against runs: met, not met by how much, or no data, which is not met."""

from dataclasses import replace

import numpy as np
import pytest
from made_systems import Maker, used
from profiles import profile_of

from rush_hour.core.figures import TimelineRow
from rush_hour.core.histogram import Histogram
from rush_hour.judge.objective.evaluation import Judged, evaluate, is_met
from rush_hour.judge.objective.parsing import parse_objective
from rush_hour.results.resources import UsageRow
from rush_hour.results.run import RequestFigures, Run


def judged(text: str, run: Run, baseline: Run | None = None) -> Judged:
    [one] = evaluate(parse_objective(text, what="--slo"), run, baseline)
    return one


def row(at_s: float, latency_us: int, *, good: int = 100, bad: int = 0) -> TimelineRow:
    histogram = Histogram()
    histogram.record_ns(np.full(good, latency_us * 1000))
    return TimelineRow(
        at_s=at_s, sent=good + bad, good=good, bad=bad, failed=0, p50_us=latency_us, p99_us=latency_us,
        histogram_us=histogram.encode(),
    )  # fmt: skip


@pytest.fixture
def windowed(make: Maker) -> Run:
    """Ten seconds at 100/s, each slower than the one before: 1 ms, 2 ms and so on, with a bad answer in the last."""
    rows = [
        row(float(second), second * 1000, good=100 - (second == 10), bad=int(second == 10)) for second in range(1, 11)
    ]
    return make.run(plan=replace(make.plan, rate_per_s=100.0), timeline=rows)


@pytest.mark.parametrize(
    ("text", "state", "sentence"),
    [
        ("p99 < 2ms", "met", "p99 is 1.00 ms, < 2.00 ms"),
        ("p99 < 1ms", "not met", "p99 is 1.00 ms, not < 1.00 ms"),
        ("p99 <= 1ms", "met", "p99 is 1.00 ms, <= 1.00 ms"),
        ("p99 = 1ms", "met", "p99 is 1.00 ms, = 1.00 ms"),
        ("mean > 1ms", "not met", "mean is 1.00 ms, not > 1.00 ms"),
        ("service.p50 < 950us", "met", "service.p50 is 900 µs, < 950 µs"),
        ("good >= 99.9%", "met", "good is 100 %, >= 99.9 %"),
        ("errors <= 0", "met", "errors is 0 %, <= 0 %"),
        ("goodput >= 800/s", "met", "goodput is 1,000/s, >= 800/s"),
        ("cpu < 1ms", "no data", "cpu: no data, which is not met (it was not measured)"),
        ("memory < 1GiB", "no data", "memory: no data, which is not met (it was not measured)"),
        ("p99[x] < 1s", "no data", "p99[x]: no data, which is not met (the run has no request 'x')"),
        ("p99 < baseline", "no data", "p99: no data, which is not met (there is no baseline)"),
    ],
)
def test_each_clause_is_met_not_met_or_without_data(make: Maker, text: str, state: str, sentence: str) -> None:
    one = judged(text, make.run())

    assert (one.state, one.sentence) == (state, sentence)
    assert one.is_met == (state == "met")


def test_a_figure_and_its_limit_are_told_apart(make: Maker) -> None:
    summary = make.result.latency_us
    assert summary is not None
    run = make.run(latency_us=replace(summary, p99=100_004))

    assert judged("p99 <= 100ms", run).sentence == "p99 is 100.004 ms, not <= 100 ms"


def test_an_objective_is_met_when_all_of_its_clauses_are(make: Maker) -> None:
    assert is_met(evaluate(parse_objective("p99 < 2ms, good >= 99%", what="x"), make.run()))
    assert not is_met(evaluate(parse_objective("p99 < 2ms, cpu < 1s", what="x"), make.run()))


def test_by_how_much_a_clause_is_missed_is_a_share_of_its_limit(make: Maker) -> None:
    run = make.run(goodput_per_s=500.0)

    assert judged("p99 < 500us", run).beyond_ratio == 1.0
    assert judged("p99 < 2ms", run).beyond_ratio == -0.5
    assert judged("good >= 100%", run).beyond_ratio == 0.5
    assert judged("p99 = 2ms", run).beyond_ratio == 0.5
    assert judged("errors <= 0", run).beyond_ratio is None
    assert judged("cpu < 1ms", run).beyond_ratio is None


def test_without_a_good_answer_there_is_no_latency(make: Maker) -> None:
    run = make.run(goodput_per_s=0.0, latency_us=None)

    assert judged("p99 < 1s", run).sentence == "p99: no data, which is not met (no request was answered well)"
    assert judged("good >= 99%", run).sentence == "good is 0 %, not >= 99 %"


def test_what_was_used_is_of_each_good_answer(make: Maker) -> None:
    run = make.run(resources=used(server=5.0, proxy=1.0, database=2.0))

    assert judged("cpu < 600us", run).value == 500.0
    assert judged("cpu.proxy < 600us", run).value == 100.0
    assert judged("cpu.database < 600us", run).value == 200.0
    assert judged("memory < 1MiB", run).value == 1.0


def test_a_request_has_its_own_figures(make: Maker) -> None:
    named = RequestFigures(
        name="a", sent=100, good=90, bad=5, failed=5, latency_us=make.result.service_time_us, histogram_us=None
    )
    run = make.run(requests=[named])

    assert judged("p99[a] < 1ms", run).value == 900.0
    assert judged("good[a] >= 99%", run).value == 0.9
    assert judged("errors[a] < 1%", run).value == 0.1
    assert judged("goodput[a] > 1/s", run).value == 9.0


def test_a_baseline_is_another_run(make: Maker) -> None:
    slow = make.run(latency_us=replace(make.run().result.latency_us, p99=1500))  # type: ignore[type-var]

    one = judged("p99 <= baseline * 1.05", slow, make.run())
    assert (one.state, one.value, one.limit) == ("not met", 1500.0, 1050.0)
    assert judged("p99 <= baseline * 1.5", slow, make.run()).is_met
    lacking = judged("cpu <= baseline", make.run(), make.run())
    assert lacking.sentence == "cpu: no data, which is not met (of the baseline, it was not measured)"


@pytest.mark.parametrize(
    ("window", "max_us", "good"),
    [
        ("@..3s", 3_000, 1.0),
        ("@8s..", 10_000, 0.995),
        ("@4s..6s", 6_000, 1.0),
        ("@last 2s", 10_000, 0.995),
        ("@last 1m", 10_000, 0.999),
        ("@3.5s..6.2s", 6_000, 1.0),
    ],
)
def test_a_window_has_the_whole_seconds_between_its_ends(windowed: Run, window: str, max_us: int, good: float) -> None:
    assert judged(f"max < 1s {window}", windowed).value == pytest.approx(max_us, rel=1e-3)
    assert judged(f"good >= 0% {window}", windowed).value == pytest.approx(good, abs=1e-4)


def test_a_window_of_a_profile_has_what_was_due_in_it(windowed: Run) -> None:
    profile = profile_of("steps:100,300/5s")
    run = replace(windowed, plan=replace(windowed.plan, rate_per_s=profile.mean_per_s, profile=profile))

    assert judged("good >= 0% @..5s", run).value == 1.0
    assert judged("good >= 0% @4s..6s", run).value == 200 / 400
    assert judged("good >= 0% @5s..9s", run).value == 400 / 1200


def test_seconds_in_which_nothing_came_are_in_a_window_too(windowed: Run) -> None:
    run = replace(windowed, result=replace(windowed.result, timeline=windowed.result.timeline[:7]))

    assert judged("good >= 0% @last 4s", run).value == 100 / 400
    assert judged("goodput > 1/s @last 4s", run).value == 25.0
    assert judged("good >= 0% @8s..", run).value == 0.0
    assert judged("p99 < 1s @8s..", run).lacks == "no request was answered well"


def test_what_came_after_the_last_request_was_due_adds_none_that_were(windowed: Run) -> None:
    rows = [*windowed.result.timeline, row(11.0, 50_000, good=1)]
    late = replace(windowed, result=replace(windowed.result, timeline=rows))

    assert judged("good >= 0% @9s..11s", late).value == 1.0


def test_latencies_of_a_window_are_those_of_its_answers_together(windowed: Run) -> None:
    assert judged("p50 < 1s @..4s", windowed).value == pytest.approx(2_000, rel=1e-3)
    assert judged("goodput > 1/s @9s..", windowed).value == 99.0
    assert judged("errors < 1% @9s..", windowed).value == 0.01


def test_a_window_without_a_whole_second_has_no_data(windowed: Run) -> None:
    lacking = "p99: no data, which is not met (the run has no whole second there)"

    assert judged("p99 < 1s @3.2s..3.9s", windowed).sentence == lacking
    assert judged("p99 < 1s @20s..", windowed).sentence == lacking


def test_a_second_that_was_cut_short_is_in_no_window(windowed: Run) -> None:
    rows = [*windowed.result.timeline, row(10.4, 50_000)]
    longer = replace(windowed, result=replace(windowed.result, timeline=rows))

    assert judged("max < 1s @9s..11s", longer).value == pytest.approx(10_000, rel=1e-3)


def test_seconds_without_histograms_say_nothing_of_latency_and_other_arrivals_nothing_of_what_was_due(
    windowed: Run,
) -> None:
    rows = [replace(one, histogram_us=None) for one in windowed.result.timeline]
    old = replace(windowed, result=replace(windowed.result, timeline=rows))
    poisson = replace(windowed, plan=replace(windowed.plan, arrivals="poisson"))

    assert judged("p99 < 1s @..3s", old).sentence == "p99: no data, which is not met (it was not measured)"
    assert judged("good > 1% @..3s", poisson).sentence == "good: no data, which is not met (it was not measured)"
    assert judged("goodput > 1/s @..3s", poisson).is_met


def test_cpu_and_memory_of_a_window_are_those_of_its_looks(windowed: Run) -> None:
    resources = used(server=5.0)
    looks = [UsageRow(at_s=float(second), cpu_s=0.1 * second, rss_bytes=second) for second in range(1, 11)]
    run = replace(windowed, resources=replace(resources, server=replace(resources.server, timeline=looks)))

    assert judged("cpu < 1s @2s..4s", run).value == pytest.approx(0.7e6 / 200)
    assert judged("memory < 1MiB @2s..4s", run).value == 4.0
    assert judged("memory < 1MiB @2s..4s", windowed).state == "no data"
