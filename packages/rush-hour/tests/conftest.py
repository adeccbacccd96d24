"""Servers of known behaviour, and results made by hand."""

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from made_systems import Maker
from scripted_server import ScriptedServer

from rush_hour.core.figures import DurationSummary, TimelineRow
from rush_hour.results.run import ConnectionFacts, GeneratorUsage, Histograms, LoadResult, PlanFacts


@pytest.fixture
def serve() -> Iterator[Callable[..., ScriptedServer]]:
    """Start scripted servers; all are stopped at the end."""
    with ExitStack() as stack:

        def start(script: Callable[[int], bytes | None] | None = None, *, unix: Any = None) -> ScriptedServer:
            server = ScriptedServer() if script is None else ScriptedServer(script)
            listener = socket.socket(socket.AF_INET if unix is None else socket.AF_UNIX)
            listener.bind(("127.0.0.1", 0) if unix is None else str(unix))
            listener.listen(1024)
            server.start(listener)
            stack.callback(server.stop)
            return server

        yield start


@pytest.fixture
def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def summary_of(value_us: int = 1000, count: int = 10_000) -> DurationSummary:
    return DurationSummary(
        mean=float(value_us), stdev=0.0, p50=value_us, p75=value_us, p90=value_us, p95=value_us, p99=value_us,
        p99_9=value_us, p99_99=value_us, max=value_us, count=count,
    )  # fmt: skip


@pytest.fixture
def plan() -> PlanFacts:
    """A plan of 1,000/s for 10 s."""
    return PlanFacts(
        url="http://127.0.0.1:8008/agents", rate_per_s=1000.0, duration_s=10.0, warmup_s=0.0, connections=100,
        processes=2, arrivals="constant", timeout_s=2.0,
    )  # fmt: skip


@pytest.fixture
def result() -> LoadResult:
    """What a server that holds makes of that plan."""
    return LoadResult(
        requests_due=10_000, requests_sent=10_000, responses_total=10_000, responses_good=10_000,
        responses_by_status={"200": 10_000}, errors={}, unanswered_at_end=0, rate_per_s=1000.0, goodput_per_s=1000.0,
        bytes_read=1_000_000, elapsed_s=10.0, latency_us=summary_of(), service_time_us=summary_of(900),
        send_lag_us=summary_of(20), latency_bad_us=None,
        generator=GeneratorUsage(cpu_s=1.0, max_rss_bytes=40_000_000, processes=2, busiest_process_cpu_ratio=0.05),
        connections=ConnectionFacts(
            open_at_start=100, open_at_end=100, reconnects=0, closed_idle=0, connect_failures={}
        ),
        timeline=[
            TimelineRow(at_s=float(second), sent=1000, good=1000, bad=0, failed=0, p50_us=1000, p99_us=1000)
            for second in range(1, 11)
        ],
        histogram=Histograms(latency_us=None, service_time_us=None, send_lag_us=None, latency_bad_us=None),
    )  # fmt: skip


@pytest.fixture
def make(plan: PlanFacts, result: LoadResult) -> Maker:
    """Runs and systems of 1,000/s for 10 s on 100 connections."""
    return Maker(plan, result)
