"""One run from plan to result: connections opened, warm-up, measurement, figures, judgement."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from rush_hour.core.histogram import Histogram
from rush_hour.core.result import (
    ConnectionFacts,
    GeneratorUsage,
    Histograms,
    LoadReport,
    LoadResult,
    TimelineRow,
)
from rush_hour.core.statistics import summarise
from rush_hour.core.verdict import judge
from rush_hour.load.plan import LoadPlan
from rush_hour.load.processes import Outcome, Processes
from rush_hour.load.tally import Interval, Used


@dataclass(frozen=True, slots=True, kw_only=True)
class Observer:
    """Who wants to know how a run goes on.

    Attributes:
        on_phase: called with `connecting`, `warming up` or `measuring` as each begins.
        on_second: called with each second of the measurement as it is complete.
        on_end: called when the measurement is over, before anything is stopped.
        watch: called twice a second; may raise to end the run.
    """

    on_phase: Callable[[str], None] = lambda _phase: None
    on_second: Callable[[TimelineRow], None] = lambda _row: None
    on_end: Callable[[], None] = lambda: None
    watch: Callable[[], None] = lambda: None


def run_load(plan: LoadPlan, observer: Observer | None = None) -> tuple[LoadReport, bool]:
    """Carry a plan out, and return its report and whether Ctrl-C cut it short.

    Args:
        plan: what to send and for how long.
        observer: who wants to know meanwhile.

    Raises:
        StartError: no connection could be opened.
        RushHourError: a process of the load generator died.
    """
    observer = observer or Observer()
    with Processes(plan) as processes:
        observer.on_phase("connecting")
        opened = processes.open_connections()
        if plan.warmup_schedule is not None:
            observer.on_phase("warming up")
            if processes.run(plan.warmup_schedule, watch=observer.watch).is_interrupted:
                raise KeyboardInterrupt
            opened = processes.open_connections()
        observer.on_phase("measuring")
        timeline = _Timeline(plan.processes, observer.on_second)
        outcome = processes.run(plan.schedule, on_interval=timeline.add, watch=observer.watch)
        observer.on_end()
    result = assemble(outcome, timeline.rows(), open_at_start=opened)
    verdict = judge(plan.facts(), result, shares_cores=plan.address.is_local)
    return LoadReport(plan=plan.facts(), result=result, verdict=verdict), outcome.is_interrupted


def assemble(outcome: Outcome, timeline: list[TimelineRow], *, open_at_start: int) -> LoadResult:
    """Merge what the processes saw into one result.

    Args:
        outcome: what each of them saw of the whole run.
        timeline: what they saw together in each second.
        open_at_start: how many connections were open when the schedule began.
    """
    shares = outcome.shares
    due = sum(share.requests_due for share in shares)
    sent = sum(share.requests_sent for share in shares)
    good = sum(share.good for share in shares)
    errors = sum((share.errors for share in shares), Counter[str]())
    statuses = sum((share.status_counts for share in shares), Counter[int]())
    sending_s = elapsed_s = (outcome.end_at_ns - outcome.start_at_ns) / 1e9
    if sent < due:  # the connections were busy to the last: count until they were answered
        last_at_ns = max(share.last_answer_at_ns for share in shares)
        elapsed_s = max(elapsed_s, (last_at_ns - outcome.start_at_ns) / 1e9)
    latency = _merge(share.latency for share in shares)
    service_time = _merge(share.service_time for share in shares)
    send_lag = _merge(share.send_lag for share in shares)
    latency_bad = _merge(share.latency_bad for share in shares)
    return LoadResult(
        requests_due=due,
        requests_sent=sent,
        responses_total=statuses.total(),
        responses_good=good,
        responses_by_status={str(status): count for status, count in sorted(statuses.items())},
        errors=dict(sorted(errors.items())),
        unanswered_at_end=due - statuses.total() - errors.total(),
        rate_per_s=sent / sending_s,
        goodput_per_s=good / elapsed_s,
        bytes_read=sum(share.bytes_read for share in shares),
        elapsed_s=elapsed_s,
        latency_us=summarise(latency),
        service_time_us=summarise(service_time),
        send_lag_us=summarise(send_lag),
        latency_bad_us=summarise(latency_bad),
        generator=GeneratorUsage(
            cpu_s=sum(share.cpu_s for share in shares),
            max_rss_bytes=sum(share.max_rss_bytes for share in shares),
            processes=len(shares),
            busiest_process_cpu_ratio=max(share.cpu_s for share in shares) / elapsed_s,
        ),
        connections=ConnectionFacts(
            open_at_start=open_at_start,
            open_at_end=sum(share.open_at_end for share in shares),
            reconnects=sum(share.reconnects for share in shares),
            closed_idle=sum(share.closed_idle for share in shares),
            connect_failures=dict(sum((share.connect_failures for share in shares), Counter[str]())),
        ),
        first_bad=next((share.first_bad for share in shares if share.first_bad is not None), None),
        timeline=timeline,
        histogram=Histograms(
            latency_us=_encoded(latency),
            service_time_us=_encoded(service_time),
            send_lag_us=_encoded(send_lag),
            latency_bad_us=_encoded(latency_bad),
        ),
    )


class _Timeline:
    """Merges what the processes report second by second, and passes each second on as soon as it is complete."""

    def __init__(self, processes: int, on_second: Callable[[TimelineRow], None]) -> None:
        self._processes = processes
        self._on_second = on_second
        self._incomplete: defaultdict[int, list[Interval]] = defaultdict(list)
        self._rows: dict[int, TimelineRow] = {}

    def add(self, interval: Interval) -> None:
        """Take one process's report."""
        intervals = self._incomplete[interval.second]
        intervals.append(interval)
        if len(intervals) == self._processes:
            row = self._rows[interval.second] = _row(self._incomplete.pop(interval.second))
            self._on_second(row)

    def rows(self) -> list[TimelineRow]:
        """Return all seconds, also those that a stalled process skipped; without those at the end that saw nothing."""
        rows = self._rows | {second: _row(intervals) for second, intervals in self._incomplete.items()}
        ordered = [rows[second] for second in sorted(rows)]
        while ordered and not (ordered[-1].sent or ordered[-1].good or ordered[-1].bad or ordered[-1].failed):
            ordered.pop()
        return ordered


def _row(intervals: list[Interval]) -> TimelineRow:
    latency = _merge(interval.latency for interval in intervals)
    send_lag = _merge(interval.send_lag for interval in intervals)
    return TimelineRow(
        at_s=round(max(interval.at_s for interval in intervals), 3),
        sent=sum(interval.sent for interval in intervals),
        good=sum(interval.good for interval in intervals),
        bad=sum(interval.bad for interval in intervals),
        failed=sum(interval.failed for interval in intervals),
        p50_us=latency.percentile_us(50) if latency.total else None,
        p99_us=latency.percentile_us(99) if latency.total else None,
        send_lag_p99_us=send_lag.percentile_us(99) if send_lag.total else None,
        open_connections=sum(interval.open_connections for interval in intervals),
    )


def _merge(parts: Iterable[Used]) -> Histogram:
    return Histogram.merged(Histogram.from_used(*used) for used in parts)


def _encoded(histogram: Histogram) -> str | None:
    return histogram.encode() if histogram.total else None
