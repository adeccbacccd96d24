"""Documents with everything that a page can show, made from a seed: long runs, repeats, names, logs, a profile."""

from dataclasses import replace

import numpy as np

from rush_hour.core.figures import TimelineRow
from rush_hour.core.histogram import Histogram
from rush_hour.core.profile.curve import mean_between
from rush_hour.core.profile.grammar import parse_profile
from rush_hour.core.profile.profile import LoadProfile, Phase
from rush_hour.core.statistics import summarise
from rush_hour.results.document import Document, MachineFacts, SuiteFacts, System, SystemFigures
from rush_hour.results.evidence import (
    DatabaseActivity,
    ExplainedError,
    LogLine,
    PartLog,
    Profile,
    Stack,
    Statement,
)
from rush_hour.results.resources import ProcessUsage, Resources, Usage, UsageRow
from rush_hour.results.run import (
    ConnectionFacts,
    Doubt,
    GeneratorUsage,
    Histograms,
    LoadResult,
    PhaseFigures,
    PlanFacts,
    RequestFigures,
    Run,
    SlowRequest,
    Verdict,
)

MACHINE = MachineFacts(
    name="one",
    cpu="Fast CPU",
    cores=2,
    memory_bytes=8 * 2**30,
    kernel="6.1.0",
    system="Linux",
    limits={"somaxconn": "4096"},
)
SHARED = Doubt(code="shared-cores", message="the cores were shared.", hint="Use another machine.")
RATE_PER_S = 4000


def histogram(rng: np.random.Generator, middle_us: float, count: int) -> Histogram:
    made = Histogram()
    made.record_ns((rng.lognormal(np.log(middle_us), 0.5, count) * 1000).astype(np.int64))
    return made


def usage(rng: np.random.Generator, seconds: int, cores: float, rss_bytes: int, *processes: ProcessUsage) -> Usage:
    rows = [
        UsageRow(at_s=float(at), cpu_s=round(float(cores * rng.uniform(0.9, 1.1)), 6), rss_bytes=rss_bytes)
        for at in range(1, seconds + 1)
    ]
    return Usage(
        cpu_s=round(sum(row.cpu_s for row in rows), 6),
        max_rss_bytes=rss_bytes,
        processes=list(processes),
        timeline=rows,
    )


