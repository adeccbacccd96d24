"""The supervisor's policy: starting, replacing what has ended, and all that has no part of its own."""

import pytest
from decided import (
    BOOT_TIMEOUT_S,
    DRAIN_TIMEOUT_S,
    GRACEFUL_TIMEOUT_S,
    READY,
    WATCHDOG,
    alive,
    decisions_for,
    exited,
    ready,
    retire,
    said,
    serve,
    serving,
    start,
    stop,
    tell,
)

from api_hour.supervisor.policy.backoff import BACKOFF_FIRST_S, BACKOFF_LIMIT_S, FORGET_AFTER_S
from api_hour.supervisor.policy.events import (
    Exit,
    FewerWorkers,
    FollowLogs,
    HandoverDone,
    HandoverRequested,
    LogsMoved,
    MoreWorkers,
    ReloadRequested,
    StopRequested,
    Tick,
)
from api_hour.supervisor.policy.lives import KILL_MARGIN_S
from api_hour.supervisor.policy.pool import STEADY_AFTER_S, Phase
from api_hour.supervisor.policy.reasons import RetireReason

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


# Logs.


def test_what_is_printed_follows_the_log_in_every_state() -> None:
    decisions = decisions_for(1)

    assert tell(decisions, LogsMoved(), at_s=0.0)[0] == FollowLogs()
    tell(decisions, StopRequested(), at_s=1.0)
    assert tell(decisions, LogsMoved(), at_s=2.0) == [FollowLogs()]


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
