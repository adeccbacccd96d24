"""Seconds put together: counts stay whole, whatever the number of points."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from profiles import profile_of

from rush_hour.core.figures import TimelineRow
from rush_hour.report.page.timelines import buckets_of, offered_in, usage_of
from rush_hour.results.resources import UsageRow
from rush_hour.results.run import PlanFacts


def row(at_s: float, count: int, p99_us: int | None = None) -> TimelineRow:
    return TimelineRow(
        at_s=at_s, sent=count, good=count, bad=1, failed=2, p50_us=p99_us and p99_us // 2, p99_us=p99_us,
        send_lag_p99_us=p99_us, open_connections=count,
    )  # fmt: skip


def test_each_second_is_a_point_where_there_is_room() -> None:
    [first, second] = buckets_of([row(1.0, 10, 100), row(2.0, 20, 300)])

    assert (first.at_s, first.good_per_s, first.p99_us, first.open_connections) == (1.0, 10.0, 100, 10)
    assert (second.at_s, second.good_per_s, second.bad_per_s, second.failed_per_s) == (2.0, 20.0, 1.0, 2.0)


def test_a_short_rest_is_counted_with_the_last_second() -> None:
    [first, second] = buckets_of([row(1.0, 10), row(2.0, 20), row(2.1, 2)])

    assert second.at_s == 2.1
    assert second.good_per_s == pytest.approx(22 / 1.1)
    assert first.good_per_s == 10.0


def test_of_percentiles_put_together_the_middle_and_the_highest_are_kept() -> None:
    [bucket] = buckets_of([row(1.0, 1, 100), row(2.0, 1, 900), row(3.0, 1, 200)], limit=1)

    assert (bucket.p50_us, bucket.p99_us, bucket.send_lag_p99_us) == (100, 900, 900)


def test_a_second_without_good_answers_has_no_percentiles() -> None:
    [bucket] = buckets_of([row(1.0, 0)])

    assert (bucket.p50_us, bucket.p99_us) == (None, None)


def test_a_run_that_ended_at_once_has_no_seconds() -> None:
    assert buckets_of([]) == []
    assert usage_of([]) == []


@given(st.lists(st.integers(0, 5000), min_size=1, max_size=80), st.integers(1, 30), st.floats(0.001, 1.0))
def test_no_answer_is_lost_or_counted_twice(counts: list[int], limit: int, last_s: float) -> None:
    ends = [float(second) for second in range(1, len(counts))] + [len(counts) - 1 + last_s]
    rows = [row(at_s, count) for at_s, count in zip(ends, counts, strict=True)]

    buckets = buckets_of(rows, limit)

    assert len(buckets) <= limit
    assert sum(bucket.good_per_s * bucket.length_s for bucket in buckets) == pytest.approx(sum(counts))
    assert [bucket.at_s for bucket in buckets] == sorted({bucket.at_s for bucket in buckets})
    assert buckets[-1].at_s == ends[-1]


def test_usage_is_in_cores_and_the_highest_memory() -> None:
    rows = [UsageRow(at_s=1.0, cpu_s=0.5, rss_bytes=10), UsageRow(at_s=2.0, cpu_s=1.5, rss_bytes=5)]

    [bucket] = usage_of(rows, limit=1)

    assert (bucket.at_s, bucket.cores, bucket.rss_bytes) == (2.0, 1.0, 10)


def test_what_is_offered_in_a_bucket_is_the_mean_of_its_seconds(plan: PlanFacts) -> None:
    [first, second] = buckets_of([row(float(second), 1) for second in (1, 2, 3, 4)], limit=2)
    ramp = replace(plan, profile=profile_of("ramp:0..100/4s"))

    assert [offered_in(ramp, bucket) for bucket in (first, second)] == [25.0, 75.0]
    assert offered_in(plan, first) == 1000.0
    assert offered_in(replace(plan, rate_per_s=None), first) is None
