"""The supervisor's policy: reloads, recycling and handovers. The replacement always comes first."""

import pytest
from decided import (
    BOOT_TIMEOUT_S,
    CLOSE,
    DRAIN_TIMEOUT_S,
    GRACEFUL_TIMEOUT_S,
    READY,
    RELOADING,
    STOPPING,
    SUCCESSOR_IS_MAIN,
    alive,
    decisions_for,
    exited,
    kill,
    ready,
    retire,
    said,
    start,
    stop,
    tell,
)

from api_hour.supervisor.policy.decisions import Decisions
from api_hour.supervisor.policy.events import (
    Exit,
    HandoverDone,
    HandoverFailed,
    HandoverRequested,
    ReloadRequested,
    StartSuccessor,
    StartWorker,
    StopRequested,
    StopSuccessor,
    Tick,
    WorkerSpent,
)
from api_hour.supervisor.policy.leaving import HANDOVER_MARGIN_S
from api_hour.supervisor.policy.lives import DUMP_TIME_S, KILL_MARGIN_S
from api_hour.supervisor.policy.pool import Phase
from api_hour.supervisor.policy.reasons import KillReason, RetireReason


def serve(decisions: Decisions, *, at_s: float = 0.0) -> Decisions:
    """Let all workers of a new daemon begin to serve."""
    tell(decisions, Tick(), *map(ready, range(1, decisions.workers + 1)), at_s=at_s)
    return decisions


def serving(workers: int) -> Decisions:
    """Return a daemon whose workers, from 1, have served for a while at 100 s."""
    return serve(decisions_for(workers))


# Reload.


def test_a_reload_replaces_one_worker_after_the_other_each_when_its_replacement_serves() -> None:
    decisions = serving(2)

    assert tell(decisions, ReloadRequested(), at_s=100.0) == [RELOADING, *start(3)]
    assert tell(decisions, Tick(), at_s=101.0) == []
    assert tell(decisions, ready(3), at_s=102.0) == [*retire(1, RetireReason.RELOAD), *start(4)]
    assert tell(decisions, exited(1, 0), at_s=103.0) == []
    assert tell(decisions, ready(4), at_s=104.0) == [*retire(2, RetireReason.RELOAD), READY]

    assert decisions.phases() == {2: Phase.RETIRING, 3: Phase.SERVING, 4: Phase.SERVING}
    assert decisions.next_wake_at_s() == 104.0 + DRAIN_TIMEOUT_S + GRACEFUL_TIMEOUT_S + KILL_MARGIN_S


def test_a_reload_says_what_it_does() -> None:
    decisions = serving(1)

    assert said(decisions, ReloadRequested(), at_s=100.0) == ["reload: replacing 1 workers one by one"]
    assert said(decisions, ReloadRequested(), at_s=100.0) == ["reload: again, replacing 2 workers one by one"]
    assert said(decisions, ready(2), at_s=101.0) == []
    assert said(decisions, ready(3), at_s=102.0) == ["reload done"]


def test_a_replacement_that_does_not_come_up_ends_the_reload_and_the_old_workers_stay() -> None:
    decisions = serving(2)
    tell(decisions, ReloadRequested(), at_s=100.0)

    assert said(decisions, exited(3, 3, "SyntaxError: x"), at_s=101.0) == [
        "! reload failed, 2 workers stay as they are: SyntaxError: x"
    ]

    assert decisions.phases() == {1: Phase.SERVING, 2: Phase.SERVING}
    assert decisions.next_wake_at_s() is None
    assert tell(decisions, Tick(), at_s=1000.0) == []


def test_the_service_manager_is_told_that_a_failed_reload_is_over() -> None:
    decisions = serving(2)

    assert tell(decisions, ReloadRequested(), exited(3), at_s=100.0) == [RELOADING, *start(3), READY]


def test_a_replacement_that_hangs_is_killed_and_ends_the_reload() -> None:
    decisions = serving(1)
    tell(decisions, ReloadRequested(), at_s=100.0)
    late_at_s = 100.0 + BOOT_TIMEOUT_S
    tell(decisions, Tick(), at_s=late_at_s)

    assert tell(decisions, Tick(), at_s=late_at_s + DUMP_TIME_S) == kill(2, KillReason.BOOT_TIMEOUT)
    assert tell(decisions, exited(2, -9), at_s=late_at_s + 1) == [READY]
    assert decisions.phases() == {1: Phase.SERVING}


def test_a_replacement_that_falls_soon_after_it_served_ends_the_reload_and_those_that_are_left_stay() -> None:
    decisions = serving(3)
    tell(decisions, ReloadRequested(), ready(4), at_s=100.0)

    assert said(decisions, exited(4), at_s=101.0) == [
        "! reload failed, 2 workers stay as they are: ended with exit code 1"
    ]
    assert decisions.phases() == {1: Phase.RETIRING, 2: Phase.SERVING, 3: Phase.SERVING, 5: Phase.BOOTING}


