"""A run as the figures that wrk2 prints. Where wrk2's need its calibration, ours do not: there are no such lines.

Pure: a report and its histograms go in, figures come out.
"""

import math
from collections.abc import Iterator
from math import nan

import numpy as np

from rush_hour.core.histogram import BUCKETS, HIGHEST_EQUIVALENT_US, LOWEST_US, SUB_BUCKETS, Histogram
from rush_hour.report.wrk2.text import SOCKET_ERRORS, Distribution, SpectrumRow, StatRow, Wrk2Report
from rush_hour.results.run import LoadResult, PlanFacts

PERCENTILES = (50.0, 75.0, 90.0, 99.0, 99.9, 99.99, 99.999, 100.0)
TICKS_PER_HALF_DISTANCE = 5


def wrk2_report(
    plan: PlanFacts, result: LoadResult, *, show_latency: bool = False, show_service_time: bool = False
) -> Wrk2Report:
    """Return what wrk2 would print.

    Args:
        plan: what was asked for.
        result: what was measured.
        show_latency: with the latency distribution, as `-L` asks.
        show_service_time: with the uncorrected distribution too, as `-U` asks; it implies `show_latency`.
    """
    latency = _merged(result.histogram.latency_us, result.histogram.latency_bad_us)
    return Wrk2Report(
        duration_s=plan.duration_s,
        url=plan.url,
        threads=plan.processes,
        connections=plan.connections,
        latency=_latency_row(latency),
        requests_per_s_of_threads=_rate_row(result, plan.processes),
        recorded=_distribution(latency) if show_latency or show_service_time else None,
        uncorrected=_distribution(_merged(result.histogram.service_time_us)) if show_service_time else None,
        requests=result.responses_total,
        elapsed_us=result.elapsed_s * 1e6,
        bytes_read=result.bytes_read,
        errors=_socket_errors(result),
        non_2xx=sum(count for status, count in result.responses_by_status.items() if int(status) > 399),
        requests_per_s=result.responses_total / result.elapsed_s,
        bytes_per_s=result.bytes_read / result.elapsed_s,
    )


def _latency_row(histogram: Histogram) -> StatRow:
    if histogram.total == 0:
        return StatRow(mean=nan, stdev=nan, maximum=0.0, within_percent=0.0)
    mean, stdev = histogram.mean_us(), histogram.stdev_us()
    inside = (mean - stdev <= LOWEST_US) & (mean + stdev >= LOWEST_US)
    within_percent = 100 * float(histogram.counts[inside].sum()) / histogram.total
    return StatRow(mean=mean, stdev=stdev, maximum=histogram.max_us, within_percent=within_percent)


def _rate_row(result: LoadResult, processes: int) -> StatRow:
    """Answers per second and process, from the full seconds of the run."""
    full_seconds = [row for row in result.timeline if row.at_s <= result.elapsed_s]
    rates = np.array([(row.good + row.bad) / processes for row in full_seconds])
    if len(rates) < 2:
        return StatRow(mean=nan, stdev=nan, maximum=0.0, within_percent=0.0)
    mean, stdev = float(rates.mean()), float(rates.std())
    within_percent = 100 * float(np.mean(np.abs(rates - mean) <= stdev))
    return StatRow(mean=mean, stdev=stdev, maximum=float(rates.max()), within_percent=within_percent)


def _distribution(histogram: Histogram) -> Distribution:
    is_empty = histogram.total == 0
    return Distribution(
        percentiles=[] if is_empty else [(percent, histogram.percentile_us(percent)) for percent in PERCENTILES],
        spectrum=list(spectrum(histogram)),
        mean_ms=nan if is_empty else histogram.mean_us() / 1000,
        stdev_ms=nan if is_empty else histogram.stdev_us() / 1000,
        max_ms=histogram.max_us / 1000,
        total=histogram.total,
        buckets=BUCKETS,
        sub_buckets=SUB_BUCKETS,
    )


def spectrum(histogram: Histogram) -> Iterator[SpectrumRow]:
    """Yield the rows at ever finer percentiles, as HdrHistogram iterates them.

    The steps between percentiles are halved each time the distance to 100 % has halved, and a step in use is repeated
    until the percentile has passed it.
    """
    total, cumulated, percent = histogram.total, 0, 0.0
    for index, count in zip(*histogram.used(), strict=True):
        cumulated += int(count)
        value_ms = int(HIGHEST_EQUIVALENT_US[index]) / 1000
        while percent <= 100 * cumulated / total:
            yield SpectrumRow(value_ms=value_ms, ratio=percent / 100, count=cumulated, inverse=1 / (1 - percent / 100))
            if cumulated == total:
                yield SpectrumRow(value_ms=value_ms, ratio=1.0, count=cumulated, inverse=math.inf)
                return
            halvings = int(math.log2(100 / (100 - percent))) + 1
            percent += 100 / (TICKS_PER_HALF_DISTANCE * 2**halvings)


def _socket_errors(result: LoadResult) -> dict[str, int]:
    by_phase = dict.fromkeys(SOCKET_ERRORS, 0)
    for name, count in result.errors.items():
        phase = name.partition(":")[0]
        by_phase[phase if phase in by_phase else "read"] += count  # wrk2 counts malformed answers as read errors
    return by_phase


def _merged(*encoded: str | None) -> Histogram:
    return Histogram.merged(Histogram.decode(text) for text in encoded if text is not None)
