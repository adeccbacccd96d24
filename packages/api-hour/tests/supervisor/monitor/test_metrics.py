"""A daemon's facts as Prometheus metrics, read back by Prometheus' own readers."""

from dataclasses import replace

import pytest
from pictured import BOOTING, ENGINE, FACTS, WORKER, facts
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_text

from api_hour.supervisor.monitor.facts import DaemonFacts
from api_hour.supervisor.monitor.metrics import expose

OPENMETRICS = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"


def samples(pictured: DaemonFacts = FACTS) -> dict[str, float]:
    """Return the value of each sample, its labels sorted and written as in the text."""
    _, text = expose(pictured, "")
    found = {}
    for family in read_text(text.decode()):
        for sample in family.samples:
            labels = ",".join(f'{name}="{value}"' for name, value in sorted(sample.labels.items()))
            found[sample.name + (f"{{{labels}}}" if labels else "")] = sample.value
    return found


def test_the_daemon_is_there() -> None:
    found = samples(facts(age_s=0.5))

    assert found['api_hour_build_info{python_version="3.11.7",version="1.2.3"}'] == 1
    states = ("booting", "serving", "reloading", "stopping")
    assert [found[f'api_hour_state{{api_hour_state="{state}"}}'] for state in states] == [0, 1, 0, 0]
    assert found["api_hour_uptime_seconds"] == 7265.0
    assert found["api_hour_facts_age_seconds"] == 0.5
    assert found["api_hour_supervisor_resident_memory_bytes"] == 36 << 20
    assert "api_hour_supervisor_resident_memory_bytes" not in samples(facts(rss_bytes=None))


def test_workers_are_counted_by_state_and_restarts_and_kills_by_reason() -> None:
    found = samples(facts(workers=(*FACTS.workers, BOOTING, replace(WORKER, worker_id=4, phase="condemned"))))

    assert found["api_hour_workers_wanted"] == 2
    states = ("booting", "serving", "retiring", "condemned", "killed")
    assert [found[f'api_hour_workers{{state="{state}"}}'] for state in states] == [1, 2, 0, 1, 0]
    assert found["api_hour_workers_started_total"] == 3
    assert found['api_hour_worker_restarts_total{reason="crashed"}'] == 1
    assert found['api_hour_worker_restarts_total{reason="reload"}'] == 0
    assert found['api_hour_worker_kills_total{reason="heartbeat_timeout"}'] == 0
    assert found["api_hour_reloads_total"] == 4
    assert found["api_hour_reload_failures_total"] == 1


def test_requests_and_their_durations_are_there() -> None:
    found = samples()

    assert found["api_hour_requests_total"] == 2400
    assert found["api_hour_requests_in_flight"] == 2
    assert found["api_hour_connections"] == 12
    assert found["api_hour_event_loop_lag_max_seconds"] == 0.25
    bounds = ("0.001", "0.0025", "5.0", "10.0", "+Inf")
    buckets = [found[f'api_hour_request_duration_seconds_bucket{{le="{bound}"}}'] for bound in bounds]
    assert buckets == [2000, 2300, 2300, 2360, 2400]
    assert found["api_hour_request_duration_seconds_count"] == 2400
    assert found["api_hour_request_duration_seconds_sum"] == 7.2


def test_a_worker_has_its_figures_as_long_as_it_lives_and_as_far_as_they_are_known() -> None:
    found = samples(facts(workers=(WORKER, BOOTING)))

    of_workers = {name: value for name, value in found.items() if "worker=" in name}
    assert of_workers == {
        'api_hour_worker_age_seconds{worker="1"}': 60.0,
        'api_hour_worker_age_seconds{worker="3"}': 0.25,
        'api_hour_worker_silence_seconds{worker="1"}': 0.5,
        'api_hour_worker_requests_in_flight{worker="1"}': 2,
        'api_hour_worker_connections{worker="1"}': 8,
        'api_hour_worker_event_loop_lag_seconds{worker="1"}': 0.004,
        'api_hour_worker_resident_memory_bytes{worker="1"}': 40 << 20,
    }


def test_an_engine_has_its_figures() -> None:
    engine = replace(ENGINE, workers_by_state={"up": 1, "connecting": 0, "down": 1})

    assert {name: value for name, value in samples(facts(engines=(engine,))).items() if "engine=" in name} == {
        'api_hour_engine_workers{engine="pg",state="up"}': 1,
        'api_hour_engine_workers{engine="pg",state="connecting"}': 0,
        'api_hour_engine_workers{engine="pg",state="down"}': 1,
        'api_hour_engine_connections{engine="pg"}': 10,
        'api_hour_engine_connections_borrowed{engine="pg"}': 3,
        'api_hour_engine_callers_waiting{engine="pg"}': 1,
        'api_hour_engine_refusals_total{engine="pg"}': 5,
    }


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("", "text/plain; version=0.0.4; charset=utf-8"),
        ("*/*", "text/plain; version=0.0.4; charset=utf-8"),
        (OPENMETRICS, "application/openmetrics-text; version=1.0.0; charset=utf-8"),
    ],
)
def test_the_scraper_chooses_the_form(accept: str, content_type: str) -> None:
    newer = "; escaping=underscores"  # prometheus-client says from 0.23 on, too

    assert expose(FACTS, accept)[0].removesuffix(newer) == content_type


def test_both_forms_say_the_same_under_names_and_units_that_openmetrics_accepts() -> None:
    _, text = expose(FACTS, OPENMETRICS)
    families = list(read_openmetrics(text.decode()))  # type: ignore[no-untyped-call]  # it has no types

    assert sum(len(family.samples) for family in families) == len(samples())
    assert all(family.name.startswith("api_hour_") for family in families)
    assert {family.name for family in families if family.type == "counter"} == {
        "api_hour_workers_started",
        "api_hour_worker_restarts",
        "api_hour_worker_kills",
        "api_hour_reloads",
        "api_hour_reload_failures",
        "api_hour_requests",
        "api_hour_engine_refusals",
    }
