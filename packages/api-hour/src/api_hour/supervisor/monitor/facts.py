"""The picture of a daemon: immutable, made by the supervisor's loop and shown by its monitor.

`DaemonFacts` is also the document that `GET /status` answers with: its fields, and those of its parts, are the
document's keys. A figure that is a metric, too, is declared as one beside its type: `metrics.py` reads it from there.

Rule that must hold: totals are of all workers that ever were, so they never go down while one supervisor lives.

Pure: imports no socket, subprocess, thread or clock.
"""

from dataclasses import dataclass
from typing import Annotated

import msgspec

from api_hour.stats import LATENCY_BOUNDS_S
from api_hour.supervisor.monitor.figures import Counter, Gauge
from api_hour.supervisor.policy.events import DaemonState

SCHEMA_VERSION = 1  # 1: the first
STALE_AFTER_S = 5.0  # the supervisor's loop makes a picture each second: an older one says that it does not run


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerView:
    """One worker that is alive.

    Attributes:
        worker_id: its number; each new worker gets the next one.
        pid: its process id; None if it could not be started.
        phase: booting, serving, retiring, condemned (late, its stack is being asked for) or killed.
        age_s: since when it was started.
        silence_s: since its last sign of life; None until it serves, as with what follows from heartbeats.
        requests: answered so far.
        in_flight: being answered.
        connections: open.
        loop_lag_s: how late its event loop is: for its last heartbeat, or, if the next one is overdue, by now.
        rss_bytes: its memory as the kernel counts it; None if that cannot be read.
    """

    worker_id: int
    pid: int | None
    phase: str
    age_s: Annotated[float, Gauge("worker_age_seconds", "Time since the worker was started.")]
    silence_s: Annotated[float | None, Gauge("worker_silence_seconds", "Time since the worker's last sign of life.")]
    requests: int | None
    in_flight: Annotated[int | None, Gauge("worker_requests_in_flight", "Requests that the worker is answering.")]
    connections: Annotated[int | None, Gauge("worker_connections", "Connections that the worker has open.")]
    loop_lag_s: Annotated[float | None, Gauge("worker_event_loop_lag_seconds", "How late the worker's event loop is.")]
    rss_bytes: Annotated[int | None, Gauge("worker_resident_memory_bytes", "Resident memory of the worker.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineView:
    """One engine of the application, over the workers that serve.

    Attributes:
        name: its name in the Container.
        workers_by_state: in how many workers it is `up`, `connecting` and `down`.
        connections: open in all of them together, as with the next two.
        borrowed: connections in use.
        waiting: callers that wait for a connection.
        refused_total: callers that were told that it is unavailable, in all workers that ever were.
        last_error: why it is not up, from one of the workers where it is not; empty if it is up in all.
    """

    name: str
    workers_by_state: Annotated[
        dict[str, int], Gauge("engine_workers", "Serving workers by the state of an engine.", label="state")
    ]
    connections: Annotated[int, Gauge("engine_connections", "Connections of an engine that are open.")]
    borrowed: Annotated[int, Gauge("engine_connections_borrowed", "Connections of an engine that are in use.")]
    waiting: Annotated[int, Gauge("engine_callers_waiting", "Callers that wait for a connection of an engine.")]
    refused_total: Annotated[int, Counter("engine_refusals", "Callers that were told that an engine is unavailable.")]
    last_error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """The counts since the supervisor began, over all workers that ever were.

    Attributes:
        requests: answered.
        latency_bounds_s: upper bounds of durations.
        latency_counts: answers by how long they took: one count for each bound, not cumulated, and one for all above.
        latency_sum_s: all durations added up.
        workers_started: worker processes.
        restarts: workers that were replaced, by reason (`RESTART_REASONS`).
        kills: workers that had to be killed, by reason (`KillReason`).
        reloads: asked for.
        reloads_failed: refused, or ended by a worker that did not come up; the old ones were kept.
    """

    requests: Annotated[int, Counter("requests", "Requests that were answered, whatever the answer.")]
    latency_bounds_s: tuple[float, ...] = LATENCY_BOUNDS_S
    latency_counts: tuple[int, ...]
    latency_sum_s: float
    workers_started: Annotated[int, Counter("workers_started", "Worker processes that were started.")]
    restarts: Annotated[
        dict[str, int], Counter("worker_restarts", "Workers that were replaced, by reason.", label="reason")
    ]
    kills: Annotated[
        dict[str, int], Counter("worker_kills", "Workers that had to be killed, by reason.", label="reason")
    ]
    reloads: Annotated[int, Counter("reloads", "Reloads that were begun.")]
    reloads_failed: Annotated[int, Counter("reload_failures", "Reloads that failed: the old workers were kept.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class DaemonFacts:
    """A daemon at one moment.

    Attributes:
        schema_version: raised when a reader of the older form would misread this one.
        version: of API-Hour.
        python_version: of the interpreter.
        target: what is served.
        pid: the supervisor's process id.
        state: `booting` until all workers of the first start serve, then `serving` or `reloading`, at last `stopping`.
        uptime_s: since the supervisor began.
        age_s: how old all this is: the supervisor's loop makes it anew about each second.
        workers_wanted: how many are to serve.
        workers: those that are alive, in the order of their numbers.
        engines: by name.
        totals: what was counted.
        reload_failure: why the last reload failed, or was refused; empty if it did not, or there was none.
        loop_lag_max_s: how late any worker's loop was at the most, within the last minute.
        rss_bytes: the supervisor's own memory; None if that cannot be read.
    """

    schema_version: int = SCHEMA_VERSION
    version: str
    python_version: str
    target: str
    pid: int
    state: DaemonState
    uptime_s: Annotated[float, Gauge("uptime_seconds", "Time since the supervisor began.")]
    age_s: Annotated[float, Gauge("facts_age_seconds", "Time since the supervisor's loop has made these figures.")] = (
        0.0
    )
    workers_wanted: Annotated[int, Gauge("workers_wanted", "Workers that are to serve.")]
    workers: tuple[WorkerView, ...]
    engines: tuple[EngineView, ...]
    totals: Totals
    reload_failure: str = ""
    loop_lag_max_s: Annotated[
        float,
        Gauge(
            "event_loop_lag_max_seconds", "How late the event loop of any worker was at the most in the last minute."
        ),
    ]
    rss_bytes: Annotated[int | None, Gauge("supervisor_resident_memory_bytes", "Resident memory of the supervisor.")]

    @property
    def serving(self) -> int:
        """Number of workers that serve."""
        return sum(worker.phase == "serving" for worker in self.workers)

    @property
    def requests_in_flight(self) -> int:
        """Number of requests that are being answered, as the last heartbeats say."""
        return sum(worker.in_flight or 0 for worker in self.workers)

    @property
    def connections(self) -> int:
        """Number of connections that are open, as the last heartbeats say."""
        return sum(worker.connections or 0 for worker in self.workers)


encode_facts = msgspec.json.encode


def decode_facts(document: bytes) -> DaemonFacts:
    """Read what `encode_facts` wrote; keys that are not known are passed over.

    Raises:
        msgspec.MsgspecError: it was written by something else.
    """
    return msgspec.json.decode(document, type=DaemonFacts)
