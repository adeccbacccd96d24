"""Curves on the axis of nines."""

import numpy as np

from rush_hour.core.histogram import Histogram
from rush_hour.report.page.curves import STEPS_PER_NINE, curve_of, curves_of, percentile_rows
from rush_hour.results.run import LoadResult


def encoded(durations_us: list[int]) -> str:
    histogram = Histogram()
    histogram.record_ns(np.array(durations_us, dtype=np.int64) * 1000)
    return histogram.encode()


def test_a_curve_has_the_percentiles_of_its_histogram() -> None:
    durations_us = list(range(1, 1001))

    curve = curve_of(encoded(durations_us))

    assert curve is not None
    assert curve[STEPS_PER_NINE] == 900
    assert curve[2 * STEPS_PER_NINE] == 990
    assert curve[3 * STEPS_PER_NINE] == 999
    assert curve == sorted(curve)


def test_a_curve_ends_where_its_values_say_no_more() -> None:
    of_ten, of_one = curve_of(encoded([5] * 10)), curve_of(encoded([5]))

    assert of_ten is not None
    assert of_one is not None
    assert len(of_ten) == STEPS_PER_NINE + 1
    assert of_one == [5]


def test_what_was_not_recorded_has_no_curve_and_no_row(result: LoadResult) -> None:
    assert curve_of(None) is None
    assert curves_of(result) == {}
    assert [row.what for row in percentile_rows("one", 0, result)] == [
        "good answers, from due",
        "good answers, from sent",
        "send lag",
    ]
