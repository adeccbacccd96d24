"""wrk2's text, read back: what wrk2 printed, or what we did in its place.

Pure. Rounded figures stay as they were printed: text that wrk2 wrote is printed again byte for byte.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from math import nan

from rush_hour.errors import UsageError
from rush_hour.report.wrk2.text import (
    BYTES_UNITS,
    METRIC_UNITS,
    RECORDED,
    RULE,
    SOCKET_ERRORS,
    UNCORRECTED,
    Distribution,
    SpectrumRow,
    StatRow,
    Wrk2Report,
)

Read = Callable[[str, str], float]  # of a number and its unit

_NUMBER = r"(-?(?:\d+(?:\.\d+)?|nan|inf))"
_TIME = _NUMBER + r"(us|ms|s|m)"
_SIZE = _NUMBER + r"([kKMGT]?)"
_TIME_UNITS_US = {"us": 1.0, "ms": 1e3, "s": 1e6, "m": 60e6}
_BYTES_SCALES: dict[str, float] = {unit: 1024.0**power for power, unit in enumerate(BYTES_UNITS)}
_METRIC_SCALES: dict[str, float] = {unit: 1000.0**power for power, unit in enumerate(METRIC_UNITS)}
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
