"""The supervisor's policy: starting, replacing what has ended, lateness, stopping. An example of every transition."""

import pytest
from decided import (
    BOOT_TIMEOUT_S,
    CLOSE,
    DRAIN_TIMEOUT_S,
    GRACEFUL_TIMEOUT_S,
    HEARTBEAT_TIMEOUT_S,
    READY,
    STOPPING,
    WATCHDOG,
    alive,
    decisions_for,
    dump,
    exited,
    kill,
    ready,
    retire,
    said,
    start,
    stop,
    tell,
)

from api_hour.supervisor.policy.backoff import BACKOFF_FIRST_S, BACKOFF_LIMIT_S, FORGET_AFTER_S
from api_hour.supervisor.policy.decisions import Decisions
from api_hour.supervisor.policy.events import (
    Action,
    Exit,
    FewerWorkers,
    FollowLogs,
    HandoverRequested,
    LogsMoved,
    MoreWorkers,
    ReloadRequested,
    StopRequested,
    Tick,
)
from api_hour.supervisor.policy.lives import DUMP_TIME_S, KILL_MARGIN_S
from api_hour.supervisor.policy.pool import STEADY_AFTER_S, Phase
from api_hour.supervisor.policy.reasons import KillReason, RetireReason
from api_hour.supervisor.policy.transcript import EVENT_LOG_LENGTH


def serving(workers: int, *, at_s: float = 0.0) -> Decisions:
    """Return a daemon whose workers, from 1, all began to serve at `at_s`."""
    return serve(decisions_for(workers), at_s=at_s)


def serve(decisions: Decisions, *, at_s: float = 0.0) -> Decisions:
    """Let all workers of a new daemon begin to serve."""
    tell(decisions, Tick(), *map(ready, range(1, decisions.workers + 1)), at_s=at_s)
    return decisions


# Starting.


def test_the_first_event_starts_as_many_workers_as_asked() -> None:
    decisions = decisions_for(3)

    assert tell(decisions, Tick(), at_s=0.0) == start(1, 2, 3)
    assert decisions.phases() == dict.fromkeys([1, 2, 3], Phase.BOOTING)
    assert tell(decisions, Tick(), at_s=1.0) == []


def test_a_worker_that_is_ready_serves_and_has_no_deadline_any_more() -> None:
    decisions = decisions_for(2)
    tell(decisions, Tick(), at_s=5.0)
    assert decisions.next_wake_at_s() == 5.0 + BOOT_TIMEOUT_S

    assert tell(decisions, ready(1), at_s=6.0) == []
    assert tell(decisions, ready(2), at_s=6.0) == [READY]

    assert decisions.phases() == dict.fromkeys([1, 2], Phase.SERVING)
    assert decisions.next_wake_at_s() is None


def test_the_daemon_is_ready_once_when_the_last_of_its_first_workers_serves_though_one_had_to_be_replaced() -> None:
    decisions = decisions_for(2)
    tell(decisions, Tick(), ready(1), exited(2), at_s=0.0)

    assert tell(decisions, Tick(), at_s=BACKOFF_FIRST_S) == start(3)
    assert tell(decisions, ready(3), at_s=1.0) == [READY]
    assert tell(decisions, exited(3), Tick(), at_s=100.0) == start(4)
    assert tell(decisions, ready(4), at_s=101.0) == []


def test_a_boot_timeout_of_zero_is_none() -> None:
    decisions = decisions_for(1, boot_timeout_s=0.0)

    assert tell(decisions, Tick(), at_s=0.0) == start(1)

    assert decisions.next_wake_at_s() is None
    assert tell(decisions, Tick(), at_s=1e9) == []


def test_a_worker_that_is_unknown_changes_nothing() -> None:
    decisions = serving(1)

    for event in (ready(9), exited(9), alive(9)):
        assert tell(decisions, event, at_s=10.0) == []

    assert decisions.phases() == {1: Phase.SERVING}


# Replacing.


@pytest.mark.parametrize("exit_code", [0, 1, -9])
def test_a_worker_that_served_for_a_while_is_replaced_at_once(exit_code: int) -> None:
    decisions = serving(2, at_s=100.0)

    assert tell(decisions, exited(1, exit_code), at_s=100.0 + STEADY_AFTER_S) == start(3)

    assert decisions.phases() == {2: Phase.SERVING, 3: Phase.BOOTING}


