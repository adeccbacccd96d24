"""A daemon's facts as the lines of StatsD: Gunicorn's names where they correspond, our own for all others.

A counter is sent as what has come since the last time. What is counted in classes of durations is sent as one line for
each class: its upper bound, with a rate of 1/N for N requests, by which a server counts it N times.

Pure.
"""

import re
from collections.abc import Iterator, Mapping

from api_hour.supervisor.monitor.facts import DaemonFacts
from api_hour.supervisor.monitor.metrics import PREFIX, Metrics

KINDS: Mapping[str, str] = {"counter": "c", "gauge": "g"}

_UNSAFE = re.compile(r"[^A-Za-z0-9_-]")


def statsd_lines(before: DaemonFacts | None, facts: DaemonFacts, *, prefix: str = "", tags: str = "") -> list[str]:
    """Return the lines to send.

    Args:
        before: what was sent last; None for nothing.
        facts: what is sent now.
        prefix: the first part of each name.
        tags: for each line, in DogStatsD's form.
    """
    start = f"{prefix.rstrip('.')}." if prefix.rstrip(".") else ""
    end = f"|#{tags}" if tags else ""
    return [f"{start}{line}{end}" for line in (*_gunicorn(before, facts), *_own(before, facts))]


def _gunicorn(before: DaemonFacts | None, facts: DaemonFacts) -> Iterator[str]:
    totals = facts.totals
    requests, counts = (0, [0] * len(totals.latency_counts))
    if before is not None:
        requests, counts = before.totals.requests, [*before.totals.latency_counts]
    if totals.requests > requests:
        yield f"gunicorn.requests:{totals.requests - requests}|c"
    bounds_s = (*totals.latency_bounds_s, totals.latency_bounds_s[-1])
    for bound_s, old, new in zip(bounds_s, counts, totals.latency_counts, strict=True):
        if new > old:
            rate = f"|@{1 / (new - old):.9g}" if new - old > 1 else ""
            yield f"gunicorn.request.duration:{bound_s * 1000:g}|ms{rate}"
    yield f"gunicorn.workers:{len(facts.workers)}|g"


def _own(before: DaemonFacts | None, facts: DaemonFacts) -> Iterator[str]:
    old = {} if before is None else dict(_samples(before))
    for (kind, name), value in _samples(facts):
        sent = value - old.get((kind, name), 0.0) if kind == "c" else value
        if kind == "g" or sent > 0:
            yield f"{name}:{sent:.10g}|{kind}"


def _samples(facts: DaemonFacts) -> Iterator[tuple[tuple[str, str], float]]:
    """Give the value of each figure of the whole daemon by its kind and its name, in which the labels' values are."""
    for family in Metrics(facts).collect():
        if family.type not in KINDS:
            continue
        for sample in family.samples:
            if "worker" not in sample.labels:
                parts = [_UNSAFE.sub("_", part) for part in sample.labels.values()]
                name = ".".join(("api_hour", family.name.removeprefix(PREFIX), *parts))
                yield (KINDS[family.type], name), sample.value
