"""A daemon's facts as Prometheus metrics, in the text form that the scraper asks for.

Most are declared beside the figures themselves (`facts.py`); those that are made of several are here. Names and units
are as Prometheus' own rules want them: base units, `_total` for counters. Labels are bounded: reasons, states and
engines are short lists, and a worker's number is a label only as long as it lives.

Pure: no registry, no clock. The supervisor's own CPU and descriptors are not here: any process exporter has them.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

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
from api_hour.supervisor.monitor.figures import Counter, Figure, figures_of
from api_hour.supervisor.policy.events import DaemonState
from api_hour.supervisor.policy.pool import Phase

PREFIX = "api_hour_"


@dataclass(frozen=True, slots=True)
class Metrics:
    """The metrics of one picture of a daemon, in the form of a collector of prometheus-client."""

    facts: DaemonFacts

    def collect(self) -> Iterator[Metric]:
        """Give all metrics."""
        facts = self.facts
        yield from _composed(facts)
        yield from _of_whole(facts)
        yield from _of_whole(facts.totals)
        yield from _of_each(WorkerView, "worker", {str(worker.worker_id): worker for worker in facts.workers})
        yield from _of_each(EngineView, "engine", {engine.name: engine for engine in facts.engines})


def expose(facts: DaemonFacts, accept: str) -> tuple[str, bytes]:
    """Return the metrics' content type and text.

    Args:
        facts: the daemon.
        accept: what the scraper accepts: OpenMetrics or Prometheus' text, as its header `Accept` says.
    """
    encode, content_type = choose_encoder(accept)
    return content_type, encode(Metrics(facts))


def _composed(facts: DaemonFacts) -> Iterator[Metric]:
    """Give the metrics that are made of several figures."""
    yield InfoMetricFamily(
        f"{PREFIX}build",
        "Versions that run.",
        {"version": facts.version, "python_version": facts.python_version},
    )
    yield StateSetMetricFamily(
        f"{PREFIX}state", "State of the daemon.", {state.value: state is facts.state for state in DaemonState}
    )
    phases = GaugeMetricFamily(f"{PREFIX}workers", "Workers by state.", labels=["state"])
    for phase in Phase:
        phases.add_metric([phase.value], sum(worker.phase == phase.value for worker in facts.workers))
    yield phases
    yield GaugeMetricFamily(
        f"{PREFIX}requests_in_flight", "Requests that are being answered.", facts.requests_in_flight
    )
    yield GaugeMetricFamily(f"{PREFIX}connections", "Connections that are open.", facts.connections)
    yield HistogramMetricFamily(
        f"{PREFIX}request_duration_seconds",
        "Time from a request's head to the end of its answer.",
        buckets=_buckets(facts.totals.latency_counts),
        sum_value=facts.totals.latency_sum_s,
    )


def _of_whole(picture: object) -> Iterator[Metric]:
    """Give the metrics that a picture declares, but those that are not known."""
    for field, figure in figures_of(type(picture)):
        value = getattr(picture, field)
        if value is not None:
            family = _family(figure)
            _add(family, figure, value)
            yield family


def _of_each(kind: type, label: str, views: Mapping[str, object]) -> Iterator[Metric]:
    """Give the metrics that a kind of view declares, with a sample for each view where it is known."""
    for field, figure in figures_of(kind):
        family = _family(figure, label)
        for name, view in views.items():
            value = getattr(view, field)
            if value is not None:
                _add(family, figure, value, name)
        yield family


def _family(figure: Figure, *labels: str) -> GaugeMetricFamily | CounterMetricFamily:
    names = [*labels, figure.label] if figure.label else labels
    kind = CounterMetricFamily if isinstance(figure, Counter) else GaugeMetricFamily
    return kind(f"{PREFIX}{figure.name}", figure.documentation, labels=names)


def _add(family: GaugeMetricFamily | CounterMetricFamily, figure: Figure, value: Any, *labels: str) -> None:
    """Add a sample, or one for each key of a figure that is divided by a label."""
    if not figure.label:
        family.add_metric(labels, value)
        return
    for key, part in value.items():
        family.add_metric([*labels, key], part)


def _buckets(counts: Iterable[int]) -> list[tuple[str, float]]:
    """Return the counts as Prometheus has them: each with all below it, the last one for every duration."""
    buckets, cumulated = [], 0
    for bound, count in zip((*map(floatToGoString, LATENCY_BOUNDS_S), "+Inf"), counts, strict=True):
        cumulated += count
        buckets.append((bound, float(cumulated)))
    return buckets
