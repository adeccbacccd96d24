"""What the monitor answers."""

import json
from dataclasses import replace
from http import HTTPStatus
from typing import Any

import pytest
from pictured import BOOTING, ENGINE, FACTS, WORKER, facts

from api_hour.supervisor.monitor.facts import DaemonFacts, decode_facts
from api_hour.supervisor.monitor.pages import Answer, Pages, refusal
from api_hour.supervisor.monitor.question import Question
from api_hour.supervisor.policy.events import DaemonState

AWAY = replace(ENGINE, workers_by_state={"up": 0, "connecting": 0, "down": 2}, last_error="OSError: refused")


def ask(path: str, pictured: DaemonFacts = FACTS, *, age_s: float = 0.25, needs_engines: bool = False) -> Answer:
    return Pages(needs_engines=needs_engines).answer(Question(method="GET", path=path), pictured, age_s)


def document(answer: Answer) -> tuple[int, dict[str, Any]]:
    assert answer.content_type == "application/json"
    return answer.status.value, json.loads(answer.body)


@pytest.mark.parametrize(("age_s", "status"), [(0.25, 200), (5.0, 200), (5.001, 503)])
def test_the_daemon_is_live_as_long_as_its_picture_is_new(age_s: float, status: int) -> None:
    assert document(ask("/health/live", age_s=age_s)) == (status, {"live": status == 200, "age_s": age_s})


def ready(pictured: DaemonFacts, *, age_s: float = 0.25, needs_engines: bool = False) -> tuple[int, str]:
    status, answer = document(ask("/health/ready", pictured, age_s=age_s, needs_engines=needs_engines))
    assert answer == {
        "ready": status == 200,
        "reason": answer["reason"],
        "workers_serving": pictured.serving,
        "workers_wanted": 2,
    }
    return status, answer["reason"]


@pytest.mark.parametrize(
    ("pictured", "status", "reason"),
    [
        (FACTS, 200, "2 of 2 workers serve"),
        (facts(state=DaemonState.RELOADING, workers=(WORKER, BOOTING)), 200, "1 of 2 workers serve"),
        (facts(state=DaemonState.BOOTING, workers=(WORKER, BOOTING)), 200, "1 of 2 workers serve"),
        (facts(state=DaemonState.BOOTING, workers=(BOOTING,)), 503, "no worker serves yet"),
        (facts(workers=(BOOTING,)), 503, "no worker serves"),
        (facts(workers=(replace(WORKER, phase="condemned"),)), 503, "no worker serves"),
        (facts(state=DaemonState.STOPPING), 503, "the daemon is stopping"),
        (facts(engines=(AWAY,)), 200, "2 of 2 workers serve"),
    ],
)
def test_the_daemon_is_ready_as_long_as_a_worker_serves(pictured: DaemonFacts, status: int, reason: str) -> None:
    assert ready(pictured) == (status, reason)


def test_a_supervisor_that_does_not_run_is_not_ready() -> None:
    assert ready(FACTS, age_s=7.25) == (503, "the supervisor's loop has not run for 7.2 s")


@pytest.mark.parametrize(
    ("engine", "status", "reason"),
    [
        (ENGINE, 200, "2 of 2 workers serve"),
        (replace(AWAY, workers_by_state={"up": 1, "connecting": 0, "down": 1}), 200, "2 of 2 workers serve"),
        (replace(AWAY, workers_by_state={"up": 0, "connecting": 0, "down": 0}), 200, "2 of 2 workers serve"),
        (AWAY, 503, "engine pg is up in none of 2 workers: OSError: refused"),
        (replace(AWAY, last_error=""), 503, "engine pg is up in none of 2 workers: no error yet"),
    ],
)
def test_an_engine_that_is_up_in_no_worker_counts_if_it_is_asked_for(engine: Any, status: int, reason: str) -> None:
    assert ready(facts(engines=(engine,)), needs_engines=True) == (status, reason)


def test_the_status_is_the_picture_with_its_age() -> None:
    answer = ask("/status")

    assert (answer.status, answer.content_type) == (HTTPStatus.OK, "application/json")
    assert decode_facts(answer.body) == facts(age_s=0.25)
    assert json.loads(answer.body)["schema_version"] == 1


def test_metrics_are_in_the_form_that_is_accepted() -> None:
    question = Question(method="GET", path="/metrics", accept="application/openmetrics-text")
    answer = Pages().answer(question, FACTS, 0.25)

    assert answer.content_type.startswith("application/openmetrics-text; version=1.0.0")
    assert b"\napi_hour_facts_age_seconds 0.25\n" in answer.body
    assert answer.body.endswith(b"# EOF\n")


def test_other_paths_and_methods_are_refused() -> None:
    assert document(ask("/")) == (
        404,
        {"error": "not found: there are /metrics, /health/live, /health/ready, /status"},
    )
    assert document(Pages().answer(Question(method="POST", path="/status"), FACTS, 0.25)) == (
        405,
        {"error": "method not allowed: there are GET, HEAD"},
    )


def test_an_answer_closes_its_connection_and_is_not_kept() -> None:
    answer = Answer(status=HTTPStatus.OK, content_type="text/plain", body=b"so")

    head = (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\nCache-Control: no-store\r\n"
        b"Connection: close\r\n\r\n"
    )
    assert answer.encode() == head + b"so"
    assert answer.encode(has_body=False) == head


def test_a_method_that_is_refused_is_told_which_are_not() -> None:
    answer = refusal(HTTPStatus.METHOD_NOT_ALLOWED, "no")

    assert b"\r\nAllow: GET, HEAD\r\n" in answer.encode()
