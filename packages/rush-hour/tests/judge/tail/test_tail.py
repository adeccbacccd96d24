"""What is said of a tail, for timelines made by hand, and for anything at all."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from any_runs import DATABASES, MEASURED, RESOURCES, summary
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from profiles import made_of

from rush_hour.core.figures import TimelineRow
from rush_hour.judge.tail.tail import TailFinding, explain_tail
from rush_hour.results.evidence import DatabaseActivity, DatabaseRow, Statement
from rush_hour.results.resources import ProcessUsage, Resources, Role, Usage, UsageRow
from rush_hour.results.run import Doubt, LoadResult, PlanFacts, RequestFigures, Run, Verdict

SECONDS = 20
SLOW = 7  # the slow second of the tables below
FINE: dict[str, Any] = {"sent": 1000, "good": 1000, "bad": 0, "failed": 0, "p50_us": 900, "p99_us": 12_000}
RISE = f"p99 rose to 240 ms (otherwise 12.0 ms) in second {SLOW}; in the same time "


@pytest.fixture
def run_of(plan: PlanFacts, result: LoadResult) -> Callable[..., Run]:
    """Make a run of 20 seconds like a steady one, but for what is changed in some of them."""

    def make(slow: dict[str, Any] | None = None, *, at: Sequence[int] = (SLOW,), **changes: Any) -> Run:
        rows = [
            TimelineRow(
                **FINE
                | {"at_s": float(second), "send_lag_p99_us": 50, "open_connections": 100}
                | ((slow or {}) if second in at else {})
            )
            for second in range(1, SECONDS + 1)
        ]
        of_run = {name: changes.pop(name) for name in ("resources", "database", "verdict") if name in changes}
        measured = replace(result, timeline=rows, elapsed_s=float(SECONDS), **changes)
        return replace(Run(plan=plan, result=measured, verdict=Verdict(trusted=True)), **of_run)

    return make


def used(
    role: Role = "server",
    *,
    cores: float = 0.4,
    busiest: float | None = 0.2,
    slow: tuple[float, float | None] | None = None,
    processes: Sequence[ProcessUsage] = (),
    at: Sequence[int] = (SLOW,),
) -> Resources:
    """Return what a role used: the same in each second, but for the slow one."""
    rows = []
    for second in range(1, SECONDS + 1):
        cpu_s, most_s = slow if slow is not None and second in at else (cores, busiest)
        rows.append(UsageRow(at_s=float(second), cpu_s=cpu_s, rss_bytes=1, busiest_pid=41, busiest_cpu_s=most_s))
    usage = Usage(
        cpu_s=sum(row.cpu_s for row in rows),
        max_rss_bytes=1,
        processes=list(processes) or [worker(40), worker(41), worker(42)],
        timeline=rows,
    )
    idle = Usage(cpu_s=0.0, max_rss_bytes=1)
    roles: dict[str, Usage | None] = {"server": idle, "proxy": None, "database": None, "generator": idle}
    return Resources(**(roles | {role: usage}))  # type: ignore[arg-type]  # the server's is never None


def worker(pid: int, cpu_s: float = 4.0, answers: int | None = None) -> ProcessUsage:
    return ProcessUsage(pid=pid, name="worker", cpu_s=cpu_s, max_rss_bytes=1, answers=answers)


def looks(*, at: Sequence[int] = (SLOW,), statements: Sequence[Statement] = (), **slow: Any) -> DatabaseActivity:
    """Return two looks a second at a database with 16 connections, busy as ever but for the slow second."""
    usual = {"connections": 16, "active": 1, "waiting": 0, "idle_in_transaction": 0, "longest_s": 0.001}
    rows = [
        DatabaseRow(at_s=half / 2, **usual | (slow if (half + 1) // 2 in at else {}))
        for half in range(1, 2 * SECONDS + 1)
    ]
    return DatabaseActivity(max_connections=100, timeline=rows, statements=list(statements))


def said(run: Run, cores: int | None = 8) -> list[tuple[str, Role | None, str]]:
    return [(finding.code, finding.role, finding.sentence) for finding in explain_tail(run, cores=cores)]


def test_a_steady_run_explains_nothing(run_of: Callable[..., Run]) -> None:
    assert explain_tail(run_of(), cores=None) == []
    assert explain_tail(run_of(resources=used(), database=looks()), cores=2) == []


@pytest.mark.parametrize("p99_us", [24_000, 31_000])
def test_a_rise_that_chance_or_a_scheduler_makes_is_none(run_of: Callable[..., Run], p99_us: int) -> None:
    assert explain_tail(run_of({"p99_us": p99_us}), cores=2) == []


def test_a_few_answers_say_nothing_of_a_second(run_of: Callable[..., Run]) -> None:
    assert explain_tail(run_of({"p99_us": 240_000, "good": 9}), cores=2) == []


def test_a_second_that_was_cut_short_says_nothing(run_of: Callable[..., Run]) -> None:
    run = run_of()
    tail = replace(run.result.timeline[-1], at_s=SECONDS + 0.2, p99_us=900_000, good=20)
    cut_short = replace(run, result=replace(run.result, timeline=[*run.result.timeline, tail]))

    assert explain_tail(cut_short, cores=2) == []


def test_a_short_run_has_no_usual_second(run_of: Callable[..., Run]) -> None:
    run = run_of({"p99_us": 240_000}, at=[2])
    short = replace(run, result=replace(run.result, timeline=run.result.timeline[:4]))

    assert explain_tail(short, cores=2) == []


def test_a_run_that_is_slow_or_about_to_be_has_no_usual_second_either(run_of: Callable[..., Run]) -> None:
    run = run_of({"p99_us": 8_000_000}, at=[11, 19])

    assert explain_tail(run, cores=2) == []


def test_a_rise_that_nothing_went_with_is_said_to_be_one(run_of: Callable[..., Run]) -> None:
    run = run_of({"p99_us": 240_000}, at=[7, 8, 12], resources=used(), database=looks())

    assert explain_tail(run, cores=8) == [
        TailFinding(
            code="slow-seconds",
            role=None,
            sentence=(
                "p99 rose to 240 ms (otherwise 12.0 ms) in seconds 7, 8 and 12; "
                "in the same time nothing else that was watched moved."
            ),
            seconds=(7.0, 8.0, 12.0),
        )
    ]


def test_many_slow_seconds_are_counted_instead_of_named(run_of: Callable[..., Run]) -> None:
    [(code, _, sentence)] = said(run_of({"p99_us": 240_000}, at=range(3, 9)))

    assert code == "slow-seconds"
    assert " in 6 of 20 seconds; " in sentence


SIGNS = {
    "generator-late": (
        {"slow": {"send_lag_p99_us": 30_000}},
        "generator",
        "the load generator itself sent up to 30.0 ms late (99th percentile).",
    ),
    "database-locks": (
        {"database": looks(active=12, waiting=11, longest_s=0.8)},
        "database",
        "up to 11 statements waited for locks in the database.",
    ),
    "database-slow-statement": (
        {"database": looks(longest_s=0.8)},
        "database",
        "the database was executing a statement that had begun up to 800 ms before.",
    ),
    "database-full": (
        {"database": looks(connections=100)},
        "database",
        "all 100 connections that the database allows were taken.",
    ),
    "database-busy": (
        {"database": looks(active=15)},
        "database",
        "15 of the 16 connections to the database were executing statements.",
    ),
    "database-idle-in-transaction": (
        {"database": looks(idle_in_transaction=8)},
        "database",
        "8 of the 16 connections to the database had begun a transaction and did nothing.",
    ),
    "one-process-busy": (
        {"resources": used(slow=(1.05, 0.98))},
        "server",
        "one process of the server (process 41) used 98% of a core, and the 2 others together 7%.",
    ),
    "cpu-full": (
        {"resources": used(slow=(7.6, 1.0))},
        "server",
        "the server used 7.6 of the machine's 8 cores.",
    ),
    "connections-lost": (
        {"slow": {"open_connections": 60}},
        None,
        "up to 40 of 100 connections were not open.",
    ),
    "answers-bad": (
        {"slow": {"bad": 30, "failed": 2}},
        None,
        "30 answers were bad and 2 requests failed.",
    ),
    "few-answers": (
        {"slow": {"good": 510}},
        "server",
        (
            "only 51% of the usual good answers came, half of them as fast as ever: a part of what serves stood still, "
            "not all of it."
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize("code", SIGNS)
def test_what_moved_in_the_slow_seconds_is_said_of_them(run_of: Callable[..., Run], code: str) -> None:
    changes, role, clause = SIGNS[code]
    slow = {"p99_us": 240_000} | changes.get("slow", {})  # type: ignore[attr-defined]
    more = {name: value for name, value in changes.items() if name != "slow"}  # type: ignore[attr-defined]

    [finding] = explain_tail(run_of(slow, **more), cores=8)

    assert finding == TailFinding(code=code, role=role, sentence=RISE + clause, seconds=(float(SLOW),))  # type: ignore[arg-type]


@pytest.mark.parametrize("code", [code for code in SIGNS if code not in {"database-full", "cpu-full"}])
def test_what_moves_all_the_time_explains_no_single_second(run_of: Callable[..., Run], code: str) -> None:
    """A sign that is there in the usual seconds too."""
    always = range(1, SECONDS + 1)
    changes: dict[str, Any] = {
        "generator-late": {"send_lag_p99_us": 30_000},
        "connections-lost": {"open_connections": 60},
        "answers-bad": {"bad": 30},
        "few-answers": {"good": 510},
    }
    others: dict[str, Any] = {
        "database-locks": {"database": looks(at=range(1, 5), waiting=1)},
        "database-slow-statement": {"database": looks(at=always, longest_s=0.8, active=0)},
        "database-busy": {"database": looks(at=always, active=15)},
        "database-idle-in-transaction": {"database": looks(at=always, idle_in_transaction=9)},
        "one-process-busy": {"resources": used(slow=(1.05, 0.98), at=always, processes=[worker(41), worker(42)])},
    }
    run = run_of(**others.get(code, {}))
    rows = [replace(row, **changes.get(code, {})) for row in run.result.timeline]
    rows[SLOW - 1] = replace(rows[SLOW - 1], p99_us=240_000)
    run = replace(run, result=replace(run.result, timeline=rows))

    assert [finding.code for finding in explain_tail(run, cores=8)] == ["slow-seconds"]


def test_a_second_without_any_answer_is_a_slow_one(run_of: Callable[..., Run]) -> None:
    run = run_of({"good": 0, "p50_us": None, "p99_us": None}, database=looks(waiting=3))

    [finding] = explain_tail(run, cores=8)

    assert finding.sentence == (
        f"No good answer came in second {SLOW}; in the same time up to 3 statements waited for locks in the database."
    )


def test_a_second_after_the_end_lacks_no_answers(run_of: Callable[..., Run]) -> None:
    run = run_of()
    late = replace(run.result.timeline[-1], at_s=SECONDS + 2.0, sent=0, good=0, failed=1, p50_us=None, p99_us=None)
    timed_out = replace(run, result=replace(run.result, timeline=[*run.result.timeline, late]))

    assert explain_tail(timed_out, cores=8) == []


def test_a_server_that_stands_still_altogether_is_told_from_a_part_of_it(run_of: Callable[..., Run]) -> None:
    [finding] = explain_tail(run_of({"p99_us": 240_000, "p50_us": 200_000, "good": 300}), cores=8)

    assert finding.sentence == (
        f"{RISE}only 30% of the usual good answers came: what serves stood still, or was slow altogether."
    )


def test_answers_that_came_late_were_delayed_before_they_came(run_of: Callable[..., Run]) -> None:
    """The look at the database is two seconds older than the second in which the answers came."""
    run = run_of({"p99_us": 2_400_000}, database=looks(at=[SLOW - 2], waiting=2))

    assert [finding.code for finding in explain_tail(run, cores=8)] == ["database-locks"]


def test_answers_that_were_missing_before_they_came_late_are_told(run_of: Callable[..., Run]) -> None:
    run = run_of({"p99_us": 1_500_000, "p50_us": 700_000, "good": 1500})
    rows = list(run.result.timeline)
    rows[SLOW - 2] = replace(rows[SLOW - 2], good=500)
    rows[SLOW - 3] = replace(rows[SLOW - 3], good=850)

    [finding] = explain_tail(replace(run, result=replace(run.result, timeline=rows)), cores=8)

    assert finding.sentence == (
        f"p99 rose to 1.50 s (otherwise 12.0 ms) in second {SLOW}; in the same time only 50% of the usual good answers "
        "came, half of them as fast as ever: a part of what serves stood still, not all of it."
    )


def test_two_causes_in_different_seconds_are_two_findings(run_of: Callable[..., Run]) -> None:
    run = run_of({"p99_us": 240_000}, at=[5, 15], database=looks(at=[5], waiting=1))
    rows = list(run.result.timeline)
    rows[14] = replace(rows[14], open_connections=99)

    found = explain_tail(replace(run, result=replace(run.result, timeline=rows)), cores=8)

    assert [(finding.code, finding.seconds) for finding in found] == [
        ("database-locks", (5.0,)),
        ("connections-lost", (15.0,)),
    ]
    assert "up to 1 statement waited" in found[0].sentence


def test_all_parts_together_may_fill_the_machine_and_the_generator_with_them(run_of: Callable[..., Run]) -> None:
    shared = Verdict(trusted=True, warnings=[Doubt(code="shared-cores", message="shared", hint="")])
    run = run_of({"p99_us": 240_000}, resources=used(slow=(1.3, 0.7)), verdict=shared)
    busy = replace(run.result.generator, cpu_s=0.6 * SECONDS)

    [finding] = explain_tail(replace(run, result=replace(run.result, generator=busy)), cores=2)

    assert finding.code == "cpu-full"
    assert finding.sentence == (
        f"{RISE}the parts of the run used 1.9 of the machine's 2 cores, the server most of it (1.3)."
    )


def test_cores_that_are_not_known_are_never_full(run_of: Callable[..., Run]) -> None:
    run = run_of({"p99_us": 240_000}, resources=used(slow=(7.6, 1.0)))

    assert [finding.code for finding in explain_tail(run, cores=None)] == ["slow-seconds"]


def test_a_process_that_shares_its_core_with_other_programs_is_at_its_limit_before(run_of: Callable[..., Run]) -> None:
    run = run_of({"p99_us": 240_000}, resources=used(slow=(0.65, 0.6)))

    assert [finding.code for finding in explain_tail(run, cores=8)] == ["slow-seconds"]
    assert said(replace(run, others_cpu_ratio=0.5))[0] == (
        "one-process-busy",
        "server",
        f"{RISE}one process of the server (process 41) used 60% of a core, and the 2 others together 5%.",
    )


def test_processes_that_nobody_told_apart_are_none_that_is_busy_alone(run_of: Callable[..., Run]) -> None:
    run = run_of({"p99_us": 240_000}, resources=used(busiest=None, slow=(1.0, None)))

    assert [finding.code for finding in explain_tail(run, cores=8)] == ["slow-seconds"]


WHOLE = {
    "generator-late": (
        {
            "send_lag_us": summary(10, 40_000),
            "latency_us": summary(60_000, 100_000),
            "service_time_us": summary(60_000, 70_000),
        },
        "generator",
        (
            "The load generator itself sent up to 40.0 ms late (99th percentile), "
            "of a p99 of 100 ms: that part is its own."
        ),
    ),
    "database-locks": (
        {"database": looks(at=range(1, 15), waiting=4)},
        "database",
        "Statements waited for locks in the database in 28 of 40 looks, up to 4 at once.",
    ),
    "database-slow-statement": (
        {
            "database": looks(
                at=range(1, 21),
                active=4,
                longest_s=0.21,
                statements=[
                    Statement(text="COMMIT", seen_active=1),
                    Statement(text="SELECT pg_sleep(?)", seen_active=38, calls=480, total_s=100.8),
                ],
            )
        },
        "database",
        (
            "The database was executing statements in 40 of 40 looks, the oldest for 210 ms in the usual one; "
            "seen most: SELECT pg_sleep(?) (480 times, 210 ms each on average)."
        ),
    ),
    "one-worker": (
        {
            "resources": used(
                processes=[worker(40, 0.1), worker(41, 15.0, answers=900), worker(42, 1.0, answers=100)]
            )
        },
        "server",
        "Process 41 of the server's 3 had 90% of the answers, and used 75% of a core.",
    ),
    "cpu-full": (
        {"resources": used(cores=7.7)},
        "server",
        "The machine's CPU was full in 20 of 20 seconds (from 90%): the server used 7.7 of the machine's 8 cores.",
    ),
    "waiting-for-connections": (
        {"latency_us": summary(900, 800_000), "service_time_us": summary(800, 40_000)},
        None,
        (
            "p99 is 800 ms from when requests were due, and 40.0 ms from when they were sent: "
            "most of it is waiting for a connection that still waited for an earlier answer, which took up to 40.0 ms."
        ),
    ),
    "slow-answers": (
        {
            "latency_us": summary(2_000, 121_000),
            "service_time_us": summary(2_000, 120_000),
            "resources": used(),
        },
        "server",
        (
            "Half of the good answers came within 2.00 ms of when they were asked for, "
            "and one in a hundred took 120 ms or longer: that is not waiting for a connection."
        ),
    ),
    "one-request": (
        {
            "requests": [
                RequestFigures(
                    name=name, sent=9, good=9, bad=0, failed=0, latency_us=summary(900, p99_us), histogram_us=None
                )
                for name, p99_us in (("list", 20_000), ("export", 800_000), ("show", 5_000))
            ]
        },
        None,
        "P99 of the request 'export' is 800 ms, and that of every other at most 20.0 ms.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("code", WHOLE)
def test_what_was_there_all_along_is_said_of_the_whole_run(run_of: Callable[..., Run], code: str) -> None:
    changes, role, sentence = WHOLE[code]
    sentence = sentence.replace("P99", "p99")

    assert said(run_of(**changes)) == [(code, role, sentence)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "changes",
    [
        {"send_lag_us": summary(10, 900), "latency_us": summary(900, 1_000)},
        {"latency_us": summary(900, 12_000), "service_time_us": summary(800, 4_000)},
        {"service_time_us": summary(2_000, 50_000)},
        {"database": looks(at=range(1, 21), active=4, longest_s=0.02)},
        {
            "database": looks(at=range(1, 21), active=4, longest_s=0.06),
            "service_time_us": summary(400_000, 500_000),
            "latency_us": summary(400_000, 500_000),
        },
        {"database": DatabaseActivity(max_connections=100, timeline=looks(longest_s=1.0, waiting=1).timeline[12:14])},
        {"resources": used(processes=[worker(41, 15.0, answers=700), worker(42, 9.0, answers=300)])},
        {"resources": used(processes=[worker(41, 3.0, answers=1000), worker(42, 0.0, answers=0)])},
        {"resources": used(processes=[worker(40, 0.1), worker(41, 19.0)])},
        {"resources": used(processes=[worker(40, 0.1, answers=0), worker(41, 19.0, answers=1000)])},
        {"resources": used(cores=7.1)},
        {"latency_us": None, "service_time_us": None, "send_lag_us": None},
    ],
    ids=[
        "late by less than a millisecond",
        "waiting for less than ten milliseconds",
        "a tail that a shared core makes",
        "many short statements",
        "statements that are a small part of the answer",
        "two looks",
        "workers that share the work unevenly",
        "one worker with little work",
        "one worker and its supervisor",
        "one worker and its supervisor, which answers nothing",
        "CPU that is left",
        "no good answer",
    ],
)
def test_what_is_no_reason_for_a_tail_is_not_said(run_of: Callable[..., Run], changes: dict[str, Any]) -> None:
    assert said(run_of(**changes)) == []


def test_workers_are_told_apart_by_their_cpu_time_where_their_answers_are_not_known(
    run_of: Callable[..., Run],
) -> None:
    run = run_of(resources=used(processes=[worker(40, 0.1), worker(41, 18.0), worker(42, 1.0)]))

    assert said(run) == [
        ("one-worker", "server", "Process 41 of the server's 3 had 94% of the CPU time, and used 90% of a core.")
    ]


def test_a_statement_without_a_name_or_with_a_very_long_one_is_said_in_one_sentence(run_of: Callable[..., Run]) -> None:
    slow: dict[str, Any] = {"at": range(1, 21), "active": 4, "longest_s": 0.21}
    [(_, _, nameless)] = said(run_of(database=looks(**slow)))
    [(_, _, long)] = said(run_of(database=looks(**slow, statements=[Statement(text="x" * 400, seen_active=9)])))

    assert nameless.endswith("the oldest for 210 ms in the usual one.")
    assert long.endswith(f"in the usual one; seen most: {'x' * 120}....")


def test_other_programs_are_a_caveat_to_what_is_found_and_no_finding_of_their_own(run_of: Callable[..., Run]) -> None:
    busy = replace(run_of({"p99_us": 240_000}), others_cpu_ratio=0.33)

    assert [finding.code for finding in explain_tail(busy, cores=8)] == ["slow-seconds", "other-load"]
    assert explain_tail(busy, cores=8)[-1].sentence == (
        "Other programs used 33% of the machine's CPU meanwhile, which makes latencies long too."
    )
    assert explain_tail(replace(run_of(), others_cpu_ratio=0.33), cores=8) == []
    assert said(replace(busy, others_cpu_ratio=0.19)) == said(replace(busy, others_cpu_ratio=None))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    measured=MEASURED,
    is_in_order=st.booleans(),
    seen=st.fixed_dictionaries({"resources": st.none() | RESOURCES, "database": st.none() | DATABASES}),
    cores=st.none() | st.integers(0, 64),
)
def test_anything_can_be_explained(
    run_of: Callable[..., Run], measured: dict[str, Any], seen: dict[str, Any], *, is_in_order: bool, cores: int | None
) -> None:
    rows = measured["timeline"]
    if is_in_order:
        rows = [replace(row, at_s=float(second)) for second, row in enumerate(rows, start=1)]
    run = replace(run_of(**seen), result=replace(run_of().result, **measured | {"timeline": rows}))

    found = explain_tail(run, cores=cores)

    assert len({(finding.code, finding.role) for finding in found}) == len(found)
    assert all(finding.sentence.endswith(".") for finding in found)
    assert {at_s for finding in found for at_s in finding.seconds} <= {row.at_s for row in rows}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    p99s_us=st.lists(st.integers(10_000, 30_000), min_size=1, max_size=40),
    rate_per_s=st.integers(20, 10_000),
    cores_used=st.floats(0, 1.7),
)
def test_whatever_a_steady_run_does_it_is_steady(
    plan: PlanFacts, result: LoadResult, p99s_us: list[int], rate_per_s: int, cores_used: float
) -> None:
    rows = [
        TimelineRow(at_s=float(second), sent=rate_per_s, good=rate_per_s, bad=0, failed=0, p50_us=900, p99_us=p99_us)
        for second, p99_us in enumerate(p99s_us, start=1)
    ]
    measured = replace(result, timeline=rows, elapsed_s=float(len(rows)))
    resources = used(cores=cores_used, busiest=cores_used / 2)
    run = Run(plan=plan, result=measured, verdict=Verdict(trusted=True), resources=resources, database=looks())

    assert explain_tail(run, cores=2) == []


def test_seconds_in_which_a_profile_has_a_pause_are_not_slow(run_of: Callable[..., Run]) -> None:
    pause = {"p99_us": None, "p50_us": None, "good": 0, "sent": 0}
    run = run_of(pause, at=(SLOW, SLOW + 1))
    before_s, after_s = float(SLOW - 1), float(SECONDS - SLOW - 1)

    assert explain_tail(run, cores=2) != []
    profile = made_of((100, 100, before_s), (0, 0, 2), (100, 100, after_s))
    assert explain_tail(replace(run, plan=replace(run.plan, profile=profile)), cores=2) == []


def test_that_more_was_offered_is_said_where_p99_rose(run_of: Callable[..., Run]) -> None:
    run = run_of({"p99_us": 240_000, "good": 60}, at=(SLOW, SLOW + 1))
    profile = made_of((100, 100, float(SLOW - 1)), (400, 400, 2.0), (100, 100, float(SECONDS - SLOW - 1)))

    [finding] = explain_tail(replace(run, plan=replace(run.plan, profile=profile)), cores=2)

    assert (finding.code, finding.role) == ("rate-rose", None)
    assert finding.sentence.endswith("; in the same time up to 400/s were offered (otherwise 100/s).")


def test_fewer_answers_where_less_was_offered_are_no_sign(run_of: Callable[..., Run]) -> None:
    run = run_of({"p99_us": 240_000, "good": 20}, at=(SLOW, SLOW + 1))
    profile = made_of((100, 100, float(SLOW - 1)), (20, 20, 2.0), (100, 100, float(SECONDS - SLOW - 1)))

    assert [one.code for one in explain_tail(run, cores=2)] == ["few-answers"]
    changed = replace(run, plan=replace(run.plan, profile=profile))
    assert explain_tail(changed, cores=2) == []
