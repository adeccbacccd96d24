"""Runs of any kind, whatever is missing of them: strategies for property tests."""

from hypothesis import strategies as st

from rush_hour.core.figures import DurationSummary, TimelineRow
from rush_hour.results.evidence import DatabaseActivity, DatabaseRow, Statement
from rush_hour.results.resources import ProcessUsage, Resources, Usage, UsageRow
from rush_hour.results.run import PhaseFigures, RequestFigures


def summary(p50: int, p99: int) -> DurationSummary:
    return DurationSummary(
        mean=p50, stdev=0, p50=p50, p75=p50, p90=p50, p95=p99, p99=p99, p99_9=p99, p99_99=p99, max=p99, count=20_000
    )


COUNTS = st.integers(0, 10**6)
AT_S = st.floats(-1e6, 1e6)
CPU_S = st.floats(0, 1e6)
DURATIONS = st.none() | st.integers(0, 10**9)
SUMMARIES = st.none() | st.builds(summary, st.integers(0, 10**9), st.integers(0, 10**9))
PIDS = st.integers(1, 9)
ROWS = st.builds(
    TimelineRow, at_s=AT_S, sent=COUNTS, good=COUNTS, bad=COUNTS, failed=COUNTS, p50_us=DURATIONS, p99_us=DURATIONS,
    send_lag_p99_us=DURATIONS, open_connections=COUNTS,
)  # fmt: skip
USES = st.builds(
    UsageRow, at_s=AT_S, cpu_s=CPU_S, rss_bytes=COUNTS, busiest_pid=st.none() | PIDS, busiest_cpu_s=st.none() | CPU_S
)
PROCESSES = st.builds(
    ProcessUsage, pid=PIDS, name=st.just("w"), cpu_s=CPU_S, max_rss_bytes=COUNTS, connections=st.none() | COUNTS,
    answers=st.none() | COUNTS,
)  # fmt: skip
USAGES = st.builds(
    Usage, cpu_s=CPU_S, max_rss_bytes=COUNTS, processes=st.lists(PROCESSES, max_size=4),
    timeline=st.lists(USES, max_size=8),
)  # fmt: skip
LOOKS = st.builds(
    DatabaseRow, at_s=AT_S, connections=COUNTS, active=COUNTS, waiting=COUNTS, idle_in_transaction=COUNTS,
    longest_s=CPU_S,
)  # fmt: skip
STATEMENTS = st.builds(
    Statement, text=st.text(), seen_active=COUNTS, calls=st.none() | COUNTS, total_s=st.none() | CPU_S
)
RESOURCES = st.builds(Resources, server=USAGES, proxy=st.none() | USAGES, database=st.none() | USAGES, generator=USAGES)
DATABASES = st.builds(
    DatabaseActivity, max_connections=COUNTS, timeline=st.lists(LOOKS, max_size=8),
    statements=st.lists(STATEMENTS, max_size=3),
)  # fmt: skip
REQUESTS = st.builds(
    RequestFigures, name=st.text(), sent=COUNTS, good=COUNTS, bad=COUNTS, failed=COUNTS, latency_us=SUMMARIES,
    histogram_us=st.none(),
)  # fmt: skip


MEASURED = st.fixed_dictionaries(
    {
        "timeline": st.lists(ROWS, max_size=12),
        "latency_us": SUMMARIES,
        "service_time_us": SUMMARIES,
        "send_lag_us": SUMMARIES,
        "elapsed_s": st.floats(0, 1e6),
        "requests": st.lists(REQUESTS, max_size=3),
    }
)


def phase_figures(name: str) -> PhaseFigures:
    """A phase in which nothing came of what was due."""
    return PhaseFigures(
        name=name, begins_at_s=0.0, duration_s=1.0, offered_per_s=5.0, due=5, sent=0, good=0, bad=0, failed=0,
        latency_us=None, send_lag_us=None, histogram_us=None,
    )  # fmt: skip
