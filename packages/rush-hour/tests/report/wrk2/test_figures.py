"""What is printed of a run, in the layout that parsers of wrk2's output rely on, to the space."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rush_hour.core.figures import TimelineRow
from rush_hour.core.histogram import Histogram
from rush_hour.report.wrk2.figures import spectrum, wrk2_report
from rush_hour.report.wrk2.text import format_report
from rush_hour.results.run import Histograms, LoadResult, PlanFacts

NOTHING = Histograms(latency_us=None, service_time_us=None, send_lag_us=None, latency_bad_us=None)

SHORT = """\
Running 10s test @ http://127.0.0.1:8008/agents
  2 threads and 100 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     2.30ms    2.61ms  10.00ms   90.00%
    Req/Sec   500.00      0.00   500.00    100.00%
  10000 requests in 10.00s, 0.95MB read
Requests/sec:   1000.00
Transfer/sec:     97.66KB
"""
DISTRIBUTION = """\
 50.000%    1.00ms
 75.000%    2.00ms
 90.000%    2.00ms
 99.000%   10.01ms
 99.900%   10.01ms
 99.990%   10.01ms
 99.999%   10.01ms
100.000%   10.01ms

  Detailed Percentile spectrum:
       Value   Percentile   TotalCount 1/(1-Percentile)

       1.000     0.000000           50         1.00
       1.000     0.100000           50         1.11
       1.000     0.200000           50         1.25
       1.000     0.300000           50         1.43
       1.000     0.400000           50         1.67
       1.000     0.500000           50         2.00
       2.000     0.550000           90         2.22
       2.000     0.600000           90         2.50
       2.000     0.650000           90         2.86
       2.000     0.700000           90         3.33
       2.000     0.750000           90         4.00
       2.000     0.775000           90         4.44
       2.000     0.800000           90         5.00
       2.000     0.825000           90         5.71
       2.000     0.850000           90         6.67
       2.000     0.875000           90         8.00
       2.000     0.887500           90         8.89
       2.000     0.900000           90        10.00
      10.007     0.912500          100        11.43
      10.007     1.000000          100          inf
#[Mean    =        2.300, StdDeviation   =        2.611]
#[Max     =       10.000, Total count    =          100]
#[Buckets =           27, SubBuckets     =         2048]
----------------------------------------------------------
"""
UNCORRECTED = """
  Latency Distribution (HdrHistogram - Uncorrected Latency (measured without taking delayed starts into account))
 50.000%  800.00us
 75.000%  800.00us
 90.000%  800.00us
 99.000%  800.00us
 99.900%  800.00us
 99.990%  800.00us
 99.999%  800.00us
100.000%  800.00us

  Detailed Percentile spectrum:
       Value   Percentile   TotalCount 1/(1-Percentile)

       0.800     0.000000            1         1.00
       0.800     1.000000            1          inf
