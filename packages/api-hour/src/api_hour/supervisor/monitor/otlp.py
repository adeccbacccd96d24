"""Sends a daemon's facts by OpenTelemetry's protocol over HTTP (OTLP/HTTP), under the names that Prometheus gets.

The exporter is OpenTelemetry's own; its headers, certificates and the like are set by its environment variables
(`OTEL_EXPORTER_OTLP_...`). It is imported only where metrics are sent so.
"""

import logging
import os
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    Gauge,
    Histogram,
    HistogramDataPoint,
    Metric,
    MetricExportResult,
    MetricsData,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
    Sum,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope

from api_hour.supervisor.monitor.facts import DaemonFacts
from api_hour.supervisor.monitor.metrics import PREFIX, Metrics

METRICS_PATH = "/v1/metrics"
TIMEOUT_S = 10.0
EXPORTERS_LOGGER = "opentelemetry.exporter.otlp"


class OtlpSender:
    """Sends all figures, counters as what has been counted since the supervisor began.

    Args:
        endpoint: the receiver's URL; without a path, the one of the specification is meant.
        name: of the service, unless OTEL_SERVICE_NAME says another.
    """

    def __init__(self, endpoint: str, name: str) -> None:
        logging.getLogger(EXPORTERS_LOGGER).setLevel(logging.CRITICAL)  # a failure is said once, by us
        self._endpoint = url_of(endpoint)
        self._exporter = OTLPMetricExporter(endpoint=self._endpoint, timeout=TIMEOUT_S)
        self._resource = Resource.create({"service.name": os.environ.get("OTEL_SERVICE_NAME") or name})
        self._began_at_ns = time.time_ns()

    def __call__(self, facts: DaemonFacts) -> None:
        """Send the figures.

        Raises:
            ConnectionError: nobody has taken them.
        """
        scope = ScopeMetrics(
            scope=InstrumentationScope("api_hour", facts.version),
            metrics=[*metrics_of(facts, self._began_at_ns, time.time_ns())],
            schema_url="",
        )
        resources = ResourceMetrics(resource=self._resource, scope_metrics=[scope], schema_url="")
        if self._exporter.export(MetricsData([resources])) is not MetricExportResult.SUCCESS:
            raise ConnectionError(f"{self._endpoint} does not take them")

    def close(self) -> None:
        """Try no more."""
        self._exporter.shutdown()


def url_of(endpoint: str) -> str:
    """Return the URL for metrics of an endpoint that may be that of all signals."""
    parts = urlsplit(endpoint)
    return urlunsplit(parts._replace(path=METRICS_PATH)) if parts.path in {"", "/"} else endpoint


def metrics_of(facts: DaemonFacts, began_at_ns: int, now_ns: int) -> Iterator[Metric]:
    """Give the figures of a daemon as OpenTelemetry has them.

    Args:
        facts: the daemon.
        began_at_ns: since when counters count, in ns since 1970.
        now_ns: when all this is so.
    """
    for family in Metrics(facts).collect():
        data: Any
        if family.name == f"{PREFIX}request_duration_seconds":
            data = Histogram([_durations(facts, began_at_ns, now_ns)], AggregationTemporality.CUMULATIVE)
        else:
            points = [
                NumberDataPoint(sample.labels, began_at_ns, now_ns, float(sample.value)) for sample in family.samples
            ]
            is_counter = family.type == "counter"
            data = Sum(points, AggregationTemporality.CUMULATIVE, is_monotonic=True) if is_counter else Gauge(points)
        yield Metric(family.name, family.documentation, "", data)


def _durations(facts: DaemonFacts, began_at_ns: int, now_ns: int) -> HistogramDataPoint:
    totals = facts.totals
    unknown: Any = None  # the least and the most
    return HistogramDataPoint(
        attributes={},
        start_time_unix_nano=began_at_ns,
        time_unix_nano=now_ns,
        count=sum(totals.latency_counts),
        sum=totals.latency_sum_s,
        bucket_counts=totals.latency_counts,
        explicit_bounds=totals.latency_bounds_s,
        min=unknown,
        max=unknown,
    )
