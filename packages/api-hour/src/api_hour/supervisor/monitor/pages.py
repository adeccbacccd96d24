"""The monitor's pages: metrics, health and status of a daemon, by the last picture that its supervisor has made.

    /metrics        for Prometheus
    /health/live    200 as long as the supervisor's loop runs: restart the daemon if it does not
    /health/ready   200 as long as the daemon can serve: send it no requests if it cannot
    /status         all that is known, as JSON

Pure: a picture and its age go in, an answer comes out.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus

import msgspec

from api_hour.supervisor.monitor.facts import STALE_AFTER_S, DaemonFacts, encode_facts
from api_hour.supervisor.monitor.metrics import expose
from api_hour.supervisor.monitor.question import Question
from api_hour.supervisor.policy.events import DaemonState

METHODS = ("GET", "HEAD")
JSON = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A response."""

    status: HTTPStatus
    content_type: str
    body: bytes

    def encode(self, *, has_body: bool = True) -> bytes:
        """Return the response as HTTP/1.1 writes it; `has_body` is False for HEAD (RFC 9110, section 9.3.2)."""
        allow = f"Allow: {', '.join(METHODS)}\r\n" if self.status is HTTPStatus.METHOD_NOT_ALLOWED else ""
        head = (
            f"HTTP/1.1 {self.status.value} {self.status.phrase}\r\nContent-Type: {self.content_type}\r\n"
            f"Content-Length: {len(self.body)}\r\nCache-Control: no-store\r\n{allow}Connection: close\r\n\r\n"
        )
        return head.encode() + (self.body if has_body else b"")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """The pages of a monitor.

    Attributes:
        needs_engines: whether a daemon with an engine that is up in none of its workers is not ready.
    """

    needs_engines: bool = False

    def answer(self, question: Question, facts: DaemonFacts, age_s: float) -> Answer:
        """Answer one request.

        Args:
            question: the request.
            facts: the last picture of the daemon.
            age_s: how old it is.
        """
        pages: Mapping[str, Callable[[], Answer]] = {
            "/metrics": lambda: _metrics(replace(facts, age_s=age_s), question.accept),
            "/health/live": lambda: _live(age_s),
            "/health/ready": lambda: self._ready(facts, age_s),
            "/status": lambda: Answer(
                status=HTTPStatus.OK, content_type=JSON, body=encode_facts(replace(facts, age_s=age_s))
            ),
        }
        page = pages.get(question.path)
        if page is None:
            return refusal(HTTPStatus.NOT_FOUND, f"there are {', '.join(pages)}")
        if question.method not in METHODS:
            return refusal(HTTPStatus.METHOD_NOT_ALLOWED, f"there are {', '.join(METHODS)}")
        return page()

    def _ready(self, facts: DaemonFacts, age_s: float) -> Answer:
        reason = _why_not_ready(facts, age_s) or (_missing_engine(facts) if self.needs_engines else "")
        body = {
            "ready": not reason,
            "reason": reason or f"{facts.serving} of {facts.workers_wanted} workers serve",
            "workers_serving": facts.serving,
            "workers_wanted": facts.workers_wanted,
        }
        return _json(HTTPStatus.SERVICE_UNAVAILABLE if reason else HTTPStatus.OK, body)


def refusal(status: HTTPStatus, reason: str) -> Answer:
    """Return an answer that says no."""
    return _json(status, {"error": f"{status.phrase.lower()}: {reason}"})


def _metrics(facts: DaemonFacts, accept: str) -> Answer:
    content_type, body = expose(facts, accept)
    return Answer(status=HTTPStatus.OK, content_type=content_type, body=body)


def _live(age_s: float) -> Answer:
    is_live = age_s <= STALE_AFTER_S
    body: dict[str, object] = {"live": is_live, "age_s": round(age_s, 3)}
    return _json(HTTPStatus.OK if is_live else HTTPStatus.SERVICE_UNAVAILABLE, body)


def _why_not_ready(facts: DaemonFacts, age_s: float) -> str:
    if age_s > STALE_AFTER_S:
        return f"the supervisor's loop has not run for {age_s:.1f} s"
    if facts.state is DaemonState.STOPPING:
        return "the daemon is stopping"
    if not facts.serving:
        return "no worker serves yet" if facts.state is DaemonState.BOOTING else "no worker serves"
    return ""


def _missing_engine(facts: DaemonFacts) -> str:
    for engine in facts.engines:
        workers = sum(engine.workers_by_state.values())
        if workers and not engine.workers_by_state["up"]:
            return f"engine {engine.name} is up in none of {workers} workers: {engine.last_error or 'no error yet'}"
    return ""


def _json(status: HTTPStatus, body: dict[str, object]) -> Answer:
    return Answer(status=status, content_type=JSON, body=msgspec.json.encode(body))
