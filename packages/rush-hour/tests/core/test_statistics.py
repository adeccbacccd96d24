import numpy as np

from rush_hour.core.histogram import Histogram
from rush_hour.core.statistics import summarise


def test_a_summary_has_every_percentile_and_the_count() -> None:
    histogram = Histogram()
    histogram.record_ns(np.arange(1, 1001, dtype=np.int64) * 1000)

    summary = summarise(histogram)

    assert summary is not None
    assert (summary.p50, summary.p75, summary.p90, summary.p99, summary.p99_9) == (500, 750, 900, 990, 999)
    assert (summary.p99_99, summary.max, summary.count) == (1000, 1000, 1000)
    assert summary.mean == 500.5


def test_nothing_recorded_is_no_summary_and_not_zeros() -> None:
    assert summarise(Histogram()) is None


def test_no_percentile_is_above_the_maximum() -> None:
    histogram = Histogram()
    histogram.record_ns(np.array([123_456_789_000], dtype=np.int64))

    summary = summarise(histogram)

    assert summary is not None
    assert {summary.p50, summary.p99, summary.p99_99, summary.max} == {histogram.max_us}
