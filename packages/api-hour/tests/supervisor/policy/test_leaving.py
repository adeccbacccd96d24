"""How a daemon is stopped."""

import pytest
from decided import (
    BOOT_TIMEOUT_S,
    CLOSE,
    GRACEFUL_TIMEOUT_S,
    STOPPING,
    decisions_for,
    dump,
    exited,
    kill,
    ready,
    said,
    serving,
    stop,
    tell,
)

from api_hour.supervisor.policy.events import (
    Action,
    Exit,
    FewerWorkers,
    HandoverRequested,
    MoreWorkers,
    ReloadRequested,
    StopRequested,
    Tick,
)
from api_hour.supervisor.policy.lives import DUMP_TIME_S, KILL_MARGIN_S
from api_hour.supervisor.policy.pool import Phase
from api_hour.supervisor.policy.reasons import KillReason


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
