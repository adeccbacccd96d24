"""wrk2's text, written from figures, so that what parses wrk2's output parses ours.

Pure. Rounded figures stay as they were printed: text that wrk2 wrote is printed again byte for byte.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from math import isnan

RULE = "-" * 58
RECORDED = "Recorded Latency"
UNCORRECTED = "Uncorrected Latency (measured without taking delayed starts into account)"
SOCKET_ERRORS = ("connect", "read", "write", "timeout")
SCALE_UP_AT_RATIO = 0.85  # of the next unit
BYTES_UNITS = ("", "K", "M", "G", "T")
METRIC_UNITS = ("", "k", "M", "G", "T")
_SPECTRUM_HEADINGS = f"{'Value':>12} {'Percentile':>12} {'TotalCount':>12} {'1/(1-Percentile)':>12}"

Write = Callable[[float], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class StatRow:
    """One row of `Thread Stats`; nan where there were no samples.

    Attributes:
        mean, stdev, maximum: in µs for latency, per second for Req/Sec.
        within_percent: share of the samples no further than `stdev` from `mean`.
    """

    mean: float
    stdev: float
    maximum: float
    within_percent: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SpectrumRow:
    """One row of the percentile spectrum: `ratio` of the samples, `count` of them, took at most `value_ms`."""

    value_ms: float
    ratio: float
    count: int
    inverse: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """A latency distribution.

    Attributes:
        percentiles: percent and µs.
    """

    percentiles: list[tuple[float, float]]
    spectrum: list[SpectrumRow]
    mean_ms: float
    stdev_ms: float
    max_ms: float
    total: int
    buckets: int
    sub_buckets: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrk2Report:
    """The figures of one run that wrk2 prints.

    Attributes:
        calibrations: mean latency in ms and sampling interval in ms of each thread; we need no calibration.
        errors: by `SOCKET_ERRORS`.
        non_2xx: answers with a status above 399.
    """

    duration_s: float
    url: str
    threads: int
    connections: int
    latency: StatRow
    requests_per_s_of_threads: StatRow
    requests: int
    elapsed_us: float
    bytes_read: float
    requests_per_s: float
    bytes_per_s: float
    calibrations: list[tuple[float, int]] = field(default_factory=list)
    recorded: Distribution | None = None
    uncorrected: Distribution | None = None
    errors: dict[str, int] = field(default_factory=dict)
    non_2xx: int = 0


def format_report(report: Wrk2Report) -> str:
    """Return the text of a report."""
    return "\n".join(_report_lines(report)) + "\n"


def _report_lines(report: Wrk2Report) -> Iterator[str]:
    yield f"Running {_scaled(report.duration_s, ('s', 'm'), 60, 0)} test @ {report.url}"
    yield f"  {report.threads} threads and {report.connections} connections"
    for mean_ms, interval_ms in report.calibrations:
        yield f"  Thread calibration: mean lat.: {mean_ms:.3f}ms, rate sampling interval: {interval_ms}ms"
    yield "  Thread Stats   Avg      Stdev     Max   +/- Stdev"
    yield _stat_line("Latency", report.latency, format_time_us)
    yield _stat_line("Req/Sec", report.requests_per_s_of_threads, _format_metric)
    if report.recorded is not None:
        yield from _distribution_lines(RECORDED, report.recorded)
    if report.uncorrected is not None:
        yield ""
        yield from _distribution_lines(UNCORRECTED, report.uncorrected)
    elapsed, size = format_time_us(report.elapsed_us), format_bytes(report.bytes_read)
    yield f"  {report.requests} requests in {elapsed}, {size}B read"
    if any(report.errors.values()):
        yield "  Socket errors: " + ", ".join(f"{phase} {report.errors.get(phase, 0)}" for phase in SOCKET_ERRORS)
    if report.non_2xx:
        yield f"  Non-2xx or 3xx responses: {report.non_2xx}"
    yield f"Requests/sec: {report.requests_per_s:9.2f}"
    yield f"Transfer/sec: {format_bytes(report.bytes_per_s):>10}B"


def _distribution_lines(title: str, distribution: Distribution) -> Iterator[str]:
    yield f"  Latency Distribution (HdrHistogram - {title})"
    if distribution.total == 0:
        yield RULE
        return
    for percent, value_us in distribution.percentiles:
        yield f"{percent:7.3f}%{_cell(format_time_us(value_us), 10)}"
    yield ""
    yield "  Detailed Percentile spectrum:"
    yield _SPECTRUM_HEADINGS
    yield ""
    for row in distribution.spectrum:
        yield f"{row.value_ms:12.3f} {row.ratio:12.6f} {row.count:12d} {row.inverse:12.2f}"
    yield f"#[Mean    = {distribution.mean_ms:12.3f}, StdDeviation   = {distribution.stdev_ms:12.3f}]"
    yield f"#[Max     = {distribution.max_ms:12.3f}, Total count    = {distribution.total:12d}]"
    yield f"#[Buckets = {distribution.buckets:12d}, SubBuckets     = {distribution.sub_buckets:12d}]"
    yield RULE


def _stat_line(name: str, row: StatRow, write: Write) -> str:
    cells = f"{_cell(write(row.mean), 8)}{_cell(write(row.stdev), 10)}{_cell(write(row.maximum), 9)}"
    return f"    {name:<10}{cells}{row.within_percent:8.2f}%"


def format_time_us(time_us: float) -> str:
    """Return a time as wrk2 writes it: `850.00us`, `12.34ms`, `9.74s`, `1.72m`."""
    if isnan(time_us):
        return "-nanus"
    if time_us >= 1_000_000:
        return _scaled(time_us / 1e6, ("s", "m"), 60, 2)
    return _scaled(time_us, ("us", "ms"), 1000, 2)


def format_bytes(size_bytes: float) -> str:
    """Return a size as wrk2 writes it, without the final `B`: `1.46G`."""
    return _scaled(size_bytes, BYTES_UNITS, 1024, 2)


def _format_metric(number: float) -> str:
    return "-nan" if isnan(number) else _scaled(number, METRIC_UNITS, 1000, 2)


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