def test_a_worker_that_fell_soon_after_it_served_is_replaced_after_a_wait() -> None:
    decisions = serving(2, at_s=100.0)

    assert tell(decisions, exited(1), at_s=101.0) == []
    assert decisions.next_wake_at_s() == 101.0 + BACKOFF_FIRST_S
    assert tell(decisions, Tick(), at_s=101.0 + BACKOFF_FIRST_S - 0.001) == []
    assert tell(decisions, Tick(), at_s=101.0 + BACKOFF_FIRST_S) == start(3)


def test_a_worker_that_failed_at_boot_is_replaced_after_a_wait() -> None:
    decisions = decisions_for(2)
    tell(decisions, Tick(), at_s=0.0)

    assert tell(decisions, exited(1, 3), at_s=1.0) == []
    assert decisions.next_wake_at_s() == 1.0 + BACKOFF_FIRST_S
    assert tell(decisions, Tick(), at_s=1.0 + BACKOFF_FIRST_S) == start(3)


def test_workers_that_were_started_together_fail_as_one() -> None:
    decisions = serving(16)

    for worker_id in range(1, 17):
        assert tell(decisions, exited(worker_id), at_s=1.0 + worker_id / 1000) == []

    assert decisions.next_wake_at_s() == 1.001 + BACKOFF_FIRST_S
    assert tell(decisions, Tick(), at_s=1.001 + BACKOFF_FIRST_S) == start(*range(17, 33))


def test_the_wait_doubles_up_to_a_limit_and_is_forgotten_after_quiet() -> None:
    decisions = serving(1)
    now_s, waits_s = 0.0, []
    for worker_id in range(1, 12):
        tell(decisions, exited(worker_id), at_s=now_s)
        wake_at_s = decisions.next_wake_at_s()
        assert wake_at_s is not None
        waits_s.append(wake_at_s - now_s)
        now_s = wake_at_s
        assert tell(decisions, Tick(), at_s=now_s) == start(worker_id + 1)
        tell(decisions, ready(worker_id + 1), at_s=now_s)
    assert waits_s == [0.5, 1, 2, 4, 8, 16, 30, 30, 30, 30, 30]

    now_s += FORGET_AFTER_S + 1
    assert tell(decisions, exited(12), at_s=now_s) == start(13)  # it was steady
    tell(decisions, exited(13), at_s=now_s)
    assert decisions.next_wake_at_s() == now_s + BACKOFF_FIRST_S


def test_the_daemon_gives_up_when_as_many_workers_failed_as_were_asked_for_and_none_served() -> None:
    decisions = decisions_for(2)
    tell(decisions, Tick(), at_s=0.0)

    assert tell(decisions, exited(1, 3, "ConfigError: a"), at_s=1.0) == []
    assert tell(decisions, exited(2, 3, "ConfigError: b"), at_s=1.1) == [
        Exit(exit_code=3, reason="no worker came up; the last said: ConfigError: b")
    ]


@pytest.mark.parametrize(
    ("exit_code", "reason"),
    [
        (1, "no worker came up; the last said: ended with exit code 1"),
        (-9, "no worker came up; the last said: ended by signal 9"),
    ],
)
def test_the_end_of_a_silent_worker_is_described(exit_code: int, reason: str) -> None:
    decisions = decisions_for(1)
    tell(decisions, Tick(), at_s=0.0)

    assert tell(decisions, exited(1, exit_code), at_s=1.0) == [Exit(exit_code=3, reason=reason)]


def test_the_workers_that_still_boot_are_stopped_when_the_daemon_gives_up() -> None:
    decisions = decisions_for(2)
    tell(decisions, Tick(), exited(1), at_s=0.0)
    assert tell(decisions, Tick(), at_s=BACKOFF_FIRST_S) == start(3)

    assert tell(decisions, exited(3, reason="broken"), at_s=1.0) == stop(2)
    assert tell(decisions, exited(2, 0), at_s=1.1) == [
        Exit(exit_code=3, reason="no worker came up; the last said: broken")
    ]


def test_the_daemon_never_gives_up_once_a_worker_has_served() -> None:
    decisions = serving(1)

    now_s = 0.0
    for worker_id in range(1, 20):
        assert tell(decisions, exited(worker_id, 3), at_s=now_s) == []
        now_s += BACKOFF_LIMIT_S
        assert tell(decisions, Tick(), at_s=now_s) == start(worker_id + 1)


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


