"""A run in the words of wrk2, so that what parses wrk2's output parses ours.

Pure: a report and its histograms go in, text comes out. Where wrk2's figures need its calibration, ours do not, so
there are no calibration lines; a row without samples says `-nan` as wrk2's does.
"""

import math
from collections.abc import Iterator, Sequence

import numpy as np

from rush_hour.core.histogram import BUCKETS, HIGHEST_EQUIVALENT_US, LOWEST_US, SUB_BUCKETS, Histogram
from rush_hour.core.result import LoadResult, PlanFacts

PERCENTILES = (50, 75, 90, 99, 99.9, 99.99, 99.999, 100)
TICKS_PER_HALF_DISTANCE = 5
RULE = "-" * 58
_UNITS_BYTES = ("", "K", "M", "G", "T")
_UNITS_METRIC = ("", "k", "M", "G", "T")
SCALE_UP_AT_RATIO = 0.85  # of the next unit


def wrk2_text(
    plan: PlanFacts, result: LoadResult, *, show_latency: bool = False, show_service_time: bool = False
) -> str:
    """Return the report that wrk2 prints.

    Args:
        plan: what was asked for.
        result: what was measured.
        show_latency: add the latency distribution, as `-L` does.
        show_service_time: add the uncorrected distribution too, as `-U` does; it implies `show_latency`.
    """
    latency = _merged(result.histogram.latency_us, result.histogram.latency_bad_us)
    lines = [
        f"Running {_duration(plan.duration_s)} test @ {plan.url}",
        f"  {plan.processes} threads and {plan.connections} connections",
        "  Thread Stats   Avg      Stdev     Max   +/- Stdev",
        _stat_row("Latency", *_latency_cells(latency)),
        _stat_row("Req/Sec", *_rate_cells(result, plan.processes)),
    ]
    if show_latency or show_service_time:
        lines += ["  Latency Distribution (HdrHistogram - Recorded Latency)", *_distribution(latency), RULE]
    if show_service_time:
        title = "Uncorrected Latency (measured without taking delayed starts into account)"
        service_time = _merged(result.histogram.service_time_us)
        lines += ["", f"  Latency Distribution (HdrHistogram - {title})", *_distribution(service_time), RULE]
    elapsed = format_time_us(result.elapsed_s * 1e6)
    lines.append(f"  {result.responses_total} requests in {elapsed}, {format_bytes(result.bytes_read)}B read")
    lines += _error_lines(result)
    lines.append(f"Requests/sec: {result.responses_total / result.elapsed_s:9.2f}")
    lines.append(f"Transfer/sec: {format_bytes(result.bytes_read / result.elapsed_s):>10}B")
    return "\n".join(lines) + "\n"


def format_time_us(time_us: float) -> str:
    """Return a time as wrk2 writes it: `850.00us`, `12.34ms`, `9.74s`, `1.72m`."""
    if time_us >= 1_000_000:
        return _scaled(time_us / 1e6, ("s", "m"), 60, 2)
    return _scaled(time_us, ("us", "ms"), 1000, 2)


def format_bytes(size_bytes: float) -> str:
    """Return a size as wrk2 writes it, without the final `B`: `1.46G`."""
    return _scaled(size_bytes, _UNITS_BYTES, 1024, 2)


def _duration(duration_s: float) -> str:
    return _scaled(duration_s, ("s", "m"), 60, 0)


def _scaled(value: float, units: Sequence[str], scale: int, decimals: int) -> str:
    index = 0
    while value >= SCALE_UP_AT_RATIO * scale and index < len(units) - 1:
        value /= scale
        index += 1
    return f"{value:.{decimals}f}{units[index]}"


def _cell(text: str, width: int) -> str:
    """Right-align a number with its unit: the digits end in one column, the units stand out to the right."""
    pad = 2 - sum(character.isalpha() for character in text[-2:])
    return f"{text[: width - pad]:>{width - pad}}" + " " * pad


def _stat_row(name: str, mean: str, stdev: str, maximum: str, within_percent: float) -> str:
    return f"    {name:<10}{_cell(mean, 8)}{_cell(stdev, 10)}{_cell(maximum, 9)}{within_percent:8.2f}%"


