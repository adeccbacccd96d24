"""The lives of the workers: those that are late, and those that are spent."""

import pytest
from decided import (
    BOOT_TIMEOUT_S,
    GRACEFUL_TIMEOUT_S,
    HEARTBEAT_TIMEOUT_S,
    alive,
    decisions_for,
    dump,
    exited,
    kill,
    ready,
    retire,
    said,
    serve,
    serving,
    start,
    tell,
)

from api_hour.supervisor.policy.events import (
    StartWorker,
    StopRequested,
    Tick,
    WorkerSpent,
)
from api_hour.supervisor.policy.lives import DUMP_TIME_S, KILL_MARGIN_S
from api_hour.supervisor.policy.pool import Phase
from api_hour.supervisor.policy.reasons import KillReason, RetireReason

# Lateness.


def test_a_worker_that_does_not_come_up_is_asked_for_its_stack_and_killed_once() -> None:
    decisions = decisions_for(1)
    tell(decisions, Tick(), at_s=0.0)
    reason = KillReason.BOOT_TIMEOUT

    assert tell(decisions, Tick(), at_s=BOOT_TIMEOUT_S - 0.001) == []
    assert tell(decisions, Tick(), at_s=BOOT_TIMEOUT_S) == dump(1, reason)
    assert decisions.phases() == {1: Phase.CONDEMNED}
    assert decisions.next_wake_at_s() == BOOT_TIMEOUT_S + DUMP_TIME_S
    assert tell(decisions, Tick(), at_s=BOOT_TIMEOUT_S + DUMP_TIME_S) == kill(1, reason)
    assert decisions.phases() == {1: Phase.KILLED}
    assert decisions.next_wake_at_s() is None
    assert tell(decisions, Tick(), at_s=BOOT_TIMEOUT_S + 100) == []


def test_a_worker_that_is_condemned_while_it_becomes_ready_is_killed() -> None:
    decisions = decisions_for(1)
    tell(decisions, Tick(), Tick(), at_s=0.0)
    tell(decisions, Tick(), at_s=BOOT_TIMEOUT_S)

    assert tell(decisions, ready(1), alive(1), at_s=BOOT_TIMEOUT_S) == []

    assert decisions.phases() == {1: Phase.CONDEMNED}


def test_a_worker_that_is_silent_is_asked_for_its_stack_and_killed_and_replaced_at_once() -> None:
    decisions = serve(decisions_for(2, heartbeat_timeout_s=HEARTBEAT_TIMEOUT_S))
    tell(decisions, alive(1), alive(2), at_s=10.0)
    tell(decisions, alive(2), at_s=11.0)
    reason = KillReason.HEARTBEAT_TIMEOUT
    late_at_s = 10.0 + HEARTBEAT_TIMEOUT_S

    assert decisions.next_wake_at_s() == late_at_s
    assert tell(decisions, Tick(), at_s=late_at_s) == dump(1, reason)
    assert tell(decisions, alive(2), Tick(), at_s=late_at_s + DUMP_TIME_S) == kill(1, reason)
    assert decisions.phases() == {1: Phase.KILLED, 2: Phase.SERVING}
    assert tell(decisions, exited(1, -9), at_s=late_at_s + 1) == start(3)


def test_a_worker_that_gives_signs_of_life_after_all_lives() -> None:
    decisions = serve(decisions_for(1, heartbeat_timeout_s=HEARTBEAT_TIMEOUT_S))
    tell(decisions, Tick(), at_s=HEARTBEAT_TIMEOUT_S)
    assert decisions.phases() == {1: Phase.CONDEMNED}

    assert said(decisions, alive(1), at_s=HEARTBEAT_TIMEOUT_S) == ["worker 1 gives signs of life again"]

    assert decisions.phases() == {1: Phase.SERVING}
    assert tell(decisions, Tick(), at_s=HEARTBEAT_TIMEOUT_S + DUMP_TIME_S) == []


def test_what_happened_while_the_supervisor_slept_counts_before_the_time_that_has_passed() -> None:
    decisions = serve(decisions_for(2, heartbeat_timeout_s=HEARTBEAT_TIMEOUT_S))

    assert tell(decisions, alive(1), alive(2), Tick(), at_s=1000.0) == []


def test_a_heartbeat_changes_nothing_for_a_worker_that_boots_or_ends() -> None:
    decisions = decisions_for(1, heartbeat_timeout_s=HEARTBEAT_TIMEOUT_S)
    tell(decisions, Tick(), alive(1), at_s=0.0)
    assert decisions.next_wake_at_s() == BOOT_TIMEOUT_S
    tell(decisions, ready(1), StopRequested(), alive(1), at_s=1.0)
    assert decisions.next_wake_at_s() == 1.0 + GRACEFUL_TIMEOUT_S + KILL_MARGIN_S

    late_at_s = 1.0 + GRACEFUL_TIMEOUT_S + KILL_MARGIN_S
    tell(decisions, Tick(), at_s=late_at_s)
    assert tell(decisions, alive(1), at_s=late_at_s) == []
    assert tell(decisions, Tick(), at_s=late_at_s + DUMP_TIME_S) == kill(1, KillReason.GRACEFUL_TIMEOUT)
    assert tell(decisions, alive(1), at_s=late_at_s + DUMP_TIME_S) == []


