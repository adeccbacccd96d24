import numpy as np
import pytest
from hdrh.histogram import HdrHistogram
from hypothesis import given, settings
from hypothesis import strategies as st

from rush_hour.core.histogram import BUCKETS, HIGHEST_US, SUB_BUCKETS, Histogram

durations_us = st.lists(st.integers(min_value=1, max_value=HIGHEST_US), min_size=1, max_size=200)


def histogram_of(values_us: list[int]) -> Histogram:
    histogram = Histogram()
    histogram.record_ns(np.array(values_us, dtype=np.int64) * 1000)
    return histogram


def test_the_layout_is_that_of_wrk2() -> None:
    assert (BUCKETS, SUB_BUCKETS) == (27, 2048)


@settings(max_examples=30)  # the reference is slow
@given(durations_us)
def test_counts_and_figures_are_those_of_the_reference_implementation(values_us: list[int]) -> None:
    ours = histogram_of(values_us)
    reference = HdrHistogram(1, HIGHEST_US, 3)
    for value_us in values_us:
        reference.record_value(value_us)

    assert list(ours.counts) == list(reference.counts)[: len(ours.counts)]
    assert ours.mean_us() == pytest.approx(reference.get_mean_value())
    assert ours.stdev_us() == pytest.approx(reference.get_stddev(), rel=1e-6, abs=1e-6)
    for percent in (1, 50, 90, 99, 99.9, 100):
        assert ours.percentile_us(percent) == reference.get_value_at_percentile(percent)


@given(durations_us, durations_us, durations_us)
def test_merging_is_associative_and_equals_one_histogram(a: list[int], b: list[int], c: list[int]) -> None:
    left = Histogram.merged([Histogram.merged([histogram_of(a), histogram_of(b)]), histogram_of(c)])
    right = Histogram.merged([histogram_of(a), Histogram.merged([histogram_of(b), histogram_of(c)])])

    assert (left.counts == right.counts).all()
    assert (left.counts == histogram_of(a + b + c).counts).all()


@given(durations_us)
def test_encoding_and_sending_lose_nothing(values_us: list[int]) -> None:
    histogram = histogram_of(values_us)

    assert (Histogram.decode(histogram.encode()).counts == histogram.counts).all()
    assert (Histogram.from_used(*histogram.used()).counts == histogram.counts).all()


def test_durations_are_rounded_to_microseconds_and_kept_in_range() -> None:
    histogram = Histogram()
    histogram.record_ns(np.array([-5, 0, 1_499, 1_500, 10**18], dtype=np.int64))

    index, counts = histogram.used()

    assert list(index[:2]) == [1, 2]
    assert list(counts) == [3, 1, 1]
    assert histogram.total == 5


def test_an_empty_histogram_has_no_figures() -> None:
    empty = Histogram()

    assert empty.max_us == 0
    for figure in (empty.mean_us, empty.stdev_us, lambda: empty.percentile_us(50)):
        with pytest.raises(ValueError) as caught:
            figure()
        assert str(caught.value) == "the histogram is empty: it has no mean and no percentiles"
