from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hdrh.histogram import HdrHistogram
from hdrh.log import HistogramLogReader

from rush_hour.core.histogram import HIGHEST_US, Histogram
from rush_hour.core.profile.profile import LoadProfile, Phase
from rush_hour.report.hlog import write_hlog
from rush_hour.results.run import LoadResult, PlanFacts, Run, Verdict


def run_with(plan: PlanFacts, result: LoadResult, histogram: Histogram | None) -> Run:
    encoded = None if histogram is None else histogram.encode()
    with_histogram = replace(result, histogram=replace(result.histogram, latency_us=encoded))
    return Run(plan=plan, result=with_histogram, verdict=Verdict(trusted=True))


def test_hdrhistograms_own_reader_finds_the_same_percentiles(
    tmp_path: Path, plan: PlanFacts, result: LoadResult
) -> None:
    histogram = Histogram()
    histogram.record_ns(np.random.default_rng(7).lognormal(15, 1.5, 20_000).astype(np.int64))
    write_hlog(tmp_path / "a.hlog", run_with(plan, result, histogram))

    reader = HistogramLogReader(str(tmp_path / "a.hlog"), HdrHistogram(1, HIGHEST_US, 3))
    with reader.input_file:
        read = reader.get_next_interval_histogram()
        assert reader.get_next_interval_histogram() is None

    assert read.get_total_count() == 20_000
    for percent in (0, 50, 75, 90, 99, 99.9, 99.99, 100):
        assert read.get_value_at_percentile(percent) == histogram.percentile_us(percent)
    assert read.get_mean_value() == pytest.approx(histogram.mean_us())


def test_the_file_says_what_it_is_of(tmp_path: Path, plan: PlanFacts, result: LoadResult) -> None:
    histogram = Histogram()
    histogram.record_ns(np.array([1_000_000]))
    path = tmp_path / "a.hlog"
    path.write_text("an earlier one")

    write_hlog(path, run_with(plan, result, histogram))

    version, comment, base_time, legend, interval = path.read_text().splitlines()
    assert version == "#[Histogram log format version 1.2]"
    assert comment == "#latency in microseconds of http://127.0.0.1:8008/agents, 1,000/s"
    assert base_time == "#[BaseTime: 0.000000 (seconds since epoch)]"
    assert legend.startswith('"StartTimestamp","Interval_Length"')
    assert interval.startswith("0.000000,10.000000,1000.000000,HIST")


def test_a_run_without_a_good_answer_writes_nothing(tmp_path: Path, plan: PlanFacts, result: LoadResult) -> None:
    write_hlog(tmp_path / "a.hlog", run_with(plan, result, None))

    assert list(tmp_path.iterdir()) == []


def test_the_name_of_a_profile_is_in_the_file_whatever_it_is(
    tmp_path: Path, plan: PlanFacts, result: LoadResult
) -> None:
    histogram = Histogram()
    histogram.record_ns(np.array([1_000_000]))
    profile = LoadProfile(text="größer.toml", phases=(Phase.constant("noon", 5, 3),))
    write_hlog(tmp_path / "a.hlog", run_with(replace(plan, profile=profile), result, histogram))

    assert ", 5/s (größer.toml)\n" in (tmp_path / "a.hlog").read_text(encoding="utf-8")
