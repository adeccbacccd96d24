"""What is counted over a daemon's life."""

from collections.abc import Iterable

import pytest
from decided import decisions_for
from hypothesis import given
from hypothesis import strategies as st

from api_hour.control.messages import EngineReport, Heartbeat
from api_hour.stats import LATENCY_BOUNDS_S
from api_hour.supervisor.monitor.facts import EngineView, Totals, WorkerView
from api_hour.supervisor.monitor.ledger import Ledger
from api_hour.supervisor.policy.events import (
    Action,
    Event,
    KillWorker,
    LogFact,
    ReloadRequested,
    RetireWorker,
    StartWorker,
    StopRequested,
    StopWorker,
    Tick,
    WorkerAlive,
    WorkerExited,
    WorkerReady,
)
from api_hour.supervisor.policy.pool import Phase
from api_hour.supervisor.policy.reasons import KillReason, RetireReason

NO_LATENCIES = (0,) * (len(LATENCY_BOUNDS_S) + 1)
PG_UP = EngineReport(name="pg", state="up", connections=5, borrowed=2, waiting=1, refused=3)
PG_DOWN = EngineReport(name="pg", state="down", last_error="OSError: refused", refused=4)


def ledger_of(*worker_ids: int) -> Ledger:
    """Return a ledger of workers that were started at second 0 and serve."""
    ledger = Ledger(1.0)
    ledger.note(Tick(), [StartWorker(worker_id=worker_id) for worker_id in worker_ids], 0.0)
    for worker_id in worker_ids:
        ledger.note(WorkerReady(worker_id=worker_id), [], 0.0)
    return ledger


def beat(ledger: Ledger, worker_id: int, heartbeat: Heartbeat, *, at_s: float = 1.0) -> None:
    ledger.hear(worker_id, heartbeat)
    ledger.note(WorkerAlive(worker_id=worker_id), [], at_s)


def totals(ledger: Ledger) -> Totals:
    return ledger.totals(reloads=0, reloads_failed=0)


def not_zero(counts: dict[str, int]) -> dict[str, int]:
    return {name: count for name, count in counts.items() if count}


def end(ledger: Ledger, worker_id: int, *actions: Action) -> None:
    ledger.note(Tick(), actions, 1.0)
    ledger.note(WorkerExited(worker_id=worker_id, exit_code=0), [], 2.0)


# Requests.


def test_requests_of_workers_that_are_gone_stay_in_the_totals() -> None:
    ledger = ledger_of(1, 2)
    beat(ledger, 1, Heartbeat(requests=7, latency_counts=(3, 4, *NO_LATENCIES[2:]), latency_sum_s=0.5))
    beat(ledger, 2, Heartbeat(requests=2, latency_counts=(0, 1, *NO_LATENCIES[3:], 1), latency_sum_s=20.0))
    before = totals(ledger)
    end(ledger, 1, RetireWorker(worker_id=1, reason=RetireReason.RELOAD))
    after = totals(ledger)

    assert (after.requests, after.latency_counts, after.latency_sum_s) == (9, (3, 5, *NO_LATENCIES[3:], 1), 20.5)
    assert before.requests == after.requests
    assert sum(after.latency_counts) == after.requests


def test_each_heartbeat_takes_the_place_of_the_one_before() -> None:
    ledger = ledger_of(1)
    beat(ledger, 1, Heartbeat(requests=7))
    beat(ledger, 1, Heartbeat(requests=9))

    assert totals(ledger).requests == 9


def test_latencies_with_other_bounds_are_left_out() -> None:
    ledger = ledger_of(1)
    beat(ledger, 1, Heartbeat(requests=7, latency_counts=(3, 4), latency_sum_s=0.5))

    assert (totals(ledger).requests, totals(ledger).latency_counts, totals(ledger).latency_sum_s) == (
        7,
        NO_LATENCIES,
        0.0,
    )


def test_a_worker_that_is_not_known_is_passed_over() -> None:
    ledger = ledger_of()
    beat(ledger, 5, Heartbeat(requests=7))
    ledger.note(WorkerReady(worker_id=5), [], 1.0)
    ledger.note(WorkerExited(worker_id=5, exit_code=1), [LogFact(text="so")], 1.0)

    assert totals(ledger) == totals(Ledger(1.0))


# Restarts and kills.


@pytest.mark.parametrize("label", ["reload", "requests", "memory", "lifetime"])
def test_a_worker_that_is_retired_to_be_replaced_is_counted_by_its_reason(label: str) -> None:
    ledger = ledger_of(1)
    end(ledger, 1, RetireWorker(worker_id=1, reason=RetireReason(label)))

    assert not_zero(totals(ledger).restarts) == {label: 1}


