"""k6's summaries: of handleSummary, of --summary-export, and the machine-readable one. Pure."""

from typing import Any

from rush_hour.imports.source import Source, count, number, times
from rush_hour.results.imported import ImportedLatency, ImportedRun

MILLISECONDS = 1e3  # in microseconds
_MEASURES = {
    "avg": "mean", "min": "least", "med": "p50", "p(50)": "p50", "p(75)": "p75", "p(90)": "p90", "p(95)": "p95",
    "p(99)": "p99", "p(99.9)": "p99_9", "p(99.99)": "p99_99", "max": "max",
}  # fmt: skip


def read_k6(source: Source) -> ImportedRun | None:
    """Read a summary of k6, in any of its three forms."""
    metrics = _metrics(source.json)
    if "http_req_duration" not in metrics and "http_reqs" not in metrics:
        return None
    requests, per_s = count(metrics, "http_reqs", "count"), number(metrics, "http_reqs", "rate")
    bad = count(metrics, "http_req_failed", "passes")  # of a rate, k6 calls what is so a pass: here, to have failed
    durations = metrics.get("http_req_duration", {})
    known = {_MEASURES[name]: times(number(durations, name), MILLISECONDS) for name in durations if name in _MEASURES}
    return ImportedRun(
        tool=" ".join(["k6", str(source.json.get("metadata", {}).get("k6Version", ""))]).strip(), file=source.name,
        load_model="unknown", waiting="left out", resolution="percentiles",
        duration_s=requests / per_s if requests and per_s else None, requests=requests, requests_per_s=per_s,
        good=None if requests is None or bad is None else requests - bad,
        bytes_read=count(metrics, "data_received", "count"), latency_us=ImportedLatency(**known) if known else None,
        notes=[
            "k6 counts a request's duration from when it was sent, without connecting.",
            "It writes neither its executor nor how many requests had no answer.",
            "Which percentiles it writes is said by --summary-trend-stats.",
        ],
    )  # fmt: skip


def _metrics(read: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return each metric's values."""
    results = read.get("results")
    if isinstance(results, dict) and isinstance(results.get("metrics"), list):
        return {one["name"]: one.get("values") or {} for one in results["metrics"] if "name" in one}
    metrics = read.get("metrics")
    if not isinstance(metrics, dict):
        return {}
    values = {name: one.get("values", one) for name, one in metrics.items() if isinstance(one, dict)}
    return {name: one for name, one in values.items() if isinstance(one, dict)}
