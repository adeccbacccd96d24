"""JSON that load generators write at the end: oha, vegeta, fortio, autocannon. Pure."""

from dataclasses import fields
from typing import Any

from rush_hour.imports.source import Source, count, counts, good_of, number, times
from rush_hour.results.imported import ImportedLatency, ImportedRun

SECONDS, MILLISECONDS, NANOSECONDS = 1e6, 1e3, 1e-3  # in microseconds
_MEASURES = frozenset(field.name for field in fields(ImportedLatency))


def read_oha(source: Source) -> ImportedRun | None:
    """Read what `oha --output-format json` writes."""
    read = source.json
    if not {"summary", "latencyPercentiles", "statusCodeDistribution"} <= read.keys():
        return None
    statuses, errors = counts(read["statusCodeDistribution"]), counts(read.get("errorDistribution"))
    summary, duration_s = read["summary"], number(read, "summary", "total")
    return ImportedRun(
        tool="oha", file=source.name, load_model="unknown", waiting="unknown", resolution="requests",
        duration_s=duration_s, requests=sum(statuses.values()) + sum(errors.values()),
        requests_per_s=number(summary, "requestsPerSec"), good=good_of(statuses), failed=sum(errors.values()),
        bytes_read=count(summary, "totalData"), statuses=statuses, errors=errors,
        latency_us=_latency(
            read["latencyPercentiles"], SECONDS, mean=number(summary, "average"), least=number(summary, "fastest"),
            max=number(summary, "slowest"),
        ),
        notes=[
            "oha does not write whether there was a rate (-q).",
            "Nor does it whether latencies count from when requests were due (--latency-correction).",
        ],
    )  # fmt: skip


def read_vegeta(source: Source) -> ImportedRun | None:
    """Read what `vegeta report -type=json` writes."""
    read = source.json
    if not {"latencies", "status_codes", "throughput"} <= read.keys():
        return None
    statuses = {status: many for status, many in counts(read["status_codes"]).items() if status != "0"}
    requests, latencies = count(read, "requests"), read["latencies"]
    attack_s, wait_s = (times(number(read, name), 1e-9) for name in ("duration", "wait"))
    return ImportedRun(
        tool="vegeta", file=source.name, load_model="open", waiting="unknown", resolution="buckets",
        rate_per_s=number(read, "rate"), duration_s=None if attack_s is None else attack_s + (wait_s or 0.0),
        requests=requests, requests_per_s=number(read, "rate"), good=good_of(statuses),
        failed=counts(read["status_codes"]).get("0", 0), bytes_read=count(read, "bytes_in", "total"),
        statuses=statuses,
        latency_us=_latency(
            {f"p{name.removesuffix('th')}": value for name, value in latencies.items() if name.endswith("th")},
            NANOSECONDS, mean=number(latencies, "mean"), least=number(latencies, "min"),
            max=number(latencies, "max"),
        ),
        notes=["vegeta counts latencies from when it sent a request, of good and bad answers alike."],
    )  # fmt: skip


def read_fortio(source: Source) -> ImportedRun | None:
    """Read what `fortio load -json FILE` writes."""
    read = source.json
    if not {"RunType", "DurationHistogram", "ActualQPS"} <= read.keys():
        return None
    histogram, statuses = read["DurationHistogram"], counts(read.get("RetCodes"))
    percentiles = {f"p{one['Percentile']:g}": one["Value"] for one in histogram.get("Percentiles") or []}
    asked = str(read.get("RequestedQPS", ""))
    return ImportedRun(
        tool=" ".join(["fortio", str(read.get("Version", ""))]).strip(), file=source.name, load_model="closed",
        waiting="left out", resolution="buckets", url=read.get("URL"), rate_per_s=_rate(asked),
        connections=count(read, "NumThreads"), duration_s=times(number(read, "ActualDuration"), 1e-9),
        requests=count(histogram, "Count"), requests_per_s=number(read, "ActualQPS"), good=good_of(statuses),
        failed=sum(many for status, many in statuses.items() if status in {"-1", "0"}),
        statuses={status: many for status, many in statuses.items() if status not in {"-1", "0"}},
        latency_us=_latency(
            percentiles, SECONDS, mean=number(histogram, "Avg"), stdev=number(histogram, "StdDev"),
            least=number(histogram, "Min"), max=number(histogram, "Max"),
        ),
        notes=["fortio's percentiles lie between the bounds of its buckets; each of its threads waits for its answer."],
    )  # fmt: skip


def read_autocannon(source: Source) -> ImportedRun | None:
    """Read what `autocannon --json` writes."""
    read = source.json
    if not {"latency", "requests", "non2xx", "connections"} <= read.keys():
        return None
    latency, failed = read["latency"], (count(read, "errors") or 0)
    statuses = {code: many for code in ("1xx", "2xx", "3xx", "4xx", "5xx") if (many := count(read, code))}
    return ImportedRun(
        tool="autocannon", file=source.name, load_model="unknown", waiting="unknown", resolution="histogram",
        url=read.get("url"), connections=count(read, "connections"), duration_s=number(read, "duration"),
        requests=(count(read, "requests", "total") or 0) + failed, requests_per_s=number(read, "requests", "average"),
        good=good_of(statuses), failed=failed, bytes_read=count(read, "throughput", "total"), statuses=statuses,
        errors={"timeout": many} if (many := count(read, "timeouts")) else {},
        latency_us=_latency(
            latency, MILLISECONDS, mean=number(latency, "average"), stdev=number(latency, "stddev"),
            least=number(latency, "min"), max=number(latency, "max"),
        ),
        notes=["autocannon does not write whether there was a rate (-R); without one it is a closed loop."],
    )  # fmt: skip


def _rate(text: str) -> float | None:
    try:
        return float(text) or None
    except ValueError:  # such as `max`
        return None


def _latency(percentiles: dict[str, Any], unit: float, **others: float | None) -> ImportedLatency:
    """Return latencies in microseconds, of percentiles with names such as `p99.9` or `p99_9`."""
    named = {name.replace(".", "_"): number(percentiles, name) for name in percentiles}
    known = {name: value for name, value in named.items() if name in _MEASURES} | others
    return ImportedLatency(**{name: times(value, unit) for name, value in known.items()})