# The service manager's watchdog.


def test_the_watchdog_is_fed_in_time_while_a_worker_serves() -> None:
    decisions = decisions_for(2, watchdog_interval_s=5.0)
    assert tell(decisions, Tick(), at_s=0.0) == start(1, 2)  # nobody serves
    assert decisions.next_wake_at_s() == 5.0

    assert tell(decisions, ready(1), at_s=1.0) == []
    assert tell(decisions, Tick(), at_s=5.0) == [WATCHDOG]
    assert tell(decisions, Tick(), at_s=9.9) == []
    assert tell(decisions, Tick(), at_s=10.0) == [WATCHDOG]
    assert tell(decisions, exited(1), at_s=11.0) == start(3)
    assert tell(decisions, Tick(), at_s=15.0) == []
    assert decisions.next_wake_at_s() == 20.0


def test_the_watchdog_is_fed_while_the_daemon_ends() -> None:
    decisions = serve(decisions_for(1, watchdog_interval_s=5.0))
    tell(decisions, StopRequested(), at_s=1.0)

    assert decisions.next_wake_at_s() == 5.0
    assert tell(decisions, Tick(), at_s=5.0) == [WATCHDOG]


# More and fewer workers.


def test_one_worker_more_is_started() -> None:
    decisions = serving(2)

    assert said(decisions, MoreWorkers(), at_s=10.0) == ["3 workers are wanted"]

    assert decisions.phases() == {1: Phase.SERVING, 2: Phase.SERVING, 3: Phase.BOOTING}


def test_of_one_worker_less_the_oldest_is_retired_and_not_replaced() -> None:
    decisions = serving(3)

    assert tell(decisions, FewerWorkers(), at_s=10.0) == retire(1, RetireReason.FEWER_WORKERS)
    assert decisions.next_wake_at_s() == 10.0 + DRAIN_TIMEOUT_S + GRACEFUL_TIMEOUT_S + KILL_MARGIN_S
    assert tell(decisions, exited(1, 0), at_s=11.0) == []

    assert decisions.workers == 2


def test_the_last_worker_stays() -> None:
    decisions = serving(1)

    assert said(decisions, FewerWorkers(), at_s=10.0) == ["1 workers are wanted"]

    assert decisions.phases() == {1: Phase.SERVING}


def test_a_worker_that_boots_and_is_not_wanted_any_more_takes_the_place_of_an_older_one() -> None:
    decisions = serving(2)
    tell(decisions, MoreWorkers(), at_s=10.0)

    assert tell(decisions, FewerWorkers(), at_s=10.1) == []
    assert tell(decisions, ready(3), at_s=11.0) == retire(1, RetireReason.FEWER_WORKERS)


# Stopping.


def test_a_stop_stops_every_worker_and_ends_when_the_last_is_gone() -> None:
    decisions = decisions_for(2)
    tell(decisions, Tick(), ready(1), at_s=0.0)

    assert tell(decisions, StopRequested(), at_s=10.0) == [STOPPING, CLOSE, *stop(1, 2)]
    assert decisions.phases() == dict.fromkeys([1, 2], Phase.RETIRING)
    assert decisions.next_wake_at_s() == 10.0 + GRACEFUL_TIMEOUT_S + KILL_MARGIN_S
    assert tell(decisions, ready(2), at_s=10.5) == []
    assert tell(decisions, exited(1, 0), at_s=11.0) == []
    assert tell(decisions, exited(2, 0), at_s=12.0) == [Exit(exit_code=0, reason="stopped")]


def test_a_stop_without_workers_ends_at_once() -> None:
    assert tell(decisions_for(2), StopRequested(), at_s=0.0) == [STOPPING, CLOSE, Exit(exit_code=0, reason="stopped")]


def test_a_stop_while_a_replacement_waits_starts_nothing_more() -> None:
    decisions = serving(1)
    tell(decisions, exited(1), at_s=1.0)

    assert tell(decisions, StopRequested(), at_s=1.1) == [STOPPING, CLOSE, Exit(exit_code=0, reason="stopped")]
    assert decisions.next_wake_at_s() is None


