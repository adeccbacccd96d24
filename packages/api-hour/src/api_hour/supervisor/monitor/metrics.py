"""A daemon's facts as Prometheus metrics, in the text form that the scraper asks for.

Names and units are as Prometheus' own rules want them: base units, `_total` for counters. Labels are bounded: reasons,
states and engines are short lists, and a worker's number is a label only as long as it lives.

Pure: no registry, no clock. The supervisor's own CPU and descriptors are not here: any process exporter has them.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
    StateSetMetricFamily,
)
from prometheus_client.utils import floatToGoString

from api_hour.stats import LATENCY_BOUNDS_S
from api_hour.supervisor.monitor.facts import DaemonFacts, EngineView, WorkerView
from api_hour.supervisor.policy.events import DaemonState
from api_hour.supervisor.policy.pool import Phase


@dataclass(frozen=True, slots=True)
class Metrics:
    """The metrics of one picture of a daemon, in the form of a collector of prometheus-client."""

    facts: DaemonFacts

    def collect(self) -> Iterator[Metric]:
        """Give all metrics."""
        yield from _daemon_metrics(self.facts)
        yield from _worker_totals(self.facts)
        yield from _request_metrics(self.facts)
        yield from _each_worker(self.facts.workers)
        yield from _each_engine(self.facts.engines)


def expose(facts: DaemonFacts, accept: str) -> tuple[str, bytes]:
    """Return the metrics' content type and text.

    Args:
        facts: the daemon.
        accept: what the scraper accepts: OpenMetrics or Prometheus' text, as its header `Accept` says.
    """
    encode, content_type = choose_encoder(accept)
    return content_type, encode(Metrics(facts))


def _daemon_metrics(facts: DaemonFacts) -> Iterator[Metric]:
    yield InfoMetricFamily(
        "api_hour_build",
        "Versions that run.",
        {"version": facts.version, "python_version": facts.python_version},
    )
    yield StateSetMetricFamily(
        "api_hour_state", "State of the daemon.", {state.value: state is facts.state for state in DaemonState}
    )
    yield _gauge("api_hour_uptime_seconds", "Time since the supervisor began.", facts.uptime_s)
    yield _gauge("api_hour_facts_age_seconds", "Time since the supervisor's loop has made these figures.", facts.age_s)
    if facts.rss_bytes is not None:
        name = "api_hour_supervisor_resident_memory_bytes"
        yield _gauge(name, "Resident memory of the supervisor.", facts.rss_bytes)


def _worker_totals(facts: DaemonFacts) -> Iterator[Metric]:
    totals = facts.totals
    phases = {phase.value: sum(worker.phase == phase.value for worker in facts.workers) for phase in Phase}
    yield _gauge("api_hour_workers_wanted", "Workers that are to serve.", facts.workers_wanted)
    yield _by_label(GaugeMetricFamily("api_hour_workers", "Workers by state.", labels=["state"]), phases)
    yield _counter("api_hour_workers_started", "Worker processes that were started.", totals.workers_started)
    restarts = CounterMetricFamily(
        "api_hour_worker_restarts", "Workers that were replaced, by reason.", labels=["reason"]
    )
    yield _by_label(restarts, totals.restarts)
    kills = CounterMetricFamily("api_hour_worker_kills", "Workers that had to be killed, by reason.", labels=["reason"])
    yield _by_label(kills, totals.kills)
    yield _counter("api_hour_reloads", "Reloads that were begun.", totals.reloads)
    yield _counter("api_hour_reload_failures", "Reloads that failed: the old workers were kept.", totals.reloads_failed)


def _request_metrics(facts: DaemonFacts) -> Iterator[Metric]:
    totals = facts.totals
    yield _counter("api_hour_requests", "Requests that were answered, whatever the answer.", totals.requests)
    yield _gauge("api_hour_requests_in_flight", "Requests that are being answered.", facts.requests_in_flight)
    yield HistogramMetricFamily(
        "api_hour_request_duration_seconds",
        "Time from a request's head to the end of its answer.",
        buckets=_buckets(totals.latency_counts),
        sum_value=totals.latency_sum_s,
    )
    yield _gauge("api_hour_connections", "Connections that are open.", facts.connections)
    yield _gauge(
        "api_hour_event_loop_lag_max_seconds",
        "How late the event loop of any worker was at the most in the last minute.",
        facts.loop_lag_max_s,
    )


def _each_worker(workers: tuple[WorkerView, ...]) -> Iterator[Metric]:
    parts: tuple[tuple[str, str, Callable[[WorkerView], float | None]], ...] = (
        ("age_seconds", "Time since the worker was started.", lambda worker: worker.age_s),
        ("silence_seconds", "Time since the worker's last sign of life.", lambda worker: worker.silence_s),
        ("requests_in_flight", "Requests that the worker is answering.", lambda worker: worker.in_flight),
        ("connections", "Connections that the worker has open.", lambda worker: worker.connections),
        ("event_loop_lag_seconds", "How late the worker's event loop is.", lambda worker: worker.loop_lag_s),
        ("resident_memory_bytes", "Resident memory of the worker.", lambda worker: worker.rss_bytes),
    )
    for name, documentation, value_of in parts:
        family = GaugeMetricFamily(f"api_hour_worker_{name}", documentation, labels=["worker"])
        for worker in workers:
            if (value := value_of(worker)) is not None:
                family.add_metric([str(worker.worker_id)], value)
        yield family


def _each_engine(engines: tuple[EngineView, ...]) -> Iterator[Metric]:
    states = GaugeMetricFamily(
        "api_hour_engine_workers", "Serving workers by the state of an engine.", labels=["engine", "state"]
    )
    for engine in engines:
        for state, count in engine.workers_by_state.items():
            states.add_metric([engine.name, state], count)
    yield states
    parts: tuple[tuple[str, str, Callable[[EngineView], int]], ...] = (
        ("connections", "Connections of an engine that are open.", lambda engine: engine.connections),
        ("connections_borrowed", "Connections of an engine that are in use.", lambda engine: engine.borrowed),
        ("callers_waiting", "Callers that wait for a connection of an engine.", lambda engine: engine.waiting),
    )
    for name, documentation, value_of in parts:
        family = GaugeMetricFamily(f"api_hour_engine_{name}", documentation, labels=["engine"])
        yield _by_label(family, {engine.name: value_of(engine) for engine in engines})
    refusals = CounterMetricFamily(
        "api_hour_engine_refusals", "Callers that were told that an engine is unavailable.", labels=["engine"]
    )
    yield _by_label(refusals, {engine.name: engine.refused_total for engine in engines})


def _gauge(name: str, documentation: str, value: float) -> Metric:
    return GaugeMetricFamily(name, documentation, value)


def _counter(name: str, documentation: str, value: float) -> Metric:
    return CounterMetricFamily(name, documentation, value)


def _by_label(family: GaugeMetricFamily | CounterMetricFamily, values: dict[str, int]) -> Metric:
    for label, value in values.items():
        family.add_metric([label], value)
    return family


def _buckets(counts: Iterable[int]) -> list[tuple[str, float]]:
    """Return the counts as Prometheus has them: each with all below it, the last one for every duration."""
    buckets, cumulated = [], 0
    for bound, count in zip((*map(floatToGoString, LATENCY_BOUNDS_S), "+Inf"), counts, strict=True):
        cumulated += count
        buckets.append((bound, float(cumulated)))
    return buckets
