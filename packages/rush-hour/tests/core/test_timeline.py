import numpy as np

from rush_hour.core.histogram import Histogram
from rush_hour.core.timeline import Interval, Timeline


def interval(second: int, *, good: int = 1, latency_us: int = 1000) -> Interval:
    latency = Histogram()
    latency.record_ns(np.full(good, latency_us * 1000))
    return Interval(
        second=second, at_s=second + 0.0004, sent=good, good=good, bad=0, failed=0, latency=latency,
        send_lag=Histogram(), open_connections=2, pause_us=0,
    )  # fmt: skip


def test_a_second_is_complete_when_every_process_has_told_it() -> None:
    timeline = Timeline(2)

    assert timeline.add(interval(1)) is None
    assert timeline.add(interval(2)) is None
    row = timeline.add(interval(1, good=3, latency_us=2000))

    assert row is not None
    assert (row.at_s, row.sent, row.good, row.open_connections) == (1.0, 4, 4, 4)
    assert (row.p50_us, row.send_lag_p99_us) == (2000, None)
    assert row.histogram_us is not None
    assert Histogram.decode(row.histogram_us).percentiles_us(np.array([1.0, 50.0])) == [1000, 2000]


def test_seconds_that_a_process_skipped_are_in_the_rows_and_empty_ones_at_the_end_are_not() -> None:
    timeline = Timeline(2)
    for one in (interval(1), interval(1), interval(2), interval(3, good=0), interval(3, good=0)):
        timeline.add(one)

    assert [(row.at_s, row.good) for row in timeline.rows()] == [(1.0, 2), (2.0, 1)]
