"""One run from plan to result: connections opened, warm-up, measurement, figures, judgement."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from heapq import nlargest

from rush_hour.clock import utc_now
from rush_hour.core.figures import TimelineRow
from rush_hour.core.histogram import Histogram
from rush_hour.core.records import (
    BYTES_READ,
    CLOSED_IDLE,
    LAST_ANSWER_NS,
    RECONNECTS,
    STALLED_NS,
    UNJUDGED,
)
from rush_hour.core.slowest import SLOWEST
from rush_hour.core.statistics import summarise
from rush_hour.judge.trust import judge
from rush_hour.load.generators import Counted, Generators, Outcome
from rush_hour.load.local.processes import Processes
from rush_hour.load.phases import due_by_phase, phases_of
from rush_hour.load.plan import LoadPlan
from rush_hour.load.sessions import begin_sessions
from rush_hour.load.share import OpenConnection
from rush_hour.results.run import (
    ConnectionFacts,
    GeneratorUsage,
    Histograms,
    LoadResult,
    RequestFigures,
    Run,
    SlowRequest,
)

DISTRIBUTIONS = ("latency", "service_time", "send_lag", "read_lag", "latency_bad")


@dataclass(frozen=True, slots=True, kw_only=True)
class Observer:
    """Callbacks for those who follow a run.

    Attributes:
        on_phase: called with `connecting`, `warming up` or `measuring` as each begins.
        on_second: called with each second of the measurement as it is complete.
        on_end: called when the measurement is over, before anything is stopped.
        on_connections: called after that with the TCP connections that are still open, unless Ctrl-C cut it short;
            None where nobody asks for them.
        watch: called twice a second; may raise to end the run, `RunOver` while it is measured to keep its figures.
    """

    on_phase: Callable[[str], None] = lambda _phase: None
    on_second: Callable[[TimelineRow], None] = lambda _row: None
    on_end: Callable[[], None] = lambda: None
    on_connections: Callable[[list[OpenConnection]], None] | None = None
    watch: Callable[[], None] = lambda: None


def run_load(
    plan: LoadPlan, observer: Observer | None = None, generators: Callable[[LoadPlan], Generators] = Processes
) -> Run:
    """Carry a plan out, and return the run; Ctrl-C cuts it short.

    Args:
        plan: what to send and for how long.
        observer: is told meanwhile.
        generators: what carries it out.

    Raises:
        StartError: no connection could be opened.
        RushHourError: a process of the load generator died.
    """
    observer = observer or Observer()
    with generators(plan) as running:
        if plan.session is not None:
            observer.on_phase("beginning sessions")
            begin_sessions(running, plan.session, observer.watch)
        observer.on_phase("connecting")
        opened = running.open_connections()
        if plan.warmup is not None:
            observer.on_phase("warming up")
            if running.run(plan.warmup, watch=observer.watch).is_interrupted:
                raise KeyboardInterrupt
            opened = running.open_connections()
        observer.on_phase("measuring")
        started_at = utc_now()
        outcome = running.run(plan.schedule, on_second=observer.on_second, watch=observer.watch)
        observer.on_end()
        ended_at = utc_now()
        is_whole = not (outcome.is_interrupted or outcome.is_ended_early)
        if observer.on_connections is not None and is_whole:
            observer.on_connections(running.connections())
    result = assemble(plan, outcome, open_at_start=opened)
    verdict = judge(
        plan.facts(),
        result,
        shares_cores=running.shares_cores,
        is_interrupted=outcome.is_interrupted,
        is_ended_early=outcome.is_ended_early,
    )
    return Run(
        plan=plan.facts(),
        result=result,
        verdict=verdict,
        started_at=started_at,
        ended_at=ended_at,
        is_interrupted=outcome.is_interrupted,
        is_ended_early=outcome.is_ended_early,
    )


def assemble(plan: LoadPlan, outcome: Outcome, *, open_at_start: int) -> LoadResult:
    """Merge what the processes saw into one result.

    Args:
        plan: what they followed.
        outcome: what each of them saw of the whole run.
        open_at_start: how many connections were open when the schedule began.
    """
    counted, shares = outcome.counted, outcome.counted.shares
    sent = sum(share.sent for share in shares)
    good = sum(share.good for share in shares)
    errors = sum((share.errors for share in shares), Counter[str]())
    statuses = sum((share.status_counts for share in shares), Counter[int]())
    bad_statuses = sum((share.bad_status_counts for share in shares), Counter[int]())
    due = sum(_due(plan, outcome, number) for number in range(len(shares)))
    sending_s = elapsed_s = max(outcome.elapsed_ns, 1) / 1e9
    if sent < due:  # the connections were busy to the last: count until they were answered
        elapsed_s = max(elapsed_s, max(share.totals[LAST_ANSWER_NS] for share in shares) / 1e9)
    distributions = {name: Histogram.from_used(*getattr(counted, name)) for name in DISTRIBUTIONS}
    return LoadResult(
        requests_due=due,
        requests_sent=sent,
        responses_total=statuses.total(),
        responses_good=good,
        responses_by_status=_by_status(statuses),
        responses_bad_by_status=_by_status(bad_statuses),
        errors=dict(sorted(errors.items())),
        unanswered_at_end=due - statuses.total() - errors.total(),
        rate_per_s=sent / sending_s,
        goodput_per_s=good / elapsed_s,
        bytes_read=sum(share.totals[BYTES_READ] for share in shares),
        elapsed_s=elapsed_s,
        generator=_usage(outcome, elapsed_s),
        connections=_connections(outcome, open_at_start),
        first_bad=next((done.first_bad for done in outcome.done if done is not None and done.first_bad), None),
        timeline=counted.timeline,
        requests=_requests(plan, counted),
        phases=phases_of(plan, outcome),
        slowest=_slowest(plan, outcome),
        histogram=Histograms(**{f"{name}_us": _encoded(one) for name, one in distributions.items()}),
        **{f"{name}_us": summarise(one) for name, one in distributions.items()},
    )


def _by_status(counts: Counter[int]) -> dict[str, int]:
    return {str(status): count for status, count in sorted(counts.items())}


def _requests(plan: LoadPlan, counted: Counted) -> list[RequestFigures]:
    figures: list[RequestFigures] = []
    for name, one in zip(plan.request_names, counted.requests, strict=True):
        latency = Histogram.from_used(*one.latency)
        figures.append(
            RequestFigures(
                name=name,
                sent=one.sent,
                good=one.good,
                bad=one.bad,
                failed=one.failed,
                latency_us=summarise(latency),
                histogram_us=_encoded(latency),
            )
        )
    return figures


def _slowest(plan: LoadPlan, outcome: Outcome) -> list[SlowRequest]:
    """Return the slowest answers, slowest first; those of a process that was killed are not known."""
    answers = (answer for done in outcome.done if done is not None for answer in done.slowest)
    names = plan.request_names
    return [
        SlowRequest(
            due_at_s=answer.due_ns / 1e9,
            request=names[answer.request % len(names)] if names else None,
            connection=answer.connection,
            latency_us=(answer.latency_ns + 500) // 1000,
            service_time_us=(answer.service_time_ns + 500) // 1000,
            status=answer.status,
            is_good=answer.is_good,
        )
        for answer in nlargest(SLOWEST, answers, key=lambda answer: answer.latency_ns)
    ]


def _due(plan: LoadPlan, outcome: Outcome, number: int) -> int:
    """Return how many requests of one process were due; of one that was killed, how many must have been."""
    done, share = outcome.done[number], outcome.counted.shares[number]
    if done is not None:
        return done.requests_due
    ended = share.good + share.bad + share.errors.total()
    schedule, until_ns = plan.schedule, outcome.elapsed_ns
    if schedule.phase_ends_ns:
        return sum(due_by_phase(plan, outcome, number))
    if schedule.arrivals.is_closed_loop:
        return max(share.sent, ended)
    due_of = schedule.due_function()
    own = schedule.connections_of(number, plan.processes)
    return max(ended, sum(schedule.count_due(first, due_of(first, 0, 0), until_ns) for first in own))


def _usage(outcome: Outcome, elapsed_s: float) -> GeneratorUsage:
    counted, shares = outcome.counted, outcome.counted.shares
    cpu_s = [share.cpu_s if done is None else done.cpu_s for done, share in zip(outcome.done, shares, strict=True)]
    watched = [share for share in shares if share.watched_s > 0]
    waits = [share.run_queue_wait_ratio for share in shares if share.run_queue_wait_ratio is not None]
    busy = [used / elapsed_s + (share.run_queue_wait_ratio or 0.0) for used, share in zip(cpu_s, shares, strict=True)]
    return GeneratorUsage(
        cpu_s=sum(cpu_s) + counted.cpu_s,
        max_rss_bytes=sum(done.max_rss_bytes for done in outcome.done if done is not None),
        processes=len(shares),
        busiest_process_cpu_ratio=max(cpu_s) / elapsed_s,
        busiest_process_busy_ratio=min(1.0, max(busy)),
        own_pause_us=max(share.own_pause_us for share in shares),
        page_faults_per_s=max(
            ((share.minor_faults + share.major_faults) / share.watched_s for share in watched), default=None
        ),
        major_page_faults_per_s=max((share.major_faults / share.watched_s for share in watched), default=None),
        run_queue_wait_ratio=max(waits, default=None),
        steal_ratio=counted.steal_ratio,
        stalled_s=max(share.totals[STALLED_NS] for share in shares) / 1e9,
        unjudged=sum(share.totals[UNJUDGED] for share in shares),
        durations_lost=sum(sum(done.uncounted.values()) for done in outcome.done if done is not None),
    )


def _connections(outcome: Outcome, open_at_start: int) -> ConnectionFacts:
    shares = outcome.counted.shares
    return ConnectionFacts(
        open_at_start=open_at_start,
        open_at_end=sum(
            share.open_connections if done is None else done.open_at_end
            for done, share in zip(outcome.done, shares, strict=True)
        ),
        reconnects=sum(share.totals[RECONNECTS] for share in shares),
        closed_idle=sum(share.totals[CLOSED_IDLE] for share in shares),
        connect_failures=dict(sum((share.connect_failures for share in shares), Counter[str]())),
    )


def _encoded(histogram: Histogram) -> str | None:
    return histogram.encode() if histogram.total else None