def _latency_cells(histogram: Histogram) -> tuple[str, str, str, float]:
    if histogram.total == 0:
        return "-nanus", "-nanus", format_time_us(0), 0.0
    mean, stdev = histogram.mean_us(), histogram.stdev_us()
    inside = (mean - stdev <= LOWEST_US) & (mean + stdev >= LOWEST_US)
    within_percent = 100 * float(histogram.counts[inside].sum()) / histogram.total
    return format_time_us(mean), format_time_us(stdev), format_time_us(histogram.max_us), within_percent


def _rate_cells(result: LoadResult, processes: int) -> tuple[str, str, str, float]:
    """Answers per second and process, from the full seconds of the run."""
    full_seconds = [row for row in result.timeline if row.at_s <= result.elapsed_s]
    rates = np.array([(row.good + row.bad) / processes for row in full_seconds])
    if len(rates) < 2:
        return "-nan", "-nan", "0.00", 0.0
    mean, stdev = float(rates.mean()), float(rates.std())
    within_percent = 100 * float(np.mean(np.abs(rates - mean) <= stdev))
    mean_text, stdev_text, max_text = (_scaled(x, _UNITS_METRIC, 1000, 2) for x in (mean, stdev, float(rates.max())))
    return mean_text, stdev_text, max_text, within_percent


def _distribution(histogram: Histogram) -> Iterator[str]:
    if histogram.total == 0:
        return
    for percent in PERCENTILES:
        yield f"{percent:7.3f}%{_cell(format_time_us(histogram.percentile_us(percent)), 10)}"
    yield ""
    yield "  Detailed Percentile spectrum:"
    yield f"{'Value':>12} {'Percentile':>12} {'TotalCount':>12} {'1/(1-Percentile)':>12}"
    yield ""
    for value_us, ratio, count in spectrum(histogram):
        inverse = math.inf if ratio == 1.0 else 1 / (1 - ratio)
        yield f"{value_us / 1000:12.3f} {ratio:12.6f} {count:12d} {inverse:12.2f}"
    yield f"#[Mean    = {histogram.mean_us() / 1000:12.3f}, StdDeviation   = {histogram.stdev_us() / 1000:12.3f}]"
    yield f"#[Max     = {histogram.max_us / 1000:12.3f}, Total count    = {histogram.total:12d}]"
    yield f"#[Buckets = {BUCKETS:12d}, SubBuckets     = {SUB_BUCKETS:12d}]"


def spectrum(histogram: Histogram) -> Iterator[tuple[int, float, int]]:
    """Yield value in µs, cumulated ratio and cumulated count at ever finer percentiles, as HdrHistogram iterates them.

    The steps between percentiles are halved each time the distance to 100 % has halved, and a step in use is repeated
    until the percentile has passed it.
    """
    total, cumulated, percent = histogram.total, 0, 0.0
    for index, count in zip(*histogram.used(), strict=True):
        cumulated += int(count)
        value_us = int(HIGHEST_EQUIVALENT_US[index])
        while percent <= 100 * cumulated / total:
            yield value_us, percent / 100, cumulated
            if cumulated == total:
                yield value_us, 1.0, cumulated
                return
            halvings = int(math.log2(100 / (100 - percent))) + 1
            percent += 100 / (TICKS_PER_HALF_DISTANCE * 2**halvings)


def _error_lines(result: LoadResult) -> Iterator[str]:
    by_phase = dict.fromkeys(("connect", "read", "write", "timeout"), 0)
    for name, count in result.errors.items():
        phase = name.partition(":")[0]
        by_phase[phase if phase in by_phase else "read"] += count  # wrk2 counts malformed answers as read errors
    if any(by_phase.values()):
        yield "  Socket errors: " + ", ".join(f"{phase} {count}" for phase, count in by_phase.items())
    non_2xx = sum(count for status, count in result.responses_by_status.items() if int(status) > 399)
    if non_2xx:
        yield f"  Non-2xx or 3xx responses: {non_2xx}"


def _merged(*encoded: str | None) -> Histogram:
    return Histogram.merged(Histogram.decode(text) for text in encoded if text is not None)
