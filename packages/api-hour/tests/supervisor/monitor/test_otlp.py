"""Metrics by OpenTelemetry's protocol, to a real receiver."""

import pytest
from metrics_receiver import receiving
from pictured import FACTS

from api_hour.stats import LATENCY_BOUNDS_S
from api_hour.supervisor.monitor.otlp import OtlpSender, url_of


def test_figures_come_as_counters_gauges_and_a_histogram() -> None:
    with receiving() as receiver:
        send = OtlpSender(receiver.url, "shop")
        send(FACTS)
        send.close()

        metrics = receiver.metrics()
        [(path, message)] = receiver.requests
    assert path == "/v1/metrics"
    attributes = {one.key: one.value.string_value for one in message.resource_metrics[0].resource.attributes}
    assert attributes["service.name"] == "shop"
    requests = metrics["api_hour_requests"].sum
    assert (requests.is_monotonic, requests.data_points[0].as_double) == (True, 2400.0)
    assert requests.data_points[0].start_time_unix_nano <= requests.data_points[0].time_unix_nano
    workers = metrics["api_hour_workers"].gauge.data_points
    assert {point.attributes[0].value.string_value: point.as_double for point in workers}["serving"] == 2
    [durations] = metrics["api_hour_request_duration_seconds"].histogram.data_points
    assert tuple(durations.explicit_bounds) == LATENCY_BOUNDS_S
    assert tuple(durations.bucket_counts) == FACTS.totals.latency_counts
    assert (durations.count, durations.sum) == (sum(FACTS.totals.latency_counts), FACTS.totals.latency_sum_s)
    assert not durations.HasField("min")


def test_the_service_may_have_another_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_SERVICE_NAME", "other")
    with receiving() as receiver:
        OtlpSender(receiver.url, "shop")(FACTS)

        resource = receiver.requests[0][1].resource_metrics[0].resource
    assert "other" in [one.value.string_value for one in resource.attributes if one.key == "service.name"]


def test_a_receiver_that_says_no_is_an_error() -> None:
    with receiving() as receiver:
        receiver.status = 400
        send = OtlpSender(f"{receiver.url}/elsewhere", "shop")
        with pytest.raises(ConnectionError, match=r"\Ahttp://127.0.0.1:\d+/elsewhere does not take them\Z"):
            send(FACTS)
        assert receiver.requests[0][0] == "/elsewhere"


@pytest.mark.parametrize(
    ("endpoint", "url"),
    [
        ("http://a:4318", "http://a:4318/v1/metrics"),
        ("http://a:4318/", "http://a:4318/v1/metrics"),
        ("https://a/api/otlp/metrics?k=v", "https://a/api/otlp/metrics?k=v"),
    ],
)
def test_an_endpoint_without_a_path_is_that_of_all_signals(endpoint: str, url: str) -> None:
    assert url_of(endpoint) == url