@pytest.mark.parametrize(
    "action", [RetireWorker(worker_id=1, reason=RetireReason.FEWER_WORKERS), StopWorker(worker_id=1)]
)
def test_a_worker_that_nobody_follows_is_no_restart(action: Action) -> None:
    ledger = ledger_of(1)
    end(ledger, 1, action)

    assert not_zero(totals(ledger).restarts) == {}


def test_a_worker_that_ends_by_itself_has_crashed_or_has_failed_to_boot() -> None:
    ledger = ledger_of(1)
    ledger.note(Tick(), [StartWorker(worker_id=2)], 0.0)
    end(ledger, 1)
    end(ledger, 2)

    assert not_zero(totals(ledger).restarts) == {"crashed": 1, "boot_failed": 1}
    assert totals(ledger).workers_started == 2


@pytest.mark.parametrize("label", ["boot_timeout", "heartbeat_timeout", "graceful_timeout"])
def test_a_worker_that_is_late_is_a_kill_and_a_restart(label: str) -> None:
    ledger = ledger_of(1)
    end(ledger, 1, KillWorker(worker_id=1, reason=KillReason(label)))

    assert not_zero(totals(ledger).kills) == {label: 1}
    assert not_zero(totals(ledger).restarts) == {"killed": 1}


def test_a_worker_that_was_asked_to_end_before_it_is_killed_is_one_restart() -> None:
    ledger = ledger_of(1)
    late = KillReason.GRACEFUL_TIMEOUT
    end(ledger, 1, RetireWorker(worker_id=1, reason=RetireReason.RELOAD), KillWorker(worker_id=1, reason=late))

    assert not_zero(totals(ledger).kills) == {"graceful_timeout": 1}
    assert not_zero(totals(ledger).restarts) == {"reload": 1}


def test_a_worker_that_is_killed_with_its_daemon_is_no_restart() -> None:
    ledger = ledger_of(1)
    end(ledger, 1, KillWorker(worker_id=1, reason=KillReason.AT_ONCE))

    assert not_zero(totals(ledger).kills) == {"at_once": 1}
    assert not_zero(totals(ledger).restarts) == {}


def test_every_reason_is_there_from_the_start() -> None:
    assert list(totals(Ledger(1.0)).restarts) == [
        "reload",
        "requests",
        "memory",
        "lifetime",
        "killed",
        "crashed",
        "boot_failed",
    ]
    assert list(totals(Ledger(1.0)).kills) == ["boot_timeout", "heartbeat_timeout", "graceful_timeout", "at_once"]


def test_reloads_are_as_the_decisions_count_them() -> None:
    counted = Ledger(1.0).totals(reloads=3, reloads_failed=2)

    assert (counted.reloads, counted.reloads_failed) == (3, 2)


# Workers.


def test_a_worker_is_shown_with_what_it_said_last() -> None:
    ledger = ledger_of(1)
    ledger.note(Tick(), [StartWorker(worker_id=2)], 1.0)
    beat(ledger, 1, Heartbeat(requests=7, in_flight=2, connections=3, loop_lag_s=0.25), at_s=3.0)

    assert ledger.workers({2: Phase.BOOTING, 1: Phase.SERVING, 9: Phase.BOOTING}, {1: 101}, {101: 4096}, 3.5) == (
        WorkerView(
            worker_id=1,
            pid=101,
            phase="serving",
            age_s=3.5,
            silence_s=0.5,
            requests=7,
            in_flight=2,
            connections=3,
            loop_lag_s=0.25,
            rss_bytes=4096,
        ),
        WorkerView(
            worker_id=2,
            pid=None,
            phase="booting",
            age_s=2.5,
            silence_s=None,
            requests=None,
            in_flight=None,
            connections=None,
            loop_lag_s=None,
            rss_bytes=None,
        ),
    )


def test_memory_that_cannot_be_read_is_unknown() -> None:
    [worker] = ledger_of(1).workers({1: Phase.SERVING}, {1: 101}, {}, 1.0)

    assert worker.rss_bytes is None


# Loop lag.


def lag(ledger: Ledger, now_s: float) -> float | None:
    [worker] = ledger.workers({1: Phase.SERVING}, {}, {}, now_s)
    return worker.loop_lag_s


def test_a_loop_is_late_as_it_says_until_its_next_heartbeat_is_overdue_by_more() -> None:
    ledger = ledger_of(1)
    assert [lag(ledger, now_s) for now_s in (0.5, 1.0, 4.0)] == [0.0, 0.0, 3.0]
    beat(ledger, 1, Heartbeat(loop_lag_s=0.25), at_s=10.0)

    assert lag(ledger, 11.0) == 0.25
    assert lag(ledger, 13.5) == 2.5


