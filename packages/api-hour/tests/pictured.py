"""A picture of a daemon for tests: two workers serve, with one engine; a test changes what it is about."""

from dataclasses import replace
from typing import Any

from api_hour.stats import LATENCY_BOUNDS_S
from api_hour.supervisor.monitor.facts import DaemonFacts, EngineView, Totals, WorkerView
from api_hour.supervisor.policy.events import DaemonState
from api_hour.supervisor.policy.reasons import RESTART_REASONS, KillReason, LossReason

WORKER = WorkerView(
    worker_id=1,
    pid=101,
    phase="serving",
    age_s=60.0,
    silence_s=0.5,
    requests=1000,
    in_flight=2,
    connections=8,
    loop_lag_s=0.004,
    rss_bytes=40 << 20,
)
BOOTING = WorkerView(
    worker_id=3,
    pid=None,
    phase="booting",
    age_s=0.25,
    silence_s=None,
    requests=None,
    in_flight=None,
    connections=None,
    loop_lag_s=None,
    rss_bytes=None,
)
ENGINE = EngineView(
    name="pg",
    workers_by_state={"up": 2, "connecting": 0, "down": 0},
    connections=10,
    borrowed=3,
    waiting=1,
    refused_total=5,
    last_error="",
)
TOTALS = Totals(
    requests=2400,
    latency_counts=(2000, 300, *(0 for _ in LATENCY_BOUNDS_S[3:]), 60, 40),
    latency_sum_s=7.2,
    workers_started=3,
    restarts={reason.value: int(reason is LossReason.CRASHED) for reason in RESTART_REASONS},
    kills={reason.value: 0 for reason in KillReason},
    reloads=4,
    reloads_failed=1,
)
FACTS = DaemonFacts(
    version="1.2.3",
    python_version="3.11.7",
    target="app:Container",
    pid=100,
    state=DaemonState.SERVING,
    uptime_s=7265.0,
    workers_wanted=2,
    workers=(WORKER, replace(WORKER, worker_id=2, pid=102, requests=1400, in_flight=0, connections=4)),
    engines=(ENGINE,),
    totals=TOTALS,
    loop_lag_max_s=0.25,
    rss_bytes=36 << 20,
)


def facts(**changes: Any) -> DaemonFacts:
    """Return the picture with some fields changed."""
    return replace(FACTS, **changes)