def test_a_second_stop_and_a_stop_at_once_kill() -> None:
    for events in ([StopRequested(), StopRequested()], [StopRequested(at_once=True)]):
        decisions = serving(1)
        *before, last = events
        tell(decisions, *before, at_s=10.0)

        assert tell(decisions, last, at_s=11.0)[-1:] == kill(1, KillReason.AT_ONCE)
        assert tell(decisions, StopRequested(), at_s=12.0) == []
        assert tell(decisions, exited(1, -9), at_s=13.0) == [Exit(exit_code=0, reason="stopped")]


def test_a_stop_cuts_a_retirement_short() -> None:
    decisions = serving(2)
    tell(decisions, FewerWorkers(), at_s=10.0)

    assert tell(decisions, StopRequested(), at_s=11.0) == [STOPPING, CLOSE, *stop(1, 2)]
    assert decisions.next_wake_at_s() == 11.0 + GRACEFUL_TIMEOUT_S + KILL_MARGIN_S


def test_a_stopped_worker_is_killed_at_its_deadline_and_once() -> None:
    decisions = serving(2)
    tell(decisions, StopRequested(), at_s=0.0)
    tell(decisions, exited(1, 0), at_s=1.0)
    late_at_s = GRACEFUL_TIMEOUT_S + KILL_MARGIN_S

    assert tell(decisions, Tick(), at_s=late_at_s - 0.001) == []
    assert tell(decisions, Tick(), at_s=late_at_s) == dump(2, KillReason.GRACEFUL_TIMEOUT)
    assert tell(decisions, Tick(), at_s=late_at_s + DUMP_TIME_S) == kill(2, KillReason.GRACEFUL_TIMEOUT)
    assert tell(decisions, Tick(), at_s=late_at_s + 1) == []
    assert tell(decisions, exited(2, -9), at_s=late_at_s + 1) == [Exit(exit_code=0, reason="stopped")]


def test_a_worker_that_is_condemned_at_boot_is_not_stopped_too() -> None:
    decisions = decisions_for(1)
    tell(decisions, Tick(), at_s=0.0)
    tell(decisions, Tick(), at_s=BOOT_TIMEOUT_S)

    assert tell(decisions, StopRequested(), at_s=BOOT_TIMEOUT_S) == [STOPPING, CLOSE]
    assert tell(decisions, Tick(), at_s=BOOT_TIMEOUT_S + DUMP_TIME_S) == kill(1, KillReason.BOOT_TIMEOUT)
    assert tell(decisions, exited(1, -9), at_s=BOOT_TIMEOUT_S + 1) == [Exit(exit_code=0, reason="stopped")]


@pytest.mark.parametrize("event", [ReloadRequested(), MoreWorkers(), FewerWorkers(), HandoverRequested()])
def test_nothing_is_begun_while_the_daemon_ends(
    event: ReloadRequested | MoreWorkers | FewerWorkers | HandoverRequested,
) -> None:
    decisions = serving(1)
    tell(decisions, StopRequested(), at_s=1.0)

    assert said(decisions, event, at_s=2.0) == ["the daemon is ending: nothing is begun any more"]
    assert decisions.phases() == {1: Phase.RETIRING}


def test_nothing_is_done_or_noted_after_the_end() -> None:
    decisions = decisions_for(1, watchdog_interval_s=5.0)
    tell(decisions, StopRequested(), at_s=0.0)

    nothing: list[Action] = []
    for event in (Tick(), StopRequested(), ready(1), exited(1)):
        assert decisions.handle(event, now_s=100.0) == nothing

    assert list(decisions.transcript.event_log) == [(0.0, StopRequested())]
    assert decisions.next_wake_at_s() is None


# The event log.


def test_the_event_log_keeps_the_last_events_and_neither_heartbeats_nor_ticks() -> None:
    decisions = serving(1)

    for number in range(EVENT_LOG_LENGTH + 10):
        tell(decisions, ready(1), Tick(), alive(1), at_s=float(number))

    assert len(decisions.transcript.event_log) == EVENT_LOG_LENGTH
    assert decisions.transcript.event_log[0] == (10.0, ready(1))
    assert decisions.transcript.event_log[-1] == (float(EVENT_LOG_LENGTH + 9), ready(1))


# Logs.


def test_what_is_printed_follows_the_log_in_every_state() -> None:
    decisions = decisions_for(1)

    assert tell(decisions, LogsMoved(), at_s=0.0)[0] == FollowLogs()
    tell(decisions, StopRequested(), at_s=1.0)
    assert tell(decisions, LogsMoved(), at_s=2.0) == [FollowLogs()]