def test_a_heartbeat_after_the_kill_changes_nothing() -> None:
    decisions = serve(decisions_for(1, heartbeat_timeout_s=HEARTBEAT_TIMEOUT_S))
    tell(decisions, Tick(), at_s=HEARTBEAT_TIMEOUT_S)
    tell(decisions, Tick(), at_s=HEARTBEAT_TIMEOUT_S + DUMP_TIME_S)

    assert tell(decisions, alive(1), at_s=HEARTBEAT_TIMEOUT_S + 1) == []
    assert decisions.phases() == {1: Phase.KILLED}


# Recycling.


def test_a_worker_that_has_answered_its_requests_is_replaced() -> None:
    decisions = decisions_for(2, max_requests=100, max_requests_jitter=50)
    limits = [action.request_limit for action in tell(decisions, Tick(), at_s=0.0) if isinstance(action, StartWorker)]
    assert limits == [131, 112]
    tell(decisions, ready(1), ready(2), at_s=0.0)

    assert tell(decisions, alive(1, requests=130), alive(2, requests=0), at_s=1.0) == []
    assert tell(decisions, alive(1, requests=131), at_s=2.0) == [StartWorker(worker_id=3, request_limit=143)]
    assert tell(decisions, alive(1, requests=140), at_s=3.0) == []
    assert tell(decisions, ready(3), at_s=4.0) == retire(1, RetireReason.REQUESTS)


def test_a_worker_that_uses_too_much_memory_is_replaced() -> None:
    decisions = serve(decisions_for(2, max_rss_bytes=1000))

    assert tell(decisions, alive(1, rss_bytes=1000), at_s=10.0) == []
    assert tell(decisions, alive(1, rss_bytes=1001), at_s=11.0) == start(3)
    assert tell(decisions, ready(3), at_s=12.0) == retire(1, RetireReason.MEMORY)


def test_a_limit_of_memory_below_what_a_fresh_worker_needs_does_not_spin() -> None:
    decisions = serve(decisions_for(1, max_rss_bytes=1000))
    now_s, waits_s = 0.0, []
    for worker_id in range(1, 6):
        assert tell(decisions, alive(worker_id, rss_bytes=2000), at_s=now_s) == []
        wake_at_s = decisions.next_wake_at_s()
        assert wake_at_s is not None
        waits_s.append(wake_at_s - now_s)
        now_s = wake_at_s
        assert tell(decisions, Tick(), at_s=now_s) == start(worker_id + 1)
        assert tell(decisions, ready(worker_id + 1), exited(worker_id, 0), at_s=now_s) == retire(
            worker_id, RetireReason.MEMORY
        )
    assert waits_s == [0.5, 1, 2, 4, 8]


def test_a_worker_that_has_lived_long_enough_is_replaced_and_not_all_at_once() -> None:
    decisions = serve(decisions_for(2, max_lifetime_s=1000.0))
    first_at_s = decisions.next_wake_at_s()
    assert first_at_s is not None
    assert 900.0 < first_at_s < 1000.0

    assert tell(decisions, Tick(), at_s=first_at_s) == start(3)
    second_at_s = 1000.0 - 100.0 * (2 * 0.6180339887498949 - 1)
    assert tell(decisions, ready(3), at_s=first_at_s + 1) == retire(1, RetireReason.LIFETIME)
    tell(decisions, exited(1, 0), at_s=first_at_s + 2)
    assert decisions.next_wake_at_s() == pytest.approx(second_at_s)
    assert tell(decisions, Tick(), at_s=1000.0) == start(4)


def test_workers_that_are_spent_together_are_replaced_one_by_one() -> None:
    decisions = serving(2)

    spent = [WorkerSpent(worker_id=worker_id, reason=RetireReason.REQUESTS) for worker_id in (1, 2, 9)]
    assert tell(decisions, *spent, *spent, at_s=100.0) == start(3)
    assert tell(decisions, ready(3), at_s=101.0) == [*retire(1, RetireReason.REQUESTS), *start(4)]
    assert tell(decisions, ready(4), at_s=102.0) == retire(2, RetireReason.REQUESTS)


def test_a_replacement_of_a_spent_worker_is_tried_until_it_serves() -> None:
    decisions = serving(1)
    tell(decisions, WorkerSpent(worker_id=1, reason=RetireReason.MEMORY), at_s=100.0)

    now_s = 100.0
    for worker_id, wait_s in [(2, 0.5), (3, 1.0), (4, 2.0)]:
        assert tell(decisions, exited(worker_id, 3), at_s=now_s) == []
        assert decisions.phases() == {1: Phase.SERVING}
        now_s += wait_s
        assert decisions.next_wake_at_s() == now_s
        assert tell(decisions, Tick(), at_s=now_s) == start(worker_id + 1)
    assert tell(decisions, ready(5), at_s=now_s) == retire(1, RetireReason.MEMORY)


def test_what_was_spent_is_in_the_event_log_though_heartbeats_are_not() -> None:
    decisions = serve(decisions_for(1, max_rss_bytes=1000))
    tell(decisions, alive(1, rss_bytes=1001), at_s=10.0)

    assert decisions.transcript.event_log[-1] == (10.0, WorkerSpent(worker_id=1, reason=RetireReason.MEMORY))
