"""Comma-separated values: locust's statistics, and the requests of hey and JMeter. Pure."""

from rush_hour.imports.requests import RequestRow, duration_s_of, latency_of, statuses_of
from rush_hour.imports.source import Source, times
from rush_hour.results.imported import ImportedLatency, ImportedRun

MILLISECONDS = 1e3  # in microseconds
_LOCUST = {
    "Average Response Time": "mean", "Min Response Time": "least", "50%": "p50", "75%": "p75", "90%": "p90",
    "95%": "p95", "99%": "p99", "99.9%": "p99_9", "99.99%": "p99_99", "Max Response Time": "max",
}  # fmt: skip


def read_locust(source: Source) -> ImportedRun | None:
    """Read the `*_stats.csv` of `locust --csv`."""
    if not {"Request Count", "Failure Count", "Requests/s", "50%"} <= set(source.header):
        return None
    row = next((row for row in source.rows() if row.get("Name") == "Aggregated"), None)
    if row is None:
        raise source.refuse("expected locust's statistics with a row Aggregated; found none.")
    requests, failures, per_s = _float(row["Request Count"]), _float(row["Failure Count"]), _float(row["Requests/s"])
    known = {name: times(_float(row.get(column)), MILLISECONDS) for column, name in _LOCUST.items()}
    return ImportedRun(
        tool="locust", file=source.name, load_model="closed", waiting="left out", resolution="buckets",
        duration_s=requests / per_s if requests and per_s else None,
        requests=None if requests is None else round(requests), requests_per_s=per_s,
        good=None if requests is None or failures is None else round(requests - failures),
        latency_us=ImportedLatency(**known),
        notes=["locust rounds times above 100 ms to two digits, and counts those of failures too."],
    )  # fmt: skip


def read_hey_requests(source: Source) -> ImportedRun | None:
    """Read what `hey -o csv` prints."""
    if not {"response-time", "status-code", "offset"} <= set(source.header):
        return None
    rows = [
        RequestRow(
            sent_at_us=1e6 * _needed(source, row, "offset"),
            latency_us=1e6 * _needed(source, row, "response-time"),
            status=row["status-code"],
            is_good=row["status-code"][:1] in {"2", "3"},
        )
        for row in source.rows()
    ]
    return _of_requests("hey", source, rows, ["hey leaves requests without an answer out, and all after a million."])


def read_jmeter(source: Source) -> ImportedRun | None:
    """Read a JTL file of JMeter, as comma-separated values with the names of the columns."""
    if not {"timeStamp", "elapsed", "responseCode", "success"} <= set(source.header):
        return None
    rows = [
        RequestRow(
            sent_at_us=1e3 * _needed(source, row, "timeStamp"),
            latency_us=1e3 * _needed(source, row, "elapsed"),
            status=row["responseCode"] if row["responseCode"].isdigit() else "",
            is_good=row["success"] == "true",
        )
        for row in source.rows()
    ]
    return _of_requests("JMeter", source, rows, ["JMeter's times are whole milliseconds."])


def _of_requests(tool: str, source: Source, rows: list[RequestRow], notes: list[str]) -> ImportedRun:
    duration_s = duration_s_of(rows)
    return ImportedRun(
        tool=tool, file=source.name, load_model="closed", waiting="left out", resolution="requests",
        duration_s=duration_s, requests=len(rows), requests_per_s=len(rows) / duration_s if duration_s else None,
        good=sum(row.is_good for row in rows), failed=sum(not row.status for row in rows),
        statuses=statuses_of(rows), latency_us=latency_of(rows), notes=notes,
    )  # fmt: skip


def _float(text: str | None) -> float | None:
    try:
        return float(text or "")
    except ValueError:  # such as N/A
        return None


def _needed(source: Source, row: dict[str, str], name: str) -> float:
    found = _float(row.get(name))
    if found is None:
        raise source.refuse(f"expected a number in the column {name} of each row, got {row.get(name)!r}.")
    return found
