"""Texts that load generators print: wrk, wrk2, hey, ab, h2load. Pure."""

import re
from collections.abc import Callable

from rush_hour.errors import UsageError
from rush_hour.imports.source import Source, times
from rush_hour.report.wrk2.reader import parse_report
from rush_hour.results.imported import ImportedLatency, ImportedRun, LoadModel, Waiting

_UNITS_US = {"us": 1.0, "ms": 1e3, "s": 1e6, "m": 60e6}
_TIME = r"([\d.]+)(us|ms|s|m)"
_NAMES = {"50": "p50", "75": "p75", "90": "p90", "95": "p95", "99": "p99", "99.9": "p99_9", "99.99": "p99_99"}


def _found(source: Source, pattern: str) -> re.Match[str] | None:
    return next((match for line in source.lines if (match := re.match(pattern, line))), None)


def _number(source: Source, pattern: str) -> float | None:
    match = _found(source, pattern)
    return None if match is None else float(match[1].replace(",", ""))


def _whole(source: Source, pattern: str) -> int | None:
    found = _number(source, pattern)
    return None if found is None else round(found)


def _percentiles(source: Source, pattern: str, value_us: Callable[[re.Match[str]], float]) -> dict[str, float]:
    """Return percentiles by their names, of lines with a percentage and a duration."""
    matches = (match for line in source.lines if (match := re.fullmatch(pattern, line)))
    return {name: value_us(one) for one in matches if (name := _NAMES.get(_plain(one[1]))) is not None}


def _plain(percent: str) -> str:
    return f"{float(percent):.3f}".rstrip("0").rstrip(".")


def read_wrk(source: Source) -> ImportedRun | None:
    """Read what wrk or wrk2 prints."""
    if not any(line.startswith("Thread Stats") for line in source.lines):
        return None
    try:
        report = parse_report(source.text)
    except UsageError as error:
        raise source.refuse(str(error)) from error
    is_wrk2 = bool(report.calibrations) or "HdrHistogram" in source.text
    errors = {name: many for name, many in report.errors.items() if many and name != "timeout"}
    failed, late = sum(errors.values()), report.errors["timeout"]
    percentiles = _percentiles(source, rf"([\d.]+)%\s+{_TIME}", lambda match: float(match[2]) * _UNITS_US[match[3]])
    if is_wrk2 and report.recorded is not None:
        percentiles = {
            name: us for percent, us in report.recorded.percentiles if (name := _NAMES.get(f"{percent:g}")) is not None
        }
    tool, load_model, waiting = _wrk_kind(is_wrk2=is_wrk2, has_percentiles=bool(percentiles))
    return ImportedRun(
        tool=tool, file=source.name, load_model=load_model, waiting=waiting, resolution="histogram", url=report.url,
        connections=report.connections, duration_s=report.elapsed_us / 1e6, requests=report.requests + failed,
        requests_per_s=report.requests_per_s, good=report.requests - report.non_2xx, failed=failed,
        bytes_read=round(report.bytes_read), errors=errors,
        latency_us=ImportedLatency(
            mean=report.latency.mean, stdev=report.latency.stdev, max=report.latency.maximum, **percentiles
        ),
        notes=[
            *([] if percentiles else ["It was run without --latency, so that it has no percentiles."]),
            *([f"It counts {late:,} timeouts: of requests that were answered late, or waited when it looked."]
              if late else []),
        ],
    )  # fmt: skip


def _wrk_kind(*, is_wrk2: bool, has_percentiles: bool) -> tuple[str, LoadModel, Waiting]:
    """Return which of the two printed a text: of a short run without percentiles, both print the same."""
    if is_wrk2:
        return "wrk2", "open", "counted"
    return ("wrk", "closed", "left out") if has_percentiles else ("wrk or wrk2", "unknown", "unknown")


def read_hey(source: Source) -> ImportedRun | None:
    """Read the summary that hey prints."""
    if "Summary:" not in source.lines or "Success rate:" in source.text:
        return None
    seconds = {
        name: _number(source, rf"{name}:\s+([\d.]+) secs") for name in ("Total", "Average", "Fastest", "Slowest")
    }
    statuses = _counts(source, r"\[(\d+)\]\s+(\d+) responses")
    errors = {match[2]: int(match[1]) for line in _after(source, "Error distribution:")
              if (match := re.fullmatch(r"\[(\d+)\]\s+(.+)", line))}  # fmt: skip
    percentiles = _percentiles(source, r"([\d.]+)%+ in ([\d.]+) secs", lambda match: 1e6 * float(match[2]))
    return ImportedRun(
        tool="hey", file=source.name, load_model="closed", waiting="left out", resolution="percentiles",
        duration_s=seconds["Total"], requests=sum(statuses.values()) + sum(errors.values()),
        requests_per_s=_number(source, r"Requests/sec:\s+([\d.]+)"),
        good=sum(many for status, many in statuses.items() if status[:1] in {"2", "3"}), failed=sum(errors.values()),
        bytes_read=_whole(source, r"Total data:\s+(\d+) bytes"), statuses=statuses, errors=errors,
        latency_us=ImportedLatency(
            mean=times(seconds["Average"], 1e6), least=times(seconds["Fastest"], 1e6),
            max=times(seconds["Slowest"], 1e6), **percentiles,
        ),
        notes=["hey prints times in steps of 0.1 ms; `hey -o csv` has each request."],
    )  # fmt: skip