#[Mean    =        0.800, StdDeviation   =        0.000]
#[Max     =        0.800, Total count    =            1]
#[Buckets =           27, SubBuckets     =         2048]
----------------------------------------------------------
"""


def wrk2_text(
    plan: PlanFacts, result: LoadResult, *, show_latency: bool = False, show_service_time: bool = False
) -> str:
    report = wrk2_report(plan, result, show_latency=show_latency, show_service_time=show_service_time)
    return format_report(report)


def histogram_of(counts: Mapping[int, int]) -> Histogram:
    """A histogram of values in microseconds and how often they came."""
    histogram = Histogram()
    histogram.record_ns(np.repeat(np.array(list(counts)) * 1000, list(counts.values())))
    return histogram


@pytest.fixture
def measured(result: LoadResult) -> LoadResult:
    """The result with histograms: half of the answers after 1 ms, the slowest after 10 ms."""
    latency = histogram_of({1000: 50, 2000: 40, 10_000: 10})
    service_time = histogram_of({800: 1})
    return replace(
        result, histogram=replace(NOTHING, latency_us=latency.encode(), service_time_us=service_time.encode())
    )


def test_the_short_report_has_wrk2s_lines(plan: PlanFacts, measured: LoadResult) -> None:
    assert wrk2_text(plan, measured) == SHORT


def test_the_latency_distribution_comes_after_the_thread_statistics(plan: PlanFacts, measured: LoadResult) -> None:
    head, tail = SHORT[: SHORT.index("  10000 requests")], SHORT[SHORT.index("  10000 requests") :]
    title = "  Latency Distribution (HdrHistogram - Recorded Latency)\n"

    assert wrk2_text(plan, measured, show_latency=True) == head + title + DISTRIBUTION + tail


def test_the_uncorrected_distribution_brings_the_other_with_it(plan: PlanFacts, measured: LoadResult) -> None:
    both = wrk2_text(plan, measured, show_service_time=True)

    assert both == wrk2_text(plan, measured, show_latency=True, show_service_time=True)
    assert DISTRIBUTION + UNCORRECTED + "  10000 requests" in both


def test_answers_that_are_not_good_are_in_the_latency_as_in_wrk2s(plan: PlanFacts, measured: LoadResult) -> None:
    bad = histogram_of({1_500_000: 900})
    result = replace(measured, histogram=replace(measured.histogram, latency_bad_us=bad.encode()))

    lines = wrk2_text(plan, result, show_latency=True).splitlines()

    assert lines[3] == "    Latency     1.35s   449.21ms   1.50s    90.00%"
    assert " 99.000%    1.50s " in lines
    assert "#[Max     =     1499.136, Total count    =         1000]" in lines


def test_a_run_without_an_answer_says_nan_where_wrk2_does(plan: PlanFacts, result: LoadResult) -> None:
    silent = replace(
        result, responses_total=0, responses_good=0, bytes_read=0, timeline=[], histogram=NOTHING,
        errors={"timeout": 100}, responses_by_status={},
    )  # fmt: skip

    assert wrk2_text(plan, silent, show_latency=True).splitlines()[3:] == [
        "    Latency     -nanus    -nanus   0.00us    0.00%",
        "    Req/Sec       -nan      -nan   0.00      0.00%",
        "  Latency Distribution (HdrHistogram - Recorded Latency)",
        "-" * 58,
        "  0 requests in 10.00s, 0.00B read",
        "  Socket errors: connect 0, read 0, write 0, timeout 100",
        "Requests/sec:      0.00",
        "Transfer/sec:       0.00B",
    ]


def test_a_run_of_one_second_has_no_rates(plan: PlanFacts, measured: LoadResult) -> None:
    short = replace(measured, timeline=measured.timeline[:1])

    assert wrk2_text(plan, short).splitlines()[4] == "    Req/Sec       -nan      -nan   0.00      0.00%"


def test_rates_are_of_each_thread_and_of_full_seconds(plan: PlanFacts, measured: LoadResult) -> None:
    def second(at_s: float, good: int, bad: int) -> TimelineRow:
        return TimelineRow(at_s=at_s, sent=0, good=good, bad=bad, failed=0, p50_us=None, p99_us=None)

    timeline = [second(1.0, 2000, 0), second(2.0, 1000, 1000), second(3.0, 4000, 0), second(10.5, 7, 0)]

    rates = wrk2_text(plan, replace(measured, timeline=timeline)).splitlines()[4]

    assert rates == "    Req/Sec     1.33k   471.40     2.00k    66.67%"


def test_errors_are_counted_by_wrk2s_four_kinds(plan: PlanFacts, measured: LoadResult) -> None:
    errors = {
        "connect:ECONNREFUSED": 1, "connect:EMFILE": 10, "read:EOF": 2, "write:EPIPE": 3, "timeout": 4,
        "malformed:status-line": 20,
    }  # fmt: skip

    lines = wrk2_text(plan, replace(measured, errors=errors)).splitlines()

    assert lines[6] == "  Socket errors: connect 11, read 22, write 3, timeout 4"


def test_only_statuses_above_399_are_errors_of_their_own(plan: PlanFacts, measured: LoadResult) -> None:
    some_bad = replace(measured, responses_by_status={"200": 9000, "304": 500, "404": 1, "502": 499})
    all_fine = replace(measured, responses_by_status={"101": 1, "204": 1, "399": 1})

    assert wrk2_text(plan, some_bad).splitlines()[6] == "  Non-2xx or 3xx responses: 500"
    assert "Non-2xx" not in wrk2_text(plan, all_fine)


@pytest.mark.parametrize(("duration_s", "text"), [(30, "30s"), (50, "50s"), (51, "1m"), (300, "5m"), (3600, "60m")])
def test_the_duration_is_in_whole_seconds_or_minutes(
    plan: PlanFacts, measured: LoadResult, duration_s: float, text: str
) -> None:
    line = wrk2_text(replace(plan, duration_s=duration_s), measured).splitlines()[0]

    assert line == f"Running {text} test @ http://127.0.0.1:8008/agents"


def test_a_number_that_is_too_wide_is_cut_as_wrk2_cuts_it(plan: PlanFacts, measured: LoadResult) -> None:
    slow = replace(measured, histogram=replace(NOTHING, latency_us=histogram_of({999_424: 381, 999_936: 619}).encode()))

    assert wrk2_text(plan, slow).splitlines()[3] == "    Latency   1000.00m  248.64us 999.94ms   61.90%"


def test_there_is_no_spectrum_of_nothing() -> None:
    assert list(spectrum(Histogram())) == []


@given(st.dictionaries(st.integers(1, 10_000_000), st.integers(1, 1000), min_size=1, max_size=30))
def test_the_spectrum_climbs_to_the_highest_value_and_all_counts(counts: dict[int, int]) -> None:
    histogram = histogram_of(counts)

    rows = list(spectrum(histogram))

    assert [row.value_ms for row in rows] == sorted(row.value_ms for row in rows)
    assert [row.ratio for row in rows] == sorted(row.ratio for row in rows)
    assert rows[0].ratio == 0.0
    assert (rows[-1].value_ms, rows[-1].ratio) == (histogram.percentile_us(100) / 1000, 1.0)
    assert rows[-1].count == sum(counts.values())
    assert all(row.count >= row.ratio * histogram.total for row in rows[:-1])