def test_a_reload_after_a_failed_one_tries_again_at_once() -> None:
    decisions = serving(1)
    tell(decisions, ReloadRequested(), exited(2), at_s=100.0)

    assert tell(decisions, ReloadRequested(), at_s=100.1) == [RELOADING, *start(3)]
    assert tell(decisions, ready(3), at_s=101.0) == [*retire(1, RetireReason.RELOAD), READY]


def test_a_reload_during_a_reload_replaces_what_the_first_has_begun_too() -> None:
    decisions = serving(2)
    tell(decisions, ReloadRequested(), at_s=100.0)
    tell(decisions, ready(3), at_s=101.0)  # 1 retires, 4 boots

    assert tell(decisions, ReloadRequested(), at_s=102.0) == []
    assert tell(decisions, ready(4), at_s=103.0) == [*retire(2, RetireReason.RELOAD), *start(5)]
    assert tell(decisions, ready(5), at_s=104.0) == [*retire(3, RetireReason.RELOAD), *start(6)]
    assert tell(decisions, ready(6), at_s=105.0) == [*retire(4, RetireReason.RELOAD), READY]


def test_old_code_that_fails_while_a_second_reload_runs_does_not_end_it() -> None:
    decisions = serving(1)
    tell(decisions, ReloadRequested(), ReloadRequested(), at_s=100.0)

    assert tell(decisions, exited(2), at_s=101.0) == start(3)
    assert tell(decisions, ready(3), at_s=102.0) == [*retire(1, RetireReason.RELOAD), READY]


def test_an_old_worker_that_ends_during_a_reload_is_replaced_beside_it() -> None:
    decisions = serving(3)
    tell(decisions, ReloadRequested(), at_s=100.0)

    assert tell(decisions, exited(1, -9), at_s=101.0) == start(5)  # 4 has taken its place
    assert tell(decisions, ready(4), at_s=102.0) == []
    assert tell(decisions, ready(5), at_s=103.0) == [*retire(2, RetireReason.RELOAD), *start(6)]


def test_a_reload_before_the_first_workers_serve_is_told_to_nobody_and_replaces_them_all_the_same() -> None:
    decisions = decisions_for(1)
    tell(decisions, Tick(), at_s=0.0)

    assert tell(decisions, ReloadRequested(), at_s=1.0) == []
    assert tell(decisions, ready(1), at_s=2.0) == [READY, *start(2)]
    assert tell(decisions, ready(2), at_s=3.0) == [*retire(1, RetireReason.RELOAD), READY]


def test_a_reload_that_fails_before_the_first_workers_serve_is_a_failed_start() -> None:
    decisions = decisions_for(2)
    tell(decisions, Tick(), ReloadRequested(), at_s=0.0)

    assert tell(decisions, exited(1), at_s=1.0) == start(3)  # with newer code
    assert said(decisions, exited(3, 3, "a"), at_s=2.0) == ["! reload failed, 1 workers stay as they are: a"]
    assert tell(decisions, exited(2, 3, "b"), at_s=2.0) == [
        Exit(exit_code=3, reason="no worker came up; the last said: a")
    ]


def test_a_stop_ends_a_reload() -> None:
    decisions = serving(1)
    tell(decisions, ReloadRequested(), at_s=100.0)

    assert tell(decisions, StopRequested(), at_s=101.0) == [STOPPING, CLOSE, *stop(1, 2)]


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


# Handover.


def test_a_successor_that_serves_ends_this_supervisor_when_its_workers_are_drained() -> None:
    decisions = serving(2)

    assert tell(decisions, HandoverRequested(), at_s=100.0) == [StartSuccessor()]
    assert tell(decisions, HandoverDone(), at_s=101.0) == [
        SUCCESSOR_IS_MAIN,
        *retire(1, RetireReason.OTHER_SUPERVISOR),
        *retire(2, RetireReason.OTHER_SUPERVISOR),
    ]
    assert tell(decisions, HandoverFailed(reason="ended"), exited(1, 0), at_s=102.0) == []
    assert tell(decisions, exited(2, 0), at_s=103.0) == [Exit(exit_code=0, reason="handed over")]


def test_workers_that_boot_or_retire_already_are_not_retired_by_a_handover() -> None:
    decisions = serving(1)
    tell(decisions, ReloadRequested(), ready(2), ReloadRequested(), HandoverRequested(), at_s=100.0)
    assert decisions.phases() == {1: Phase.RETIRING, 2: Phase.SERVING, 3: Phase.BOOTING}

    assert tell(decisions, HandoverDone(), at_s=101.0) == [
        READY,  # the reload is over
        SUCCESSOR_IS_MAIN,
        *retire(2, RetireReason.OTHER_SUPERVISOR),
        *stop(3),
    ]


def test_a_stop_after_a_handover_cuts_the_drain_short() -> None:
    decisions = serving(1)
    tell(decisions, HandoverRequested(), HandoverDone(), at_s=100.0)

    assert tell(decisions, StopRequested(), at_s=101.0) == stop(1)
    assert tell(decisions, exited(1, 0), at_s=102.0) == [Exit(exit_code=0, reason="handed over")]