def run_of(
    seed: int, *, seconds: int = 300, good_per_s: int = 2000, bad_per_s: int = 0, middle_us: float = 9000.0
) -> Run:
    """A run of a system that answers so many requests per second well, and so many badly, of 4,000 that are due."""
    rng = np.random.default_rng(seed)
    latency = histogram(rng, middle_us, 20_000)
    service, lag = histogram(rng, middle_us / 3, 20_000), histogram(rng, 30, 20_000)
    bad = histogram(rng, middle_us / 5, 5000) if bad_per_s else None
    names = ("list", "one")
    rows = [
        TimelineRow(
            at_s=float(at),
            sent=RATE_PER_S,
            good=int(good_per_s * rng.uniform(0.9, 1.1)),
            bad=bad_per_s,
            failed=int(at % 50 == 0),
            p50_us=int(middle_us * rng.uniform(0.8, 1.2)),
            p99_us=int(4 * middle_us * rng.uniform(0.8, 1.2)),
            send_lag_p99_us=int(rng.uniform(80, 200)),
            open_connections=400,
        )
        for at in range(1, seconds + 1)
    ]
    due, good = RATE_PER_S * seconds, sum(row.good for row in rows)
    failed = sum(row.failed for row in rows)
    result = LoadResult(
        requests_due=due, requests_sent=due, responses_total=good + bad_per_s * seconds, responses_good=good,
        responses_by_status={"200": good} | ({"503": bad_per_s * seconds} if bad_per_s else {}),
        errors={"timeout": failed} if failed else {},
        unanswered_at_end=due - good - bad_per_s * seconds - failed,
        rate_per_s=float(RATE_PER_S), goodput_per_s=good / seconds, bytes_read=10**9, elapsed_s=float(seconds),
        latency_us=summarise(latency), service_time_us=summarise(service), send_lag_us=summarise(lag),
        latency_bad_us=None if bad is None else summarise(bad),
        generator=GeneratorUsage(
            cpu_s=0.4 * seconds, max_rss_bytes=40_000_000, processes=2, busiest_process_cpu_ratio=0.3
        ),
        connections=ConnectionFacts(
            open_at_start=400, open_at_end=400, reconnects=0, closed_idle=0, connect_failures={}
        ),
        timeline=rows,
        histogram=Histograms(
            latency_us=latency.encode(), service_time_us=service.encode(), send_lag_us=lag.encode(),
            latency_bad_us=None if bad is None else bad.encode(),
        ),
        requests=[
            RequestFigures(
                name=name, sent=due // 2, good=good // 2, bad=0, failed=0,
                latency_us=summarise(latency), histogram_us=latency.encode(),
            )
            for name in names
        ],
        slowest=[
            SlowRequest(
                due_at_s=17.5 + number, request=names[number % 2], connection=number, latency_us=900_000 - number,
                service_time_us=450_000 - number, status=200 if number else 503, is_good=number > 0,
            )
            for number in range(10)
        ],
    )  # fmt: skip
    workers = [
        ProcessUsage(pid=100 + n, name="worker", cpu_s=0.5 * seconds * (1 + n), max_rss_bytes=2**26, connections=100,
                     answers=(n + 1) * good // 6)
        for n in range(3)
    ]  # fmt: skip
    return Run(
        plan=PlanFacts(
            url="http://127.0.0.1:8008/agents", rate_per_s=float(RATE_PER_S), duration_s=float(seconds), warmup_s=3.0,
            connections=400, processes=2, arrivals="constant", timeout_s=2.0,
        ),
        result=result,
        verdict=Verdict(trusted=True, warnings=[SHARED]),
        started_at="2026-03-04T05:06:07+00:00",
        ended_at="2026-03-04T05:11:07+00:00",
        resources=Resources(
            server=usage(rng, seconds, 1.2, 2**28, *workers),
            proxy=usage(rng, seconds, 0.1, 2**24),
            database=usage(rng, seconds, 0.3, 2**26),
            generator=Usage(cpu_s=0.4 * seconds, max_rss_bytes=40_000_000),
        ),
        explained_errors=[
            ExplainedError(
                role="proxy", program="nginx", count=2, what="the system's accept queue was full", sign="11: EAGAIN",
                code="backlog-full", cause="server", advice="Raise its backlog (--backlog).", log="one-nginx.log",
                line=7, requests=2,
            )
        ],
        database=DatabaseActivity(
            max_connections=100, statements=[Statement(text="SELECT ?", seen_active=7, calls=3, total_s=0.5)]
        ),
        profile=profile(),
    )  # fmt: skip


def system(name: str, seed: int, *, runs: int = 1, **options: float) -> System:
    """A system that was measured."""
    return System(
        name=name,
        title=f"{name.title()}, behind nginx",
        status="ok",
        versions={"python": "3.13"},
        command_line=f"{name} --workers 3",
        notes=["port 1 was taken: 2 was used."],
        runs=[run_of(seed + number, **options) for number in range(runs)],  # type: ignore[arg-type]
        logs=[
            PartLog(
                role="proxy", name="one-nginx.log", lines_total=900,
                lines=[
                    LogLine(number=7, text="[error] 11: EAGAIN"), LogLine(number=899, text="going"),
                    LogLine(number=900, text="gone"),
                ],
            )
        ],
    )  # fmt: skip


FAILED = System(name="dead", title="Dead", status="failed", reason="the server ended.\nlast line of its log")


def bench(*systems: System, **changes: object) -> Document:
    """A bench of systems."""
    document = Document(
        schema_version=2,
        kind="bench",
        started_at="2026-03-04T05:06:07.123+00:00",
        ended_at="2026-03-04T05:16:07.123+00:00",
        command_line="rush-hour bench suite.toml",
        commit="0123456789abcdef",
        suite=SuiteFacts(
            name="s",
            title="All of them",
            path="suite.toml",
            workers=3,
            rules=["The same query."],
            published=[
                SystemFigures(
                    name=one.name, rate_per_s=4000.0, requests_per_s=3990.0, goodput_per_s=555.0, bad_ratio=0.861,
                    mean_us=121_080.0, max_us=2.66e6,
                )
                for one in systems
            ],
        ),
        machine=MACHINE,
        generators=[MACHINE],
        versions={"rush-hour": "1.0", "nginx": "1.31"},
        systems=list(systems),
    )  # fmt: skip
    return replace(document, **changes)  # type: ignore[arg-type]  # of its own fields


def six_systems(seconds: int = 300) -> Document:
    """A bench as large as the published one."""
    return bench(
        *(
            system(
                name,
                10 * number,
                seconds=seconds,
                good_per_s=600 * (number + 1),
                bad_per_s=50 * (number % 2),
                middle_us=20_000 / (number + 1),
            )
            for number, name in enumerate(("alpha", "beta", "gamma", "delta", "epsilon", "zeta"))
        )
    )


def profiled(text: str, *, good_ratio: float = 1.0, seed: int = 1) -> Document:
    """A load with a profile: in phases above half of its highest rate so much was answered well."""
    followed = parse_profile(text, what="--profile")
    assert followed is not None
    rng = np.random.default_rng(seed)
    begins_s = [0.0, *(end_ns / 1e9 for end_ns in followed.ends_ns)]
    phases = []
    for phase, begin_s in zip(followed.phases, begins_s, strict=False):
        is_high = phase.mean_per_s > followed.highest_per_s / 2
        due, made = round(phase.mean_per_s * phase.duration_s), histogram(rng, 90_000 if is_high else 9_000, 2_000)
        good = round(due * (good_ratio if is_high else 1))
        phases.append(
            PhaseFigures(
                name=phase.name, begins_at_s=begin_s, duration_s=phase.duration_s, offered_per_s=phase.mean_per_s,
                due=due, sent=due, good=good, bad=due - good, failed=0, latency_us=summarise(made),
                send_lag_us=summarise(histogram(rng, 30, 2_000)), histogram_us=made.encode(),
            )
        )  # fmt: skip
    run = run_of(seed, seconds=round(followed.duration_s))
    rows = [
        replace(
            row,
            sent=round(mean_between(followed, row.at_s - 1, row.at_s)),
            good=round(mean_between(followed, row.at_s - 1, row.at_s)),
            failed=0,
            p99_us=round((20_000 + 1000 * (row.at_s % 3)) * (1 + 9 * (5 <= row.at_s % 60 < 25))),
        )
        for row in run.result.timeline
    ]
    plan = replace(
        run.plan, profile=followed, rate_per_s=followed.mean_per_s, duration_s=followed.duration_s,
        url="http://127.0.0.1:8008/agents",
    )  # fmt: skip
    due, good = sum(phase.due for phase in phases), sum(phase.good for phase in phases)
    result = replace(
        run.result, phases=phases, timeline=rows, requests_due=due, requests_sent=due, responses_total=due,
        responses_good=good, unanswered_at_end=0, errors={}, goodput_per_s=good / followed.duration_s,
    )  # fmt: skip
    one = System(name=plan.url, title=plan.url, status="ok", runs=[replace(run, plan=plan, result=result)])
    return replace(bench(one), kind="load", suite=None, command_line=f"rush-hour load {plan.url} --profile {text}")


HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\"'&{{ 7*7 }}"


def hostile(of: System) -> System:
    """A system whose every text would do harm if it were not text."""
    run = of.runs[0]
    result = replace(
        run.result,
        requests=[replace(one, name=HOSTILE) for one in run.result.requests],
        slowest=[replace(one, request=HOSTILE) for one in run.result.slowest],
        phases=[
            PhaseFigures(
                name=HOSTILE, begins_at_s=0.0, duration_s=1.0, offered_per_s=9.0, due=9, sent=9, good=9, bad=0,
                failed=0, latency_us=None, send_lag_us=None, histogram_us=None,
            )
        ],
    )  # fmt: skip
    followed = LoadProfile(text=HOSTILE, phases=(Phase.constant(HOSTILE, 9, 1), Phase.constant("low", 5, 299)))
    database = DatabaseActivity(max_connections=1, statements=[Statement(text=HOSTILE, seen_active=1)])
    explained = [replace(one, what=HOSTILE, advice=HOSTILE, program=HOSTILE) for one in run.explained_errors]
    logs = [replace(log, name=HOSTILE, lines=[replace(line, text=HOSTILE) for line in log.lines]) for log in of.logs]
    return replace(
        of, name=HOSTILE, title=HOSTILE, notes=[HOSTILE], versions={HOSTILE: HOSTILE}, command_line=HOSTILE, logs=logs,
        reason=HOSTILE,
        runs=[
            replace(
                run, plan=replace(run.plan, profile=followed), result=result,
                explained_errors=[replace(one, log=HOSTILE) for one in explained],
                database=database, profile=profile(HOSTILE),
            )
        ],
    )  # fmt: skip


def profile(name: str = "answer (application.py:12)") -> Profile:
    """A profile of two stacks."""
    return Profile(
        program="py-spy 0.4", pid=100, name="worker", duration_s=10.0, samples=1000,
        stacks=[
            Stack(frames=["serve (worker.py:1)", name], samples=900),
            Stack(frames=["serve (worker.py:1)"], samples=100),
        ],
    )  # fmt: skip
