"""wrk2's text: figures to text, and text to figures, so that what parses wrk2's output parses ours, and we read its.

Pure. Rounded figures stay as they were printed: text that wrk2 wrote is printed again byte for byte.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from math import isnan, nan

from rush_hour.errors import UsageError

RULE = "-" * 58
RECORDED = "Recorded Latency"
UNCORRECTED = "Uncorrected Latency (measured without taking delayed starts into account)"
SOCKET_ERRORS = ("connect", "read", "write", "timeout")
SCALE_UP_AT_RATIO = 0.85  # of the next unit
_BYTES = ("", "K", "M", "G", "T")
_METRIC = ("", "k", "M", "G", "T")
_SPECTRUM_HEADINGS = f"{'Value':>12} {'Percentile':>12} {'TotalCount':>12} {'1/(1-Percentile)':>12}"

Write = Callable[[float], str]
Read = Callable[[str, str], float]  # of a number and its unit


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
    """What wrk2 prints of one run.

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
    return _scaled(size_bytes, _BYTES, 1024, 2)


def _format_metric(number: float) -> str:
    return "-nan" if isnan(number) else _scaled(number, _METRIC, 1000, 2)


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


# Reading.

_NUMBER = r"(-?(?:\d+(?:\.\d+)?|nan|inf))"
_TIME = _NUMBER + r"(us|ms|s|m)"
_SIZE = _NUMBER + r"([kKMGT]?)"
_TIME_UNITS_US = {"us": 1.0, "ms": 1e3, "s": 1e6, "m": 60e6}
_BYTES_SCALES: dict[str, float] = {unit: 1024.0**power for power, unit in enumerate(_BYTES)}
_METRIC_SCALES: dict[str, float] = {unit: 1000.0**power for power, unit in enumerate(_METRIC)}
_RUNNING = re.compile(rf"Running {_NUMBER}([smh]) test @ (\S*)")
_THREADS = re.compile(r"(\d+) threads and (\d+) connections")
_CALIBRATION = re.compile(rf"Thread calibration: mean lat\.: {_NUMBER}ms, rate sampling interval: (\d+)ms")
_LATENCY = re.compile(rf"Latency\s+{_TIME}\s+{_TIME}\s+{_TIME}\s+{_NUMBER}%")
_RATE = re.compile(rf"Req/Sec\s+{_SIZE}\s+{_SIZE}\s+{_SIZE}\s+{_NUMBER}%")
_TITLE = re.compile(r"Latency Distribution \(HdrHistogram - (.*)\)")
_PERCENTILE = re.compile(rf"{_NUMBER}%\s+{_TIME}")
_SPECTRUM = re.compile(rf"{_NUMBER}\s+{_NUMBER}\s+(\d+)\s+{_NUMBER}")
_SUMMARY = re.compile(rf"#\[(\w+)\s*=\s*{_NUMBER}, (\w+(?: count)?)\s*=\s*{_NUMBER}\]")
_TOTALS = re.compile(rf"(\d+) requests in {_TIME}, {_SIZE}B read")
_ERRORS = re.compile(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)")
_NON_2XX = re.compile(r"Non-2xx or 3xx responses: (\d+)")
_REQUESTS_PER_S = re.compile(rf"Requests/sec:\s+{_NUMBER}")
_BYTES_PER_S = re.compile(rf"Transfer/sec:\s+{_SIZE}B")


def parse_report(text: str) -> Wrk2Report:
    """Read what wrk2, or `rush-hour load --wrk2`, printed.

    Args:
        text: the output; it may be indented, and have other lines before and after.

    Raises:
        UsageError: a part that every report has is missing.
    """
    lines = [line.strip() for line in text.splitlines()]
    duration, unit, url = _only(_RUNNING, lines, "Running ... test @ URL")
    threads, connections = _only(_THREADS, lines, "... threads and ... connections")
    requests, elapsed, elapsed_unit, size, size_unit = _only(_TOTALS, lines, "... requests in ..., ... read")
    errors = next(_all(_ERRORS, lines), ("0",) * len(SOCKET_ERRORS))
    per_s, per_s_unit = _only(_BYTES_PER_S, lines, "Transfer/sec")
    latency, rate = _only(_LATENCY, lines, "Latency"), _only(_RATE, lines, "Req/Sec")
    return Wrk2Report(
        duration_s=float(duration) * {"s": 1, "m": 60, "h": 3600}[unit],
        url=url,
        threads=int(threads),
        connections=int(connections),
        calibrations=[(float(mean), int(interval)) for mean, interval in _all(_CALIBRATION, lines)],
        latency=_stat_row(latency, lambda number, unit: float(number) * _TIME_UNITS_US[unit]),
        requests_per_s_of_threads=_stat_row(rate, _metric),
        recorded=_distribution(lines, RECORDED),
        uncorrected=_distribution(lines, UNCORRECTED),
        requests=int(requests),
        elapsed_us=float(elapsed) * _TIME_UNITS_US[elapsed_unit],
        bytes_read=_size(size, size_unit),
        errors=dict(zip(SOCKET_ERRORS, map(int, errors), strict=True)),
        non_2xx=int(next(_all(_NON_2XX, lines), ("0",))[0]),
        requests_per_s=float(_only(_REQUESTS_PER_S, lines, "Requests/sec")[0]),
        bytes_per_s=_size(per_s, per_s_unit),
    )


def _all(pattern: re.Pattern[str], lines: Sequence[str]) -> Iterator[tuple[str, ...]]:
    return (match.groups() for line in lines if (match := pattern.fullmatch(line)))


def _only(pattern: re.Pattern[str], lines: Sequence[str], what: str) -> tuple[str, ...]:
    for groups in _all(pattern, lines):
        return groups
    raise UsageError(f"expected the output of wrk2, with a line {what!r}; found none.")


def _stat_row(groups: Sequence[str], read: Read) -> StatRow:
    mean, stdev, maximum = (read(groups[i], groups[i + 1]) for i in (0, 2, 4))
    return StatRow(mean=mean, stdev=stdev, maximum=maximum, within_percent=float(groups[6]))


def _metric(number: str, unit: str) -> float:
    return float(number) * _METRIC_SCALES[unit]


def _size(number: str, unit: str) -> float:
    return float(number) * _BYTES_SCALES[unit]


def _distribution(lines: Sequence[str], title: str) -> Distribution | None:
    titles = [number for number, line in enumerate(lines) if (match := _TITLE.fullmatch(line)) and match[1] == title]
    if not titles:
        return None
    end = next((n for n in range(titles[0], len(lines)) if lines[n] == RULE), len(lines))
    block = lines[titles[0] : end]
    summary: dict[str, float] = {}
    for first, value, second, other in _all(_SUMMARY, block):
        summary |= {first: float(value), second: float(other)}
    return Distribution(
        percentiles=[
            (float(percent), float(value) * _TIME_UNITS_US[unit]) for percent, value, unit in _all(_PERCENTILE, block)
        ],
        spectrum=[
            SpectrumRow(value_ms=float(value), ratio=float(ratio), count=int(count), inverse=float(inverse))
            for value, ratio, count, inverse in _all(_SPECTRUM, block)
        ],
        mean_ms=summary.get("Mean", nan),
        stdev_ms=summary.get("StdDeviation", nan),
        max_ms=summary.get("Max", nan),
        total=int(summary.get("Total count", 0)),
        buckets=int(summary.get("Buckets", 0)),
        sub_buckets=int(summary.get("SubBuckets", 0)),
    )