def test_a_successor_that_ends_is_said_and_this_supervisor_goes_on() -> None:
    decisions = serving(1)
    tell(decisions, HandoverRequested(), at_s=100.0)

    assert said(decisions, HandoverFailed(reason="pid 7, ended with exit code 3"), at_s=101.0) == [
        "! the successor pid 7, ended with exit code 3: this supervisor goes on"
    ]
    assert decisions.next_wake_at_s() is None
    assert tell(decisions, HandoverRequested(), at_s=102.0) == [StartSuccessor()]


def test_one_successor_is_enough() -> None:
    decisions = serving(1)
    tell(decisions, HandoverRequested(), at_s=100.0)

    assert said(decisions, HandoverRequested(), at_s=101.0) == ["a successor is coming up already"]


def test_a_successor_that_does_not_serve_in_time_is_stopped() -> None:
    decisions = serving(1)
    tell(decisions, HandoverRequested(), at_s=100.0)
    late_at_s = 100.0 + BOOT_TIMEOUT_S + HANDOVER_MARGIN_S

    assert decisions.next_wake_at_s() == late_at_s
    assert said(decisions, Tick(), at_s=late_at_s) == ["! the successor does not serve in time: stopping it"]
    assert decisions.next_wake_at_s() is None
    assert tell(decisions, HandoverFailed(reason="ended"), HandoverRequested(), at_s=late_at_s + 1) == [
        StartSuccessor()
    ]
    assert tell(decisions, Tick(), at_s=late_at_s * 3) == [StopSuccessor()]


def test_a_successor_may_take_as_long_as_its_workers_may() -> None:
    decisions = serve(decisions_for(1, boot_timeout_s=0.0))

    assert tell(decisions, HandoverRequested(), at_s=100.0) == [StartSuccessor()]
    assert decisions.next_wake_at_s() is None


def test_a_stop_stops_the_successor_that_comes_up() -> None:
    decisions = serving(1)
    tell(decisions, HandoverRequested(), at_s=100.0)

    assert tell(decisions, StopRequested(), at_s=101.0) == [STOPPING, StopSuccessor(), CLOSE, *stop(1)]
    assert tell(decisions, HandoverDone(), HandoverFailed(reason="ended"), at_s=102.0) == []


def test_a_word_of_a_successor_that_nobody_asked_for_changes_nothing() -> None:
    decisions = serving(1)

    assert tell(decisions, HandoverDone(), HandoverFailed(reason="ended"), at_s=100.0) == []


# As a successor.


def test_a_successor_gives_up_at_its_first_failure_and_drains_the_workers_that_serve_already() -> None:
    decisions = decisions_for(3, is_successor=True)
    tell(decisions, Tick(), ready(1), at_s=0.0)

    assert tell(decisions, exited(2, 3, "broken"), at_s=1.0) == [*retire(1, RetireReason.OTHER_SUPERVISOR), *stop(3)]
    tell(decisions, exited(3, 0), at_s=2.0)
    assert tell(decisions, exited(1, 0), at_s=2.0) == [
        Exit(exit_code=3, reason="no worker came up; the last said: broken")
    ]


def test_a_successor_that_is_stopped_before_all_its_workers_serve_drains_them() -> None:
    decisions = decisions_for(2, is_successor=True)
    tell(decisions, Tick(), ready(1), at_s=0.0)

    assert tell(decisions, StopRequested(), at_s=1.0) == [
        STOPPING,
        CLOSE,
        *retire(1, RetireReason.OTHER_SUPERVISOR),
        *stop(2),
    ]


def test_a_successor_whose_workers_have_served_is_a_supervisor_as_any_other() -> None:
    decisions = serve(decisions_for(2, is_successor=True))

    assert tell(decisions, exited(1), at_s=1.0) == []
    assert tell(decisions, Tick(), at_s=2.0) == start(3)
    assert tell(decisions, StopRequested(), at_s=3.0) == [STOPPING, CLOSE, *stop(2, 3)]


# The whole.


def test_the_daemon_as_a_whole_boots_serves_reloads_and_stops() -> None:
    decisions = decisions_for(2)
    states = []
    for event in (Tick(), ready(1), ready(2), ReloadRequested(), ready(3), ready(4), StopRequested()):
        tell(decisions, event, at_s=100.0)
        states.append(decisions.state())

    assert states == ["booting", "booting", "serving", "reloading", "reloading", "serving", "stopping"]


def test_a_daemon_that_is_handed_over_is_stopping() -> None:
    decisions = serving(1)
    tell(decisions, HandoverRequested(), at_s=100.0)
    assert decisions.state() == "serving"
    tell(decisions, HandoverDone(), at_s=101.0)

    assert decisions.state() == "stopping"


def test_reloads_are_counted_and_those_that_fail_too() -> None:
    decisions = serving(1)
    tell(decisions, ReloadRequested(), at_s=100.0)
    tell(decisions, exited(2), at_s=101.0)
    tell(decisions, ReloadRequested(), at_s=102.0)
    tell(decisions, ready(3), at_s=103.0)

    assert (decisions.reload.begun, decisions.reload.failed) == (2, 1)
    assert decisions.state() == "serving"