def _counts(source: Source, pattern: str) -> dict[str, int]:
    matches = (match for line in source.lines if (match := re.fullmatch(pattern, line)))
    return {match[1]: int(match[2]) for match in matches}


def _after(source: Source, heading: str) -> list[str]:
    return source.lines[source.lines.index(heading) + 1 :] if heading in source.lines else []


def read_ab(source: Source) -> ImportedRun | None:
    """Read what ab prints."""
    if _found(source, r"Concurrency Level:") is None:
        return None
    requests, non_2xx = _whole(source, r"Complete requests:\s+(\d+)"), _whole(source, r"Non-2xx responses:\s+(\d+)")
    spread = _found(source, r"Total:\s+(\d+)\s+(\d+)\s+([\d.]+)\s+(\d+)\s+(\d+)")
    least, mean, stdev, _, longest = (None,) * 5 if spread is None else (1e3 * float(one) for one in spread.groups())
    percentiles = _percentiles(source, r"([\d.]+)%\s+(\d+)", lambda match: 1e3 * float(match[2]))
    failed = _found(source, r"\(Connect: (\d+), Receive: (\d+), Length: (\d+), Exceptions: (\d+)\)")
    lost = 0 if failed is None else int(failed[1]) + int(failed[2]) + int(failed[4])
    scheme = "http" if _found(source, r"SSL/TLS Protocol:") is None else "https"
    host, path = _found(source, r"Server Hostname:\s+(\S+)"), _found(source, r"Document Path:\s+(\S+)")
    port = _found(source, r"Server Port:\s+(\d+)")
    return ImportedRun(
        tool="ab", file=source.name, load_model="closed", waiting="left out", resolution="requests",
        url=None if host is None or path is None or port is None else f"{scheme}://{host[1]}:{port[1]}{path[1]}",
        connections=_whole(source, r"Concurrency Level:\s+(\d+)"),
        duration_s=_number(source, r"Time taken for tests:\s+([\d.]+) seconds"), requests=requests,
        requests_per_s=_number(source, r"Requests per second:\s+([\d.]+)"),
        good=None if requests is None else requests - (non_2xx or 0) - lost, failed=lost,
        bytes_read=_whole(source, r"Total transferred:\s+(\d+) bytes"),
        latency_us=ImportedLatency(mean=mean, stdev=stdev, least=least, max=longest, **percentiles),
        notes=[
            "ab prints whole milliseconds.",
            "It counts an answer of another length than the first one as failed; here it is good.",
            "Without -k it has a new connection for each request.",
        ],
    )  # fmt: skip


def read_h2load(source: Source) -> ImportedRun | None:
    """Read what h2load prints."""
    finished = _found(source, r"finished in ([\d.]+)(us|ms|s|m), ([\d.]+) req/s")
    if finished is None:
        return None
    requests = _found(source, r"requests: (\d+) total, \d+ started, \d+ done, (\d+) succeeded, \d+ failed, "
                              r"(\d+) errored, (\d+) timeout")  # fmt: skip  # timeouts are some of those errored
    codes = _found(source, r"status codes: (\d+) 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx")
    spread = _found(source, rf"time for request:\s+{_TIME}\s+{_TIME}\s+{_TIME}\s+{_TIME}")
    statuses = {} if codes is None else {f"{n}xx": int(codes[n - 1]) for n in (2, 3, 4, 5) if int(codes[n - 1])}
    values = () if spread is None else spread.groups()
    least, longest, mean, stdev = (
        (float(values[at]) * _UNITS_US[values[at + 1]] for at in (0, 2, 4, 6)) if values else ((None,) * 4)
    )
    failed, late = (None, 0) if requests is None else (int(requests[3]), int(requests[4]))
    return ImportedRun(
        tool="h2load", file=source.name, load_model="closed", waiting="left out", resolution="percentiles",
        duration_s=float(finished[1]) * _UNITS_US[finished[2]] / 1e6, requests_per_s=float(finished[3]),
        requests=None if requests is None else int(requests[1]),
        good=None if requests is None else int(requests[2]), failed=failed,
        bytes_read=_whole(source, r"traffic: \S+ \((\d+)\) total"), statuses=statuses,
        errors={"timeout": late} if late else {},
        latency_us=None if spread is None else ImportedLatency(mean=mean, stdev=stdev, least=least, max=longest),
        notes=["h2load prints no percentiles."],
    )  # fmt: skip
