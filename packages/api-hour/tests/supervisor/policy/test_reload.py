"""Reloads: every worker is replaced, and the replacement always comes first."""

from decided import (
    BOOT_TIMEOUT_S,
    CLOSE,
    DRAIN_TIMEOUT_S,
    GRACEFUL_TIMEOUT_S,
    READY,
    RELOADING,
    STOPPING,
    decisions_for,
    exited,
    kill,
    ready,
    retire,
    said,
    serving,
    start,
    stop,
    tell,
)

from api_hour.supervisor.policy.events import (
    Exit,
    ReloadRequested,
    StopRequested,
    Tick,
)
from api_hour.supervisor.policy.lives import DUMP_TIME_S, KILL_MARGIN_S
from api_hour.supervisor.policy.pool import Phase
from api_hour.supervisor.policy.reasons import KillReason, RetireReason


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


def test_reloads_are_counted_and_those_that_fail_too() -> None:
    decisions = serving(1)
    tell(decisions, ReloadRequested(), at_s=100.0)
    tell(decisions, exited(2), at_s=101.0)
    tell(decisions, ReloadRequested(), at_s=102.0)
    tell(decisions, ready(3), at_s=103.0)

    assert (decisions.reload.begun, decisions.reload.failed) == (2, 1)
    assert decisions.state() == "serving"
