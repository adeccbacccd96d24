"""Figures of a run that are compared."""

from dataclasses import replace

import pytest
from compared_systems import run_of
from made_systems import Maker

from rush_hour.judge.compare.metrics import METRICS
from rush_hour.results.resources import UsageRow
from rush_hour.results.run import Run

METRIC = {metric.code: metric for metric in METRICS}


def test_each_figure_is_read_and_shown(make: Maker) -> None:
    run = run_of(make, 1500)

    shown = {metric.code: metric.text_of(metric.value_of(run) or 0.0) for metric in METRICS}

    assert shown == {
        "goodput": "1,000", "p50": "1.50 ms", "p99": "1.50 ms", "p99.9": "1.50 ms", "cpu": "500 µs", "memory": "1 B",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("count", "known"), [(10_000, ["p50", "p99", "p99.9"]), (9_999, ["p50", "p99"]), (999, ["p50"]), (19, [])]
)
def test_a_percentile_of_too_few_answers_is_none(make: Maker, count: int, known: list[str]) -> None:
    run = run_of(make, 1500, count=count)

    assert [code for code in ("p50", "p99", "p99.9") if METRIC[code].value_of(run) is not None] == known


def test_what_was_not_watched_is_not_known(make: Maker) -> None:
    run = make.run(latency_us=None)

    assert [metric.code for metric in METRICS if metric.value_of(run) is None] == [
        "p50", "p99", "p99.9", "cpu", "memory",
    ]  # fmt: skip
    assert METRIC["cpu"].seconds_of(run) == []


def watched(run: Run, *, seconds: int) -> Run:
    assert run.resources is not None
    rows = [UsageRow(at_s=float(at), cpu_s=0.5, rss_bytes=1) for at in range(1, seconds + 1)]
    return replace(run, resources=replace(run.resources, server=replace(run.resources.server, timeline=rows)))


def test_each_whole_second_is_known_but_of_p99_9_and_memory(make: Maker) -> None:
    run = watched(run_of(make, 1000, second_us=10), seconds=20)

    assert METRIC["goodput"].seconds_of(run) == [1000.0] * 20
    assert METRIC["p50"].seconds_of(run)[:3] == [1010.0, 1020.0, 1000.0]
    assert METRIC["p99"].seconds_of(run)[:2] == [1010.0, 1000.0]
    assert METRIC["cpu"].seconds_of(run) == [500.0] * 20
    assert METRIC["p99.9"].seconds_of(run) == METRIC["memory"].seconds_of(run) == []


def test_a_second_that_was_cut_short_or_came_after_the_end_is_none(make: Maker) -> None:
    run = run_of(make, 1000)
    rows = [*run.result.timeline[:3], replace(run.result.timeline[3], at_s=3.4)]
    late = [*run.result.timeline, replace(run.result.timeline[0], at_s=21.0)]

    assert len(METRIC["goodput"].seconds_of(replace(run, result=replace(run.result, timeline=rows)))) == 3
    assert len(METRIC["goodput"].seconds_of(replace(run, result=replace(run.result, timeline=late)))) == 20


def test_seconds_with_few_answers_have_no_p99_and_with_none_no_cpu_time(make: Maker) -> None:
    run = watched(run_of(make, 1000), seconds=20)
    few = [replace(row, good=99) for row in run.result.timeline]
    none = [replace(row, good=0, p50_us=None) for row in run.result.timeline]

    assert METRIC["p99"].seconds_of(replace(run, result=replace(run.result, timeline=few))) == []
    assert METRIC["cpu"].seconds_of(replace(run, result=replace(run.result, timeline=none))) == []
    assert METRIC["p50"].seconds_of(replace(run, result=replace(run.result, timeline=none))) == []