def test_a_loop_that_does_not_run_yet_is_not_late() -> None:
    ledger = Ledger(1.0)
    ledger.note(Tick(), [StartWorker(worker_id=1)], 0.0)

    assert lag(ledger, 9.0) is None
    assert ledger.loop_lag_max_s(9.0) == 0.0


def test_the_greatest_lag_is_remembered_for_a_minute() -> None:
    ledger = ledger_of(1, 2)
    assert ledger.loop_lag_max_s(0.0) == 0.0
    end(ledger, 2)
    for at_s, lag_s in ((10.0, 0.5), (11.0, 2.0), (12.0, 1.0), (13.0, 0.25), (71.0, 0.0)):
        beat(ledger, 1, Heartbeat(loop_lag_s=lag_s), at_s=at_s)

    assert [ledger.loop_lag_max_s(now_s) for now_s in (71.0, 71.5, 72.0)] == [2.0, 1.0, 1.0]
    assert ledger.loop_lag_max_s(73.5) == 1.5  # overdue by now
    beat(ledger, 1, Heartbeat(loop_lag_s=1.5), at_s=73.5)
    end(ledger, 1)
    assert ledger.loop_lag_max_s(75.0) == 1.5
    assert ledger.loop_lag_max_s(134.0) == 0.0


# Engines.


def test_engines_are_added_up_over_the_workers_that_serve() -> None:
    ledger = ledger_of(1, 2, 3, 4)
    beat(ledger, 1, Heartbeat(engines=(PG_UP,)))
    beat(ledger, 2, Heartbeat(engines=(PG_DOWN, EngineReport(name="cache", state="connecting"))))
    beat(ledger, 3, Heartbeat(engines=(PG_UP,)))
    phases = {1: Phase.SERVING, 2: Phase.SERVING, 3: Phase.RETIRING, 4: Phase.SERVING}

    assert ledger.engines(phases) == (
        EngineView(
            name="cache",
            workers_by_state={"up": 0, "connecting": 1, "down": 0},
            connections=0,
            borrowed=0,
            waiting=0,
            refused_total=0,
            last_error="",
        ),
        EngineView(
            name="pg",
            workers_by_state={"up": 1, "connecting": 0, "down": 1},
            connections=5,
            borrowed=2,
            waiting=1,
            refused_total=10,
            last_error="OSError: refused",
        ),
    )


def test_an_engine_of_workers_that_are_gone_keeps_what_it_refused() -> None:
    ledger = ledger_of(1)
    beat(ledger, 1, Heartbeat(engines=(PG_DOWN,)))
    end(ledger, 1)

    [engine] = ledger.engines({})
    assert (engine.name, engine.refused_total, engine.workers_by_state) == (
        "pg",
        4,
        {"up": 0, "connecting": 0, "down": 0},
    )


# Any order.

IDS = st.integers(1, 6)
EVENTS: st.SearchStrategy[Event] = st.one_of(
    st.builds(WorkerReady, worker_id=IDS),
    st.builds(WorkerAlive, worker_id=IDS, requests=st.integers(0, 50), rss_bytes=st.just(0)),
    st.builds(WorkerExited, worker_id=IDS, exit_code=st.just(1)),
    st.just(ReloadRequested()),
    st.builds(StopRequested, at_once=st.booleans()),
    st.just(Tick()),
)


@given(st.lists(st.tuples(EVENTS, st.floats(0, 40)), max_size=60))
def test_totals_never_go_down_and_nothing_piles_up_whatever_happens(story: Iterable[tuple[Event, float]]) -> None:
    decisions = decisions_for(2, heartbeat_timeout_s=20.0, max_requests=40)
    ledger, now_s, requests = Ledger(1.0), 0.0, dict.fromkeys(range(1, 7), 0)
    before = totals(ledger)
    for event, passed_s in story:
        now_s += passed_s
        if isinstance(event, WorkerAlive):
            requests[event.worker_id] += event.requests
            ledger.hear(event.worker_id, Heartbeat(requests=requests[event.worker_id], engines=(PG_UP,)))
        ledger.note(event, decisions.handle(event, now_s=now_s), now_s)

        after = totals(ledger)
        assert after.requests >= before.requests
        assert all(after.restarts[label] >= count for label, count in before.restarts.items())
        assert all(after.kills[reason] >= before.kills[reason] for reason in after.kills)
        phases = decisions.phases()
        assert [worker.worker_id for worker in ledger.workers(phases, {}, {}, now_s)] == sorted(phases)
        assert set(ledger._entries) == set(phases)
        assert ledger.loop_lag_max_s(now_s) >= 0
        assert len(ledger.engines(phases)) <= 1
        before = after
